//! Topologies that `java/Interop.java` has, too, with the same names of stores and topics: one takes
//! over where the other stopped.

use streams::prelude::*;

/// A count of each key.
#[topology]
pub mod count {
    topology! {
        source events: stream<String, String> = "events";
        sink results: stream<String, i64> = "results";

        events.group_by_key().count(counts).to_stream().to(results);
    }
}

/// A count of each value, behind a repartition topic.
#[topology]
pub mod recount {
    topology! {
        source events: stream<String, String> = "events";
        sink results: stream<String, i64> = "results";

        events.group_by(|_, v| -> String { v.clone() }).count(recounts).to_stream().to(results);
    }
}

/// A count of each key and window.
#[topology]
pub mod windowed {
    topology! {
        source events: stream<String, String> = "events";
        sink results: stream<Windowed<String>, i64> = "results";

        events.group_by_key().window(tumbling(10s)).count(per_window).to_stream().to(results);
    }
}

/// A count of each key and session.
#[topology]
pub mod session {
    topology! {
        source events: stream<String, String> = "events";
        sink results: stream<Session<String>, Option<i64>> = "results";

        events.group_by_key().window(session(5s)).count(per_session).to_stream().to(results);
    }
}

/// A count of each key in a store that keeps what it was before.
#[topology]
pub mod versioned {
    /// Counts from what the store has of the record's time.
    #[derive(Default)]
    pub struct Counting;

    impl Processor for Counting {
        type KeyIn = String;
        type ValueIn = String;
        type KeyOut = String;
        type ValueOut = i64;
        type Stores<'s> = &'s mut stores::versions;

        fn process(
            &mut self,
            key: &String,
            _: &String,
            versions: &mut stores::versions,
            cx: &mut ProcessorContext<'_, String, i64>,
        ) -> Processed {
            let count = versions.as_of(key, cx.timestamp)?.map_or(0, |(count, _)| *count) + 1;
            versions.put(key, Some(count), cx.timestamp)?;
            // What was is still there: half a minute ago there were thirty less.
            let before = cx.timestamp - 30_000;
            let then = versions.as_of(key, before)?.map_or(0, |(count, _)| *count);
            let expected = (count - 30).max(0);
            cx.forward(key.clone(), if then == expected { count } else { -then });
            Ok(())
        }
    }

    topology! {
        source events: stream<String, String> = "events";
        sink results: stream<String, i64> = "results";
        store versions: versioned<String, i64>, retention = 10m;

        events.process(Counting, versions).to(results);
    }
}

/// Withdrawals of one unit each, their time as value; the results are what was withdrawn of the account
/// in the last 20 seconds, from a store of JSON.
#[topology]
pub mod bank {
    use std::collections::VecDeque;

    /// When money was withdrawn.
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub struct Spent(VecDeque<(i64, i64)>);

    fn decide(_: &str, at: &str, spent: &mut Spent) -> i64 {
        let at: i64 = at.parse().unwrap_or_default();
        spent.0.retain(|(when, _)| *when > at - 20_000);
        spent.0.push_back((at, 1));
        spent.0.iter().map(|(_, amount)| amount).sum()
    }

    topology! {
        source events: stream<String, String> = "events";
        sink results: stream<String, i64> = "results";
        store spent: kv<String, Spent>, format = json;

        events.transform(spent, decide).to(results);
    }
}
