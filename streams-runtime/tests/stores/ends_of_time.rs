//! Times at the ends of what a time can be, and retentions of all sizes: defined, never a panic.

use streams_core::ErrorKind;
use streams_core::format::{BigEndian, Utf8};
use streams_core::store::{Placed, SessionSpan, SpanStore, VersionedStore, WindowStore};

use crate::place::{CHANGELOG, Place, Upkeep};

const TIMES: [i64; 7] = [i64::MIN, -60_001, -1, 0, 1, i64::MAX - 1, i64::MAX];
const RETENTIONS: [i64; 5] = [i64::MIN, 0, 1, 3_600_000, i64::MAX];

type Windows = WindowStore<String, i64, Utf8, BigEndian>;
type Sessions = SpanStore<SessionSpan, String, i64, Utf8, BigEndian>;
type Versions = VersionedStore<String, i64, Utf8, BigEndian>;

#[test]
fn windows_at_the_ends_of_time() {
    for retention_ms in RETENTIONS {
        for on_disk in [false, true] {
            let place = Place::new(on_disk);
            let mut store = place.open(Windows::new("store", CHANGELOG, retention_ms));
            for time in TIMES {
                let put = store.put("k", time, 7, time).unwrap();
                assert_eq!(store.get("k", time).unwrap().is_some(), put);
                let found = store.fetch("k", time..=time).unwrap().count();
                assert_eq!(found, usize::from(put), "{time} of {retention_ms}");
                store = place.keep(store, Upkeep::Evict, || Windows::new("store", CHANGELOG, 1));
            }
            // What came last is there, whatever the retention.
            assert_eq!(store.get("k", i64::MAX).unwrap(), Some((&7, i64::MAX)));
            let live = if retention_ms == i64::MAX { TIMES.len() - 1 } else { 1 };
            let near = usize::from((2..i64::MAX).contains(&retention_ms));
            assert_eq!(store.all().unwrap().count(), live + near);
        }
    }
}

#[test]
fn sessions_at_the_ends_of_time() {
    for retention_ms in RETENTIONS {
        let place = Place::new(true);
        let mut store = place.open(Sessions::new("store", CHANGELOG, retention_ms));
        for end in TIMES {
            for start in TIMES.into_iter().filter(|start| *start <= end) {
                store.put("k", SessionSpan { end, start }, 7, end).unwrap();
            }
            store = place.keep(store, Upkeep::Evict, || Sessions::new("store", CHANGELOG, 1));
        }
        let all = store.find_sessions("k", i64::MIN, i64::MAX).unwrap().count();
        assert!(all >= TIMES.len());
        let last = SessionSpan { end: i64::MAX, start: i64::MIN };
        assert_eq!(store.get("k", last).unwrap(), Some((&7, i64::MAX)));
    }
}

#[test]
fn versions_at_the_ends_of_time() {
    for retention_ms in RETENTIONS {
        let place = Place::new(true);
        let mut store = place.open(Versions::new("store", CHANGELOG, retention_ms));
        for time in TIMES {
            let placed = store.put("k", 7, time);
            if time < 0 {
                let error = placed.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Timestamp);
                assert!(error.to_string().contains("store `store`"), "{error}");
            } else {
                assert_eq!(placed.unwrap(), Placed::Latest);
            }
            store = place.keep(store, Upkeep::Evict, || Versions::new("store", CHANGELOG, 1));
        }
        assert_eq!(store.as_of("k", i64::MAX).unwrap(), Some((&7, i64::MAX)));
        assert_eq!(store.as_of("k", i64::MIN).unwrap(), None);
        assert!(store.history("k", ..).unwrap().next_back().is_some());
    }
}
