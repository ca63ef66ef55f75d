//! Updates of a table that are given on by the next commit (`emit = on_commit`; Kafka Streams' record
//! cache): of each key the last one, with what the key had when it was last given on.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;

use crate::{HeaderBuf, RecordRef};

/// What has changed of a key since it was last given on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsentUpdate<K, V> {
    /// The key.
    pub key: K,
    /// True if it had a value then.
    pub existed: bool,
    /// The value that it had then, where somebody asks for it.
    pub old: Option<V>,
    /// What it has now, where the store may forget it before the commit (windows).
    pub value: Option<V>,
    /// Timestamp of the last update.
    pub timestamp: i64,
    /// Number of the source whose record made that.
    pub source: usize,
    /// Offset of the record.
    pub offset: i64,
    /// Its headers.
    pub headers: HeaderBuf,
}

/// See the module. In the order of the last updates.
#[derive(Debug)]
pub struct Unsent<K, V> {
    updates: Vec<Option<UnsentUpdate<K, V>>>,
    places: HashTable<usize>,
    hasher: foldhash::fast::FixedState,
}

impl<K, V> Default for Unsent<K, V> {
    fn default() -> Self {
        let hasher = foldhash::fast::FixedState::default();
        Self { updates: Vec::new(), places: HashTable::new(), hasher }
    }
}

impl<K: Hash + Eq, V> Unsent<K, V> {
    /// A key has been updated by `record` of `source`; before that it had `old`, or none.
    #[expect(clippy::too_many_arguments, reason = "called by generated code, in one place each")]
    pub fn touch<Q>(
        &mut self,
        key: &Q,
        existed: bool,
        old: Option<V>,
        value: Option<V>,
        timestamp: i64,
        source: usize,
        record: &RecordRef<'_>,
    ) where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
    {
        let (hash, end) = (self.hasher.hash_one(key), self.updates.len());
        let updates = &mut self.updates;
        let found = self.places.find_mut(hash, |place| match updates.get(*place) {
            Some(Some(update)) => update.key.borrow() == key,
            _ => false,
        });
        let Some(place) = found else {
            let (key, headers) = (key.to_owned(), record.headers.to_buf());
            let offset = record.offset;
            let update =
                UnsentUpdate { key, existed, old, value, timestamp, source, offset, headers };
            self.updates.push(Some(update));
            self.places.insert_unique(hash, end, rehash(&self.hasher, &self.updates));
            return;
        };
        let Some(mut update) = updates.get_mut(*place).and_then(Option::take) else { return };
        update.value = value;
        (update.timestamp, update.source, update.offset) = (timestamp, source, record.offset);
        update.headers.set(record.headers);
        *place = end;
        updates.push(Some(update));
        if updates.len() > 2 * self.places.len() + HOLES {
            self.compact();
        }
    }

    fn compact(&mut self) {
        self.updates.retain(Option::is_some);
        self.places.clear();
        for (place, update) in self.updates.iter().enumerate() {
            if let Some(update) = update {
                let hash = self.hasher.hash_one(&update.key);
                self.places.insert_unique(hash, place, rehash(&self.hasher, &self.updates));
            }
        }
    }

    /// Takes all updates out.
    pub fn take(&mut self) -> impl Iterator<Item = UnsentUpdate<K, V>> + use<K, V> {
        self.places.clear();
        std::mem::take(&mut self.updates).into_iter().flatten()
    }

    /// Approximate bytes in memory.
    pub fn memory(&self) -> usize {
        self.updates.len() * (size_of::<Option<UnsentUpdate<K, V>>>() + 64)
    }
}

/// Places of updated keys that are kept before they are swept.
const HOLES: usize = 64;

fn rehash<K: Hash, V>(
    hasher: &foldhash::fast::FixedState,
    updates: &[Option<UnsentUpdate<K, V>>],
) -> impl Fn(&usize) -> u64 {
    |place| match updates.get(*place) {
        Some(Some(update)) => hasher.hash_one(&update.key),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_key_comes_once_in_the_order_of_its_last_update(keys: Vec<u8>) {
            let mut unsent: Unsent<u8, usize> = Unsent::default();
            let mut naive: Vec<(u8, usize, usize)> = Vec::new();
            for (n, key) in keys.iter().enumerate() {
                let key = key % 5;
                let record = RecordRef::new(n as i64, 0, None, None);
                unsent.touch(&key, true, Some(n), Some(n), n as i64, 0, &record);
                let first = naive.iter().find(|(k, ..)| *k == key).map_or(n, |(_, first, _)| *first);
                naive.retain(|(k, ..)| *k != key);
                naive.push((key, first, n));
            }
            let got: Vec<_> =
                unsent.take().map(|u| (u.key, u.old.unwrap_or(0), u.value.unwrap_or(0))).collect();
            prop_assert_eq!(got, naive);
            prop_assert_eq!(unsent.take().count(), 0);
        }
    }
}
