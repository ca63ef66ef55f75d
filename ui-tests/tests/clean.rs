//! A topology with every operator under the strictest lints: `cargo clippy` says nothing about code
//! that the user did not write. That it builds at all is the test.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![deny(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![deny(clippy::indexing_slicing, clippy::allow_attributes_without_reason)]
#![forbid(unsafe_code)]

use streams::prelude::*;

/// Orders and what becomes of them.
#[topology]
pub mod orders {
    /// An order.
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub struct Order {
        /// Whose.
        pub account: String,
        /// In cents.
        pub amount: i64,
        /// When.
        pub at: i64,
    }

    fn keep(_account: &str, order: &Order, sum: &mut i64) -> i64 {
        *sum += order.amount;
        *sum
    }

    topology! {
        format = json;
        on_error = skip;
        /// All orders.
        source orders: stream<Option<String>, Order> = "orders", time = |order| order.at;
        source raw: stream<&str, &[u8]> = "raw", partitions = 3;
        table names: table<String, String> = "names";
        sink sums: stream<String, i64> = "sums";
        sink named: stream<String, String> = "named";
        sink counted: table<String, i64> = "counted";
        sink latest: table<String, Order> = "latest";
        sink windows: stream<Windowed<String>, i64> = "windows";
        sink bytes: stream<&str, &[u8]> = "bytes";
        store spent: kv<String, i64>;

        let positive = orders.filter(|order| order.amount > 0).filter_not(|_, order| order.amount > 100_000);
        positive.group_by(|_, order| -> String { order.account.clone() }).transform(spent, keep).to(sums);
        let keyed = positive.select_key(|_, order| -> String { order.account.clone() });
        keyed
            .join(names, |order, name| format!("{name}: {}", order.amount))
            .peek(|_, text| assert!(!text.is_empty()))
            .to(named);
        keyed
            .left_join(names, |_, order, name, cx| {
                format!("{}@{}: {}", name.map_or("?", String::as_str), cx.timestamp, order.amount)
            }, name = maybe)
            .to(named);
        keyed.group_by_key().count(counts).to(counted);
        keyed.group_by_key().reduce(last, |_, new| new.clone()).to(latest);
        keyed
            .group_by_key()
            .window(tumbling(5m), grace(10s))
            .aggregate(totals: i64 = 0, |order, total| *total += order.amount)
            .to_stream()
            .to(windows);
        let texts = raw.flat_map_values(|bytes| bytes.split(|b| *b == b' ').map(<[u8]>::to_vec));
        texts.map(|key, part| ((*key).to_owned(), i64::try_from(part.len())?)).to(sums);
        raw.map_values(|bytes| bytes.get(1..).ok_or("empty")?).to(bytes);
        let all = merge(bits, halves);
        let bits = raw.map(|key, bytes| -> (String, i64) { ((*key).to_owned(), i64::try_from(bytes.len())?) });
        let halves = bits.map_values(|n| -> i64 { n / 2 });
        all.repartition(by_text, partitions = 2).branch {
            0 => .for_each(|_, _| ()),
            n if *n > 100 => .to_table(large),
            else => sums,
        };
    }
}

#[test]
fn generated_code_is_free_of_warnings() -> streams::Result<()> {
    let mut driver = orders::test_driver();
    driver.names().pipe("ann".to_owned(), "Ann".to_owned(), 0)?;
    let order = orders::Order { account: "ann".to_owned(), amount: 5, at: 1 };
    driver.orders().pipe(None, order, 0)?;
    let named: Vec<String> = driver.named().read_key_values()?.into_iter().map(|r| r.1).collect();
    assert_eq!(named, ["Ann: 5", "Ann@1: 5"]);
    assert_eq!(driver.windows().read()?.len(), 1);
    Ok(())
}
