//! The ads: an input file, and what should come of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

/// Events in the order of their times.
pub struct Input(Vec<Event>);

struct Event {
    user: String,
    at: i64,
    what: What,
}

enum What {
    Purchase(String, i64),
    Click(String),
}

impl Input {
    pub fn new(users: u64, events: u64) -> Self {
        let mut state = 11u64;
        let mut below = move |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let event = |n: u64| {
            let user = format!("u{}", below(users));
            let what = match below(4) {
                0 => What::Purchase(format!("p{}", below(50)), below(20) as i64 * 100),
                _ if below(5) == 0 => What::Click("/home".to_owned()),
                _ => What::Click(format!("/page{}", below(9))),
            };
            Event { user, at: 1_000 + n as i64 * 10, what }
        };
        Self((0..events).map(event).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The file, with the first `part` of the events.
    pub fn file(&self, part: usize) -> String {
        let mut text = String::new();
        for Event { user, at, what } in self.0.iter().take(part) {
            let line = match what {
                What::Purchase(product, price) => {
                    json!({"purchase": {"user": user, "product": product, "price": price, "at": at}})
                }
                What::Click(page) => json!({"click": {"user": user, "page": page, "at": at}}),
            };
            writeln!(text, "{line}").unwrap();
        }
        text
    }

    /// By user, the ads in the order of time.
    pub fn ads(&self) -> BTreeMap<String, Vec<Value>> {
        let mut dearest: BTreeMap<&str, (&str, i64)> = BTreeMap::new();
        let mut ads: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for Event { user, at, what } in &self.0 {
            match what {
                What::Purchase(product, price) => {
                    let best = dearest.entry(user).or_insert((product, *price));
                    if *price >= best.1 {
                        *best = (product, *price);
                    }
                }
                What::Click(page) if page == "/home" => {}
                What::Click(page) => {
                    if let Some((product, _)) = dearest.get(user.as_str()) {
                        let ad = json!({"user": user, "page": page, "product": product, "at": at});
                        ads.entry(user.clone()).or_default().push(ad);
                    }
                }
            }
        }
        ads
    }
}
