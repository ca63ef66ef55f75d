//! Processors and state stores.

use streams::prelude::*;

super::entries!(process_values_count, dedup, stream_time);

#[topology]
mod process_values_count {
    use crate::topologies::shown;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, String> = "out";
        store counts: kv<String, Option<i64>>;

        input.filter(|k, _| k.is_none()).map_values(|_| "no key".to_owned()).to(out);
        input
            .transform(counts, |v, count| {
                let n = count.unwrap_or(0) + 1;
                *count = v.as_ref().map(|_| n);
                format!("{}#{n}", shown(v.as_ref()))
            })
            .map(|k, v| (Some(k.clone()), v.clone()))
            .to(out);
    }
}

#[topology]
mod dedup {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, String> = "out";
        store seen: kv<String, Option<i64>>;

        input
            .filter(|v| v.is_some())
            .map(|k, v| -> (String, Option<String>) { (v.clone().unwrap_or_default(), k.clone()) })
            .transform(seen, |id, key, seen, cx| {
                let fresh = seen.is_none_or(|t| (cx.timestamp - t).abs() >= 10_000);
                if fresh {
                    *seen = Some(cx.timestamp);
                }
                fresh.then(|| (key.clone(), id.clone()))
            })
            .flat_map(|_, found| found.clone())
            .to(out);
    }
}

#[topology]
mod stream_time {
    topology! {
        source in1: stream<Option<String>, Option<String>> = "in1";
        source in2: stream<Option<String>, Option<String>> = "in2";
        sink out: stream<Option<String>, i64> = "out";

        let both = merge(in1, in2);
        both.map_values(|_, _, cx| cx.stream_time).to(out);
    }
}
