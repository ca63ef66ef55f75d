//! Patterns of every kind in `branch`: ranges, alternatives, guards, bindings and chains.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Serialize, Deserialize)]
    pub enum Event {
        Login { user: String },
        Logout,
        Click(u32),
    }

    topology! {
        format = json;
        source events: stream<String, Event> = "events";
        sink users: stream<String, String> = "users";
        sink clicks: stream<String, u32> = "clicks";
        sink rest: stream<String, Event> = "rest";

        events.branch {
            Event::Login { user } if user.is_empty() => rest,
            Event::Login { user } => .map_values(|_| user.clone()).to(users),
            Event::Click(n @ (1..=9 | 20..)) => .map_values(|_| *n).filter(|n| n % 2 == 0).to(clicks),
            Event::Click(_) | Event::Logout => .branch {
                Event::Logout => rest,
                else => .for_each(|_, _| ()),
            },
        };
    }
}

fn main() {}
