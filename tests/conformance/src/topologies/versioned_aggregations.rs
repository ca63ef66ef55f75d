//! Aggregations that keep their history.

use streams::prelude::*;

super::entries!(
    versioned_count,
    versioned_reduce_delete,
    versioned_aggregate_concat,
    versioned_sums
);

#[topology]
mod versioned_count {
    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";
        store counts: versioned<String, i64>, retention = 20s;

        input.group_by_key().count(counts).to_stream().to(out);
    }
}

#[topology]
mod versioned_reduce_delete {
    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<String, Option<i64>> = "out";
        sink groups: stream<String, i64> = "groups";
        store sums: versioned<String, Option<i64>>, retention = 20s;

        let reduced = input
            .group_by_key()
            .reduce(sums, |old, new| Some(old + new).filter(|sum| sum % 3 != 0));
        reduced.to_stream().to(out);
        reduced
            .group_by(|_, sum| -> (String, i64) { (sum.to_string(), *sum) })
            .count(by_sum)
            .to_stream()
            .to(groups);
    }
}

#[topology]
mod versioned_aggregate_concat {
    use crate::topologies::append;

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, Option<String>> = "out";
        store texts: versioned<String, Option<String>>, retention = 20s;

        input
            .group_by_key()
            .aggregate(texts = Some(String::new()), |v, text| {
                *text = match v.as_str() {
                    "reset" => None,
                    v => text.as_ref().map(|t| append(t, v)),
                };
            })
            .to_stream()
            .to(out);
    }
}

#[topology]
mod versioned_sums {
    use crate::topologies::{after_colon, before_colon};

    fn by_region(value: &str) -> (String, i64) {
        (before_colon(value).to_owned(), after_colon(value).parse().unwrap_or(0))
    }

    topology! {
        semantics = kafka_streams;
        table input: table<String, String> = "in";
        sink out: stream<String, i64> = "out";
        store sums: versioned<String, i64>, retention = 20s;

        input
            .group_by(by_region)
            .aggregate(sums = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to_stream()
            .to(out);
    }
}
