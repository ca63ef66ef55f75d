//! The topologies under test: each turns events into numbered results.

use streams::prelude::*;

/// One record of the input: the `seq`th (from 1) of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The account.
    pub account: String,
    /// Its number among those of the account.
    pub seq: i64,
}

/// A result: that of the `seq`th event, by the state's own count the `nth`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// The event's number.
    pub seq: i64,
    /// How many events the state has seen, this one included; the event's number where there is no
    /// state.
    pub nth: i64,
}

/// No state: what goes in comes out.
#[topology]
pub mod pass {
    use super::{Event, Numbered};

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink results: stream<String, Numbered> = "results";

        events
            .filter(|_, e| e.seq > 0)
            .map_values(|e| -> Numbered { Numbered { seq: e.seq, nth: e.seq } })
            .to(results);
    }
}

/// A count behind a repartition topic.
#[topology]
pub mod count {
    use super::Event;

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink results: stream<String, i64> = "results";

        events.group_by(|_, e| -> String { e.account.clone() }).count(per_account).to_stream().to(results);
    }
}

/// A count for each account and window; windows expire all the time.
#[topology]
pub mod windowed {
    use super::Event;

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink results: stream<Windowed<String>, i64> = "results";

        events.group_by_key().window(tumbling(10s)).count(per_window).to_stream().to(results);
    }
}

/// A stream joined with a table that was there before.
#[topology]
pub mod join {
    use super::{Event, Numbered};

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        table profiles: table<String, i64> = "profiles";
        sink results: stream<String, Numbered> = "results";

        events
            .join(profiles, |e, profile| -> Numbered {
                Numbered { seq: e.seq, nth: if *profile == super::PROFILE { e.seq } else { 0 } }
            })
            .to(results);
    }
}

/// The value of every profile.
pub const PROFILE: i64 = 4711;

/// Decisions that depend on everything an account did before.
#[topology]
pub mod bank {
    use super::{Event, Numbered};

    /// What an account has done.
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub struct Done {
        events: i64,
    }

    fn decide(_account: &str, event: &Event, done: &mut Done) -> Numbered {
        done.events += 1;
        Numbered { seq: event.seq, nth: done.events }
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink results: stream<String, Numbered> = "results";
        store done: kv<String, Done>;

        events.transform(done, decide).to(results);
    }
}

/// The topologies by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// [`pass`].
    Pass,
    /// [`count`].
    Count,
    /// [`windowed`].
    Windowed,
    /// [`join`].
    Join,
    /// [`bank`].
    Bank,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Count, Self::Windowed, Self::Join, Self::Bank];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Count => "count",
            Self::Windowed => "windowed",
            Self::Join => "join",
            Self::Bank => "bank",
        }
    }

    /// True if results are counts, which a repeated record changes.
    pub fn counts(self) -> bool {
        matches!(self, Self::Count | Self::Windowed)
    }
}
