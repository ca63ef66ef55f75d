//! The session store.

use std::collections::BTreeMap;

use proptest::prelude::*;
use streams_core::format::{BigEndian, Utf8};
use streams_core::store::{SessionSpan, SpanStore};

use crate::place::{self, CHANGELOG, Place, Upkeep};

type Store = SpanStore<SessionSpan, String, i64, Utf8, BigEndian>;

const RETENTION_MS: i64 = 150_000;

fn new() -> Store {
    Store::new("store", CHANGELOG, RETENTION_MS)
}

#[derive(Clone, Debug)]
enum Step {
    Put(String, SessionSpan, i64),
    Remove(String, SessionSpan),
    Keep(Upkeep),
    Find(String, i64, i64),
    FindRange(place::Bounds, i64, i64),
}

fn span() -> impl Strategy<Value = SessionSpan> {
    (0..20i64, 0..4i64)
        .prop_map(|(start, length)| (start * 23_000, length * 10_000))
        .prop_map(|(start, length)| SessionSpan { end: start + length, start })
}

fn step() -> impl Strategy<Value = Step> {
    let time = || 0..500_000i64;
    prop_oneof![
        6 => (place::keys(), span(), 0..100i64).prop_map(|(k, s, v)| Step::Put(k, s, v)),
        2 => (place::keys(), span()).prop_map(|(k, s)| Step::Remove(k, s)),
        3 => place::upkeep().prop_map(Step::Keep),
        3 => (place::keys(), time(), time()).prop_map(|(k, end, start)| Step::Find(k, end, start)),
        2 => (place::bounds(), time(), time())
            .prop_map(|(k, end, start)| Step::FindRange(k, end, start)),
    ]
}

fn run(on_disk: bool, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let place = Place::new(on_disk);
    let mut store = place.open(new());
    let mut model: BTreeMap<(String, SessionSpan), i64> = BTreeMap::new();
    let mut observed = 0;
    for step in steps {
        let wanted = |keys: &dyn Fn(&String) -> bool, earliest_end: i64, latest_start: i64| {
            let live = |span: &SessionSpan| span.end > observed - RETENTION_MS;
            let touches =
                |span: &SessionSpan| span.end >= earliest_end && span.start <= latest_start;
            let rows = model.iter().filter(|((k, s), _)| keys(k) && live(s) && touches(s));
            rows.map(|((k, s), v)| (k.clone(), *s, *v)).collect::<Vec<_>>()
        };
        match step {
            Step::Put(key, span, value) => {
                store.put(&key, span, value, span.end).unwrap();
                observed = observed.max(span.end);
                model.insert((key, span), value);
            }
            Step::Remove(key, span) => {
                store.remove(&key, span).unwrap();
                model.remove(&(key, span));
            }
            Step::Keep(what) => store = place.keep(store, what, new),
            Step::Find(key, end, start) => {
                let expected = wanted(&|k| *k == key, end, start);
                let found = store.find_sessions(key.as_str(), end, start).unwrap();
                let found: Vec<_> =
                    found.map(|row| row.map(|r| (r.key, r.span, r.value)).unwrap()).collect();
                prop_assert_eq!(found, expected);
            }
            Step::FindRange(bounds, end, start) => {
                use std::ops::RangeBounds;
                let keys = bounds.clone();
                let expected = place::in_order(wanted(&|k| keys.contains(k), end, start), true);
                let found = store.find_sessions_range(bounds, end, start).unwrap().reversed();
                let found: Vec<_> =
                    found.map(|row| row.map(|r| (r.key, r.span, r.value)).unwrap()).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sessions_found_equal_a_map(on_disk: bool, steps in prop::collection::vec(step(), 1..80)) {
        run(on_disk, steps)?;
    }
}
