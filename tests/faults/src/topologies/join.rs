//! A stream–table join: each event with its key's rate.

use serde::{Deserialize, Serialize};
use streams::RecordRef;
use streams::prelude::*;
use streams::runtime::{Config, Result, Streams};

use crate::random::Random;
use crate::workload::{Event, Input, KEYS, Outputs, Workload, utf8};

/// An event and the rate that holds for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rated {
    id: u64,
    sequence: u64,
    rate: i64,
}

/// A row of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rate(i64);

/// The topology.
#[topology]
mod join {
    use super::{Rate, Rated};
    use crate::workload::Event;

    fn rated(event: &Event, rate: &Rate) -> Rated {
        crate::pace::wait();
        Rated { id: event.id, sequence: event.sequence, rate: rate.0 }
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        table rates: table<String, Rate> = "rates";
        sink rated_events: stream<String, Rated> = "rated";
        events.join(rates, rated).to(rated_events);
    }
}

pub(super) struct Join;

fn rates(seed: u64) -> Vec<i64> {
    let mut random = Random::new(seed ^ 0x5eed);
    (0..KEYS).map(|_| random.below(1_000_000) as i64).collect()
}

impl Workload for Join {
    fn application(&self) -> &'static str {
        "join"
    }

    fn inputs(&self) -> &'static [&'static str] {
        &["events", "rates"]
    }

    fn output(&self) -> &'static str {
        "rated"
    }

    fn tables(&self, seed: u64) -> Vec<Input> {
        let rows = rates(seed).into_iter().zip(0..);
        rows.map(|(rate, key): (i64, u64)| Input {
            topic: "rates",
            key: format!("key-{key}"),
            value: super::text(&Rate(rate)),
            timestamp: 0,
        })
        .collect()
    }

    fn event(&self, event: &Event) -> Input {
        super::json("events", event)
    }

    fn expected(&self, seed: u64, events: &[Event]) -> Outputs {
        let rates = rates(seed);
        let mut expected = Outputs::new();
        for event in events {
            let rate = rates.get(event.key as usize).copied().unwrap_or_default();
            let rated = Rated { id: event.id, sequence: event.sequence, rate };
            expected.entry(event.key_text()).or_default().push(super::text(&rated));
        }
        expected
    }

    fn output_text(&self, record: &RecordRef<'_>) -> (String, String) {
        (utf8(record.key), utf8(record.value))
    }

    fn start(&self, config: Config) -> Result<Streams> {
        Streams::start(&join::app(), config)
    }
}
