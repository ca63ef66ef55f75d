//! Every setting and option of the language.

use streams::prelude::*;

#[topology]
mod t {
    #[derive(Clone, Default, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
        pub at: i64,
    }

    topology! {
        format = json;
        key_format = utf8;
        on_error = skip;
        on_deserialization_error = dead_letter("unread");
        on_processing_error = fail;
        on_production_error = dead_letter("unwritten");
        invalid_time = partition_time;
        source orders: stream<String, Order> = "orders", partitions = 3, time = |_, o| o.at, reset = latest;
        source numbers: stream<i64, Order> = "numbers", reset = earliest, key_format = big_endian, format = json,
            on_error = fail, invalid_time = skip;
        table names: table<String, String> = "names", memory;
        sink out: stream<String, Order> = "out", format = json, partitions = 3, on_error = skip;
        store last: kv<String, Order>, memory, format = json;

        orders.join(names, |o, _| -> Order { o.clone() }).transform(last, keep).to(out);
        numbers.map(|n, o| -> (String, Order) { (n.to_string(), o.clone()) }, on_error = dead_letter("unread")).repartition(by_text, partitions = 3).to(out);
    }

    fn keep(order: &Order, last: &mut Order) -> Order {
        std::mem::replace(last, order.clone())
    }
}

fn main() {}
