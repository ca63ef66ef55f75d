//! Timestamp extractors and error handling.

use streams::prelude::*;

super::entries!(extractor_in_value, deserialization_continue);

#[topology]
mod extractor_in_value {
    use crate::topologies::before_colon;

    topology! {
        on_error = skip;
        source input: stream<Option<String>, Option<String>> = "in", time = |v| match v {
            Some(v) => before_colon(v).parse().unwrap_or(-1),
            None => -1,
        };
        sink out: stream<Option<String>, Option<String>> = "out";

        input.to(out);
    }
}

#[topology]
mod deserialization_continue {
    topology! {
        on_error = skip;
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().reduce(sums, |old, new| old + new).to_stream().to(out);
    }
}
