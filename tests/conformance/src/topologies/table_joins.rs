//! Joins of tables.

use streams::prelude::*;

super::entries!(
    table_table_join,
    table_table_left_join,
    table_table_outer_join,
    table_table_outer_join_unmaterialized,
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
