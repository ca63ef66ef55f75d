//! The program's own input: half a million purchases and clicks of five thousand users in a day.

use crate::support::{Random, Record};
use crate::topology::ads::{Click, HOME, Purchase};

const USERS: u64 = 5_000;
const EVENTS: u64 = 500_000;

/// Monday, 2024-11-18, midnight UTC.
const START_MS: i64 = 1_731_888_000_000;
const DAY_MS: i64 = 86_400_000;

const PRODUCTS: [&str; 8] = ["tea", "boots", "lamp", "bike", "novel", "phone", "sofa", "piano"];
const PAGES: [&str; 5] = [HOME, "/news", "/sport", "/recipes", "/travel"];

/// The records over time, the same each time: one purchase in five, the rest clicks.
pub(crate) fn records() -> impl Iterator<Item = Record> {
    let mut random = Random::new(2);
    (0..EVENTS).map(move |n| {
        let at = START_MS + (n as i128 * i128::from(DAY_MS) / i128::from(EVENTS)) as i64;
        let user = format!("u{}", random.below(USERS));
        if random.below(5) == 0 {
            let which = random.below(PRODUCTS.len() as u64) as usize;
            let product = PRODUCTS.get(which).copied().unwrap_or_default().to_owned();
            let price = (100 << (2 * which)) + random.below(100) as i64;
            Record::json("purchases", user, &Purchase { product, price, at }, at)
        } else {
            let which = random.below(PAGES.len() as u64) as usize;
            let page = PAGES.get(which).copied().unwrap_or_default().to_owned();
            Record::json("clicks", user, &Click { page, at }, at)
        }
    })
}
