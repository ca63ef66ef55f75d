//! `fail/branch/guards_are_not_all.rs`, mended.

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
            Event::Login => logins,
            Event::Logout => rest,
            Event::Click(n) if *n > 0 => rest,
            else => logins,
        };
    }
}

fn main() {}
