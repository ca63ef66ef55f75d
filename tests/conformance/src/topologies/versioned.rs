//! Versioned tables.

use streams::prelude::*;

super::entries!(
    versioned_table,
    versioned_table_group_by_sum,
    versioned_table_filter,
    versioned_table_table_join,
    stream_versioned_table_join,
    stream_versioned_table_left_join,
    stream_versioned_table_join_grace,
    stream_versioned_table_left_join_grace,
);

#[topology]
mod versioned_table {
    topology! {
        semantics = kafka_streams;
        table table: table<String, i64> = "in", versioned = 60s;
        sink out: stream<String, Option<i64>> = "out";

        table.to_stream().to(out);
    }
}

#[topology]
mod versioned_table_group_by_sum {
    use crate::topologies::{after_colon, before_colon};

    fn by_region(value: &str) -> (String, i64) {
        (before_colon(value).to_owned(), after_colon(value).parse().unwrap_or(0))
    }

    topology! {
        semantics = kafka_streams;
        table table: table<String, String> = "in", versioned = 60s;
        sink out: stream<String, i64> = "out";

        table
            .group_by(by_region)
            .aggregate(sums: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to_stream()
            .to(out);
    }
}

#[topology]
mod versioned_table_filter {
    topology! {
        semantics = kafka_streams;
        table table: table<String, i64> = "in", versioned = 60s;
        sink out: stream<String, Option<i64>> = "out";

        table.filter(|v| v % 2 == 0).to_stream().to(out);
    }
}

#[topology]
mod versioned_table_table_join {
    topology! {
        semantics = kafka_streams;
        table versions: table<String, String> = "left", versioned = 60s;
        table right: table<String, String> = "right";
        sink out: stream<String, Option<String>> = "out";

        versions.join(right, |l, r| -> String { format!("{l}+{r}") }).to_stream().to(out);
    }
}

#[topology]
mod stream_versioned_table_join {
    topology! {
        semantics = kafka_streams;
        source stream: stream<Option<String>, Option<String>> = "stream";
        table versions: table<String, String> = "table", versioned = 60s;
        sink out: stream<String, String> = "out";

        stream.join(versions, |l, r| -> String { format!("{l}+{r}") }).to(out);
    }
}

#[topology]
mod stream_versioned_table_left_join {
    use crate::topologies::shown;

    topology! {
        semantics = kafka_streams;
        source stream: stream<Option<String>, Option<String>> = "stream";
        table versions: table<String, String> = "table", versioned = 60s;
        sink out: stream<Option<String>, String> = "out";

        stream.left_join(versions, |l, r| -> String { format!("{l}+{}", shown(r)) }).to(out);
    }
}

#[topology]
mod stream_versioned_table_join_grace {
    topology! {
        semantics = kafka_streams;
        source stream: stream<Option<String>, Option<String>> = "stream";
        table versions: table<String, String> = "table", versioned = 60s;
        sink out: stream<String, String> = "out";

        stream.join(versions, |l, r| -> String { format!("{l}+{r}") }, grace(8s)).to(out);
    }
}

#[topology]
mod stream_versioned_table_left_join_grace {
    use crate::topologies::shown;

    topology! {
        semantics = kafka_streams;
        source stream: stream<Option<String>, Option<String>> = "stream";
        table versions: table<String, String> = "table", versioned = 60s;
        sink out: stream<Option<String>, String> = "out";

        stream.left_join(versions, |l, r| -> String { format!("{l}+{}", shown(r)) }, grace(8s)).to(out);
    }
}
