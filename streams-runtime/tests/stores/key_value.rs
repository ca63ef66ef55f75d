//! The key-value store.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use proptest::prelude::*;
use streams_core::format::{BigEndian, Utf8};
use streams_core::store::{Found, KeyValueStore, Scan, StateStore};

use crate::place::{self, Bounds, CHANGELOG, Place, Upkeep};

type Store = KeyValueStore<String, i64, Utf8, BigEndian>;
type Model = BTreeMap<String, (i64, i64)>;
type Shown = (String, i64, i64);

fn new() -> Store {
    Store::new("store", CHANGELOG)
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, i64, i64),
    Delete(String),
    Keep(Upkeep),
    Get(String),
    Range(Bounds, bool),
    Prefix(String, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (place::keys(), 0..100i64, 0..100i64).prop_map(|(k, v, t)| Step::Put(k, v, t)),
        2 => place::keys().prop_map(Step::Delete),
        2 => place::upkeep().prop_map(Step::Keep),
        1 => place::keys().prop_map(Step::Get),
        2 => (place::bounds(), any::<bool>()).prop_map(|(b, r)| Step::Range(b, r)),
        1 => (place::keys(), any::<bool>()).prop_map(|(p, r)| Step::Prefix(p, r)),
    ]
}

fn read(scan: Scan<'_, Found<String, i64>>, reverse: bool) -> Vec<Shown> {
    let scan = if reverse { scan.reversed() } else { scan };
    scan.map(|row| row.map(|row| (row.key, row.value, row.timestamp)).unwrap()).collect()
}

fn wanted(model: &Model, keep: impl Fn(&String) -> bool, reverse: bool) -> Vec<Shown> {
    let rows = model.iter().filter(|(key, _)| keep(key));
    place::in_order(rows.map(|(k, (v, t))| (k.clone(), *v, *t)).collect(), reverse)
}

fn run(on_disk: bool, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let place = Place::new(on_disk);
    let (mut store, mut model) = (place.open(new()), Model::new());
    for step in steps {
        match step {
            Step::Put(key, value, timestamp) => {
                store.put(&key, value, timestamp).unwrap();
                model.insert(key, (value, timestamp));
            }
            Step::Delete(key) => {
                let deleted = store.delete(&key).unwrap();
                prop_assert_eq!(deleted, model.remove(&key).map(|(value, _)| value));
            }
            Step::Keep(what) => store = place.keep(store, what, new),
            Step::Get(key) => {
                let found = store.get(&key).unwrap().map(|(value, at)| (*value, at));
                prop_assert_eq!(found, model.get(&key).copied());
            }
            Step::Range(bounds, reverse) => {
                let expected = wanted(&model, |key| bounds.contains(key), reverse);
                prop_assert_eq!(read(store.range(bounds).unwrap(), reverse), expected);
            }
            Step::Prefix(prefix, reverse) => {
                let expected = wanted(&model, |key| key.starts_with(&prefix), reverse);
                prop_assert_eq!(read(store.prefix(prefix.as_bytes()).unwrap(), reverse), expected);
            }
        }
    }
    let rows = store.rows().unwrap().into_iter();
    let rows: Vec<_> = rows.map(|row| (row.key, row.timestamp)).collect();
    let expected: Vec<_> =
        model.iter().map(|(key, (_, at))| (key.clone().into_bytes(), *at)).collect();
    prop_assert_eq!(rows, expected);
    prop_assert_eq!(read(store.all().unwrap(), true), wanted(&model, |_| true, true));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_and_scans_equal_a_map(
        on_disk: bool,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        run(on_disk, steps)?;
    }

    #[test]
    fn the_changelog_gives_all_back(
        on_disk: bool,
        puts in prop::collection::vec((place::keys(), 0..100i64), 0..40),
    ) {
        let mut store = new();
        let mut model = Model::new();
        for (at, (key, value)) in puts.into_iter().enumerate() {
            store.put(&key, value, at as i64).unwrap();
            model.insert(key, (value, at as i64));
        }
        let mut store = Place::new(on_disk).restore(store, new);
        prop_assert_eq!(read(store.all().unwrap(), false), wanted(&model, |_| true, false));
    }
}

#[test]
fn a_scan_of_many_pages_is_complete_in_both_directions() {
    let place = Place::new(true);
    let mut store = place.open(new());
    for n in 0..1000i64 {
        store.put(&format!("{n:04}"), n, n).unwrap();
    }
    store = place.keep(store, Upkeep::Restart, new);
    for n in (0..1000i64).step_by(3) {
        store.delete(&format!("{n:04}")).unwrap();
    }
    let left: Vec<i64> = (0..1000).filter(|n| n % 3 != 0).collect();
    let found: Vec<i64> = store.all().unwrap().map(|row| row.unwrap().value).collect();
    assert_eq!(found, left);
    let found = store.all().unwrap().reversed().map(|row| row.unwrap().value);
    assert_eq!(found.collect::<Vec<_>>(), left.iter().rev().copied().collect::<Vec<_>>());
}

#[test]
fn an_empty_key_and_a_key_of_a_megabyte_are_keys() {
    for on_disk in [false, true] {
        let place = Place::new(on_disk);
        let mut store = place.open(new());
        let large = "k".repeat(1 << 20);
        store.put("", 1, 1).unwrap();
        store.put(large.as_str(), 2, 2).unwrap();
        store = place.keep(store, Upkeep::Restart, new);
        assert_eq!(store.get("").unwrap(), Some((&1, 1)));
        assert_eq!(store.get(large.as_str()).unwrap(), Some((&2, 2)));
        assert_eq!(store.all().unwrap().count(), 2);
    }
}
