//! Tables.

use streams::prelude::*;

super::entries!(
    table_filter,
    table_filter_materialized,
    table_filter_not,
    table_map_values,
    table_group_by_count,
    table_group_by_sum,
    table_group_by_reduce,
    table_group_by_concat,
    table_suppress_time_limit,
    table_suppress_max_records,
    count_suppress_time_limit,
);

#[topology]
mod table_filter {
    topology! {
        table input: table<String, i64> = "in";
        sink out: stream<String, Option<i64>> = "out";

        input.filter(|v| v % 2 == 0).to_stream().to(out);
    }
}

#[topology]
mod table_filter_materialized {
    topology! {
        table input: table<String, i64> = "in";
        sink out: stream<String, Option<i64>> = "out";

        input.filter(|v| v % 2 == 0, name = evens).to_stream().to(out);
    }
}

#[topology]
mod table_filter_not {
    topology! {
        table input: table<String, i64> = "in";
        sink out: table<String, i64> = "out";

        input.filter_not(|_, v| *v > 10).to(out);
    }
}

#[topology]
mod table_map_values {
    topology! {
        table input: table<String, i64> = "in";
        sink out: table<String, String> = "out";

        input
            .map_values(|v| -> Option<String> { (*v != 3).then(|| format!("v{v}")) }, name = texts)
            .to(out);
    }
}

#[topology]
mod table_group_by_count {
    topology! {
        table input: table<String, String> = "in";
        sink out: stream<String, i64> = "out";

        input
            .group_by(|_, v| -> (String, String) { (v.clone(), v.clone()) })
            .count(counts)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod table_group_by_sum {
    use crate::topologies::{after_colon, before_colon};

    fn by_region(value: &str) -> (String, i64) {
        (before_colon(value).to_owned(), after_colon(value).parse().unwrap_or(0))
    }

    topology! {
        table input: table<String, String> = "in";
        sink out: stream<String, i64> = "out";

        input
            .group_by(by_region)
            .aggregate(sums: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod table_group_by_reduce {
    use crate::topologies::{after_colon, before_colon};

    fn by_region(value: &str) -> (String, i64) {
        (before_colon(value).to_owned(), after_colon(value).parse().unwrap_or(0))
    }

    topology! {
        table input: table<String, String> = "in";
        sink out: stream<String, i64> = "out";

        input
            .group_by(by_region)
            .reduce(sums, |total, v| total + v, |total, v| total - v)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod table_group_by_concat {
    use crate::topologies::{after_colon, append, before_colon};

    topology! {
        table input: table<String, String> = "in";
        sink out: stream<String, String> = "out";

        input
            .group_by(|v| -> (String, String) { (before_colon(v).to_owned(), after_colon(v).to_owned()) })
            .aggregate(
                texts: String = String::new(),
                |v, text| *text = append(text, &format!("+{v}")),
                |v, text| *text = append(text, &format!("-{v}")),
            )
            .to_stream()
            .to(out);
    }
}

#[topology]
mod table_suppress_time_limit {
    topology! {
        table input: table<String, i64> = "in";
        sink out: stream<String, Option<i64>> = "out";

        input.suppress(until(10s)).to_stream().to(out);
    }
}

#[topology]
mod table_suppress_max_records {
    topology! {
        table input: table<String, i64> = "in";
        sink out: stream<String, Option<i64>> = "out";

        input.suppress(until(60s), max_records = 3, on_full = emit_early).to_stream().to(out);
    }
}

#[topology]
mod count_suppress_time_limit {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().count(counts).suppress(until(10s)).to_stream().to(out);
    }
}
