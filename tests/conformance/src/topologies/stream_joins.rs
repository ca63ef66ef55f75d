//! Stream–stream joins.

use streams::prelude::*;

super::entries!(
    stream_inner_join,
    stream_inner_join_grace,
    stream_inner_join_after,
    stream_inner_join_before,
    stream_left_join,
    stream_left_join_grace,
    stream_left_join_asymmetric,
    stream_outer_join,
    stream_outer_join_grace,
    stream_outer_join_asymmetric,
    stream_join_with_key,
    stream_join_rekeyed,
);

macro_rules! inner {
    ($name:ident, $($window:tt)*) => {
        #[topology]
        mod $name {
            topology! {
                semantics = kafka_streams;
                source left: stream<Option<String>, Option<String>> = "left";
                source right: stream<Option<String>, Option<String>> = "right";
                sink out: stream<String, String> = "out";

                left.join(right, |l, r| -> String { format!("{l}+{r}") }, $($window)*).to(out);
            }
        }
    };
}

inner!(stream_inner_join, within(5s));
inner!(stream_inner_join_grace, within(5s), grace(10s));
inner!(stream_inner_join_after, within(0s, 10s), grace(2s));
inner!(stream_inner_join_before, within(8s, -3s), grace(4s));

macro_rules! left {
    ($name:ident, $($window:tt)*) => {
        #[topology]
        mod $name {
            use crate::topologies::shown;

            topology! {
                semantics = kafka_streams;
                source left: stream<Option<String>, Option<String>> = "left";
                source right: stream<Option<String>, Option<String>> = "right";
                sink out: stream<Option<String>, String> = "out";

                left.left_join(right, |l, r| -> String { format!("{l}+{}", shown(r)) }, $($window)*).to(out);
            }
        }
    };
}

left!(stream_left_join, within(5s));
left!(stream_left_join_grace, within(5s), grace(4s));
left!(stream_left_join_asymmetric, within(2s, 7s), grace(1s));

macro_rules! outer {
    ($name:ident, $($window:tt)*) => {
        #[topology]
        mod $name {
            use crate::topologies::shown;

            topology! {
                semantics = kafka_streams;
                source left: stream<Option<String>, Option<String>> = "left";
                source right: stream<Option<String>, Option<String>> = "right";
                sink out: stream<Option<String>, String> = "out";

                left.outer_join(
                    right,
                    |l, r| -> String { format!("{}+{}", shown(l), shown(r)) },
                    $($window)*
                )
                .to(out);
            }
        }
    };
}

outer!(stream_outer_join, within(5s));
outer!(stream_outer_join_grace, within(5s), grace(4s));
outer!(stream_outer_join_asymmetric, within(7s, 1s), grace(3s));

#[topology]
mod stream_join_with_key {
    topology! {
        semantics = kafka_streams;
        source left: stream<Option<String>, Option<String>> = "left";
        source right: stream<Option<String>, Option<String>> = "right";
        sink out: stream<String, String> = "out";

        left.join(right, |k, l, r| -> String { format!("{k}:{l}+{r}") }, within(5s), grace(2s)).to(out);
    }
}

#[topology]
mod stream_join_rekeyed {
    use crate::topologies::first;

    topology! {
        semantics = kafka_streams;
        source left: stream<Option<String>, Option<String>> = "left";
        source right: stream<Option<String>, Option<String>> = "right";
        sink out: stream<String, String> = "out";

        let rekeyed = right.select_key(|_, v| -> Option<String> { v.as_deref().and_then(first) });
        left.join(rekeyed, |l, r| -> String { format!("{l}+{r}") }, within(5s), grace(2s)).to(out);
    }
}
