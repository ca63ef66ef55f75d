//! A shop with every format that a registry keeps schemas of, at every kind of boundary.

use streams::prelude::*;

#[topology]
pub mod shop {
    pub use crate::types::*;

    topology! {
        format = registry(avro);
        source orders: stream<String, Order> = "orders";
        sink totals: table<String, Total> = "totals";
        sink by_minute: stream<Windowed<String>, i64> = "by-minute", key_format = registry(avro);
        sink reports: stream<String, Total> = "reports", format = registry(json);
        sink notices: stream<String, Notice> = "notices", format = registry(protobuf);

        let by_account = orders.group_by(|_, order| -> String { order.account.clone() });
        let sums = by_account.aggregate(spent: Total = Total::default(), |account, order, total| {
            total.account.clone_from(account);
            total.total += order.amount;
        });
        sums.to(totals);
        let changes = sums.to_stream();
        changes.to(reports);
        changes
            .map_values(|t| Notice { account: t.account.clone(), total: t.total })
            .to(notices);
        by_account.window(tumbling(1m)).count(per_minute).to_stream().to(by_minute);
    }
}

/// The same topic, read by a program that was written a year later.
#[topology]
pub mod later {
    use crate::types::LaterOrder;

    topology! {
        format = registry(avro);
        on_error = skip;
        source orders: stream<String, LaterOrder> = "orders";
        sink kept: stream<String, LaterOrder> = "kept";

        orders.filter(|order| order.amount > 1.0).to(kept);
    }
}

/// A global table whose values have a schema.
#[topology]
pub mod known {
    use crate::types::Order;

    topology! {
        format = registry(avro);
        source asked: stream<String, String> = "asked";
        global orders: table<String, Order> = "orders";
        sink amounts: stream<String, i64> = "amounts";

        asked.join(orders, |key, _| key.clone(), |_, order| -> i64 { order.amount }).to(amounts);
    }
}
