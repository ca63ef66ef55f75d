//! The versions of one key, sorted by the time from which each is valid.

/// One version of a key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a, V> {
    /// The value.
    pub value: &'a V,
    /// Valid from this time on: its timestamp, in milliseconds since the Unix epoch.
    pub from: i64,
    /// Until the next version, which is not of it any more; `None` for the latest.
    pub to: Option<i64>,
}

/// Where a put has come to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is the latest version of its key.
    Latest,
    /// There is a later version: it went into its place in the history.
    Past,
    /// It is older than the retention: nothing was put.
    Expired,
}

#[derive(Debug)]
struct Entry<V> {
    from: i64,
    /// `None` for a deletion.
    value: Option<V>,
    flags: u8,
}

const UNLOGGED: u8 = 1;
const UNFLUSHED: u8 = 2;
const ON_DISK: u8 = 4;
/// Kafka Streams would know of this time without the value: see [`History::put`].
const REMEMBERED: u8 = 8;

/// See the module.
#[derive(Debug)]
pub(super) struct History<V> {
    entries: Vec<Entry<V>>,
    /// Times of versions that have gone and are still on disk, and those to be told the changelog.
    dead: Vec<i64>,
    forgotten: Vec<i64>,
}

impl<V> Default for History<V> {
    fn default() -> Self {
        Self { entries: Vec::new(), dead: Vec::new(), forgotten: Vec::new() }
    }
}

/// A version as it lies on disk.
pub(super) struct Stored<V> {
    pub(super) value: Option<V>,
    pub(super) remembered: bool,
}

impl<V> History<V> {
    /// Puts a version, a deletion without a value.
    ///
    /// Kafka Streams keeps the time of a deletion only where something ends there: a deletion at the very
    /// time of the latest value, before which there was nothing, leaves no trace, and an older record that
    /// comes later is the latest then. So it is if `forget`.
    pub(super) fn put(&mut self, from: i64, value: Option<V>, forget: bool) -> Placed {
        let owed = UNLOGGED | UNFLUSHED;
        match self.entries.binary_search_by(|e| e.from.cmp(&from)) {
            Ok(at) => {
                let last = at + 1 == self.entries.len();
                let Some(entry) = self.entries.get_mut(at) else { return Placed::Past };
                let replaces = value.is_none() && entry.value.is_some();
                if forget && last && replaces && entry.flags & REMEMBERED == 0 {
                    if entry.flags & ON_DISK != 0 {
                        self.dead.push(from);
                    }
                    if entry.flags & UNLOGGED == 0 {
                        self.forgotten.push(from);
                    }
                    self.entries.pop();
                    return Placed::Latest;
                }
                entry.value = value;
                entry.flags |= owed;
                if last { Placed::Latest } else { Placed::Past }
            }
            Err(at) => {
                let before = at.checked_sub(1).and_then(|at| self.entries.get(at));
                let ends_one = before.is_some_and(|e| e.value.is_some());
                let remembered = ends_one || value.is_none();
                let flags = owed | if remembered { REMEMBERED } else { 0 };
                self.entries.insert(at, Entry { from, value, flags });
                self.dead.retain(|dead| *dead != from);
                match self.entries.get_mut(at + 1) {
                    Some(next) => {
                        if next.flags & REMEMBERED == 0 {
                            next.flags |= REMEMBERED | UNFLUSHED;
                        }
                        Placed::Past
                    }
                    None => Placed::Latest,
                }
            }
        }
    }

    /// Takes what the disk has, in any order.
    pub(super) fn load(&mut self, from: i64, stored: Stored<V>) {
        let remembered = if stored.remembered { REMEMBERED } else { 0 };
        let entry = Entry { from, value: stored.value, flags: ON_DISK | remembered };
        if let Err(at) = self.entries.binary_search_by(|e| e.from.cmp(&from)) {
            self.entries.insert(at, entry);
        }
    }

    /// Nothing of this is owed to the changelog.
    pub(super) fn restored(&mut self) {
        self.forgotten.clear();
        self.entries.iter_mut().for_each(|e| e.flags &= !UNLOGGED);
    }

    /// Drops what no lookup at `horizon` or later finds. True if anything is left.
    pub(super) fn expire(&mut self, horizon: i64) -> bool {
        let passed = self.entries.partition_point(|e| e.from <= horizon);
        let valid = passed.checked_sub(1).and_then(|at| self.entries.get(at));
        let gone = match valid {
            // A deletion ends what was before it, and is nothing itself.
            Some(Entry { value: None, .. }) => passed,
            _ => passed.saturating_sub(1),
        };
        let gone = self.entries.drain(..gone).filter(|e| e.flags & ON_DISK != 0);
        self.dead.extend(gone.map(|e| e.from));
        !self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The latest version, if the key has a value.
    pub(super) fn latest(&self) -> Option<Version<'_, V>> {
        let last = self.entries.last()?;
        Some(Version { value: last.value.as_ref()?, from: last.from, to: None })
    }

    /// The version that is valid at a time.
    pub(super) fn as_of(&self, time: i64) -> Option<Version<'_, V>> {
        let next = self.entries.partition_point(|e| e.from <= time);
        let entry = self.entries.get(next.checked_sub(1)?)?;
        let to = self.entries.get(next).map(|e| e.from);
        Some(Version { value: entry.value.as_ref()?, from: entry.from, to })
    }

    /// All versions with a value, ascending.
    pub(super) fn versions(&self) -> impl DoubleEndedIterator<Item = Version<'_, V>> {
        self.entries.iter().enumerate().filter_map(|(at, entry)| {
            let to = self.entries.get(at + 1).map(|next| next.from);
            Some(Version { value: entry.value.as_ref()?, from: entry.from, to })
        })
    }

    /// All versions, deletions included, ascending.
    pub(super) fn entries(&self) -> impl Iterator<Item = (i64, Option<&V>)> {
        self.entries.iter().map(|entry| (entry.from, entry.value.as_ref()))
    }

    /// Calls `each` with what is owed to the changelog, after `forgotten` with deletions that come before
    /// all. If the last of it is not the latest version, that goes once more: a compacted changelog keeps
    /// what came last.
    pub(super) fn log<E, C>(
        &mut self,
        to: &mut C,
        forgotten: impl Fn(&mut C, i64) -> Result<(), E>,
        each: impl Fn(&mut C, i64, Option<&V>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut last = None;
        for from in self.forgotten.drain(..) {
            forgotten(to, from)?;
            last = Some(from);
        }
        for entry in self.entries.iter_mut().filter(|e| e.flags & UNLOGGED != 0) {
            each(to, entry.from, entry.value.as_ref())?;
            entry.flags &= !UNLOGGED;
            last = Some(entry.from);
        }
        match self.entries.last() {
            Some(latest) if last.is_some_and(|last| last != latest.from) => {
                each(to, latest.from, latest.value.as_ref())
            }
            _ => Ok(()),
        }
    }

    /// Calls `gone` with the versions to delete on disk, and `each` with those owed to it: their time,
    /// their value, and whether the time is remembered. They are taken for written then: if the write
    /// fails, the task is over.
    pub(super) fn flush<E, C>(
        &mut self,
        to: &mut C,
        gone: impl Fn(&mut C, i64) -> Result<(), E>,
        each: impl Fn(&mut C, i64, Option<&V>, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        for from in self.dead.drain(..) {
            gone(to, from)?;
        }
        for entry in self.entries.iter_mut().filter(|e| e.flags & UNFLUSHED != 0) {
            each(to, entry.from, entry.value.as_ref(), entry.flags & REMEMBERED != 0)?;
            entry.flags = (entry.flags | ON_DISK) & !UNFLUSHED;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(history: &History<i32>) -> Vec<(i64, i32, Option<i64>)> {
        history.versions().map(|v| (v.from, *v.value, v.to)).collect()
    }

    #[test]
    fn an_older_version_goes_into_its_place() {
        let mut history = History::default();
        assert_eq!(history.put(10, Some(1), false), Placed::Latest);
        assert_eq!(history.put(30, Some(3), false), Placed::Latest);
        assert_eq!(history.put(20, None, false), Placed::Past);
        assert_eq!(shown(&history), [(10, 1, Some(20)), (30, 3, None)]);
        assert_eq!(history.as_of(19).map(|v| *v.value), Some(1));
        assert_eq!(history.as_of(20), None);
        assert_eq!(history.as_of(9), None);
        assert_eq!(history.latest().map(|v| *v.value), Some(3));
    }

    #[test]
    fn what_is_valid_at_the_horizon_stays() {
        let mut history = History::default();
        for (from, value) in [(10, Some(1)), (20, Some(2)), (30, None), (40, Some(4))] {
            history.put(from, value, false);
        }
        assert!(history.expire(25));
        assert_eq!(shown(&history), [(20, 2, Some(30)), (40, 4, None)]);
        assert!(history.expire(30));
        assert_eq!(shown(&history), [(40, 4, None)]);
        history.put(50, None, false);
        assert!(!history.expire(50));
    }

    #[test]
    fn a_deletion_at_the_time_of_the_only_value_is_forgotten_by_kafka_streams_alone() {
        for forget in [false, true] {
            let mut history = History::default();
            history.put(100, Some(1), forget);
            history.put(100, None, forget);
            let placed = history.put(50, Some(2), forget);
            assert_eq!(placed, if forget { Placed::Latest } else { Placed::Past });
            // Where something ended there, it is remembered.
            history.put(200, Some(3), forget);
            history.put(200, None, forget);
            assert_eq!(history.put(150, Some(4), forget), Placed::Past);
        }
    }

    #[test]
    fn the_latest_version_is_last_in_the_changelog() {
        let mut history = History::default();
        history.put(30, Some(3), false);
        history.put(10, Some(1), false);
        let mut logged = Vec::new();
        log(&mut history, &mut logged);
        history.put(20, Some(2), false);
        log(&mut history, &mut logged);
        assert_eq!(logged, [10, 30, 20, 30]);
    }

    #[test]
    fn what_is_forgotten_is_told_the_changelog_if_it_was_there() {
        let mut history = History::default();
        let mut logged = Vec::new();
        history.put(30, Some(3), true);
        history.put(30, None, true);
        log(&mut history, &mut logged);
        assert!(logged.is_empty());
        history.put(30, Some(3), true);
        log(&mut history, &mut logged);
        history.put(30, None, true);
        history.put(20, Some(2), true);
        log(&mut history, &mut logged);
        assert_eq!(logged, [30, -30, 20]);
    }

    /// The times logged; those of forgotten ones negative.
    fn log(history: &mut History<i32>, logged: &mut Vec<i64>) {
        let forgotten = |logged: &mut Vec<i64>, from: i64| {
            logged.push(-from);
            Ok::<_, ()>(())
        };
        let done = history.log(logged, forgotten, |logged, from, _| {
            logged.push(from);
            Ok(())
        });
        assert_eq!(done, Ok(()));
    }
}
