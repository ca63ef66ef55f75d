use streams::prelude::*;

use crate::s;

#[topology]
mod shared {
    topology! {
        on_error = skip;
        source numbers: stream<String, i64> = "numbers";
        sink halves: stream<String, i64> = "halves";
        sink all: stream<String, i64> = "all";
        sink seen: stream<String, String> = "seen";

        numbers
            .map_values(|n| -> i64 {
                if *n == 7 {
                    return 0;
                }
                if n % 2 != 0 {
                    Err(format!("{n} is odd"))?;
                }
                n / 2
            })
            .to(halves);
        numbers.to(all);
        numbers
            .map_values(|n| {
                let text = n.to_string();
                if text.len() > 1 {
                    return String::from("long");
                }
                text
            })
            .to(seen);
    }
}

#[test]
fn a_failure_in_one_chain_leaves_the_record_to_the_others() {
    let mut driver = shared::test_driver();
    for n in [4, 5, 7, 12] {
        driver.numbers().pipe(s("k"), n, 0).unwrap();
    }
    let values = |records: Vec<(String, i64)>| records.into_iter().map(|r| r.1).collect::<Vec<_>>();
    assert_eq!(values(driver.halves().read_key_values().unwrap()), [2, 0, 6]);
    assert_eq!(values(driver.all().read_key_values().unwrap()), [4, 5, 7, 12]);
    let seen = driver.seen().read_key_values().unwrap();
    assert_eq!(seen.iter().map(|r| r.1.as_str()).collect::<Vec<_>>(), ["4", "5", "7", "long"]);
    assert_eq!(driver.counters().skipped, 1);
}
