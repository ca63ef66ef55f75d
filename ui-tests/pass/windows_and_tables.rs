//! Windowed aggregations, tables, joins and repartitions together.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source clicks: stream<Option<String>, Option<i64>> = "clicks";
        table limits: table<String, i64> = "limits";
        sink counted: table<Windowed<String>, i64> = "counted";
        sink over: stream<String, bool> = "over", format = json;
        sink totals: table<String, i64> = "totals";

        let groups = clicks.group_by_key();
        groups.window(tumbling(1h), grace(5m), retention(1d)).count(hourly).to(counted);
        groups.aggregate(sums: i64 = 0, |n, sum| *sum += n).to(totals);
        clicks
            .filter(|n| n.is_some())
            .map_values(|n| -> i64 { n.unwrap_or_default() })
            .join(limits, |n, limit| n > limit)
            .to(over);
        clicks.to_table(latest);
    }
}

fn main() {
    let mut driver = t::test_driver();
    let _ = driver.latest();
}
