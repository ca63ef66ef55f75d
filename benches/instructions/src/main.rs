//! `streams-instructions (generated|by_hand) <records>`: takes records through one chain, for
//! `cargo xtask instructions`, which counts the instructions of two runs and subtracts them.
//!
//! Both ways do the same: entry by the same task, as any driver of tasks has it, decode, filter, map,
//! filter, encode into an arena.

mod by_hand;
mod generated;
mod input;

use std::process::ExitCode;
use std::sync::Arc;

use streams::task::{Task, TaskId, TaskOptions};
use streams::{Result, Topology};

use input::Input;

/// Records between two drains of the output, as a batch of a consumer has.
const BATCH: usize = 500;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, records] = arguments.as_slice() else { return usage() };
    let Ok(records) = records.parse() else { return usage() };
    let sum = match way.as_str() {
        "generated" => generated(records),
        "by_hand" => by_hand(records),
        _ => return usage(),
    };
    match sum {
        Ok(sum) => {
            println!("{sum:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: streams-instructions (generated|by_hand) <records>");
    ExitCode::FAILURE
}

/// Records and bytes written: shows that both ways did the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Written {
    records: usize,
    bytes: usize,
}

/// Takes batches of records through a task, and drains what was written after each.
fn run<T: Topology>(
    records: usize,
    drain: impl Fn(&mut Task) -> Result<Written>,
) -> Result<Written> {
    let input = Input::new(BATCH);
    let id = TaskId { subtopology: 0, partition: 0 };
    let options = TaskOptions { max_task_idle_ms: 0 };
    let mut sum = Written::default();
    let Some(mut task) = Task::new::<T>(id, Arc::from("instructions"), options) else {
        return Ok(sum);
    };
    for batch in 0..records / BATCH {
        for record in input.records(batch) {
            task.accept(0, &record)?;
        }
        let written = drain(&mut task)?;
        sum.records += written.records;
        sum.bytes += written.bytes;
    }
    Ok(sum)
}

fn generated(records: usize) -> Result<Written> {
    run::<generated::chain::Topology>(records, |task| {
        let output = task.output();
        let written = Written { records: output.len(), bytes: output.bytes() };
        output.clear();
        Ok(written)
    })
}

fn by_hand(records: usize) -> Result<Written> {
    run::<by_hand::ByHand>(records, by_hand::drain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_write_the_same() {
        let (Ok(generated), Ok(by_hand)) = (generated(10_000), by_hand(10_000)) else {
            panic!("a run failed")
        };
        assert_eq!(generated, by_hand);
        assert!(generated.records > 1_000, "{generated:?}");
    }
}
