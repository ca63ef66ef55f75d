//! Stateless: every event, doubled.

use streams::RecordRef;
use streams::prelude::*;
use streams::runtime::{Config, Result, Streams};

use crate::workload::{Event, Input, Outputs, Workload, utf8};

/// The topology.
#[topology]
mod pass {
    use crate::workload::Event;

    fn doubled(event: &Event) -> Event {
        crate::pace::wait();
        Event { amount: event.amount * 2, ..event.clone() }
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink doubles: stream<String, Event> = "doubles";
        events.map_values(doubled).to(doubles);
    }
}

pub(super) struct Pass;

impl Workload for Pass {
    fn application(&self) -> &'static str {
        "pass"
    }

    fn inputs(&self) -> &'static [&'static str] {
        &["events"]
    }

    fn output(&self) -> &'static str {
        "doubles"
    }

    fn event(&self, event: &Event) -> Input {
        super::json("events", event)
    }

    fn expected(&self, _: u64, events: &[Event]) -> Outputs {
        let mut expected = Outputs::new();
        for event in events {
            let text = super::text(&Event { amount: event.amount * 2, ..event.clone() });
            expected.entry(event.key_text()).or_default().push(text);
        }
        expected
    }

    fn output_text(&self, record: &RecordRef<'_>) -> (String, String) {
        (utf8(record.key), utf8(record.value))
    }

    fn start(&self, config: Config) -> Result<Streams> {
        Streams::start(&pass::app(), config)
    }
}
