//! Fifteen mistakes are fifteen errors, each at its token, and nothing follows from them.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        fromat = json;
        source orders: stream<String, i64> = "orders", patitions = 3;
        source users: steam<String, String> = "users";
        source parcels: stream<String, Parcel> = "parcels";
        sink totals: stream<String, i64> = "totals";
        sink unused: stream<String, i64> = "unused";
        store seen: map<String, i64>;
        table prices: table<String, i64> = "prices";

        ordres.to(totals);
        orders.fliter(|n| *n > 0).to(totals);
        orders.filter(|a, b, c, d| true).to(totals);
        orders.to(total);
        orders.count(counts).to_stream().to(totals);
        orders.group_by_key().window(tumbling(5)).count(windows).to_stream().for_each(|_| ());
        orders.transform(seen, |n, seen| *n).to(totals);
        users.to(totals);
        parcels.for_each(|_| ());
        orders.join(prices, |n| *n).to(totals);
        orders.map_values(|n| n + 1);
        orders.to(totals)
    }
}

fn main() {}
