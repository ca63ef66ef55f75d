//! The state directory under SIGKILL: rows of all stores and changelog positions are those of one
//! write, at or after the last flush.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod kill;

use std::path::Path;

use kill::{Random, child_dir, done, run_and_kill};
use streams_core::store::FlushBatch;
use streams_runtime::broker::TopicPartition;
use streams_runtime::store::rocksdb::{StateDir, StateOptions, TaskStores};

const STORES: [&str; 3] = ["counts", "sums", "windows"];
const KEYS: i64 = 50;
const KILLS: usize = 25;
/// Rarely: RocksDB's own flushes, which may fall between the writes of two tasks, are met more often.
const FLUSH_EVERY: i64 = 300;

fn open(dir: &Path) -> (StateDir, [TaskStores; 2]) {
    // Little memory, so that RocksDB flushes and compacts by itself all the time.
    let options = StateOptions { memory_bytes: 2 << 20, ..StateOptions::default() };
    let state = StateDir::open(dir, &options).unwrap();
    let tasks = [0, 1].map(|partition| state.task(partition, &STORES).unwrap());
    (state, tasks)
}

fn changelogs(partition: i32) -> Vec<TopicPartition> {
    STORES.map(|s| TopicPartition { topic: format!("{s}-changelog").into(), partition }).to_vec()
}

/// Write `step` sets, in every store of both tasks, key `step % KEYS` to the step, deletes the key
/// that was set `KEYS / 2` steps ago, and takes the positions to the step. A task's write is one; the
/// two tasks write one after the other.
fn write_steps(dir: &Path) {
    let (state, tasks) = open(dir);
    let written = tasks.each_ref().map(position);
    for step in written.iter().min().unwrap() + 1.. {
        for (partition, task) in tasks.iter().enumerate() {
            if step <= *written.get(partition).unwrap() {
                continue;
            }
            let mut batch = FlushBatch::new();
            for store in 0..STORES.len() as u16 {
                batch.select(store);
                let pad = [b'x'; 4000];
                batch
                    .put(
                        |out| {
                            out.extend_from_slice(&(step % KEYS).to_be_bytes());
                            Ok(())
                        },
                        |out| {
                            out.extend_from_slice(&step.to_be_bytes());
                            out.extend_from_slice(&pad);
                            Ok(())
                        },
                    )
                    .unwrap();
                let gone = (step + KEYS / 2) % KEYS;
                batch
                    .delete(|out| {
                        out.extend_from_slice(&gone.to_be_bytes());
                        Ok(())
                    })
                    .unwrap();
            }
            let positions: Vec<_> =
                changelogs(partition as i32).into_iter().map(|place| (place, step)).collect();
            task.write(&batch, &positions).unwrap();
        }
        let flushed = step % FLUSH_EVERY == 0;
        if flushed {
            state.flush().unwrap();
        }
        done(step - step % FLUSH_EVERY);
    }
}

fn position(task: &TaskStores) -> i64 {
    let positions = task.positions().unwrap();
    let last = positions.values().next().copied().unwrap_or(-1);
    assert!(positions.values().all(|offset| *offset == last), "{positions:?}");
    last
}

#[test]
fn after_a_kill_rows_and_positions_are_those_of_one_write() {
    if let Some(dir) = child_dir() {
        return write_steps(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    let name = "after_a_kill_rows_and_positions_are_those_of_one_write";
    for kills in 1..=KILLS {
        let flushed = run_and_kill(name, dir.path(), 1 + random.below(400));
        let flushed: i64 = flushed.parse().unwrap();
        let (_state, tasks) = open(dir.path());
        for task in &tasks {
            let last = position(task);
            assert!(last >= flushed, "kill {kills}: {last} was written, {flushed} was flushed");
            // The key that `last` deleted was set half a round before; those after it remain.
            let oldest = last - (KEYS / 2 - 1);
            for store in 0..STORES.len() as u16 {
                let mut steps = Vec::new();
                task.backend(store)
                    .unwrap()
                    .scan(&[], None, false, &mut |key, value| {
                        let step = i64::from_be_bytes(*value.first_chunk().unwrap());
                        assert_eq!(key, (step % KEYS).to_be_bytes());
                        steps.push(step);
                        Ok(true)
                    })
                    .unwrap();
                steps.sort_unstable();
                let expected: Vec<i64> = (oldest.max(0)..=last).collect();
                assert_eq!(steps, expected, "kill {kills}, store {store}");
            }
        }
    }
}
