use streams::prelude::*;

use crate::s;

#[topology]
mod aggregates {
    topology! {
        format = json;
        source orders: stream<String, i64> = "orders";
        sink counted: stream<String, i64> = "counted";
        sink best: table<String, i64> = "best";
        sink listed: stream<String, Vec<i64>> = "listed";
        sink sums: stream<String, Option<i64>> = "sums";

        orders.group_by_key().count(counts).to_stream().to(counted);
        orders.group_by_key().reduce(maxima, |old, new| *old.max(new)).to(best);
        orders
            .group_by_key()
            .aggregate(lists: Vec<i64> = Vec::new(), |n, list| list.push(*n))
            .to_stream()
            .to(listed);
        orders
            .group_by_key()
            .aggregate(totals: Option<i64> = Some(0), |_, n, total| {
                *total = total.map(|t| t + n).filter(|t| t % 5 != 0);
            })
            .to_stream()
            .to(sums);
    }
}

#[test]
fn aggregates_keep_one_value_a_key_and_the_largest_timestamp() {
    let mut driver = aggregates::test_driver();
    for (n, ts) in [(3, 10), (9, 5), (4, 20), (1, 1)] {
        driver.orders().pipe(s("k"), n, ts).unwrap();
    }
    driver.orders().pipe(s("other"), 8, 2).unwrap();
    let counted = driver.counted().read().unwrap();
    let got: Vec<_> = counted.iter().map(|r| (r.value.unwrap(), r.timestamp)).collect();
    assert_eq!(got, [(1, 10), (2, 10), (3, 20), (4, 20), (1, 2)]);
    let best = driver.best().read_key_values().unwrap();
    assert_eq!(best.iter().map(|r| r.1).collect::<Vec<_>>(), [3, 9, 9, 9, 8]);
    assert_eq!(driver.listed().read_key_values().unwrap()[3].1, [3, 9, 4, 1]);
    let sums = driver.sums().read().unwrap();
    let got: Vec<_> = sums.iter().map(|r| r.value).collect();
    // 3, 12, 16, 17; and 8.
    assert_eq!(got, [Some(3), Some(12), Some(16), Some(17), Some(8)]);
    driver.orders().pipe(s("k"), 3, 30).unwrap();
    driver.orders().pipe(s("k"), 2, 7).unwrap();
    let sums = driver.sums().read().unwrap();
    let got: Vec<_> = sums.iter().map(|r| (r.value, r.timestamp)).collect();
    assert_eq!(got, [(None, 30), (Some(2), 7)], "a deleted key starts afresh");
    assert_eq!(driver.counts().get(&s("k")).unwrap(), Some((&6, 30)));
    assert_eq!(driver.store_rows("totals").unwrap().len(), 2);
}

#[topology]
mod regrouped {
    topology! {
        source words: stream<Option<String>, Option<String>> = "words";
        sink counts: stream<String, i64> = "counts";
        sink latest: table<String, String> = "latest";

        let by_letter = words
            .filter(|_, w| w.is_some())
            .select_key(|_, w| -> Option<String> {
                w.as_ref().and_then(|w| w.chars().next()).map(String::from)
            });
        by_letter.group_by_key().count(per_letter).to_stream().to(counts);
        words.to_table(last).to(latest);
    }
}

#[test]
fn a_changed_key_goes_through_a_repartition_topic_and_null_keys_are_dropped() {
    let mut driver = regrouped::test_driver();
    for (i, word) in ["apple", "bee", "", "ant"].into_iter().enumerate() {
        driver.words().pipe(s("k"), s(word), i as i64).unwrap();
    }
    driver.words().pipe(s("k"), None, 9).unwrap();
    driver.words().pipe(None, s("x"), 10).unwrap();
    let counts = driver.counts().read_key_values().unwrap();
    assert_eq!(counts, [(s("a"), 1), (s("b"), 1), (s("a"), 2), (s("x"), 1)]);
    let latest = driver.latest().read().unwrap();
    assert_eq!(latest.len(), 5);
    assert_eq!(latest[4].value, None, "a null value deletes");
    assert_eq!(driver.counters().dropped_null, 2);
    let repartitions = driver.description().topics.iter();
    let names: Vec<_> = repartitions.map(|t| t.full_name("app")).collect();
    assert!(names.contains(&"app-per_letter-repartition".into()), "{names:?}");
    assert_eq!(driver.description().subtopologies.len(), 2);
}

#[topology]
mod transformed {
    fn number(key: &String, value: &String, seen: &mut u64) -> String {
        *seen += 1;
        format!("{key}{seen}{value}")
    }

    topology! {
        source values: stream<String, String> = "values";
        sink numbered: stream<String, String> = "numbered";
        sink toggled: stream<String, bool> = "toggled", format = json;
        store counters: kv<String, u64>;
        store toggles: kv<String, Option<String>>;

        values.transform(counters, number).to(numbered);
        values
            .transform(toggles, |v, state| match state.take() {
                Some(_) => false,
                None => {
                    *state = Some(v.clone());
                    true
                }
            })
            .to(toggled);
    }
}

#[test]
fn transform_changes_the_state_of_the_key_in_place() {
    let mut driver = transformed::test_driver();
    for v in ["a", "b", "c"] {
        driver.values().pipe(s("k"), s(v), 1).unwrap();
    }
    let numbered = driver.numbered().read_key_values().unwrap();
    assert_eq!(numbered.iter().map(|r| r.1.as_str()).collect::<Vec<_>>(), ["k1a", "k2b", "k3c"]);
    let toggled = driver.toggled().read_key_values().unwrap();
    assert_eq!(toggled.iter().map(|r| r.1).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(driver.counters().get(&s("k")).unwrap(), Some((&3, 1)));
}

#[topology]
mod explicit {
    topology! {
        source values: stream<String, i64> = "values";
        sink out: stream<i64, i64> = "out";

        values
            .map(|_, n| -> (i64, i64) { (n % 3, *n) })
            .repartition(by_rest, partitions = 6)
            .to(out);
    }
}

#[test]
fn repartition_makes_a_topic_of_the_topologys_own() {
    let mut driver = explicit::test_driver();
    driver.values().pipe(s("k"), 7, 3).unwrap();
    assert_eq!(driver.out().read_key_values().unwrap(), [(1, 7)]);
    let topic = driver.description().topics.iter().find(|t| t.is_internal()).unwrap();
    assert_eq!((topic.name, topic.partitions), ("by_rest-repartition", Some(6)));
}

#[topology]
mod shared_topic {
    topology! {
        source lines: stream<String, Option<String>> = "lines";
        sink counts: stream<String, i64> = "counts";
        sink longest: stream<String, i64> = "longest";
        sink all: stream<String, i64> = "all";

        let by_word = lines.select_key(|_, line| -> String { line.clone().unwrap_or_default() });
        by_word.group_by_key().count(words).to_stream().to(counts);
        by_word
            .group_by_key()
            .aggregate(lengths: i64 = 0, |line, most| *most = (*most).max(line.len() as i64))
            .to_stream()
            .to(longest);
        // Windows count nulls, too, so these are other records.
        by_word
            .group_by_key()
            .window(tumbling(1h))
            .count(hourly)
            .to_stream()
            .select_key(|key, _| -> String { key.key.clone() })
            .to(all);
    }
}

#[test]
fn operators_that_need_the_same_records_by_the_same_key_share_a_repartition_topic() {
    let mut driver = shared_topic::test_driver();
    driver.lines().pipe(s("k"), s("tea"), 0).unwrap();
    driver.lines().pipe(s("k"), None, 0).unwrap();
    driver.lines().pipe(s("k"), s("tea"), 0).unwrap();
    assert_eq!(driver.counts().read_key_values().unwrap(), [(s("tea"), 1), (s("tea"), 2)]);
    assert_eq!(driver.longest().read_key_values().unwrap(), [(s("tea"), 3), (s("tea"), 3)]);
    let all = driver.all().read_key_values().unwrap();
    assert_eq!(all, [(s("tea"), 1), (s(""), 1), (s("tea"), 2)]);
    let topics = driver.description().topics.iter().map(|t| t.name);
    let topics: Vec<_> = topics.filter(|name| name.ends_with("-repartition")).collect();
    assert_eq!(topics, ["words-repartition", "hourly-repartition"]);
}
