//! `fail/branch/missing_case.rs`, mended.

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
            Event::Click(_) | Event::Logout => rest,
        };
    }
}

fn main() {}
