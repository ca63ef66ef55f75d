use std::collections::BTreeMap;

use proptest::prelude::*;
use streams::prelude::*;

use crate::s;

#[topology]
mod pairs {
    topology! {
        table left: table<String, String> = "left";
        table right: table<String, i64> = "right";
        sink inner: table<String, String> = "inner";
        sink kept: table<String, String> = "kept";
        sink outer: table<String, String> = "outer";
        sink outers: stream<String, i64> = "outers";
        sink sums: stream<String, i64> = "sums";

        let joined = left.join(right, |l, r| -> String { format!("{l}{r}") }, name = both);
        joined.to(inner);
        left.left_join(right, |k, l, r| -> String { format!("{k}{l}{r:?}") }).to(kept);
        let all = left.outer_join(right, |l, r| -> (Option<String>, Option<i64>) {
            (l.cloned(), r.copied())
        });
        all.map_values(|(l, r)| -> String { format!("{l:?}{r:?}") }).to(outer);
        // What comes after needs what a row was before: of a join that is not kept, and of one that is.
        all.group_by(|(l, r)| -> (String, i64) { (l.clone().unwrap_or_default(), r.unwrap_or(0)) })
            .aggregate(by_left: i64 = 0, |v, sum| *sum += v, |v, sum| *sum -= v)
            .to_stream()
            .to(outers);
        joined
            .group_by(|v| -> (String, i64) { (v.chars().take(1).collect(), 1) })
            .count(by_letter)
            .to_stream()
            .to(sums);
    }
}

#[test]
fn each_join_keeps_the_rows_it_should() {
    let mut driver = pairs::test_driver();
    driver.left().pipe(s("k"), s("a"), 10).unwrap();
    driver.right().pipe(s("k"), 1, 5).unwrap();
    driver.left().pipe(s("k"), None, 7).unwrap();
    driver.right().pipe(s("k"), None, 8).unwrap();
    driver.right().pipe(s("k"), None, 9).unwrap();
    let inner = driver.inner().read().unwrap();
    let got: Vec<_> = inner.iter().map(|r| (r.value.as_deref(), r.timestamp)).collect();
    assert_eq!(got, [(Some("a1"), 10), (None, 7)], "the later time of both rows");
    let kept = driver.kept().read().unwrap();
    let got: Vec<_> = kept.iter().map(|r| r.value.as_deref()).collect();
    assert_eq!(got, [Some("kaNone"), Some("kaSome(1)"), None]);
    let outer = driver.outer().read().unwrap();
    let got: Vec<_> = outer.iter().map(|r| r.value.as_deref()).collect();
    let both = r#"Some("a")Some(1)"#;
    assert_eq!(got, [Some(r#"Some("a")None"#), Some(both), Some("NoneSome(1)"), None]);
    assert_eq!(driver.both().get("k").unwrap(), None);
}

#[test]
fn what_a_row_was_before_leaves_its_group() {
    let mut driver = pairs::test_driver();
    driver.left().pipe(s("k"), s("a"), 0).unwrap();
    driver.right().pipe(s("k"), 4, 0).unwrap();
    driver.left().pipe(s("k"), s("b"), 0).unwrap();
    let outers = driver.outers().read_key_values().unwrap();
    assert_eq!(outers, [(s("a"), 0), (s("a"), 4), (s("a"), 0), (s("b"), 4)]);
    let sums = driver.sums().read_key_values().unwrap();
    assert_eq!(sums, [(s("a"), 1), (s("a"), 0), (s("b"), 1)]);
}

proptest! {
    /// The tables after any updates are the joins of the latest rows of each side.
    #[test]
    fn joins_are_those_of_the_latest_rows(
        updates in prop::collection::vec((any::<bool>(), 0..4u8, prop::option::of(0..5u8), 0..50i64), 0..60),
    ) {
        let mut driver = pairs::test_driver();
        let mut left = BTreeMap::<String, String>::new();
        let mut right = BTreeMap::<String, i64>::new();
        for (is_left, key, value, time) in updates {
            let key = format!("k{key}");
            if is_left {
                let value = value.map(|v| format!("l{v}"));
                driver.left().pipe(key.clone(), value.clone(), time).unwrap();
                set(&mut left, key, value);
            } else {
                driver.right().pipe(key.clone(), value.map(i64::from), time).unwrap();
                set(&mut right, key, value.map(i64::from));
            }
        }
        let keys = || left.keys().chain(right.keys()).map(|k| (k, left.get(k), right.get(k)));
        let inner = keys().filter_map(|(k, l, r)| Some((k.clone(), format!("{}{}", l?, r?))));
        let kept = keys().filter_map(|(k, l, r)| Some((k.clone(), format!("{k}{}{r:?}", l?))));
        let outer = keys().map(|(k, l, r)| (k.clone(), format!("{l:?}{r:?}")));
        prop_assert_eq!(latest(driver.inner().read().unwrap()), inner.collect());
        prop_assert_eq!(latest(driver.kept().read().unwrap()), kept.collect());
        prop_assert_eq!(latest(driver.outer().read().unwrap()), outer.collect());
        let mut sums = BTreeMap::<String, i64>::new();
        for (_, l, r) in left.keys().chain(right.keys().filter(|k| !left.contains_key(*k)))
            .map(|k| (k, left.get(k), right.get(k)))
        {
            *sums.entry(l.cloned().unwrap_or_default()).or_default() += r.copied().unwrap_or(0);
        }
        for (group, sum) in driver.outers().read_key_values().unwrap().into_iter().collect::<BTreeMap<_, _>>() {
            prop_assert_eq!(sum, sums.get(&group).copied().unwrap_or(0), "{}", group);
        }
    }
}

/// Sets a row, or deletes it.
fn set<V>(table: &mut BTreeMap<String, V>, key: String, value: Option<V>) {
    match value {
        Some(value) => table.insert(key, value),
        None => table.remove(&key),
    };
}

/// A table's rows, from its updates.
fn latest(
    updates: Vec<streams::test_driver::TestRecord<String, String>>,
) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for update in updates {
        set(&mut rows, update.key.unwrap(), update.value);
    }
    rows
}
