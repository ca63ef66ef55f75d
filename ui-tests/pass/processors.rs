//! Processors with any number of stores, schedules, and in other modules.

use streams::prelude::*;

pub mod elsewhere {
    use streams::prelude::*;

    use super::t::stores;

    #[derive(Default)]
    pub struct Both;

    impl Processor for Both {
        type KeyIn = Option<String>;
        type ValueIn = i64;
        type KeyOut = i64;
        type ValueOut = String;
        type Stores<'s> = (&'s mut stores::counts, &'s mut stores::names, &'s mut stores::per_minute);

        fn process(
            &mut self,
            key: &Option<String>,
            value: &i64,
            (counts, names, _): Self::Stores<'_>,
            cx: &mut ProcessorContext<'_, i64, String>,
        ) -> Processed {
            let Some(key) = key else { return Ok(()) };
            let name = names.get(key)?.map_or("", |(name, _)| name).to_owned();
            counts.put_if_absent(key, *value, cx.timestamp)?;
            cx.forward(*value, name).at(5).header("seen", "yes");
            Ok(())
        }
    }
}

#[topology]
pub mod t {
    use super::elsewhere::Both;

    topology! {
        source orders: stream<Option<String>, i64> = "orders";
        table names: table<String, String> = "names";
        sink out: stream<i64, String> = "out";
        store counts: kv<String, i64>, kafka_name = "counts-by-user";

        orders.group_by_key().window(tumbling(1m)).count(per_minute, kafka_name = "per-minute");
        orders
            .process(
                Both,
                counts,
                names,
                per_minute,
                punctuate(stream_time every 10s),
                punctuate(wall_clock every 1s),
                on_error = skip,
            )
            .to(out);
    }
}

fn main() {}
