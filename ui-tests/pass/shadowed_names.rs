//! A module that gives names of the standard library to things of its own: generated code uses
//! none of them.

use streams::prelude::*;

#[topology]
#[allow(dead_code, non_camel_case_types, non_snake_case)]
mod shadowed {
    pub struct Result;
    pub struct Option;
    pub struct Vec;
    pub struct Box;
    pub struct Iterator;
    pub struct Into;
    pub struct Default;
    pub struct Debug;
    pub struct Clone;
    pub struct Copy;
    pub struct Error;
    pub struct Output;
    pub struct App;
    pub struct RecordRef;
    pub struct ToOwned;
    pub fn Some() {}
    pub fn None() {}
    pub fn Ok() {}
    pub fn Err() {}
    pub mod core {}
    pub mod std {}
    pub mod streams {}
    pub mod alloc {}

    macro_rules! panic {
        () => {};
    }
    macro_rules! vec {
        () => {};
    }
    macro_rules! unreachable {
        () => {};
    }

    fn double(n: &i64) -> i64 {
        panic!();
        vec!();
        unreachable!();
        n * 2
    }

    topology! {
        source orders: stream<String, i64> = "orders", partitions = 3, time = |n| *n;
        table prices: table<String, i64> = "prices";
        sink out: stream<String, i64> = "out";
        sink counted: table<String, i64> = "counted";
        sink windows: stream<Windowed<String>, i64> = "windows";
        store totals: kv<String, i64>;

        let both = merge(orders, doubled);
        let doubled = orders.map_values(double);
        both.filter(|n| *n > 0).join(prices, |n, p| n * p).to(out);
        both.transform(totals, |n, total| -> i64 {
            if *n == 0 {
                return 0;
            }
            *total += n;
            *total
        })
        .flat_map_values(|n| [*n])
        .to(out);
        orders.group_by_key().count(counts).to(counted);
        orders.group_by_key().window(tumbling(5m), grace(1s)).reduce(sums, |a, b| a + b).to_stream().to(windows);
        orders.select_key(|k, _| -> String { k.clone() }).repartition(by_key).branch {
            0 => out,
            else => .peek(|_| ()).to(out),
        };
    }
}

fn main() {
    let _app = shadowed::app();
    let _driver = shadowed::test_driver();
}
