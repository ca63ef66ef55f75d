//! The versioned store.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use proptest::prelude::*;
use streams_core::format::{BigEndian, Utf8};
use streams_core::store::{Found, Placed, Scan, StateStore, Validity, VersionedStore};

use crate::place::{self, Bounds, CHANGELOG, Place, Upkeep};

type Store = VersionedStore<String, i64, Utf8, BigEndian>;

const RETENTION_MS: i64 = 100_000;

fn new() -> Store {
    Store::new("store", CHANGELOG, RETENTION_MS)
}

/// Everything that was ever put, with the rules of lookups on top.
#[derive(Default)]
struct Model {
    versions: BTreeMap<String, BTreeMap<i64, Option<i64>>>,
    observed: i64,
}

impl Model {
    fn horizon(&self) -> i64 {
        self.observed - RETENTION_MS
    }

    fn put(&mut self, key: String, value: Option<i64>, time: i64) -> Placed {
        self.observed = self.observed.max(time);
        if time < self.horizon() {
            return Placed::Expired;
        }
        let versions = self.versions.entry(key).or_default();
        versions.insert(time, value);
        match versions.range(time + 1..).next() {
            // A deletion in the past of which nothing is left is no later version.
            Some(_) => Placed::Past,
            None => Placed::Latest,
        }
    }

    fn as_of(&self, key: &str, time: i64) -> Option<(i64, i64)> {
        let versions = self.versions.get(key)?;
        let (from, value) = versions.range(..=time).next_back()?;
        let latest = versions.range(from + 1..).next().is_none();
        (latest || time >= self.horizon()).then_some(())?;
        value.map(|value| (value, *from))
    }

    fn latest(&self, key: &str) -> Option<(i64, i64)> {
        self.as_of(key, i64::MAX)
    }

    fn history(&self, key: &str, from: i64, to: i64) -> Vec<(i64, i64, Option<i64>)> {
        let Some(versions) = self.versions.get(key) else { return Vec::new() };
        let row = |(at, value): (&i64, &Option<i64>)| {
            let end = versions.range(at + 1..).next().map(|(end, _)| *end);
            value.map(|value| (*at, value, end))
        };
        let rows = versions.iter().filter_map(row);
        let valid = |(at, _, end): &(i64, i64, Option<i64>)| {
            *at <= to && end.is_none_or(|end| end > from && end > self.horizon())
        };
        rows.filter(valid).collect()
    }

    fn scan(
        &self,
        keys: impl Fn(&String) -> bool,
        time: i64,
        reverse: bool,
    ) -> Vec<(String, i64, i64)> {
        let keys = self.versions.keys().filter(|key| keys(key));
        let rows = keys.filter_map(|k| self.as_of(k, time).map(|(v, at)| (k.clone(), v, at)));
        place::in_order(rows.collect(), reverse)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, Option<i64>, i64),
    Keep(Upkeep),
    Get(String),
    AsOf(String, i64),
    History(String, i64, i64),
    Range(Bounds, bool),
    RangeAsOf(Bounds, i64, bool),
    Prefix(String, bool),
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![(0..40i64).prop_map(|n| n * 11_000), 0..450_000i64]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (place::keys(), prop::option::weighted(0.7, 0..100i64), time())
            .prop_map(|(k, v, t)| Step::Put(k, v, t)),
        4 => place::upkeep().prop_map(Step::Keep),
        1 => place::keys().prop_map(Step::Get),
        3 => (place::keys(), time()).prop_map(|(k, t)| Step::AsOf(k, t)),
        2 => (place::keys(), time(), time()).prop_map(|(k, a, b)| Step::History(k, a, b)),
        1 => (place::bounds(), any::<bool>()).prop_map(|(b, r)| Step::Range(b, r)),
        2 => (place::bounds(), time(), any::<bool>()).prop_map(|(b, t, r)| Step::RangeAsOf(b, t, r)),
        1 => (place::keys(), any::<bool>()).prop_map(|(p, r)| Step::Prefix(p, r)),
    ]
}

fn read(scan: Scan<'_, Found<String, i64, Validity>>, reverse: bool) -> Vec<(String, i64, i64)> {
    let scan = if reverse { scan.reversed() } else { scan };
    scan.map(|row| row.map(|row| (row.key, row.value, row.span.from)).unwrap()).collect()
}

fn run(on_disk: bool, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let place = Place::new(on_disk);
    let (mut store, mut model) = (place.open(new()), Model::default());
    for step in steps {
        match step {
            Step::Put(key, value, time) => {
                let placed = store.put(&key, value, time).unwrap();
                prop_assert_eq!(placed, model.put(key, value, time));
            }
            Step::Keep(what) => store = place.keep(store, what, new),
            Step::Get(key) => {
                let found = store.get(&key).unwrap().map(|(value, from)| (*value, from));
                prop_assert_eq!(found, model.latest(&key));
            }
            Step::AsOf(key, time) => {
                let found = store.as_of(&key, time).unwrap().map(|(value, from)| (*value, from));
                prop_assert_eq!(found, model.as_of(&key, time));
            }
            Step::History(key, from, to) => {
                let found = store.history(&key, from..=to).unwrap();
                let found: Vec<_> = found.map(|v| (v.from, *v.value, v.to)).collect();
                let expected = if from <= to { model.history(&key, from, to) } else { Vec::new() };
                prop_assert_eq!(found, expected);
            }
            Step::Range(bounds, reverse) => {
                let expected = model.scan(|k| bounds.contains(k), i64::MAX, reverse);
                prop_assert_eq!(read(store.range(bounds).unwrap(), reverse), expected);
            }
            Step::RangeAsOf(bounds, time, reverse) => {
                let expected = model.scan(|k| bounds.contains(k), time, reverse);
                let found = store.range_as_of(bounds, time).unwrap();
                prop_assert_eq!(read(found, reverse), expected);
            }
            Step::Prefix(prefix, reverse) => {
                let expected = model.scan(|k| k.starts_with(&prefix), i64::MAX, reverse);
                prop_assert_eq!(read(store.prefix(prefix.as_bytes()).unwrap(), reverse), expected);
            }
        }
    }
    let horizon = model.horizon();
    let rows: Vec<_> = store.rows().unwrap().into_iter().map(|r| (r.key, r.timestamp)).collect();
    let live = model.versions.keys().flat_map(|k| {
        let key = k.clone().into_bytes();
        model.history(k, i64::MIN, i64::MAX).into_iter().map(move |(at, ..)| (key.clone(), at))
    });
    prop_assert_eq!(rows, live.collect::<Vec<_>>(), "horizon {}", horizon);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lookups_and_scans_equal_a_map(
        on_disk: bool,
        steps in prop::collection::vec(step(), 1..100),
    ) {
        run(on_disk, steps)?;
    }

    #[test]
    fn the_changelog_gives_all_back(
        on_disk: bool,
        puts in prop::collection::vec((place::keys(), prop::option::of(0..100i64), time()), 0..40),
    ) {
        let (mut store, mut model) = (new(), Model::default());
        for (key, value, time) in puts {
            store.put(&key, value, time).unwrap();
            model.put(key, value, time);
        }
        let mut store = Place::new(on_disk).restore(store, new);
        // The time seen may come back a little earlier, with what it lets live.
        let all = |from: i64| model.versions.keys().map(move |k| (k.clone(), from));
        for (key, _) in all(0) {
            let found = store.get(&key).unwrap().map(|(value, from)| (*value, from));
            prop_assert_eq!(found, model.latest(&key));
            for time in (model.horizon().max(0)..model.observed).step_by(7_000) {
                let found = store.as_of(&key, time).unwrap().map(|(value, from)| (*value, from));
                prop_assert_eq!(found, model.as_of(&key, time));
            }
        }
    }
}

#[test]
fn what_has_expired_leaves_the_disk() {
    let place = Place::new(true);
    let mut store = place.open(new());
    for n in 0..500i64 {
        store.put(&format!("once {n}"), 1, n).unwrap();
        store.put(&format!("once {n}"), 2, 1_000 + n).unwrap();
        store.put("deleted", None, 2_000).unwrap();
    }
    store = place.keep(store, Upkeep::Restart, new);
    // Other keys are written; the sweep passes by those.
    for n in 0..40i64 {
        store.put("busy", n, 500_000 + n).unwrap();
        store = place.keep(store, Upkeep::Evict, new);
    }
    let mut versions = 0;
    let disk = place.backend();
    disk.scan(&[], None, false, &mut |key, _| {
        assert!(!key.starts_with(b"deleted"));
        versions += usize::from(key.starts_with(b"once"));
        Ok(true)
    })
    .unwrap();
    assert_eq!(versions, 500);
    assert_eq!(store.get("once 7").unwrap(), Some((&2, 1_007)));
}
