//! A count after a repartition: the groups' counts go 1, 2, 3 …

use streams::RecordRef;
use streams::prelude::*;
use streams::runtime::{Config, Result, Streams};

use crate::workload::{Event, Input, Outputs, Workload, number, utf8};

/// The topology.
#[topology]
mod count {
    use crate::workload::Event;

    /// Groups of keys, across partitions.
    pub(super) fn group(event: &Event) -> String {
        crate::pace::wait();
        format!("group-{}", event.amount % 60)
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink counts: stream<String, i64> = "counts";
        events.group_by(|_, event| -> String { group(event) }).count(per_group).to_stream().to(counts);
    }
}

pub(super) struct Count;

impl Workload for Count {
    fn application(&self) -> &'static str {
        "count"
    }

    fn inputs(&self) -> &'static [&'static str] {
        &["events"]
    }

    fn output(&self) -> &'static str {
        "counts"
    }

    fn event(&self, event: &Event) -> Input {
        super::json("events", event)
    }

    fn expected(&self, _: u64, events: &[Event]) -> Outputs {
        let groups = events.iter().map(|event| format!("group-{}", event.amount % 60));
        super::counted(groups)
    }

    fn output_text(&self, record: &RecordRef<'_>) -> (String, String) {
        (utf8(record.key), number(record.value))
    }

    fn start(&self, config: Config) -> Result<Streams> {
        Streams::start(&count::app(), config)
    }
}
