//! Scans: the rows of a store in order, those on disk and those in memory as one.
//!
//! A scan reads page by page, so that it holds a few rows at a time and no lock on the disk. Within a
//! page there are several ordered sources: each segment on disk, and what the disk lacks. A source
//! gives at most [`PAGE`] rows; the page goes as far as all sources reach.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Bound, RangeBounds};

use super::{Backend, order};
use crate::Result;
use crate::format::Encode;

/// Rows of a source in a page: few enough to throw away, many enough to hide the search for the first.
const PAGE: usize = 64;

/// A row that a scan finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<K, V, S = ()> {
    /// The key.
    pub key: K,
    /// What it is kept under beside its key: a window, a session, the time of a version.
    pub span: S,
    /// The value.
    pub value: V,
    /// Its timestamp, in milliseconds since the Unix epoch.
    pub timestamp: i64,
}

/// Encoded keys, `>= from` and, where `to` is given, `< to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) from: Vec<u8>,
    pub(super) to: Option<Vec<u8>>,
}

impl Keys {
    /// All keys.
    pub(super) fn all() -> Self {
        Self { from: Vec::new(), to: None }
    }

    /// Rows whose key is all of the row's key on disk.
    pub(super) fn plain<Q, KF: Encode<Q>>(range: &impl RangeBounds<Q>) -> Result<Self> {
        let encode = |key: &Q| {
            let mut bytes = Vec::new();
            KF::encode(key, &mut bytes).map(|()| bytes)
        };
        let next = |mut key: Vec<u8>| {
            key.push(0);
            key
        };
        Self::between(range, encode, next)
    }

    /// Rows that have something behind the key, all of it.
    pub(super) fn written<Q, KF: Encode<Q>>(range: &impl RangeBounds<Q>) -> Result<Self> {
        let encode = |key: &Q| Self::of::<Q, KF>(key).map(|keys| keys.from);
        // A key's end is 0, 0: there is one after it.
        Self::between(range, encode, |key| order::after(&key).unwrap_or_default())
    }

    fn between<Q>(
        range: &impl RangeBounds<Q>,
        encode: impl Fn(&Q) -> Result<Vec<u8>>,
        next: impl Fn(Vec<u8>) -> Vec<u8>,
    ) -> Result<Self> {
        let from = match range.start_bound() {
            Bound::Included(key) => encode(key)?,
            Bound::Excluded(key) => next(encode(key)?),
            Bound::Unbounded => Vec::new(),
        };
        let to = match range.end_bound() {
            Bound::Included(key) => Some(next(encode(key)?)),
            Bound::Excluded(key) => Some(encode(key)?),
            Bound::Unbounded => None,
        };
        Ok(Self { from, to })
    }

    /// All rows of one key.
    pub(super) fn of<Q: ?Sized, KF: Encode<Q>>(key: &Q) -> Result<Self> {
        let (mut bytes, mut from) = (Vec::new(), Vec::new());
        KF::encode(key, &mut bytes)?;
        order::write_key(&bytes, &mut from);
        let to = order::after(&from);
        Ok(Self { from, to })
    }

    /// Keys that begin with these bytes.
    pub(super) fn plain_prefix(prefix: &[u8]) -> Self {
        Self { from: prefix.to_vec(), to: order::after(prefix) }
    }

    /// Keys with something behind them that begin with these bytes.
    pub(super) fn written_prefix(prefix: &[u8]) -> Self {
        let mut from = Vec::new();
        order::write_prefix(prefix, &mut from);
        let to = order::after(&from);
        Self { from, to }
    }

    fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| self.from >= *to)
    }
}

/// What is to be shown of a row on disk, from its key and bytes; `None` for what is not.
type ShowRow<'a, T> = dyn FnMut(&[u8], &[u8]) -> Result<Option<T>> + 'a;

/// Gives the rows of an entry in memory to the source; `false` when it wants no more.
type GiveEntry<'a, T> = dyn FnMut(&[u8], u32, &mut Source<'_, T>) -> Result<bool> + 'a;

/// A page of rows by their encoded key.
pub(super) struct Page<T> {
    keys: Keys,
    reverse: bool,
    rows: BTreeMap<Vec<u8>, T>,
    /// How far all sources reach; `None` if to the end.
    bound: Option<Vec<u8>>,
}

/// One ordered source of a page.
pub(super) struct Source<'p, T> {
    page: &'p mut Page<T>,
    given: usize,
}

impl<T> Source<'_, T> {
    /// True if the scan goes from the last row to the first.
    pub(super) fn is_reverse(&self) -> bool {
        self.page.reverse
    }

    /// True if a row of this key is of the page.
    pub(super) fn wants(&self, key: &[u8]) -> bool {
        let Keys { from, to } = &self.page.keys;
        key >= from.as_slice() && to.as_deref().is_none_or(|to| key < to)
    }

    /// Takes a row, in the order of the scan. `false` if it wants no more.
    pub(super) fn push(&mut self, key: &[u8], row: T) -> bool {
        let beyond = self.page.bound.as_ref().is_some_and(|bound| match self.page.reverse {
            true => key < bound.as_slice(),
            false => key > bound.as_slice(),
        });
        if beyond {
            return false;
        }
        self.page.rows.insert(key.to_vec(), row);
        self.given += 1;
        if self.given < PAGE {
            return true;
        }
        self.page.bound = Some(key.to_vec());
        false
    }
}

impl<T> Page<T> {
    /// The keys that the page is of.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The next source.
    pub(super) fn source(&mut self) -> Source<'_, T> {
        Source { page: self, given: 0 }
    }

    /// Rows on disk with a prefix before their key, which `row` gets without it.
    pub(super) fn disk(
        &mut self,
        disk: &dyn Backend,
        prefix: &[u8],
        row: &mut ShowRow<'_, T>,
    ) -> Result<()> {
        let from = [prefix, &self.keys.from].concat();
        let to = match &self.keys.to {
            Some(to) => Some([prefix, to].concat()),
            None => order::after(prefix),
        };
        let reverse = self.reverse;
        let mut source = self.source();
        disk.scan(&from, to.as_deref(), reverse, &mut |key, bytes| {
            let key = key.get(prefix.len()..).unwrap_or_default();
            Ok(match row(key, bytes)? {
                Some(row) => source.push(key, row),
                None => true,
            })
        })
    }

    /// Entries of a cache's order, whose keys are those of the rows, or begin them (`nested`).
    pub(super) fn memory(
        &mut self,
        order: &BTreeMap<Vec<u8>, u32>,
        nested: bool,
        each: &mut GiveEntry<'_, T>,
    ) -> Result<()> {
        let Keys { from, to } = self.keys.clone();
        // An entry whose key begins `from` may have rows behind it.
        let first = order
            .range::<[u8], _>((Bound::Unbounded, Bound::Included(from.as_slice())))
            .next_back()
            .filter(|(key, _)| nested && from.starts_with(key))
            .map_or(from.as_slice(), |(key, _)| key.as_slice());
        if to.as_deref().is_some_and(|to| first >= to) {
            return Ok(());
        }
        let end = to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut entries = order.range::<[u8], _>((Bound::Included(first), end));
        let reverse = self.reverse;
        let mut source = self.source();
        loop {
            let next = if reverse { entries.next_back() } else { entries.next() };
            match next {
                Some((key, index)) if each(key, *index, &mut source)? => {}
                _ => return Ok(()),
            }
        }
    }
}

/// Fills a page from a store.
type Fill<'s, T> = Box<dyn Fn(&mut Page<T>) -> Result<()> + 's>;

/// The rows of a store in the order of their encoded keys, as they are when it reaches them. See
/// [`reversed`](Self::reversed) for the other order.
#[must_use = "a scan reads nothing until it is iterated over"]
pub struct Scan<'s, T> {
    fill: Fill<'s, T>,
    keys: Keys,
    reverse: bool,
    page: VecDeque<T>,
    done: bool,
}

impl<'s, T> Scan<'s, T> {
    pub(super) fn new(keys: Keys, fill: impl Fn(&mut Page<T>) -> Result<()> + 's) -> Self {
        let done = keys.is_empty();
        Self { fill: Box::new(fill), keys, reverse: false, page: VecDeque::new(), done }
    }

    /// From the last row to the first. To be said before the first row is read.
    pub fn reversed(mut self) -> Self {
        self.reverse = true;
        self
    }

    fn read(&mut self) -> Result<()> {
        let mut page = Page {
            keys: self.keys.clone(),
            reverse: self.reverse,
            rows: BTreeMap::new(),
            bound: None,
        };
        (self.fill)(&mut page)?;
        match page.bound {
            None => self.done = true,
            Some(bound) if self.reverse => {
                page.rows = page.rows.split_off(&bound);
                self.keys.to = Some(bound);
            }
            Some(mut bound) => {
                bound.push(0);
                drop(page.rows.split_off(&bound));
                self.keys.from = bound;
            }
        }
        self.done |= self.keys.is_empty();
        if self.reverse {
            self.page.extend(page.rows.into_values().rev());
        } else {
            self.page.extend(page.rows.into_values());
        }
        Ok(())
    }
}

impl<T> Iterator for Scan<'_, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            if let Some(row) = self.page.pop_front() {
                return Some(Ok(row));
            }
            if self.done {
                return None;
            }
            if let Err(e) = self.read() {
                self.done = true;
                return Some(Err(e));
            }
        }
    }
}

impl<T> std::iter::FusedIterator for Scan<'_, T> {}

impl<T> std::fmt::Debug for Scan<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan")
            .field("keys", &self.keys)
            .field("reverse", &self.reverse)
            .finish_non_exhaustive()
    }
}
