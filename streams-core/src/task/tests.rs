#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::any::Any;

use super::*;
use crate::output::TopicIndex;
use crate::policy::OnError;
use crate::topology::{Nodes, Reset, SourceDescription};

/// Notes what it is given: source, offset, timestamp.
struct Notes(Vec<(usize, i64, i64)>);

impl TaskLogic for Notes {
    fn process(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        _timestamp: Option<i64>,
        cx: &mut TaskContext,
    ) -> Result<()> {
        if cx.begin(source, record, record.timestamp, OnError::Fail)? {
            self.0.push((source, record.offset, record.timestamp));
        }
        Ok(())
    }

    fn timestamp(&mut self, _: usize, record: &RecordRef<'_>, _: &mut TaskContext) -> Result<i64> {
        Ok(record.timestamp)
    }

    fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        Vec::new()
    }
}

const fn source(table: bool) -> SourceDescription {
    SourceDescription {
        name: "in",
        topic: TopicIndex(0),
        table,
        extractor: false,
        reset: Reset::Earliest,
        leads_to: &[],
    }
}

static TWO: SubtopologyDescription = SubtopologyDescription {
    sources: &[source(false), source(true)],
    stores: &[],
    sinks: &[],
    nodes: Nodes::NONE,
};
static TOPOLOGY: TopologyDescription = TopologyDescription {
    name: "t",
    topics: &[],
    subtopologies: &[],
    globals: &[],
    on_error: OnError::Fail,
};

fn task(max_task_idle_ms: i64) -> Task {
    let id = TaskId { subtopology: 0, partition: 0 };
    let logic = Box::new(Notes(Vec::new()));
    Task::with_logic(id, &TOPOLOGY, &TWO, logic, "app".into(), TaskOptions { max_task_idle_ms })
}

fn accept(task: &mut Task, input: usize, offset: i64, timestamp: i64) {
    task.accept(input, &RecordRef::new(offset, timestamp, None, None)).unwrap();
}

fn notes(task: &mut Task) -> Vec<(usize, i64, i64)> {
    let logic: &mut dyn Any = &mut *task.logic;
    logic.downcast_mut::<Notes>().unwrap().0.clone()
}

#[test]
fn the_smallest_timestamp_goes_first_and_a_table_before_a_stream() {
    let mut task = task(0);
    for (input, offset, timestamp) in [(0, 0, 5), (0, 1, 3), (1, 0, 5), (1, 1, 6)] {
        accept(&mut task, input, offset, timestamp);
    }
    task.at_end(0, 2);
    task.at_end(1, 2);
    assert_eq!(task.run(WallTime(0), 100).unwrap(), Progress::Idle);
    assert_eq!(notes(&mut task), [(1, 0, 5), (0, 0, 5), (0, 1, 3), (1, 1, 6)]);
    assert_eq!(task.stream_time(), 6);
    assert_eq!(task.positions().collect::<Vec<_>>(), [(0, 2), (1, 2)]);
}

#[test]
fn an_empty_input_is_waited_for_until_it_is_known_to_be_at_its_end() {
    let mut task = task(0);
    accept(&mut task, 0, 0, 5);
    assert!(matches!(task.run(WallTime(0), 100).unwrap(), Progress::Waiting(_)));
    task.at_end(1, 0);
    assert_eq!(task.run(WallTime(0), 100).unwrap(), Progress::Idle);
    assert_eq!(notes(&mut task), [(0, 0, 5)]);
}

#[test]
fn an_input_at_its_end_is_waited_for_as_long_as_max_task_idle_says() {
    let mut task = task(50);
    accept(&mut task, 0, 0, 5);
    task.at_end(1, 0);
    assert_eq!(task.run(WallTime(100), 100).unwrap(), Progress::Waiting(WallTime(150)));
    assert_eq!(task.run(WallTime(149), 100).unwrap(), Progress::Waiting(WallTime(150)));
    assert_eq!(task.run(WallTime(150), 100).unwrap(), Progress::Idle);
    assert_eq!(notes(&mut task), [(0, 0, 5)]);
}

#[test]
fn waiting_again_starts_anew() {
    let mut task = task(50);
    accept(&mut task, 0, 0, 5);
    task.at_end(1, 0);
    assert_eq!(task.run(WallTime(100), 100).unwrap(), Progress::Waiting(WallTime(150)));
    accept(&mut task, 1, 0, 1);
    task.at_end(1, 1);
    assert_eq!(task.run(WallTime(120), 100).unwrap(), Progress::Waiting(WallTime(170)));
    assert_eq!(notes(&mut task), [(1, 0, 1)]);
}

#[test]
fn what_holds_no_record_behind_the_last_one_counts_as_read_once_that_is_processed() {
    let mut task = task(0);
    accept(&mut task, 0, 0, 5);
    task.at_end(0, 3);
    assert_eq!(task.positions().count(), 0);
    task.at_end(1, 7);
    assert_eq!(task.positions().collect::<Vec<_>>(), [(1, 7)]);
    assert_eq!(task.run(WallTime(0), 100).unwrap(), Progress::Idle);
    assert_eq!(task.positions().collect::<Vec<_>>(), [(0, 3), (1, 7)]);
}

proptest::proptest! {
    #[test]
    fn the_queue_gives_back_what_went_in(
        records: Vec<(i64, i64, Option<Vec<u8>>, Option<Vec<u8>>)>,
        pops: Vec<bool>,
    ) {
        let mut queue = Queue::default();
        let mut expected = std::collections::VecDeque::new();
        let mut pops = pops.into_iter();
        for (offset, timestamp, key, value) in records {
            queue.push(&RecordRef::new(offset, timestamp, key.as_deref(), value.as_deref()));
            expected.push_back((offset, timestamp, key, value));
            if pops.next().unwrap_or(false) {
                let got = queue.front().map(|r| (r.offset, r.timestamp, r.key.map(<[u8]>::to_vec), r.value.map(<[u8]>::to_vec)));
                assert_eq!(got, expected.pop_front());
                queue.pop();
            }
        }
        while let Some(record) = expected.pop_front() {
            let got = queue.front().map(|r| (r.offset, r.timestamp, r.key.map(<[u8]>::to_vec), r.value.map(<[u8]>::to_vec)));
            assert_eq!(got, Some(record));
            queue.pop();
        }
        assert!(queue.is_empty() && queue.front().is_none());
    }
}
