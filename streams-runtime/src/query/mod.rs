//! Interactive queries: reads of the stores of a running application, from any thread.
//!
//! A store belongs to its task, and a task to its worker: a query goes to all workers and is answered
//! there between two turns, so that no store has a lock. The workers' side is in `worker/answer.rs`.

mod inbox;
mod job;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use streams_core::format::{DecodeOwned, Encode};
use streams_core::store::{
    GlobalTable, KeyValueStore, Queryable, QueryableGlobal, ReadOnly, Span, SpanStore,
    VersionedStore, WindowStore,
};
use streams_core::topology::TopologyDescription;

pub(crate) use inbox::Inbox;
pub(crate) use job::Job;
use job::{Answer, Read};

use crate::error::{Error, ErrorKind, ErrorName, Result};
use crate::shared::Shared;

/// What a query may see (Kafka's `isolation.level`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationLevel {
    /// What is committed: a query waits for the commit of what its tasks have processed, up to the commit
    /// interval.
    ReadCommitted,
    /// What has been processed, at once, though a crash or an aborted transaction may take it back.
    ReadUncommitted,
}

/// Reads the stores of a running application. Clones are cheap, and may be sent to other threads; they
/// do not keep the application running.
#[derive(Clone)]
pub struct Queries(Weak<Shared>);

impl Queries {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    fn shared(&self, topology: &'static TopologyDescription) -> Result<Arc<Shared>> {
        let shared = self.0.upgrade().ok_or_else(stopped)?;
        if shared.topology.name == topology.name {
            return Ok(shared);
        }
        Err(Error::config(format!(
            "the store is of topology {}, and the application runs {}",
            topology.name, shared.topology.name
        )))
    }

    /// A store: `queries.store(words::stores::per_word())?`. Under exactly once it is read committed, at
    /// least once uncommitted, unless [`isolation`](Store::isolation) says otherwise.
    ///
    /// # Errors
    /// If the application has ended, or runs another topology.
    pub fn store<S>(&self, store: Queryable<S>) -> Result<Store<S>> {
        let shared = self.shared(store.topology())?;
        let isolation = match shared.config.is_transactional() || shared.config.brokers.is_none() {
            true => IsolationLevel::ReadCommitted,
            false => IsolationLevel::ReadUncommitted,
        };
        Ok(Store { queries: self.clone(), store, isolation, timeout: TIMEOUT })
    }

    /// A global table, which every process has whole, as committed: `queries.global(prices::stores::products())?`.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub fn global<T>(&self, table: QueryableGlobal<T>) -> Result<Global<T>> {
        self.shared(table.topology())?;
        Ok(Global { queries: self.clone(), table })
    }
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queries").finish_non_exhaustive()
    }
}

/// How long a query waits, unless it says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A store of a running application, in all its partitions that are in this process.
pub struct Store<S: 'static> {
    queries: Queries,
    store: Queryable<S>,
    isolation: IsolationLevel,
    timeout: Duration,
}

impl<S> Clone for Store<S> {
    fn clone(&self) -> Self {
        Self { queries: self.queries.clone(), ..*self }
    }
}

impl<S> std::fmt::Debug for Store<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("store", &self.store)
            .field("isolation", &self.isolation)
            .field("timeout", &self.timeout)
            .finish()
    }
}

impl<S: 'static> Store<S> {
    /// What its queries may see.
    #[must_use]
    pub fn isolation(mut self, isolation: IsolationLevel) -> Self {
        self.isolation = isolation;
        self
    }

    /// How long its queries wait, for a commit and for what their workers are doing: 10 s if nothing is
    /// said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Applies `read` to the store in each partition that this process has, on the thread of its worker,
    /// which does nothing else meanwhile; gives what came of it by partition. The partitions of one
    /// worker are read at one commit.
    ///
    /// # Errors
    /// If a partition is being restored or moved ([`ErrorName::StoreRestoring`]), what `read` returns, if
    /// the time is up or the application has ended.
    pub fn read<R: Send + 'static>(
        &self,
        read: impl Fn(&mut ReadOnly<'_, S>) -> streams_core::Result<R> + Send + Sync + 'static,
    ) -> Result<BTreeMap<i32, R>> {
        self.ask(Arc::new(read)).map(|(found, _)| found)
    }

    /// As [`read`](Self::read), where one partition has it: what that gives.
    ///
    /// # Errors
    /// As [`read`](Self::read); and, if no partition here has it, that there are partitions elsewhere
    /// ([`ErrorName::StoreMigrated`]).
    pub fn find<R: Send + 'static>(
        &self,
        read: impl Fn(&mut ReadOnly<'_, S>) -> streams_core::Result<Option<R>> + Send + Sync + 'static,
    ) -> Result<Option<R>> {
        let (found, partitions) = self.ask(Arc::new(read))?;
        let elsewhere: Vec<String> =
            (0..partitions).filter(|p| !found.contains_key(p)).map(|p| p.to_string()).collect();
        let found = found.into_values().flatten().next();
        if found.is_some() || elsewhere.is_empty() {
            return Ok(found);
        }
        Err(Error::new(
            ErrorKind::Retry,
            format!(
                "store {}: no partition in this process has the key, and partition {} of {partitions} \
                 is with another member, or on its way: ask there, or again",
                self.store.name(),
                elsewhere.join(", ")
            ),
        )
        .named(ErrorName::StoreMigrated))
    }

    /// The value that `get` finds for a key, in the partition that has it.
    fn row<K, Q, V>(
        &self,
        key: &Q,
        get: impl for<'s> Fn(&'s mut ReadOnly<'_, S>, &Q) -> streams_core::Result<Option<(&'s V, i64)>>
        + Send
        + Sync
        + 'static,
    ) -> Result<Option<V>>
    where
        K: Borrow<Q> + Send + Sync + 'static,
        Q: ?Sized + ToOwned<Owned = K> + 'static,
        V: Clone + Send + 'static,
    {
        let key = key.to_owned();
        self.find(move |store| Ok(get(store, key.borrow())?.map(|(value, _)| value.clone())))
    }

    /// Asks all workers; gives what they answered, and the number of partitions that there are.
    fn ask<R: Send + 'static>(&self, read: Read<S, R>) -> Result<(BTreeMap<i32, R>, i32)> {
        let deadline = Instant::now().checked_add(self.timeout);
        let shared = self.queries.shared(self.store.topology())?;
        let subtopology = self.store.subtopology();
        let read_topics = shared.plan.reads.iter().filter(|r| r.subtopology == subtopology);
        let partitions = read_topics.map(|r| r.partitions).max().unwrap_or(0);
        let (to, answers) = channel();
        let asks = Arc::new(());
        let workers = shared.inboxes.len();
        for inbox in &shared.inboxes {
            let committed = self.isolation == IsolationLevel::ReadCommitted;
            inbox.put(Job::new(self.store, committed, Arc::clone(&read), to.clone(), &asks))?;
        }
        // The state directory is not to stay open for a query that waits.
        drop((shared, to));
        Ok((self.collect(workers, &answers, deadline)?, partitions))
    }

    fn collect<R>(
        &self,
        mut workers: usize,
        answers: &Receiver<Answer<R>>,
        deadline: Option<Instant>,
    ) -> Result<BTreeMap<i32, R>> {
        let mut found = BTreeMap::new();
        while workers > 0 {
            let left =
                deadline.map_or(Duration::MAX, |d| d.saturating_duration_since(Instant::now()));
            match answers.recv_timeout(left) {
                Ok(Ok(Some((partition, answer)))) => {
                    found.insert(partition, answer);
                }
                Ok(Ok(None)) => workers -= 1,
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Disconnected) => return Err(stopped()),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Error::new(
                        ErrorKind::Retry,
                        format!(
                            "store {}: a query was not answered within {} ms: its worker is busy, or has \
                             nothing committed for so long",
                            self.store.name(),
                            self.timeout.as_millis()
                        ),
                    ));
                }
            }
        }
        Ok(found)
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Fatal, "the application has ended: its stores cannot be queried")
}

/// A global table of a running application.
#[derive(Clone, Debug)]
pub struct Global<T> {
    queries: Queries,
    table: QueryableGlobal<T>,
}

impl<K, V, KF, VF> Global<GlobalTable<K, V, KF, VF>>
where
    K: Hash + Eq + Clone + 'static,
    V: 'static,
    KF: Encode<K> + DecodeOwned<K> + 'static,
    VF: Encode<V> + DecodeOwned<V> + 'static,
{
    fn with<R>(
        &self,
        look: impl FnOnce(&GlobalTable<K, V, KF, VF>) -> streams_core::Result<R>,
    ) -> Result<R> {
        let shared = self.queries.shared(self.table.topology())?;
        let table = shared.globals.table(self.table.number());
        let table =
            table.ok_or_else(|| Error::config("the application has no such global table"))?;
        Ok(shared.with_schemas(|| look(table))?)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// If the disk cannot be read, or the application has ended.
    pub fn get<Q>(&self, key: &Q) -> Result<Option<V>>
    where
        Q: ?Sized + ToOwned<Owned = K>,
        V: Clone,
    {
        self.with(|table| Ok(table.look(&key.to_owned())?.value().cloned()))
    }

    /// Applies `read` to all rows, on this thread; meanwhile the table does not change, and who looks a
    /// row up waits, so it should be short.
    ///
    /// # Errors
    /// As [`get`](Self::get); what `read` returns.
    pub fn read<R>(
        &self,
        read: impl FnOnce(&mut ReadOnly<'_, KeyValueStore<K, V, KF, VF>>) -> streams_core::Result<R>,
    ) -> Result<R> {
        self.with(|table| table.read(read))
    }
}

impl<K, V, KF, VF> Store<KeyValueStore<K, V, KF, VF>>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + 'static,
    KF: Encode<K> + DecodeOwned<K> + 'static,
    VF: Encode<V> + DecodeOwned<V> + 'static,
{
    /// The value of a key.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn get<Q>(&self, key: &Q) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K> + 'static,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.row(key, |store, key| store.get(key))
    }
}

impl<K, V, KF, VF> Store<VersionedStore<K, V, KF, VF>>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + 'static,
    KF: Encode<K> + DecodeOwned<K> + 'static,
    VF: Encode<V> + DecodeOwned<V> + 'static,
{
    /// The latest value of a key.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn get<Q>(&self, key: &Q) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K> + 'static,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.row(key, |store, key| store.get(key))
    }

    /// The value of a key that is valid at a time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn as_of<Q>(&self, key: &Q, time: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K> + 'static,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.row(key, move |store, key| store.as_of(key, time))
    }
}

impl<K, V, KF, VF> Store<WindowStore<K, V, KF, VF>>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + 'static,
    KF: Encode<K> + DecodeOwned<K> + 'static,
    VF: Encode<V> + DecodeOwned<V> + 'static,
{
    /// The value of a key in the window that starts at this time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn get<Q>(&self, key: &Q, start: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K> + 'static,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.row(key, move |store, key| store.get(key, start))
    }
}

impl<T, K, V, KF, VF> Store<SpanStore<T, K, V, KF, VF>>
where
    T: Span + Send + Sync + 'static,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + 'static,
    KF: Encode<K> + DecodeOwned<K> + 'static,
    VF: Encode<V> + DecodeOwned<V> + 'static,
{
    /// The value of a key in this session or window.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn get<Q>(&self, key: &Q, span: T) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K> + 'static,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        self.row(key, move |store, key| store.get(key, span))
    }
}
