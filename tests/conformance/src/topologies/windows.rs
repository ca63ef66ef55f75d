//! Windowed aggregations.

use streams::prelude::*;

super::entries!(tumbling_count: 10_000, tumbling_count_grace: 10_000, tumbling_aggregate_delete: 10_000);

#[topology]
mod tumbling_count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input.group_by_key().window(tumbling(10s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod tumbling_count_grace {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input.group_by_key().window(tumbling(10s), grace(5s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod tumbling_aggregate_delete {
    use crate::topologies::append;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, Option<String>> = "out";

        input
            .group_by_key()
            .window(tumbling(10s), grace(5s))
            .aggregate(texts: Option<String> = Some(String::new()), |v, text| {
                *text = match v {
                    Some(v) if !v.ends_with('0') => text.as_ref().map(|t| append(t, v)),
                    _ => None,
                };
            })
            .to_stream()
            .to(out);
    }
}
