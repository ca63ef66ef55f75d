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
