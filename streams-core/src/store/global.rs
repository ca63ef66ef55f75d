//! Global tables: all rows of a topic in every process, shared by its tasks.
//!
//! The runtime takes the topic's records in; tasks look rows up, under a read lock that the rows in memory
//! share. A row that is on disk only is brought into memory first.

use std::any::Any;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::StateStore;
use super::key_value::{KeyValueStore, Place};
use crate::format::{DecodeOwned, Encode};
use crate::{RecordRef, Result};

/// A global table (Kafka Streams' `GlobalKTable`). Clones share the rows.
pub struct GlobalTable<K, V, KF, VF> {
    name: &'static str,
    rows: Arc<RwLock<KeyValueStore<K, V, KF, VF>>>,
}

/// A row of a [`GlobalTable`]; while it is held, the table does not change.
pub struct GlobalRow<'t, K, V, KF, VF> {
    rows: RwLockReadGuard<'t, KeyValueStore<K, V, KF, VF>>,
    /// `None` if the key has no row.
    place: Option<u32>,
}

impl<K, V, KF, VF> GlobalTable<K, V, KF, VF>
where
    K: Hash + Eq + Clone,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// An empty table in memory.
    pub fn new(name: &'static str) -> Self {
        Self { name, rows: Arc::new(RwLock::new(KeyValueStore::new(name, None))) }
    }

    /// The row of a key.
    ///
    /// # Errors
    /// If the disk cannot be read.
    #[inline]
    pub fn look(&self, key: &K) -> Result<GlobalRow<'_, K, V, KF, VF>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let place = match rows.find(key) {
            Place::Memory(place) => Some(place),
            Place::Nowhere => None,
            Place::Disk => {
                drop(rows);
                return self.load(key);
            }
        };
        Ok(GlobalRow { rows, place })
    }

    #[cold]
    fn load(&self, key: &K) -> Result<GlobalRow<'_, K, V, KF, VF>> {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let place = Some(rows.bring(key)?);
        Ok(GlobalRow { rows: RwLockWriteGuard::downgrade(rows), place })
    }
}

impl<K, V, KF, VF> GlobalTable<K, V, KF, VF> {
    /// Applies `each` to the store with the rows.
    pub(super) fn with_rows<R>(
        &self,
        each: impl FnOnce(&mut KeyValueStore<K, V, KF, VF>) -> R,
    ) -> R {
        each(&mut self.rows.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K, V, KF, VF> GlobalRow<'_, K, V, KF, VF> {
    /// Its value, if there is a row.
    #[inline]
    pub fn value(&self) -> Option<&V> {
        self.rows.at(self.place?)
    }
}

impl<K, V, KF, VF> Clone for GlobalTable<K, V, KF, VF> {
    fn clone(&self) -> Self {
        Self { name: self.name, rows: Arc::clone(&self.rows) }
    }
}

/// What the driver of tasks does with a global table, whatever its types.
pub trait GlobalState: Any + Send + Sync {
    /// Name in the language.
    fn name(&self) -> &'static str;

    /// Takes a record of the table's topic in: the row of its key is what arrived last. `false` for a
    /// record without a key, which is left out.
    ///
    /// # Errors
    /// If the record cannot be decoded.
    fn take(&self, record: &RecordRef<'_>) -> Result<bool>;

    /// Applies `each` to the store with the rows.
    ///
    /// # Errors
    /// What `each` returns.
    fn with(&self, each: &mut dyn FnMut(&mut dyn StateStore) -> Result<()>) -> Result<()>;

    /// For typed access.
    fn as_any(&self) -> &dyn Any;
}

impl<K, V, KF, VF> GlobalState for GlobalTable<K, V, KF, VF>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    KF: Encode<K> + DecodeOwned<K> + 'static,
    VF: Encode<V> + DecodeOwned<V> + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn take(&self, record: &RecordRef<'_>) -> Result<bool> {
        let Some(key) = record.key else { return Ok(false) };
        let key = KF::decode(key)?;
        let value = record.value.map(VF::decode).transpose()?;
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.set(key, value, record.timestamp);
        Ok(true)
    }

    fn with(&self, each: &mut dyn FnMut(&mut dyn StateStore) -> Result<()>) -> Result<()> {
        self.with_rows(|rows| each(rows))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The global tables of a topology, in the order of its description. Clones share them.
#[derive(Clone, Default)]
pub struct Globals(Arc<[Arc<dyn GlobalState>]>);

impl Globals {
    /// These tables.
    pub fn new(tables: Vec<Arc<dyn GlobalState>>) -> Self {
        Self(tables.into())
    }

    /// The tables.
    pub fn iter(&self) -> impl Iterator<Item = &dyn GlobalState> {
        self.0.iter().map(|table| &**table)
    }

    /// The table of this number.
    pub fn get(&self, number: usize) -> Option<&dyn GlobalState> {
        self.0.get(number).map(|table| &**table)
    }

    /// The table of this number and type.
    pub fn table<T: 'static>(&self, number: usize) -> Option<&T> {
        self.get(number)?.as_any().downcast_ref()
    }

    /// True if the topology has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Globals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(GlobalState::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{BigEndian, Utf8};

    type Table = GlobalTable<String, i64, Utf8, BigEndian>;

    fn record<'a>(key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> RecordRef<'a> {
        RecordRef { offset: 0, timestamp: 5, key, value, headers: crate::Headers::EMPTY }
    }

    #[test]
    fn clones_see_what_arrives_last() -> Result<()> {
        let (table, name) = (Table::new("t"), "k".to_owned());
        let seen = table.clone();
        let number = |n: i64| n.to_be_bytes();
        assert!(table.take(&record(Some(b"k"), Some(&number(1))))?);
        assert_eq!(seen.look(&name)?.value(), Some(&1));
        assert!(table.take(&record(Some(b"k"), Some(&number(2))))?);
        assert_eq!(seen.look(&name)?.value(), Some(&2));
        assert!(table.take(&record(Some(b"k"), None))?);
        assert_eq!(seen.look(&name)?.value(), None);
        assert!(!table.take(&record(None, Some(&number(3))))?);
        assert!(table.take(&record(Some(b"k"), Some(b"no number"))).is_err());
        Ok(())
    }

    #[test]
    fn the_tables_of_a_topology_are_found_by_number_and_type() -> Result<()> {
        let globals = Globals::new(vec![Arc::new(Table::new("t"))]);
        let found: &Table = globals
            .table(0)
            .ok_or_else(|| crate::Error::new(crate::ErrorKind::Config, "the table is not found"))?;
        assert_eq!(found.name(), "t");
        assert!(globals.table::<GlobalTable<String, String, Utf8, Utf8>>(0).is_none());
        assert!(globals.table::<Table>(1).is_none());
        Ok(())
    }
}
