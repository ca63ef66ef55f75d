//! Joins of tables.

use streams::prelude::*;

use super::before_colon;

super::entries!(
    table_table_join,
    table_table_left_join,
    table_table_outer_join,
    table_table_outer_join_unmaterialized,
    foreign_key_join,
    foreign_key_left_join,
    foreign_key_null_key_join,
    foreign_key_null_key_left_join,
);

#[topology]
mod table_table_join {
    topology! {
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: stream<String, Option<String>> = "out";

        left.join(right, |l, r| -> String { format!("{l}+{r}") }, name = joined).to_stream().to(out);
    }
}

#[topology]
mod table_table_left_join {
    use crate::topologies::shown;

    topology! {
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        left.left_join(right, |l, r| -> String { format!("{l}+{}", shown(r)) }, name = joined).to(out);
    }
}

#[topology]
mod table_table_outer_join {
    use crate::topologies::shown;

    topology! {
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        left.outer_join(right, |l, r| -> String { format!("{}+{}", shown(l), shown(r)) }, name = joined)
            .to(out);
    }
}

#[topology]
mod table_table_outer_join_unmaterialized {
    use crate::topologies::shown;

    topology! {
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: stream<String, Option<String>> = "out";

        left.outer_join(right, |l, r| -> String { format!("{}+{}", shown(l), shown(r)) })
            .to_stream()
            .to(out);
    }
}

#[topology]
mod foreign_key_join {
    use crate::topologies::before_colon;

    topology! {
        semantics = kafka_streams;
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        left.join(right, |l| -> String { before_colon(l).to_owned() }, |l, r| -> String { format!("{l}+{r}") }, name = joined).to(out);
    }
}

#[topology]
mod foreign_key_left_join {
    use crate::topologies::{before_colon, shown};

    topology! {
        semantics = kafka_streams;
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        left.left_join(right, |l| -> String { before_colon(l).to_owned() }, |l, r| -> String { format!("{l}+{}", shown(r)) }, name = joined).to(out);
    }
}

#[topology]
mod foreign_key_null_key_join {
    use super::not_z;

    topology! {
        semantics = kafka_streams;
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        left.join(right, |l| not_z(l), |l, r| -> String { format!("{l}+{r}") }).to(out);
    }
}

#[topology]
mod foreign_key_null_key_left_join {
    use super::not_z;
    use crate::topologies::shown;

    topology! {
        semantics = kafka_streams;
        table left: table<String, String> = "left";
        table right: table<String, String> = "right";
        sink out: table<String, String> = "out";

        left.left_join(right, |l| not_z(l), |l, r| -> String { format!("{l}+{}", shown(r)) }).to(out);
    }
}

/// The foreign key before the colon; the row has none if that is `z`.
fn not_z(left: &str) -> Option<String> {
    Some(before_colon(left).to_owned()).filter(|key| key != "z")
}
