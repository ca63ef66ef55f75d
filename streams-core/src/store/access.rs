//! Reading and writing a key-value store by hand, as processors do.

use std::borrow::Borrow;
use std::hash::Hash;
use std::ops::{Bound, RangeBounds};

use super::{KeyValueStore, StateStore};
use crate::Result;
use crate::format::{DecodeOwned, Encode};

impl<K, V, KF, VF> KeyValueStore<K, V, KF, VF>
where
    K: Hash + Eq + Clone + Send,
    V: Send,
    KF: Encode<K> + DecodeOwned<K>,
    VF: Encode<V> + DecodeOwned<V>,
{
    /// Puts a value, with its timestamp in milliseconds since the Unix epoch; gives what was there
    /// before.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn put<Q>(&mut self, key: &Q, value: V, timestamp: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        let slot = self.slot(key)?;
        slot.timestamp = timestamp;
        Ok(slot.value.replace(value))
    }

    /// Puts a value, unless there is one; gives a copy of the one that is there.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn put_if_absent<Q>(&mut self, key: &Q, value: V, timestamp: i64) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
        V: Clone,
    {
        match self.get(key)? {
            Some((there, _)) => Ok(Some(there.clone())),
            None => self.put(key, value, timestamp),
        }
    }

    /// Deletes a key; gives what was there.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn delete<Q>(&mut self, key: &Q) -> Result<Option<V>>
    where
        Q: ?Sized + Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<Q>,
        KF: Encode<Q>,
    {
        // A key that is not there leaves no trace in the changelog.
        if self.get(key)?.is_none() {
            return Ok(None);
        }
        Ok(self.slot(key)?.value.take())
    }

    /// The keys in a range with their values and timestamps, as they are now, in the order of the
    /// keys' bytes, which is that of Kafka Streams (negative numbers come last). `.rev()` goes the
    /// other way. The store may be changed meanwhile.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds what does not decode.
    pub fn range(&self, range: impl RangeBounds<K>) -> Result<std::vec::IntoIter<(K, V, i64)>> {
        let (from, to) =
            (encoded::<K, KF>(range.start_bound())?, encoded::<K, KF>(range.end_bound())?);
        let inside = |key: &[u8]| {
            let after = match &from {
                Bound::Included(from) => key >= from.as_slice(),
                Bound::Excluded(from) => key > from.as_slice(),
                Bound::Unbounded => true,
            };
            after
                && match &to {
                    Bound::Included(to) => key <= to.as_slice(),
                    Bound::Excluded(to) => key < to.as_slice(),
                    Bound::Unbounded => true,
                }
        };
        let mut found = Vec::new();
        for row in self.rows()?.into_iter().filter(|row| inside(&row.key)) {
            found.push((KF::decode(&row.key)?, VF::decode(&row.value)?, row.timestamp));
        }
        Ok(found.into_iter())
    }

    /// All keys: [`range`](Self::range) without bounds.
    ///
    /// # Errors
    /// As [`range`](Self::range).
    pub fn all(&self) -> Result<std::vec::IntoIter<(K, V, i64)>> {
        self.range(..)
    }
}

fn encoded<K, KF: Encode<K>>(bound: Bound<&K>) -> Result<Bound<Vec<u8>>> {
    let bytes = |key: &K| {
        let mut bytes = Vec::new();
        KF::encode(key, &mut bytes).map(|()| bytes)
    };
    Ok(match bound {
        Bound::Included(key) => Bound::Included(bytes(key)?),
        Bound::Excluded(key) => Bound::Excluded(bytes(key)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}
