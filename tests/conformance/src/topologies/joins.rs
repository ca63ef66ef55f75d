//! Joins.

use streams::prelude::*;

super::entries!(stream_table_join, stream_table_join_rekeyed, stream_table_left_join);

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
