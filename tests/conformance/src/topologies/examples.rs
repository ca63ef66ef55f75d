//! Worked examples.

use streams::prelude::*;

super::entries!(
    bank_withdrawal_limit,
    targeted_ads,
    anomaly_detection,
    page_views_by_region: 30_000
);

#[topology]
mod bank_withdrawal_limit {
    use std::fmt::Write;

    const DAY_MS: i64 = 86_400_000;

    #[derive(Default)]
    pub(super) struct Decide;

    impl FixedKeyProcessor for Decide {
        type Key = Option<String>;
        type ValueIn = Option<i64>;
        type ValueOut = String;
        type Stores<'s> = &'s mut stores::withdrawals;

        fn process(
            &mut self,
            account: &Option<String>,
            amount: &Option<i64>,
            withdrawals: &mut stores::withdrawals,
            cx: &mut FixedKeyContext<'_, String>,
        ) -> Processed {
            let (Some(account), Some(amount)) = (account, amount) else { return Ok(()) };
            let (mut kept, mut total) = (String::new(), 0);
            let before = withdrawals.get(account)?.map_or("", |(text, _)| text);
            for entry in before.split_terminator(';') {
                let (at, spent) = entry.split_once(':').ok_or("an entry without `:`")?;
                if at.parse::<i64>()? > cx.timestamp - DAY_MS {
                    write!(kept, "{entry};")?;
                    total += spent.parse::<i64>()?;
                }
            }
            if *amount > 0 && total + amount <= 1000 {
                total += amount;
                write!(kept, "{}:{amount};", cx.timestamp)?;
                cx.forward(format!("ALLOW {amount} {total}"));
            } else {
                cx.forward(format!("DENY {amount} {total}"));
            }
            withdrawals.put(account, kept, cx.timestamp)?;
            Ok(())
        }
    }

    topology! {
        source input: stream<Option<String>, Option<i64>> = "withdrawals-in";
        sink decisions: stream<Option<String>, String> = "decisions";
        store withdrawals: kv<String, String>;

        input.process_values(Decide, withdrawals).to(decisions);
    }
}

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

#[topology]
mod page_views_by_region {
    topology! {
        source views: stream<Option<String>, Option<String>> = "views";
        table profiles: table<String, String> = "profiles";
        sink out: stream<Windowed<String>, i64> = "out";

        views
            .left_join(profiles, |_, region| -> String {
                region.cloned().unwrap_or_else(|| "unknown".to_owned())
            })
            .group_by(|_, region| -> String { region.clone() })
            .window(hopping(30s, 10s), grace(10s))
            .count(views_by_region, kafka_name = "views-by-region")
            .to_stream()
            .to(out);
    }
}
