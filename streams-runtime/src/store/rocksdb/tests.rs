//! Tests of the state directory in one process; the kill test is in `tests/state_dir.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use streams_core::store::{Backend, FlushBatch};
use tempfile::TempDir;

use super::{StateDir, StateOptions, TaskStores};
use crate::broker::TopicPartition;
use crate::config::Properties;
use crate::error::{ErrorKind, ErrorName};

fn open(dir: &TempDir) -> StateDir {
    StateDir::open(dir.path(), &StateOptions::default()).unwrap()
}

fn changelog(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

fn put(batch: &mut FlushBatch, store: u16, key: &[u8], value: &[u8]) {
    batch.select(store);
    let append = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move |out: &mut Vec<u8>| {
            out.extend_from_slice(&bytes);
            Ok(())
        }
    };
    batch.put(append(key), append(value)).unwrap();
}

fn get(backend: &dyn Backend, key: &[u8]) -> Option<Vec<u8>> {
    let mut row = None;
    backend
        .get(key, &mut |value| {
            row = Some(value.to_vec());
            Ok(())
        })
        .unwrap();
    row
}

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

fn scan(backend: &dyn Backend, from: &[u8], to: Option<&[u8]>, reverse: bool) -> Rows {
    let mut rows = Vec::new();
    backend
        .scan(from, to, reverse, &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            Ok(true)
        })
        .unwrap();
    rows
}

fn one_row(task: &TaskStores, store: u16, value: &[u8], at: &TopicPartition, offset: i64) {
    let mut batch = FlushBatch::new();
    put(&mut batch, store, b"k", value);
    task.write(&batch, &[(at.clone(), offset)]).unwrap();
}

#[test]
fn rows_and_positions_are_found_again_after_a_flush() {
    let dir = TempDir::new().unwrap();
    let state = open(&dir);
    let task = state.task(1, &["counts", "windows"]).unwrap();
    one_row(&task, 0, b"1", &changelog("counts-changelog", 1), 7);
    one_row(&task, 1, b"2", &changelog("windows-changelog", 1), 9);
    state.flush().unwrap();
    drop((task, state));

    let state = open(&dir);
    assert_eq!(state.stores(), ["counts", "windows"]);
    // The number of a store is its place in the list, its rows are under its name.
    let task = state.task(1, &["windows", "counts"]).unwrap();
    assert_eq!(get(&*task.backend(0).unwrap(), b"k").unwrap(), b"2");
    assert_eq!(get(&*task.backend(1).unwrap(), b"k").unwrap(), b"1");
    let expected = [(changelog("counts-changelog", 1), 7), (changelog("windows-changelog", 1), 9)];
    assert_eq!(task.positions().unwrap(), BTreeMap::from(expected));
    assert!(task.backend(2).is_err());
}

#[test]
fn tasks_do_not_see_each_others_rows() {
    let dir = TempDir::new().unwrap();
    let state = open(&dir);
    let (first, second) = (state.task(0, &["s"]).unwrap(), state.task(1, &["s"]).unwrap());
    one_row(&second, 0, b"1", &changelog("s-changelog", 1), 7);
    let rows = first.backend(0).unwrap();
    assert!(rows.is_empty().unwrap());
    assert_eq!(get(&*rows, b"k"), None);
    assert_eq!(scan(&*rows, b"", None, true), []);
    assert_eq!(first.positions().unwrap(), BTreeMap::new());
    assert!(!second.backend(0).unwrap().is_empty().unwrap());
}

#[test]
fn a_wipe_takes_one_tasks_rows_and_positions_and_no_others() {
    let dir = TempDir::new().unwrap();
    let state = open(&dir);
    let last = i32::MAX;
    let (first, second) = (state.task(0, &["s"]).unwrap(), state.task(last, &["s"]).unwrap());
    let other = state.task(0, &["other"]).unwrap();
    one_row(&first, 0, b"1", &changelog("s-changelog", 0), 7);
    one_row(&second, 0, b"1", &changelog("s-changelog", last), 7);
    one_row(&other, 0, b"1", &changelog("other-changelog", 0), 8);
    first.wipe(&[changelog("s-changelog", 0)]).unwrap();
    assert!(first.backend(0).unwrap().is_empty().unwrap());
    let expected = [(changelog("other-changelog", 0), 8)];
    assert_eq!(first.positions().unwrap(), BTreeMap::from(expected));
    assert!(!second.backend(0).unwrap().is_empty().unwrap());
    assert!(!other.backend(0).unwrap().is_empty().unwrap());
    second.wipe(&[changelog("s-changelog", last)]).unwrap();
    assert!(second.backend(0).unwrap().is_empty().unwrap());
    assert_eq!(second.positions().unwrap(), BTreeMap::new());
}

#[test]
fn a_directory_in_use_is_refused() {
    let dir = TempDir::new().unwrap();
    let _state = open(&dir);
    let e = StateDir::open(dir.path(), &StateOptions::default()).err().unwrap();
    assert_eq!((e.kind(), e.name()), (ErrorKind::Config, Some(ErrorName::DirectoryLocked)));
    assert!(e.to_string().contains(&*dir.path().to_string_lossy()), "{e}");
}

fn with_options(pairs: &[(&str, &str)]) -> StateOptions {
    let mut rocksdb = Properties::default();
    pairs.iter().for_each(|(name, value)| rocksdb.set(*name, *value));
    StateOptions { memory_bytes: 8 << 20, rocksdb }
}

#[test]
fn options_of_rocksdb_go_over_ours_and_leave_the_budget() {
    let dir = TempDir::new().unwrap();
    let options = with_options(&[
        ("max_background_jobs", "5"),
        ("compaction_style", "kCompactionStyleUniversal"),
        ("block_based_table_factory", "{block_size=16384}"),
    ]);
    for _ in 0..2 {
        // The first time the store is created, the second time it is opened.
        let state = StateDir::open(dir.path(), &options).unwrap();
        let task = state.task(0, &["s"]).unwrap();
        let capacity = {
            let family = task.shared().family("store:s").unwrap();
            task.shared().db.property_int_value_cf(&family, "rocksdb.block-cache-capacity").unwrap()
        };
        assert_eq!(capacity, Some(8 << 20));
        drop((task, state));
        let written = std::fs::read_dir(dir.path().join("db")).unwrap().map(|f| f.unwrap().path());
        let newest = written
            .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with("OPTIONS-"))
            .max()
            .unwrap();
        let text = std::fs::read_to_string(newest).unwrap();
        let (_, store) = text.split_once("[CFOptions \"store\\:s\"]").unwrap();
        assert!(text.contains("max_background_jobs=5"), "{text}");
        assert!(text.contains("atomic_flush=true"), "{text}");
        assert!(store.contains("compaction_style=kCompactionStyleUniversal"), "{store}");
        assert!(store.contains("block_size=16384"), "{store}");
        assert!(store.contains("filter_policy=bloomfilter"), "{store}");
        assert!(store.contains("compression=kLZ4Compression"), "{store}");
    }
}

#[test]
fn options_that_are_none_of_rocksdbs_or_ours_to_set_are_refused_by_name() {
    for (name, value, why) in [
        ("max_backgroud_jobs", "5", "max_backgroud_jobs"),
        ("max_background_jobs", "many", "max_background_jobs"),
        ("atomic_flush", "false", "stores and their positions must reach the disk together"),
        ("compaction_style", "kCompactionStyleFIFO", "would drop rows"),
    ] {
        let dir = TempDir::new().unwrap();
        let e = StateDir::open(dir.path(), &with_options(&[(name, value)])).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::Config);
        let text = e.to_string();
        let place = format!("rocksdb.{name} = {value}: ");
        let said = text.strip_prefix(&place).unwrap_or_else(|| panic!("{text}"));
        assert!(said.contains(why), "{text}");
        assert!(!dir.path().join("db").exists(), "{text}");
    }
}

/// One row on disk, whose file is then changed from this byte on.
fn damaged_from(dir: &TempDir, from: usize) {
    let state = open(dir);
    let task = state.task(0, &["s"]).unwrap();
    one_row(&task, 0, &[7; 1000], &changelog("s-changelog", 0), 7);
    state.flush().unwrap();
    drop((task, state));
    for file in std::fs::read_dir(dir.path().join("db")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "sst") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.iter_mut().skip(from).take(1).for_each(|b| *b = !*b);
            if from == 0 {
                bytes.iter_mut().for_each(|b| *b = !*b);
            }
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

/// Nothing is there, so that everything is restored; what was there is kept.
fn assert_anew(dir: &TempDir) {
    let state = open(dir);
    let task = state.task(0, &["s"]).unwrap();
    task.backend(0).unwrap().get(b"k", &mut |_| panic!("a row of the damaged files")).unwrap();
    assert!(task.positions().unwrap().is_empty());
    assert!(dir.path().join("db.damaged/CURRENT").exists());
}

#[test]
fn files_that_cannot_be_opened_are_set_aside() {
    let dir = TempDir::new().unwrap();
    damaged_from(&dir, 0);
    assert_anew(&dir);

    std::fs::write(dir.path().join("db/CURRENT"), "MANIFEST-000999\n").unwrap();
    assert_anew(&dir);
}

#[test]
fn damage_that_a_read_finds_is_named_and_the_files_are_set_aside_at_the_next_start() {
    let dir = TempDir::new().unwrap();
    damaged_from(&dir, 10);
    let state = open(&dir);
    let task = state.task(0, &["s"]).unwrap();
    let e = task.backend(0).unwrap().get(b"k", &mut |_| Ok(())).unwrap_err();
    let e = crate::Error::from(e);
    assert_eq!(e.name(), Some(ErrorName::StateDamaged));
    let e = e.to_string();
    assert!(e.contains(&*dir.path().to_string_lossy()), "{e}");
    assert!(e.contains("start again") && e.contains("rebuilt from the changelogs"), "{e}");
    assert_eq!(e.matches("[state-damaged]").count(), 1, "{e}");
    drop((task, state));
    assert_anew(&dir);
}

#[derive(Clone, Debug)]
enum Change {
    Put(u16, Vec<u8>, u8),
    Delete(u16, Vec<u8>),
    DeleteRange(u16, Vec<u8>, Vec<u8>),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0u8, 1, 0xff]), 0..4)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (0..2u16, key(), any::<u8>()).prop_map(|(s, k, v)| Change::Put(s, k, v)),
        2 => (0..2u16, key()).prop_map(|(s, k)| Change::Delete(s, k)),
        1 => (0..2u16, key(), key()).prop_map(|(s, a, b)| {
            Change::DeleteRange(s, a.clone().min(b.clone()), a.max(b))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn stores_behave_as_ordered_maps(
        writes in prop::collection::vec(prop::collection::vec(change(), 0..12), 1..6),
        from in key(), to in prop::option::of(key()), partition in prop::sample::select(vec![0, 5, -1]),
    ) {
        let dir = TempDir::new().unwrap();
        let state = open(&dir);
        let task = state.task(partition, &["a", "b"]).unwrap();
        let mut maps = [BTreeMap::new(), BTreeMap::new()];
        for (i, changes) in writes.iter().enumerate() {
            let mut batch = FlushBatch::new();
            for change in changes {
                match change.clone() {
                    Change::Put(store, key, value) => {
                        put(&mut batch, store, &key, &[value]);
                        maps[usize::from(store)].insert(key, vec![value]);
                    }
                    Change::Delete(store, key) => {
                        batch.select(store);
                        let bytes = key.clone();
                        batch.delete(move |out| { out.extend_from_slice(&bytes); Ok(()) }).unwrap();
                        maps[usize::from(store)].remove(&key);
                    }
                    Change::DeleteRange(store, from, to) => {
                        batch.select(store);
                        batch.delete_range(&from, &to).unwrap();
                        maps[usize::from(store)].retain(|key, _| *key < from || *key >= to);
                    }
                }
            }
            task.write(&batch, &[(changelog("c", partition), i as i64)]).unwrap();
            if i % 2 == 1 {
                state.flush().unwrap();
            }
        }
        for (store, map) in maps.into_iter().enumerate() {
            let rows = task.backend(store as u16).unwrap();
            prop_assert_eq!(rows.is_empty().unwrap(), map.is_empty());
            for key in map.keys().chain([&from]) {
                prop_assert_eq!(get(&*rows, key), map.get(key).cloned());
            }
            let inside = |key: &Vec<u8>| *key >= from && to.as_ref().is_none_or(|to| key < to);
            let mut expected: Rows = map.into_iter().filter(|(key, _)| inside(key)).collect();
            prop_assert_eq!(&scan(&*rows, &from, to.as_deref(), false), &expected);
            expected.reverse();
            prop_assert_eq!(scan(&*rows, &from, to.as_deref(), true), expected);
        }
        let last = (changelog("c", partition), writes.len() as i64 - 1);
        prop_assert_eq!(task.positions().unwrap(), BTreeMap::from([last]));
    }
}

fn load(dir: &TempDir) -> (StateDir, std::sync::Arc<TaskStores>, super::BulkLoad) {
    let state = open(dir);
    let task = std::sync::Arc::new(state.task(1, &["counts", "sums"]).unwrap());
    let load = super::BulkLoad::new(std::sync::Arc::clone(&task));
    (state, task, load)
}

#[test]
fn rows_loaded_in_bulk_are_the_last_ones_of_their_keys_and_survive_a_crash_with_their_position() {
    let dir = tempfile::tempdir().unwrap();
    let (state, task, mut load) = load(&dir);
    // Twice the size of a chunk, so that keys are changed and deleted over chunks.
    let rounds = 6_u32;
    let keys = 20_000_u32;
    for round in 0..rounds {
        for key in 0..keys {
            // Not in order.
            let key = key.wrapping_mul(7919) % keys;
            let name = key.to_be_bytes();
            if (key + round).is_multiple_of(5) && round > 0 {
                load.rows().select(1);
                load.rows()
                    .delete(|out| {
                        out.extend_from_slice(&name);
                        Ok(())
                    })
                    .unwrap();
            } else {
                put(load.rows(), 1, &name, &[&round.to_be_bytes()[..], &[b'x'; 400]].concat());
            }
            if key.is_multiple_of(3) {
                put(load.rows(), 0, &name, &round.to_be_bytes());
            }
        }
        load.advance().unwrap();
    }
    let at = changelog("sums-changelog", 1);
    load.position(at.clone(), 77);
    load.finish().unwrap();
    let sums = task.backend(1).unwrap();
    for key in [0, 1, 2, 3, 4, 5, keys - 1] {
        let last = get(&*sums, &key.to_be_bytes());
        let deleted = (key + rounds - 1).is_multiple_of(5);
        assert_eq!(
            last.map(|row| row[..4] == (rounds - 1).to_be_bytes()),
            (!deleted).then_some(true)
        );
    }
    assert_eq!(scan(&*task.backend(0).unwrap(), &[], None, false).len(), keys.div_ceil(3) as usize);
    assert_eq!(task.positions().unwrap(), BTreeMap::from([(at.clone(), 77)]));
    // Other tasks of the same stores see nothing of it.
    assert!(state.task(2, &["counts", "sums"]).unwrap().backend(1).unwrap().is_empty().unwrap());
    // As after a kill: what was in memory is gone.
    let copy = tempfile::tempdir().unwrap();
    copy_files(dir.path(), copy.path());
    let state = open(&copy);
    let task = state.task(1, &["counts", "sums"]).unwrap();
    assert_eq!(task.positions().unwrap(), BTreeMap::from([(at, 77)]));
    assert_eq!(scan(&*task.backend(0).unwrap(), &[], None, false).len(), keys.div_ceil(3) as usize);
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_files(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn few_rows_are_not_worth_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (_state, task, mut load) = load(&dir);
    put(load.rows(), 0, b"k", b"v");
    load.position(changelog("counts-changelog", 1), 5);
    load.finish().unwrap();
    assert_eq!(get(&*task.backend(0).unwrap(), b"k"), Some(b"v".to_vec()));
    assert!(!dir.path().join("restore").exists());
}

#[test]
fn a_load_that_is_dropped_leaves_rows_without_a_position() {
    let dir = tempfile::tempdir().unwrap();
    let (_state, task, mut load) = load(&dir);
    for key in 0..100_000_u32 {
        put(load.rows(), 0, &key.to_be_bytes(), &[0; 400]);
    }
    load.advance().unwrap();
    drop(load);
    assert!(!task.backend(0).unwrap().is_empty().unwrap());
    assert!(task.positions().unwrap().is_empty());
}
