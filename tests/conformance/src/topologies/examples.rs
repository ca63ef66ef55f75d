//! Worked examples.

use streams::prelude::*;

super::entries!(targeted_ads, anomaly_detection);

#[topology]
mod targeted_ads {
    use crate::topologies::{after_colon, before_colon};

    fn price(purchase: &str) -> i64 {
        after_colon(purchase).parse().unwrap_or(0)
    }

    topology! {
        source purchases: stream<Option<String>, Option<String>> = "purchases";
        source clicks: stream<Option<String>, Option<String>> = "clicks";
        sink ads: stream<String, String> = "ads";

        let best = purchases
            .group_by_key()
            .reduce(profile, |old, new| if price(new) >= price(old) { new.clone() } else { old.clone() });
        clicks
            .join(best, |page, purchase| (page.clone(), before_colon(purchase).to_owned()))
            .filter(|(page, _)| page != "/home")
            .map_values(|(page, product)| format!("show {product} on {page}"))
            .to(ads);
    }
}

#[topology]
mod anomaly_detection {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input
            .group_by_key()
            .window(tumbling(1m), grace(10s))
            .count(counts)
            .to_stream()
            .filter(|n| *n >= 3)
            .map(|k, n| (k.key.clone(), *n))
            .to(out);
    }
}
