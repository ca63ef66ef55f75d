//! Stateless operators.

use streams::prelude::*;

super::entries!(
    filter,
    filter_not,
    map,
    map_values,
    map_values_with_key,
    flat_map,
    flat_map_values,
    select_key,
    peek_foreach,
    merge,
    split_default,
    split_no_default,
    repartition,
    through_topic,
    multi_topic_source,
    dynamic_topic,
    to_table,
);

#[topology]
mod filter {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<Option<String>, Option<i64>> = "out";

        input.filter(|v| v.is_some_and(|v| v % 2 == 0)).to(out);
    }
}

#[topology]
mod filter_not {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<Option<String>, Option<i64>> = "out";

        input.filter_not(|k, _| k.as_ref().is_none_or(|k| k == "a")).to(out);
    }
}

#[topology]
mod map {
    use crate::topologies::shown;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, Option<String>> = "out";

        input
            .map(|k, v| (v.clone(), Some(format!("{}={}", shown(k.as_ref()), shown(v.as_ref())))))
            .to(out);
    }
}

#[topology]
mod map_values {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, Option<String>> = "out";

        input.map_values(|v| v.as_ref().map(|v| v.to_uppercase())).to(out);
    }
}

#[topology]
mod map_values_with_key {
    use crate::topologies::shown;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, String> = "out";

        input
            .map_values(|k, v| format!("{}/{}", shown(k.as_ref()), shown(v.as_ref())))
            .to(out);
    }
}

#[topology]
mod flat_map {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input
            .flat_map(|_, v| {
                let words = v.iter().flat_map(|v| v.split(' '));
                words.enumerate().map(|(i, w)| (w.to_owned(), i as i64))
            })
            .to(out);
    }
}

#[topology]
mod flat_map_values {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, String> = "out";

        input
            .flat_map_values(|v| v.iter().flat_map(|v| v.split(' ')).map(str::to_owned))
            .to(out);
    }
}

#[topology]
mod select_key {
    use crate::topologies::first;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Option<String>, Option<String>> = "out";

        input.select_key(|_, v| v.as_deref().and_then(first)).to(out);
    }
}

#[topology]
mod peek_foreach {
    use crate::side::note;

    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<Option<String>, Option<i64>> = "out";

        let kept = input
            .peek(|k, v| note("side:peek", k, v))
            .filter(|v| v.is_some_and(|v| v >= 0));
        kept.to(out);
        kept.for_each(|k, v| note("side:foreach", k, v));
    }
}

#[topology]
mod merge {
    topology! {
        source in1: stream<Option<String>, Option<String>> = "in1";
        source in2: stream<Option<String>, Option<String>> = "in2";
        sink out: stream<Option<String>, Option<String>> = "out";

        let both = merge(in1, in2);
        both.to(out);
    }
}

#[topology]
mod split_default {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink big: stream<Option<String>, Option<i64>> = "big";
        sink positive: stream<Option<String>, Option<i64>> = "positive";
        sink rest: stream<Option<String>, Option<i64>> = "rest";

        input.branch {
            Some(51..) => big,
            Some(1..) => positive,
            else => rest,
        };
    }
}

#[topology]
mod split_no_default {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink even: stream<Option<String>, Option<i64>> = "even";
        sink third: stream<Option<String>, String> = "third";

        input
            .filter(|v| v.is_some_and(|v| v % 2 == 0 || v % 3 == 0))
            .branch {
                Some(v) if v % 2 == 0 => even,
                Some(v) => .map_values(|_| format!("3:{v}")).to(third),
                None => .for_each(|_, _| unreachable!("filtered out above")),
            };
    }
}

#[topology]
mod repartition {
    use crate::topologies::first;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, String> = "out";

        input
            .select_key(|_, v| -> Option<String> { v.as_deref().and_then(first) })
            .repartition(by_first)
            .map_values(|k, v| format!("{k}<{}", crate::topologies::shown(v.as_ref())))
            .to(out);
    }
}

#[topology]
mod through_topic {
    use crate::topologies::shown;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink to_mid: stream<Option<String>, Option<String>> = "mid";
        source mid: stream<Option<String>, Option<String>> = "mid";
        sink out: stream<Option<String>, String> = "out";

        input.map_values(|v| v.as_ref().map(|v| v.to_uppercase())).to(to_mid);
        mid.map_values(|v| format!("{}!", shown(v.as_ref()))).to(out);
    }
}

#[topology]
mod multi_topic_source {
    topology! {
        source in1: stream<Option<String>, Option<i64>> = "in1";
        source in2: stream<Option<String>, Option<i64>> = "in2";
        sink out: stream<Option<String>, String> = "out";

        let both = merge(in1, in2);
        both.map_values(|v| match v {
            Some(v) => format!("v{v}"),
            None => "vnull".to_owned(),
        })
        .to(out);
    }
}

#[topology]
mod dynamic_topic {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";

        input
            .filter(|v| v.is_some())
            .to_topic(|v| if v.is_some_and(|v| v % 2 == 0) { "out-even" } else { "out-odd" });
    }
}

#[topology]
mod to_table {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, Option<String>> = "out";

        input.to_table(latest).to_stream().to(out);
    }
}
