//! Timestamp extractors and error handling.

use streams::prelude::*;

super::entries!(
    extractor_in_value,
    extractor_windowed_count: 10_000,
    deserialization_continue,
    deserialization_dlq,
    processing_dlq,
);

#[topology]
mod extractor_in_value {
    use crate::topologies::before_colon;

    topology! {
        invalid_time = skip;
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
        on_deserialization_error = skip;
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().reduce(sums, |old, new| old + new).to_stream().to(out);
    }
}

#[topology]
mod extractor_windowed_count {
    use crate::topologies::before_colon;

    fn time(_: &Option<String>, value: &Option<String>, cx: &Context<'_>) -> i64 {
        let number = value.as_deref().filter(|v| !v.starts_with('x')).map(before_colon);
        number.map_or(cx.partition_time, |n| n.parse().unwrap_or(-1))
    }

    topology! {
        source input: stream<Option<String>, Option<String>> = "in", time = |k, v, cx| time(k, v, cx),
            invalid_time = skip;
        sink out: stream<Windowed<String>, i64> = "out";

        input.group_by_key().window(tumbling(10s), grace(20s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod deserialization_dlq {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in", on_error = dead_letter("dlq");
        sink out: stream<Option<String>, Option<i64>> = "out";

        input.map_values(|v| v.map(|v| v + 1)).to(out);
    }
}

#[topology]
mod processing_dlq {
    use crate::topologies::append;

    fn checked(text: &str) -> Result<String, &'static str> {
        if text.ends_with("boom") { Err("the text ends in boom") } else { Ok(text.to_owned()) }
    }

    topology! {
        on_processing_error = dead_letter("dlq");
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, String> = "out";

        input
            .group_by_key()
            .aggregate(last: String = String::new(), |v, text| *text = append(text, v))
            .to_stream()
            .map_values(|v| checked(v)?)
            .to(out);
    }
}
