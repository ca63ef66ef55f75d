//! What holds of every store: its changelog gives its rows back, and any record there is restored
//! or an error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use proptest::prelude::*;

use super::*;
use crate::format::{BigEndian, Utf8};
use crate::output::TopicIndex;
use crate::{Error, ErrorKind, Headers};

type KeyValue = KeyValueStore<String, i64, Utf8, BigEndian>;
type Windows = WindowStore<String, i64, Utf8, BigEndian>;
type Sliding = SpanStore<WindowSpan, String, i64, Utf8, BigEndian>;
type Sessions = SpanStore<SessionSpan, String, i64, Utf8, BigEndian>;
type Unmatched = UnmatchedStore<String, i64, String, Utf8, BigEndian, Utf8>;

const CHANGELOG: Option<TopicIndex> = Some(TopicIndex(0));
/// Nothing expires.
const RETENTION_MS: i64 = i64::MAX;

fn stores() -> [Box<dyn StateStore>; 5] {
    [
        Box::new(KeyValue::new("kv", CHANGELOG)),
        Box::new(Windows::new("window", CHANGELOG, RETENTION_MS)),
        Box::new(Sliding::new("sliding", CHANGELOG, RETENTION_MS)),
        Box::new(Sessions::new("session", CHANGELOG, RETENTION_MS)),
        Box::new(Unmatched::new("unmatched", CHANGELOG)),
    ]
}

/// Writes the changelog of one store, and restores another from it.
fn replay(from: &mut dyn StateStore, to: &mut dyn StateStore) -> Result<()> {
    let mut output = Output::new();
    from.log_changes(0, &mut output)?;
    let mut batch = FlushBatch::default();
    for (offset, record) in output.iter().enumerate() {
        let offset = offset as i64;
        let (timestamp, key, value) = (record.timestamp, record.key, record.value);
        let headers = Headers::EMPTY;
        to.restore(&RecordRef { offset, timestamp, key, value, headers }, &mut batch)?;
    }
    to.restored()
}

/// A disk with nothing on it.
struct Empty;

impl Backend for Empty {
    fn get(&self, _: &[u8], _: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        Ok(())
    }

    fn scan(&self, _: &[u8], _: Option<&[u8]>, _: bool, _: &mut EachRow<'_>) -> Result<()> {
        Ok(())
    }

    fn is_empty(&self) -> Result<bool> {
        Ok(true)
    }
}

/// Bytes that are no value of a store must not lie on its disk until someone looks them up.
#[test]
fn what_is_no_row_of_a_store_is_an_error_of_the_restore_on_disk_as_in_memory() {
    let one = 1i64.to_be_bytes();
    let window = [&b"a"[..], &one, &[0; 4]].concat();
    let session = [&b"a"[..], &one, &one].concat();
    let waiting = [&one[..], &[1], b"a", &[0; 4]].concat();
    let left = [&[1][..], &one].concat();
    let rows: [(&[u8], &[u8]); 5] =
        [(b"a", &one), (&window, &one), (&window, &one), (&session, &one), (&waiting, &left)];
    for on_disk in [false, true] {
        for (mut store, (key, value)) in stores().into_iter().zip(rows) {
            if on_disk {
                store.open(Box::new(Empty)).unwrap();
            }
            let name = store.name();
            let mut restore = |value: &[u8]| {
                let (key, value, headers) = (Some(key), Some(value), Headers::EMPTY);
                let record = RecordRef { offset: 0, timestamp: 1, key, value, headers };
                store.restore(&record, &mut FlushBatch::default())
            };
            restore(value).unwrap_or_else(|e| panic!("{name}: {e}"));
            let e = restore(&value[..value.len() - 1]).expect_err(name);
            assert!(matches!(e.kind(), ErrorKind::Decode | ErrorKind::Store), "{name}: {e}");
        }
    }
}

proptest! {
    #[test]
    fn any_record_is_restored_or_an_error(
        records in prop::collection::vec(
            (prop::option::of(any::<Vec<u8>>()), prop::option::of(any::<Vec<u8>>()), any::<i64>()),
            0..4,
        ),
    ) {
        for mut store in stores() {
            let mut batch = FlushBatch::default();
            for (key, value, timestamp) in &records {
                let (key, value) = (key.as_deref(), value.as_deref());
                let headers = Headers::EMPTY;
                let record = RecordRef { offset: 0, timestamp: *timestamp, key, value, headers };
                let restored = store.restore(&record, &mut batch);
                let is_store = |e: &Error| matches!(e.kind(), ErrorKind::Store | ErrorKind::Decode);
                prop_assert!(restored.as_ref().err().is_none_or(is_store), "{restored:?}");
            }
            let _ = store.restored();
            let _ = store.rows();
        }
    }

    #[test]
    fn a_changelog_gives_the_rows_back(
        updates in prop::collection::vec(("[a-c]{0,2}", prop::option::of(any::<i64>()), 0..1000i64), 0..20),
    ) {
        let fail = |e: Error| TestCaseError::fail(format!("{e:?}"));
        let [mut kv, mut windows, mut sliding, mut sessions, _] = stores();
        let (mut one, mut two) =
            (KeyValue::new("kv", CHANGELOG), Windows::new("window", CHANGELOG, RETENTION_MS));
        let mut three = Sliding::new("sliding", CHANGELOG, RETENTION_MS);
        let mut four = Sessions::new("session", CHANGELOG, RETENTION_MS);
        for (key, value, time) in updates {
            let slot = one.slot(&key).map_err(fail)?;
            (slot.value, slot.timestamp) = (value, time);
            let slot = two.slot(&key, time).map_err(fail)?;
            (slot.value, slot.timestamp) = (value, time);
            let window = WindowSpan { start: time, number: 0 };
            let session = SessionSpan { start: time, end: time + 10 };
            match value {
                Some(value) => {
                    Sliding::rows(&mut three, &key).map_err(fail)?.put(window, value, time);
                    Sessions::rows(&mut four, &key).map_err(fail)?.put(session, value, time);
                }
                None => {
                    Sliding::rows(&mut three, &key).map_err(fail)?.remove(window);
                    Sessions::rows(&mut four, &key).map_err(fail)?.remove(session);
                }
            }
        }
        let pairs: [(&mut dyn StateStore, &mut Box<dyn StateStore>); 4] = [
            (&mut one, &mut kv),
            (&mut two, &mut windows),
            (&mut three, &mut sliding),
            (&mut four, &mut sessions),
        ];
        for (from, to) in pairs {
            replay(from, &mut **to).map_err(fail)?;
            prop_assert_eq!(to.rows().map_err(fail)?, StateStore::rows(from).map_err(fail)?);
        }
    }
}
