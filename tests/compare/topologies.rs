use streams::prelude::*;

// word_count {
#[topology]
pub mod word_count {
    topology! {
        source lines: stream<String, String> = "lines";
        sink counts: stream<String, i64> = "counts";

        lines
            .flat_map_values(|line| -> Vec<String> {
                line.to_lowercase().split_whitespace().map(str::to_owned).collect()
            })
            .group_by(|_, word| -> String { word.clone() })
            .count(per_word)
            .to_stream()
            .to(counts);
    }
}
// }

// spending {
#[topology]
pub mod spending {
    topology! {
        source payments: stream<String, i64> = "payments";
        sink alerts: stream<Windowed<String>, i64> = "alerts";

        payments
            .filter(|_, cents| *cents > 0)
            .group_by_key()
            .window(tumbling(5m), grace(10s))
            .aggregate(spent: i64 = 0, |cents, total| *total += cents)
            .to_stream()
            .filter(|_, total| *total > 1_000_00)
            .to(alerts);
    }
}
// }

// enrich {
#[topology]
pub mod enrich {
    topology! {
        table customers: table<String, String> = "customers";
        source orders: stream<String, String> = "orders";
        sink known: stream<String, String> = "known";
        sink unknown: stream<String, String> = "unknown";

        orders
            .left_join(customers, |order, customer| -> String {
                customer.map_or("?".to_owned(), |customer| format!("{customer}: {order}"))
            })
            .branch {
                text if text == "?" => unknown,
                else => known,
            };
    }
}
// }

// matched {
#[topology]
pub mod matched {
    topology! {
        source orders: stream<String, String> = "orders";
        source payments: stream<String, i64> = "payments";
        sink paid: stream<String, String> = "paid";

        orders
            .select_key(|_, order| -> String {
                order.split(' ').next().unwrap_or_default().to_owned()
            })
            .join(payments, |order, cents| -> String { format!("{order} paid {cents}") },
                within(10m), grace(1m), name = paid_join)
            .to(paid);
    }
}
// }

// latest {
#[topology]
pub mod latest {
    fn change(_sensor: &str, reading: &i64, last: &mut Option<i64>) -> i64 {
        last.replace(*reading).map_or(0, |last| reading - last)
    }

    topology! {
        source readings: stream<String, i64> = "readings";
        sink changes: stream<String, i64> = "changes";
        store seen: kv<String, Option<i64>>;

        readings
            .group_by_key()
            .transform(seen, change)
            .filter(|_, change| *change != 0)
            .to(changes);
    }
}
// }
