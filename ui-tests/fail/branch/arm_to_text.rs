//! An arm goes to a sink, not to a topic.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub enum Event {
        Login,
        Logout,
        Click(u32),
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink logins: stream<String, Event> = "logins";
        sink rest: stream<String, Event> = "rest";

        events.branch {
            Event::Login => "logins",
            Event::Logout => logins,
            else => rest,
        };
    }
}

fn main() {}
