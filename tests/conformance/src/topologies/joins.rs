//! Joins.

use streams::prelude::*;

super::entries!(
    aggregate_join_cached,
    stream_table_join,
    stream_table_join_rekeyed,
    stream_table_left_join,
    stream_global_join,
    stream_global_left_join,
    global_table_by_key
);

#[topology]
mod stream_table_join {
    topology! {
        source stream: stream<Option<String>, Option<String>> = "stream";
        table table: table<String, String> = "table";
        sink out: stream<String, String> = "out";

        stream.join(table, |l, r| format!("{l}+{r}")).to(out);
    }
}

#[topology]
mod stream_table_join_rekeyed {
    use crate::topologies::{before_colon, shown};

    topology! {
        source stream: stream<Option<String>, Option<String>> = "stream";
        table table: table<String, String> = "table";
        sink out: stream<String, String> = "out";

        stream
            .filter(|v| v.is_some())
            .select_key(|_, v| -> String { before_colon(shown(v.as_ref())).to_owned() })
            .left_join(table, |l, r| format!("{l}+{}", shown(r)))
            .to(out);
    }
}

#[topology]
mod stream_table_left_join {
    use crate::topologies::shown;

    topology! {
        source stream: stream<Option<String>, Option<String>> = "stream";
        table table: table<String, String> = "table";
        sink out: stream<Option<String>, String> = "out";

        stream.left_join(table, |l, r| format!("{l}+{}", shown(r))).to(out);
    }
}

#[topology]
mod stream_global_join {
    use crate::topologies::before_colon;

    topology! {
        source stream: stream<Option<String>, Option<String>> = "stream";
        global globals: table<String, String> = "global";
        sink out: stream<Option<String>, String> = "out";

        stream.join(globals, |v| before_colon(v), |l, r| format!("{l}+{r}")).to(out);
    }
}

#[topology]
mod stream_global_left_join {
    use crate::topologies::{before_colon, shown};

    topology! {
        source stream: stream<Option<String>, Option<String>> = "stream";
        global globals: table<String, String> = "global";
        sink out: stream<Option<String>, String> = "out";

        stream.left_join(globals, |v| before_colon(v), |l, r| format!("{l}+{}", shown(r))).to(out);
    }
}

#[topology]
mod global_table_by_key {
    use crate::topologies::shown;

    topology! {
        source stream: stream<Option<String>, Option<String>> = "stream";
        global globals: table<String, String> = "table";
        sink out: stream<Option<String>, String> = "out";

        stream
            .left_join(globals, |key, _| key.clone(), |key, l, r| {
                format!("{}:{l}+{}", shown(key.as_ref()), shown(r))
            })
            .to(out);
    }
}

#[topology]
mod aggregate_join_cached {
    use crate::topologies::{shown, words};

    topology! {
        emit = on_commit;
        source input: stream<Option<String>, Option<String>> = "words";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        let counted = input
            .flat_map_values(|v| -> Vec<String> { words(v.as_ref()) })
            .group_by_key()
            .count(counts);
        counted
            .left_join(right, |l, r| -> String { format!("{l}+{}", shown(r)) }, name = joined)
            .to(out);
    }
}
