//! Windowed aggregations.

use streams::prelude::*;

super::entries!(
    tumbling_count: 10_000,
    tumbling_count_grace: 10_000,
    tumbling_aggregate_delete: 10_000,
    hopping_count: 10_000,
    hopping_aggregate: 10_000,
    hopping_group_by_count: 10_000,
    unlimited_count,
    tumbling_reduce: 10_000,
    sliding_count: 10_000,
    sliding_aggregate: 10_000,
    sliding_reduce_no_grace: 10_000,
    session_count,
    session_aggregate,
    session_reduce_no_grace,
    cogroup_tumbling: 10_000,
    tumbling_emit_final: 10_000,
    hopping_emit_final: 10_000,
    sliding_emit_final: 10_000,
    session_emit_final,
    tumbling_suppress: 10_000,
    hopping_suppress: 10_000,
    sliding_suppress: 10_000,
    session_suppress,
    hopping_aggregate_cached: 10_000,
    session_count_cached,
    tumbling_suppress_time_limit: 10_000,
);

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

#[topology]
mod hopping_count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input.group_by_key().window(hopping(10s, 3s), grace(2s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod hopping_aggregate {
    use crate::topologies::{append, shown};

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(hopping(10s, 3s), grace(2s))
            .aggregate(texts: String = String::new(), |v, text| *text = append(text, shown(v.as_ref())))
            .to_stream()
            .to(out);
    }
}

#[topology]
mod hopping_group_by_count {
    use crate::topologies::first;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input
            .group_by(|_, v| -> Option<String> { v.as_deref().and_then(first) })
            .window(hopping(10s, 3s), grace(2s))
            .count(counts)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod unlimited_count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input.group_by_key().window(unlimited(5s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod sliding_count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Windowed<String>, Option<i64>> = "out";

        input.group_by_key().window(sliding(10s), grace(5s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod sliding_aggregate {
    use crate::topologies::append;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(sliding(10s), grace(5s))
            .aggregate(texts: String = String::new(), |v, text| *text = append(text, v))
            .to(out);
    }
}

#[topology]
mod sliding_reduce_no_grace {
    use crate::topologies::append;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(sliding(10s))
            .reduce(texts, |old, new| append(old, new))
            .to(out);
    }
}

#[topology]
mod session_count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<Session<String>, Option<i64>> = "out";

        input.group_by_key().window(session(5s), grace(3s)).count(counts).to_stream().to(out);
    }
}

#[topology]
mod session_aggregate {
    use crate::topologies::{append, last_24, shown};

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Session<String>, String> = "out";

        input
            .group_by_key()
            .window(session(5s), grace(3s))
            .aggregate(
                texts: String = String::new(),
                |v, text| *text = append(text, shown(v.as_ref())),
                |x, y| last_24(&format!("{x}|{y}")),
            )
            .to(out);
    }
}

#[topology]
mod session_reduce_no_grace {
    use crate::topologies::{append, shown};

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Session<String>, String> = "out";

        input
            .group_by_key()
            .window(session(5s))
            .reduce(texts, |old, new| Some(append(old, shown(new.as_ref()))))
            .to(out);
    }
}

#[topology]
mod tumbling_reduce {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(tumbling(10s), grace(5s))
            .reduce(maxima, |old, new| match new {
                Some(new) => Some(old.max(new).clone()),
                None => Some(old.clone()),
            })
            .to(out);
    }
}

#[topology]
mod cogroup_tumbling {
    use crate::topologies::{append, shown};

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        source other: stream<Option<String>, Option<String>> = "in2";
        sink out: stream<Windowed<String>, String> = "out";

        let starred = other.group_by_key();
        input
            .group_by_key()
            .cogroup(|v, text| *text = append(text, shown(v.as_ref())))
            .cogroup(starred, |v, text| *text = append(text, &format!("*{}", shown(v.as_ref()))))
            .window(tumbling(10s), grace(5s))
            .aggregate(texts: String = String::new())
            .to_stream()
            .to(out);
    }
}

#[topology]
mod tumbling_emit_final {
    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, i64> = "out";

        input
            .group_by_key()
            .window(tumbling(10s), grace(5s), emit(on_close))
            .count(counts)
            .to(out);
    }
}

#[topology]
mod hopping_emit_final {
    use crate::topologies::{append, shown};

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(hopping(10s, 3s), grace(2s), emit(on_close))
            .aggregate(texts: String = String::new(), |v, text| *text = append(text, shown(v.as_ref())))
            .to(out);
    }
}

#[topology]
mod sliding_emit_final {
    use crate::topologies::append;

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(sliding(10s), grace(5s), emit(on_close))
            .aggregate(texts: String = String::new(), |v, text| *text = append(text, v))
            .to(out);
    }
}

#[topology]
mod session_emit_final {
    use crate::topologies::{append, last_24, shown};

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Session<String>, String> = "out";

        input
            .group_by_key()
            .window(session(5s), grace(3s), emit(on_close))
            .aggregate(
                texts: String = String::new(),
                |v, text| *text = append(text, shown(v.as_ref())),
                |x, y| last_24(&format!("{x}|{y}")),
            )
            .to(out);
    }
}

#[topology]
mod tumbling_suppress {
    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, i64> = "out";

        input
            .group_by_key()
            .window(tumbling(10s), grace(5s))
            .count(counts)
            .suppress(until_close)
            .to(out);
    }
}

#[topology]
mod hopping_suppress {
    use crate::topologies::{append, shown};

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .group_by_key()
            .window(hopping(10s, 3s), grace(2s))
            .aggregate(texts: String = String::new(), |v, text| *text = append(text, shown(v.as_ref())))
            .suppress(until_close)
            .to(out);
    }
}

#[topology]
mod sliding_suppress {
    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, i64> = "out";

        input
            .group_by_key()
            .window(sliding(10s), grace(5s))
            .count(counts)
            .suppress(until_close)
            .to(out);
    }
}

#[topology]
mod session_suppress {
    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Session<String>, i64> = "out";

        input
            .group_by_key()
            .window(session(5s), grace(3s))
            .count(counts)
            .suppress(until_close)
            .to(out);
    }
}

#[topology]
mod tumbling_suppress_time_limit {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, i64> = "out";

        input
            .group_by_key()
            .window(tumbling(10s), grace(5s))
            .count(counts)
            .suppress(until(4s))
            .to(out);
    }
}

#[topology]
mod hopping_aggregate_cached {
    use crate::topologies::{append, words};

    topology! {
        semantics = kafka_streams;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Windowed<String>, String> = "out";

        input
            .flat_map_values(|v| -> Vec<String> { words(v.as_ref()) })
            .group_by_key()
            .window(hopping(10s, 3s), grace(2s), emit(on_commit))
            .aggregate(texts: String = String::new(), |v, text| *text = append(text, v))
            .to(out);
    }
}

#[topology]
mod session_count_cached {
    use crate::topologies::words;

    topology! {
        semantics = kafka_streams;
        emit = on_commit;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: table<Session<String>, i64> = "out";

        input
            .flat_map_values(|v| -> Vec<String> { words(v.as_ref()) })
            .group_by_key()
            .window(session(5s), grace(3s))
            .count(counts)
            .to(out);
    }
}
