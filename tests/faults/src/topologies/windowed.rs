//! A count in windows of ten minutes.

use streams::RecordRef;
use streams::prelude::*;
use streams::runtime::{Config, Result, Streams};

use crate::workload::{Event, Input, Outputs, Workload, number};

const WINDOW_MS: i64 = 600_000;

/// The topology.
#[topology]
mod windowed {
    use crate::workload::Event;

    fn paced(event: &Event) -> Event {
        crate::pace::wait();
        event.clone()
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink counts: stream<Windowed<String>, i64> = "counts";
        events
            .map_values(paced)
            .group_by_key()
            .window(tumbling(10m), grace(1h))
            .count(per_window)
            .to_stream()
            .to(counts);
    }
}

pub(super) struct Windowed;

impl Workload for Windowed {
    fn application(&self) -> &'static str {
        "windowed"
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
        let start = |event: &Event| event.at - event.at.rem_euclid(WINDOW_MS);
        super::counted(events.iter().map(|event| format!("{}@{}", event.key_text(), start(event))))
    }

    fn output_text(&self, record: &RecordRef<'_>) -> (String, String) {
        // The key, then the window's start.
        let key = record.key.and_then(<[u8]>::split_last_chunk::<8>);
        let key = key.map_or_else(
            || "no windowed key".to_owned(),
            |(key, start)| {
                format!("{}@{}", String::from_utf8_lossy(key), i64::from_be_bytes(*start))
            },
        );
        (key, number(record.value))
    }

    fn start(&self, config: Config) -> Result<Streams> {
        Streams::start(&windowed::app(), config)
    }
}
