//! A store of another type than the processor takes.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Default)]
    pub struct Count;

    impl Processor for Count {
        type KeyIn = String;
        type ValueIn = i64;
        type KeyOut = String;
        type ValueOut = i64;
        type Stores<'s> = &'s mut stores::counts;

        fn process(
            &mut self,
            key: &String,
            value: &i64,
            counts: &mut stores::counts,
            cx: &mut ProcessorContext<'_, String, i64>,
        ) -> Processed {
            counts.put(key, *value, cx.timestamp)?;
            cx.forward(key.clone(), *value);
            Ok(())
        }
    }

    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";
        store counts: kv<String, i64>;
        store names: kv<String, String>;

        orders.process(Count, names).to(out);
        orders.process(Count, counts).to(out);
    }
}

fn main() {}
