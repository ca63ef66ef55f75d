//! The window store, and the store by span with windows, which keeps the same rows.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use proptest::prelude::*;
use streams_core::format::{BigEndian, Utf8};
use streams_core::store::{Found, Scan, SpanStore, StateStore, WindowSpan, WindowStore};

use crate::place::{self, Bounds, CHANGELOG, Place, Upkeep};

type Windows = WindowStore<String, i64, Utf8, BigEndian>;
type Spans = SpanStore<WindowSpan, String, i64, Utf8, BigEndian>;
type Shown = (String, i64, i64);

const RETENTION_MS: i64 = 150_000;

fn windows() -> Windows {
    Windows::new("store", CHANGELOG, RETENTION_MS)
}

fn spans() -> Spans {
    Spans::new("store", CHANGELOG, RETENTION_MS)
}

fn span(start: i64) -> WindowSpan {
    WindowSpan { start, number: 0 }
}

#[derive(Default)]
struct Model {
    rows: BTreeMap<(String, i64), i64>,
    observed: i64,
}

impl Model {
    fn put(&mut self, key: String, start: i64, value: i64) -> bool {
        self.observed = self.observed.max(start);
        let live = start > self.observed - RETENTION_MS;
        if live {
            self.rows.insert((key, start), value);
        }
        live
    }

    fn remove(&mut self, key: String, start: i64) -> Option<i64> {
        let live = start > self.observed - RETENTION_MS;
        self.rows.remove(&(key, start)).filter(|_| live)
    }

    fn wanted(
        &self,
        keys: impl Fn(&String) -> bool,
        times: impl RangeBounds<i64>,
        reverse: bool,
    ) -> Vec<Shown> {
        let live = |start: i64| start > self.observed - RETENTION_MS && times.contains(&start);
        let rows = self.rows.iter().filter(|((key, start), _)| keys(key) && live(*start));
        let rows = rows.map(|((key, start), value)| (key.clone(), *start, *value));
        place::in_order(rows.collect(), reverse)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, i64, i64),
    Delete(String, i64),
    Keep(Upkeep),
    Get(String, i64),
    Fetch(String, i64, i64, bool),
    Range(Bounds, i64, i64, bool),
    Prefix(String, bool),
}

/// Starts of windows, few enough to meet again, over several segments.
fn start() -> impl Strategy<Value = i64> {
    (0..30i64).prop_map(|n| n * 17_000)
}

fn step() -> impl Strategy<Value = Step> {
    let times =
        || (-10_000..520_000i64, 0..200_000i64).prop_map(|(from, size)| (from, from + size));
    prop_oneof![
        8 => (place::keys(), start(), 0..100i64).prop_map(|(k, s, v)| Step::Put(k, s, v)),
        2 => (place::keys(), start()).prop_map(|(k, s)| Step::Delete(k, s)),
        3 => place::upkeep().prop_map(Step::Keep),
        1 => (place::keys(), start()).prop_map(|(k, s)| Step::Get(k, s)),
        2 => (place::keys(), times(), any::<bool>())
            .prop_map(|(k, (from, to), r)| Step::Fetch(k, from, to, r)),
        2 => (place::bounds(), times(), any::<bool>())
            .prop_map(|(b, (from, to), r)| Step::Range(b, from, to, r)),
        1 => (place::keys(), any::<bool>()).prop_map(|(p, r)| Step::Prefix(p, r)),
    ]
}

fn read(scan: Scan<'_, Found<String, i64, WindowSpan>>, reverse: bool) -> Vec<Shown> {
    let scan = if reverse { scan.reversed() } else { scan };
    scan.map(|row| row.map(|row| (row.key, row.span.start, row.value)).unwrap()).collect()
}

macro_rules! equals_a_map {
    ($run:ident, $new:ident, $at:expr) => {
        fn $run(on_disk: bool, steps: Vec<Step>) -> Result<(), TestCaseError> {
            let place = Place::new(on_disk);
            let (mut store, mut model) = (place.open($new()), Model::default());
            for step in steps {
                match step {
                    Step::Put(key, start, value) => {
                        let put = store.put(&key, $at(start), value, start).unwrap();
                        prop_assert_eq!(put, model.put(key, start, value));
                    }
                    Step::Delete(key, start) => {
                        let removed = $run::remove(&mut store, &key, start);
                        prop_assert_eq!(removed, model.remove(key, start));
                    }
                    Step::Keep(what) => store = place.keep(store, what, $new),
                    Step::Get(key, start) => {
                        let found = store.get(&key, $at(start)).unwrap();
                        let found: Vec<_> =
                            found.map(|(v, _)| (key.clone(), start, *v)).into_iter().collect();
                        let expected = model.wanted(|k| *k == key, start..=start, false);
                        prop_assert_eq!(found, expected);
                    }
                    Step::Fetch(key, from, to, reverse) => {
                        let expected = model.wanted(|k| *k == key, from..to, reverse);
                        let found = store.fetch(key.as_str(), from..to).unwrap();
                        prop_assert_eq!(read(found, reverse), expected);
                    }
                    Step::Range(bounds, from, to, reverse) => {
                        let keys = bounds.clone();
                        let expected = model.wanted(|k| keys.contains(k), from..=to, reverse);
                        let found = store.fetch_range(bounds, from..=to).unwrap();
                        prop_assert_eq!(read(found, reverse), expected);
                    }
                    Step::Prefix(prefix, reverse) => {
                        let expected = model.wanted(|k| k.starts_with(&prefix), .., reverse);
                        let found = store.prefix(prefix.as_bytes()).unwrap();
                        prop_assert_eq!(read(found, reverse), expected);
                    }
                }
            }
            let live = model.wanted(|_| true, .., false);
            let rows = store.rows().unwrap().len();
            prop_assert_eq!(rows, live.len());
            prop_assert_eq!(read(store.all().unwrap(), false), live);
            Ok(())
        }
    };
}

equals_a_map!(run_windows, windows, |start| start);
equals_a_map!(run_spans, spans, span);

mod run_windows {
    pub(super) fn remove(store: &mut super::Windows, key: &str, start: i64) -> Option<i64> {
        store.delete(key, start).unwrap()
    }
}

mod run_spans {
    pub(super) fn remove(store: &mut super::Spans, key: &str, start: i64) -> Option<i64> {
        store.remove(key, super::span(start)).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_equal_a_map(on_disk: bool, steps in prop::collection::vec(step(), 1..80)) {
        run_windows(on_disk, steps)?;
    }

    #[test]
    fn spans_equal_a_map(on_disk: bool, steps in prop::collection::vec(step(), 1..80)) {
        run_spans(on_disk, steps)?;
    }

    #[test]
    fn the_changelog_gives_all_back(
        on_disk: bool,
        puts in prop::collection::vec((place::keys(), start(), 0..100i64), 0..40),
    ) {
        let (mut kept, mut by_span, mut model) = (windows(), spans(), Model::default());
        for (key, start, value) in puts {
            kept.put(&key, start, value, start).unwrap();
            by_span.put(&key, span(start), value, start).unwrap();
            model.put(key, start, value);
        }
        let live = model.wanted(|_| true, .., false);
        let mut kept = Place::new(on_disk).restore(kept, windows);
        prop_assert_eq!(read(kept.all().unwrap(), false), live.clone());
        let mut by_span = Place::new(on_disk).restore(by_span, spans);
        prop_assert_eq!(read(by_span.all().unwrap(), false), live);
    }
}
