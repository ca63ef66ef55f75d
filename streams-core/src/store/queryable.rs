//! Stores as queries of a running application see them: named by what `#[topology]` generates for
//! each, and read without being changed.

use std::any::Any;
use std::borrow::Borrow;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::RangeBounds;

use super::{
    Found, GlobalTable, KeyValueStore, Scan, SessionSpan, Span, SpanStore, Version, VersionedStore,
    WindowSpan, WindowStore,
};
use crate::Result;
use crate::format::{DecodeOwned, Encode};
use crate::topology::TopologyDescription;

/// Which store a query is of, with its type: `words::stores::per_word()`.
pub struct Queryable<S: 'static> {
    topology: &'static TopologyDescription,
    name: &'static str,
    subtopology: usize,
    find: fn(&mut dyn Any) -> Option<&mut S>,
}

impl<S> Clone for Queryable<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Queryable<S> {}

impl<S> Queryable<S> {
    /// A store of a sub-topology, and where its task has it.
    pub const fn new(
        topology: &'static TopologyDescription,
        name: &'static str,
        subtopology: usize,
        find: fn(&mut dyn Any) -> Option<&mut S>,
    ) -> Self {
        Self { topology, name, subtopology, find }
    }

    /// The topology that it is of.
    pub fn topology(&self) -> &'static TopologyDescription {
        self.topology
    }

    /// Its name in the language.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The number of its sub-topology.
    pub fn subtopology(&self) -> usize {
        self.subtopology
    }

    /// The store of a task; `None` if the task is not one of its sub-topology.
    pub fn of<'t>(&self, task: &'t mut dyn Any) -> Option<ReadOnly<'t, S>> {
        (self.find)(task).map(ReadOnly)
    }
}

impl<S> std::fmt::Debug for Queryable<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::stores::{}", self.topology.name, self.name)
    }
}

/// Which global table a query is of, with its type (a [`GlobalTable`]).
pub struct QueryableGlobal<T> {
    topology: &'static TopologyDescription,
    number: usize,
    table: PhantomData<fn() -> T>,
}

impl<T> Clone for QueryableGlobal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for QueryableGlobal<T> {}

impl<T> QueryableGlobal<T> {
    /// The global table of this number.
    pub const fn new(topology: &'static TopologyDescription, number: usize) -> Self {
        Self { topology, number, table: PhantomData }
    }

    /// The topology that it is of.
    pub fn topology(&self) -> &'static TopologyDescription {
        self.topology
    }

    /// Its number among the topology's global tables.
    pub fn number(&self) -> usize {
        self.number
    }
}

impl<T> std::fmt::Debug for QueryableGlobal<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "global table {} of {}", self.number, self.topology.name)
    }
}

/// A store that can be read, and not changed.
pub struct ReadOnly<'s, S>(&'s mut S);

impl<S> std::fmt::Debug for ReadOnly<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadOnly").finish_non_exhaustive()
    }
}

impl<K, V, KF, VF> ReadOnly<'_, KeyValueStore<K, V, KF, VF>>
where
    K: Hash + Eq,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// As [`KeyValueStore::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get<Q>(&mut self, key: &Q) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.0.get(key)
    }

    /// As [`KeyValueStore::all`].
    ///
    /// # Errors
    /// As there.
    pub fn all(&mut self) -> Result<Scan<'_, Found<K, V>>>
    where
        K: Clone,
        V: Clone,
    {
        self.0.all()
    }

    /// As [`KeyValueStore::range`].
    ///
    /// # Errors
    /// As there.
    pub fn range<Q>(&mut self, keys: impl RangeBounds<Q>) -> Result<Scan<'_, Found<K, V>>>
    where
        KF: Encode<Q>,
        K: Clone,
        V: Clone,
    {
        self.0.range(keys)
    }

    /// As [`KeyValueStore::prefix`].
    ///
    /// # Errors
    /// As there.
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Found<K, V>>>
    where
        K: Clone,
        V: Clone,
    {
        self.0.prefix(prefix)
    }
}

impl<K, V, KF, VF> ReadOnly<'_, VersionedStore<K, V, KF, VF>>
where
    K: Hash + Eq,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// As [`VersionedStore::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get<Q>(&mut self, key: &Q) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.0.get(key)
    }

    /// As [`VersionedStore::as_of`].
    ///
    /// # Errors
    /// As there.
    pub fn as_of<Q>(&mut self, key: &Q, time: i64) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.0.as_of(key, time)
    }

    /// As [`VersionedStore::history`].
    ///
    /// # Errors
    /// As there.
    pub fn history<Q>(
        &mut self,
        key: &Q,
        times: impl RangeBounds<i64>,
    ) -> Result<impl DoubleEndedIterator<Item = Version<'_, V>>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.0.history(key, times)
    }
}

impl<K, V, KF, VF> ReadOnly<'_, WindowStore<K, V, KF, VF>>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// As [`WindowStore::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get<Q>(&mut self, key: &Q, start: i64) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.0.get(key, start)
    }

    /// As [`WindowStore::fetch`].
    ///
    /// # Errors
    /// As there.
    pub fn fetch<Q>(
        &mut self,
        key: &Q,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        Q: ?Sized,
        KF: Encode<Q>,
    {
        self.0.fetch(key, times)
    }

    /// As [`WindowStore::fetch_range`].
    ///
    /// # Errors
    /// As there.
    pub fn fetch_range<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, WindowSpan>>>
    where
        KF: Encode<Q>,
    {
        self.0.fetch_range(keys, times)
    }

    /// As [`WindowStore::prefix`].
    ///
    /// # Errors
    /// As there.
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Found<K, V, WindowSpan>>> {
        self.0.prefix(prefix)
    }

    /// As [`WindowStore::all`].
    ///
    /// # Errors
    /// As there.
    pub fn all(&mut self) -> Result<Scan<'_, Found<K, V, WindowSpan>>> {
        self.0.all()
    }
}

impl<T, K, V, KF, VF> ReadOnly<'_, SpanStore<T, K, V, KF, VF>>
where
    T: Span,
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// As [`SpanStore::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get<Q>(&mut self, key: &Q, span: T) -> Result<Option<(&V, i64)>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.0.get(key, span)
    }

    /// As [`SpanStore::fetch`].
    ///
    /// # Errors
    /// As there.
    pub fn fetch<Q>(
        &mut self,
        key: &Q,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, T>>>
    where
        Q: ?Sized,
        KF: Encode<Q>,
    {
        self.0.fetch(key, times)
    }

    /// As [`SpanStore::fetch_range`].
    ///
    /// # Errors
    /// As there.
    pub fn fetch_range<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        times: impl RangeBounds<i64>,
    ) -> Result<Scan<'_, Found<K, V, T>>>
    where
        KF: Encode<Q>,
    {
        self.0.fetch_range(keys, times)
    }

    /// As [`SpanStore::prefix`].
    ///
    /// # Errors
    /// As there.
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Scan<'_, Found<K, V, T>>> {
        self.0.prefix(prefix)
    }

    /// As [`SpanStore::all`].
    ///
    /// # Errors
    /// As there.
    pub fn all(&mut self) -> Result<Scan<'_, Found<K, V, T>>> {
        self.0.all()
    }
}

impl<K, V, KF, VF> ReadOnly<'_, SpanStore<SessionSpan, K, V, KF, VF>>
where
    K: Hash + Eq + Clone,
    V: Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// As [`SpanStore::find_sessions`].
    ///
    /// # Errors
    /// As there.
    pub fn find_sessions<Q>(
        &mut self,
        key: &Q,
        earliest_end: i64,
        latest_start: i64,
    ) -> Result<Scan<'_, Found<K, V, SessionSpan>>>
    where
        Q: ?Sized,
        KF: Encode<Q>,
    {
        self.0.find_sessions(key, earliest_end, latest_start)
    }

    /// As [`SpanStore::find_sessions_range`].
    ///
    /// # Errors
    /// As there.
    pub fn find_sessions_range<Q>(
        &mut self,
        keys: impl RangeBounds<Q>,
        earliest_end: i64,
        latest_start: i64,
    ) -> Result<Scan<'_, Found<K, V, SessionSpan>>>
    where
        KF: Encode<Q>,
    {
        self.0.find_sessions_range(keys, earliest_end, latest_start)
    }
}

impl<K, V, KF, VF> GlobalTable<K, V, KF, VF> {
    /// Reads the rows; while it does, the table does not change and tasks wait for it.
    pub fn read<R>(
        &self,
        read: impl FnOnce(&mut ReadOnly<'_, KeyValueStore<K, V, KF, VF>>) -> R,
    ) -> R {
        self.with_rows(|rows| read(&mut ReadOnly(rows)))
    }
}
