//! Stream aggregations without windows.

use streams::prelude::*;

super::entries!(
    count,
    count_in_memory,
    count_group_by,
    word_count,
    reduce_sum,
    reduce_delete,
    aggregate_concat,
    aggregate_i64_key,
    cogroup,
    count_cached,
    aggregate_cached_delete,
    table_source,
    table_unmaterialized_source,
    table_to_stream_key,
);

#[topology]
mod count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().count(counts).to_stream().to(out);
    }
}

#[topology]
mod count_in_memory {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";
        store counts: kv<String, i64>, memory;

        input.group_by_key().count(counts).to_stream().to(out);
    }
}

#[topology]
mod count_group_by {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input
            .group_by(|_, v| -> Option<String> {
                v.as_ref().and_then(|v| crate::topologies::first(&v.to_lowercase()))
            })
            .count(counts)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod word_count {
    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input
            .flat_map_values(|v| -> Vec<String> {
                v.iter().flat_map(|v| v.split(' ')).map(str::to_lowercase).collect()
            })
            .group_by(|_, word| -> String { word.clone() })
            .count(counts)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod reduce_sum {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().reduce(sums, |old, new| old + new).to_stream().to(out);
    }
}

#[topology]
mod reduce_delete {
    topology! {
        source input: stream<Option<String>, Option<i64>> = "in";
        sink out: stream<String, Option<i64>> = "out";
        store sums: kv<String, Option<i64>>;

        input
            .group_by_key()
            .reduce(sums, |old, new| Some(old + new).filter(|sum| sum % 5 != 0))
            .to_stream()
            .to(out);
    }
}

#[topology]
mod aggregate_concat {
    use crate::topologies::append;

    topology! {
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, Option<String>> = "out";

        input
            .group_by_key()
            .aggregate(texts: Option<String> = Some(String::new()), |v, text| {
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
mod aggregate_i64_key {
    topology! {
        source input: stream<Option<i64>, Option<i64>> = "in";
        sink out: stream<i64, String> = "out";

        input
            .group_by(|_, v| -> Option<i64> { *v })
            .count(counts)
            .to_stream()
            .map_values(|k, n| format!("{k}:{n}"))
            .to(out);
    }
}

#[topology]
mod table_source {
    topology! {
        table table: table<String, i64> = "in";
        sink out: stream<String, Option<i64>> = "out";

        table.to_stream().to(out);
    }
}

#[topology]
mod table_unmaterialized_source {
    topology! {
        table input: table<String, i64> = "in";
        sink out: stream<String, Option<i64>> = "out";

        input.to_stream().to(out);
    }
}

#[topology]
mod table_to_stream_key {
    topology! {
        table input: table<String, String> = "in";
        sink out: stream<String, Option<String>> = "out";

        input.to_stream().select_key(|k, _| format!("{k}!")).to(out);
    }
}

#[topology]
mod cogroup {
    use crate::topologies::{append, last_24};

    topology! {
        source numbers: stream<Option<String>, Option<i64>> = "in1";
        source words: stream<Option<String>, Option<String>> = "in2";
        sink out: stream<String, String> = "out";

        let by_word = words.group_by_key();
        numbers
            .group_by_key()
            .cogroup(|n, text| *text = append(text, &n.to_string()))
            .cogroup(by_word, |word, text| *text = last_24(&format!("{word}{text}")))
            .aggregate(texts: String = "|".to_owned())
            .to_stream()
            .to(out);
    }
}

#[topology]
mod count_cached {
    use crate::topologies::words;

    topology! {
        emit = on_commit;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, i64> = "out";

        input
            .flat_map_values(|v| -> Vec<String> { words(v.as_ref()) })
            .group_by_key()
            .count(counts)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod aggregate_cached_delete {
    use crate::topologies::{append, words};

    topology! {
        emit = on_commit;
        source input: stream<Option<String>, Option<String>> = "in";
        sink out: stream<String, Option<String>> = "out";

        input
            .flat_map_values(|v| -> Vec<String> { words(v.as_ref()) })
            .group_by_key()
            .aggregate(texts: Option<String> = Some(String::new()), |v, text| {
                *text = match v.as_str() {
                    "reset" => None,
                    v => text.as_ref().map(|t| append(t, v)),
                };
            })
            .to_stream()
            .to(out);
    }
}
