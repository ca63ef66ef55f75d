//! Keys and values that borrow from the record, through what keeps or writes them.

use streams::prelude::*;

use crate::s;

/// The text behind the last slash.
fn last(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

#[topology]
mod rekeyed {
    topology! {
        source lines: stream<&str, &str> = "lines";
        source blobs: stream<&[u8], &[u8]> = "blobs";
        table names: table<String, String> = "names";
        sink counts: stream<String, i64> = "counts";
        sink longest: stream<String, String> = "longest";
        sink sizes: stream<Windowed<String>, i64> = "sizes";
        sink named: stream<String, String> = "named";
        sink same: stream<Vec<u8>, Vec<u8>> = "same";
        sink latest: stream<String, String> = "latest";
        sink merged: stream<String, String> = "merged";

        lines.group_by(|k, _| -> &str { super::last(k) }).count(counted).to_stream().to(counts);
        lines
            .select_key(|k, _| -> &str { super::last(k) })
            .group_by_key()
            .reduce(longest_of, |new, kept| if new.len() > kept.len() { new.clone() } else { kept.clone() })
            .to_stream()
            .to(longest);
        lines
            .group_by(|k, _| -> &str { super::last(k) })
            .window(tumbling(10ms), grace(0ms))
            .aggregate(sized: i64 = 0, |text, size| *size += text.len() as i64)
            .to_stream()
            .to(sizes);
        lines
            .select_key(|k, _| -> &str { super::last(k) })
            .join(names, |line, name| -> String { format!("{line} {name}") })
            .to(named);
        blobs.select_key(|_, v| -> &[u8] { &v[..1] }).repartition(by_first).to(same);
        lines.select_key(|k, _| -> &str { super::last(k) }).to_table(newest).to_stream().to(latest);
        lines
            .map_values(|text| -> &str { super::last(text) })
            .select_key(|k, _| -> &str { super::last(k) })
            .join(lines, |left, right| -> String { format!("{left}{right}") }, within(5ms), grace(0ms))
            .to(merged);
    }
}

#[test]
fn a_borrowed_key_or_value_goes_through_a_repartition_topic() {
    let mut driver = rekeyed::test_driver();
    driver.names().pipe(s("a"), s("Ann"), 0).unwrap();
    driver.lines().pipe(s("x/a"), s("one"), 1).unwrap();
    driver.lines().pipe(s("y/a"), s("three"), 2).unwrap();
    driver.lines().pipe(s("a"), s("to/two"), 3).unwrap();
    driver.blobs().pipe(vec![7], vec![1, 2], 1).unwrap();
    let texts = |pairs: &[(&str, &str)]| -> Vec<_> {
        pairs.iter().map(|(key, value)| (s(key), s(value))).collect()
    };
    assert_eq!(driver.counts().read_key_values().unwrap(), [1, 2, 3].map(|n| (s("a"), n)));
    assert_eq!(
        driver.longest().read_key_values().unwrap(),
        texts(&[("a", "one"), ("a", "three"), ("a", "to/two")])
    );
    let sizes = driver.sizes().read_key_values().unwrap();
    assert_eq!(sizes.into_iter().map(|(_, size)| size).collect::<Vec<_>>(), [3, 8, 14]);
    assert_eq!(
        driver.named().read_key_values().unwrap(),
        texts(&[("a", "one Ann"), ("a", "three Ann"), ("a", "to/two Ann")])
    );
    assert_eq!(driver.same().read_key_values().unwrap(), [(vec![1], vec![1, 2])]);
    assert_eq!(
        driver.latest().read_key_values().unwrap(),
        texts(&[("a", "one"), ("a", "three"), ("a", "to/two")])
    );
    assert_eq!(
        driver.merged().read_key_values().unwrap(),
        texts(&[("a", "oneto/two"), ("a", "threeto/two"), ("a", "twoto/two")])
    );
}

#[topology]
mod tables {
    topology! {
        table ages: table<String, i64> = "ages";
        table names: table<String, String> = "names";
        source lines: stream<&str, &[u8]> = "lines";
        sink counts: stream<String, i64> = "counts";
        sink joined: stream<String, Option<i64>> = "joined";
        sink by_name: stream<String, Option<String>> = "by_name";
        sink held: stream<String, i64> = "held";
        sink grouped: stream<i64, i64> = "grouped";
        sink kept: stream<String, Option<i64>> = "kept";
        sink newest: stream<String, Vec<u8>> = "newest";
        sink copies: stream<String, Vec<u8>> = "copies";
        sink largest: stream<String, Vec<u8>> = "largest";
        sink closed: stream<Windowed<String>, i64> = "closed";
        sink sessions: stream<Session<String>, Option<i64>> = "sessions";

        let counted = lines.group_by_key().count(counted_lines);
        counted.to_stream().to(counts);
        counted.join(ages, |n, age| -> i64 { n * 100 + age }).to_stream().to(joined);
        counted
            .left_join(names, |n| -> String { n.to_string() }, |n, name| -> String { format!("{n}{name:?}") })
            .to_stream()
            .to(by_name);
        counted.suppress(until(10ms)).to_stream().to(held);
        counted
            .group_by(|key, n| -> (i64, i64) { (key.len() as i64, *n) })
            .aggregate(total: i64 = 0, |n, sum| *sum += n, |n, sum| *sum -= n)
            .to_stream()
            .to(grouped);
        counted.filter(|_, n| n % 2 == 0, name = even).to_stream().to(kept);
        lines.to_table(latest).to_stream().to(newest);
        lines.to(copies);
        lines
            .group_by_key()
            .reduce(largest_of, |kept, new| if new[0] > kept[0] { new.to_vec() } else { kept.clone() })
            .to_stream()
            .to(largest);
        lines
            .group_by_key()
            .window(tumbling(5ms), grace(0ms))
            .count(by_five)
            .suppress(until_close)
            .to_stream()
            .to(closed);
        lines.group_by_key().window(session(5ms), grace(0ms)).count(by_session).to_stream().to(sessions);
    }
}

#[test]
fn a_table_made_of_borrowed_records_is_one_like_any_other() {
    let mut driver = tables::test_driver();
    driver.ages().pipe(s("ann"), 7, 0).unwrap();
    driver.names().pipe(s("2"), s("two"), 0).unwrap();
    driver.lines().pipe(s("ann"), vec![1], 1).unwrap();
    driver.lines().pipe(s("ann"), vec![2], 3).unwrap();
    driver.ages().pipe(s("ann"), 8, 4).unwrap();
    driver.lines().pipe(s("bob"), vec![3], 20).unwrap();
    let numbers =
        |pairs: &[(&str, i64)]| -> Vec<_> { pairs.iter().map(|(key, n)| (s(key), *n)).collect() };
    let counted = numbers(&[("ann", 1), ("ann", 2), ("bob", 1)]);
    assert_eq!(driver.counts().read_key_values().unwrap(), counted);
    assert_eq!(
        driver.joined().read_key_values().unwrap(),
        numbers(&[("ann", 107), ("ann", 207), ("ann", 208)])
    );
    let by_name = driver.by_name().read_key_values().unwrap();
    assert_eq!(
        by_name,
        [("ann", "1None"), ("ann", "2Some(\"two\")"), ("bob", "1None")].map(|(k, t)| (s(k), s(t)))
    );
    assert_eq!(driver.held().read_key_values().unwrap(), numbers(&[("ann", 2)]));
    assert_eq!(driver.grouped().read_key_values().unwrap(), [(3, 1), (3, 2), (3, 3)]);
    let kept = driver.kept().read().unwrap().into_iter().map(|r| (r.key.unwrap(), r.value));
    assert_eq!(kept.collect::<Vec<_>>(), [(s("ann"), None), (s("ann"), Some(2)), (s("bob"), None)]);
    let copies = [("ann", 1), ("ann", 2), ("bob", 3)].map(|(key, n)| (s(key), vec![n]));
    assert_eq!(driver.newest().read_key_values().unwrap(), copies);
    assert_eq!(driver.largest().read_key_values().unwrap(), copies);
    assert_eq!(driver.copies().read_key_values().unwrap(), copies);
    let closed = driver.closed().read_key_values().unwrap();
    assert_eq!(
        closed.into_iter().map(|(w, n)| (w.key, n)).collect::<Vec<_>>(),
        numbers(&[("ann", 2)])
    );
    let sessions = driver.sessions().read().unwrap().into_iter().map(|r| {
        let session = r.key.unwrap();
        (session.key, session.start, session.end, r.value)
    });
    assert_eq!(
        sessions.collect::<Vec<_>>(),
        [
            (s("ann"), 1, 1, Some(1)),
            (s("ann"), 1, 1, None),
            (s("ann"), 1, 3, Some(2)),
            (s("bob"), 20, 20, Some(1)),
        ]
    );
}

#[topology]
mod sides {
    topology! {
        source lefts: stream<Option<&str>, Option<&[u8]>> = "lefts";
        source rights: stream<&str, i64> = "rights";
        sink out: stream<Option<String>, i64> = "out";

        lefts
            .outer_join(
                rights,
                |l, r| -> i64 { l.map_or(0, |l| l.len() as i64) + r.copied().unwrap_or(0) },
                within(5ms),
                grace(0ms),
            )
            .to(out);
    }
}

#[test]
fn a_join_of_streams_keeps_what_owns_their_records() {
    let mut driver = sides::test_driver();
    driver.lefts().pipe(Some(s("k")), Some(vec![1, 2]), 1).unwrap();
    driver.lefts().pipe(None, Some(vec![1, 2, 3]), 2).unwrap();
    driver.lefts().pipe(Some(s("lost")), None, 3).unwrap();
    driver.rights().pipe(s("k"), 10, 4).unwrap();
    driver.rights().pipe(s("alone"), 100, 5).unwrap();
    driver.lefts().pipe(Some(s("late")), Some(vec![]), 50).unwrap();
    let out = driver.out().read().unwrap();
    let got: Vec<_> = out.into_iter().map(|r| (r.key, r.value.unwrap())).collect();
    assert_eq!(got, [(None, 3), (Some(s("k")), 12), (Some(s("alone")), 100)]);
}

#[topology]
mod others {
    async fn ask(key: String, value: Vec<u8>) -> Result<i64, String> {
        Ok((key.len() + value.len()) as i64)
    }

    topology! {
        source lines: stream<&str, &[u8]> = "lines";
        source texts: stream<&str, &str> = "texts";
        global names: table<String, String> = "names";
        table states: table<String, String> = "states", versioned = 1h;
        store evens: kv<String, i64>, emit = on_commit;
        sink answers: stream<String, i64> = "answers";
        sink named: stream<String, String> = "named";
        sink doubled: stream<String, Option<i64>> = "doubled";
        sink waited: stream<String, String> = "waited";

        lines.call(ask).to(answers);
        texts.join(names, |_, text| *text, |text, name| -> String { format!("{text}={name}") }).to(named);
        texts
            .group_by_key()
            .count(counted_texts)
            .map_values(|n| -> i64 { n * 2 }, name = evens)
            .to_stream()
            .to(doubled);
        texts
            .join(states, |text, state| -> String { format!("{text}@{state}") }, grace(5ms))
            .to(waited);
    }
}

#[test]
fn calls_and_joins_that_wait_take_borrowed_records() {
    let mut driver = others::test_driver();
    driver.names().pipe(s("a"), s("Ann"), 0).unwrap();
    driver.states().pipe(s("k"), s("up"), 1).unwrap();
    driver.states().pipe(s("k"), s("down"), 3).unwrap();
    driver.lines().pipe(s("key"), vec![1, 2], 1).unwrap();
    driver.hold_commits();
    driver.texts().pipe(s("k"), s("a"), 2).unwrap();
    driver.texts().pipe(s("k"), s("a"), 20).unwrap();
    driver.commit().unwrap();
    let pair = |value: &str| (s("k"), s(value));
    assert_eq!(driver.answers().read_key_values().unwrap(), [(s("key"), 5)]);
    assert_eq!(driver.named().read_key_values().unwrap(), [pair("a=Ann"), pair("a=Ann")]);
    assert_eq!(driver.doubled().read_key_values().unwrap(), [(s("k"), 4)]);
    assert_eq!(driver.waited().read_key_values().unwrap(), [pair("a@up")]);
}

#[topology]
mod named_types {
    pub struct Lengths;

    impl Processor for Lengths {
        type KeyIn = String;
        type ValueIn = Vec<u8>;
        type KeyOut = String;
        type ValueOut = i64;
        type Stores<'s> = ();

        fn process(
            &mut self,
            key: &String,
            value: &Vec<u8>,
            (): (),
            cx: &mut ProcessorContext<'_, String, i64>,
        ) -> Processed {
            cx.forward(key.clone(), value.len() as i64);
            Ok(())
        }
    }

    fn second<'a>(_: &&str, value: &'a &[u8]) -> &'a [u8] {
        value.get(1..).unwrap_or_default()
    }

    topology! {
        source lines: stream<&str, &[u8]> = "lines";
        table names: table<String, String> = "names";
        table ages: table<String, i64> = "ages";
        global homes: table<String, String> = "homes";
        sink cut: stream<String, Vec<u8>> = "cut";
        sink seconds: stream<String, Vec<u8>> = "seconds";
        sink counts: stream<String, i64> = "counts";
        sink rows: stream<String, Option<i64>> = "rows";
        sink turned: stream<String, Option<i64>> = "turned";
        sink counted_names: stream<String, Option<String>> = "counted_names";
        sink living: stream<String, String> = "living";
        sink lengths: stream<String, i64> = "lengths";
        sink windows: stream<Windowed<String>, i64> = "windows";

        let first: stream<&str, &[u8]> = lines.map_values(|v| &v[..1]);
        first.to(cut);
        first.to_table(firsts);
        lines.map_values(second).to(seconds);
        let counted: table<String, i64> = lines.group_by_key().count(counted_lines);
        counted.to_stream().to(counts);
        counted.join(ages, |n, age| -> i64 { n * 100 + age }, name = joined_rows).to_stream().to(rows);
        ages.join(counted, |age, n| -> i64 { n * 100 + age }, name = turned_rows).to_stream().to(turned);
        names
            .join(counted, |name| -> String { name.clone() }, |name, n| -> String { format!("{name}{n}") })
            .to_stream()
            .to(counted_names);
        lines.join(homes, |k, _| k, |line, home| -> String { format!("{home}{}", line.len()) }).to(living);
        lines.process(Lengths = Lengths).to(lengths);
        lines
            .group_by_key()
            .window(tumbling(5ms), grace(0ms))
            .count(by_five)
            .to_stream()
            .select_key(|k, _| -> &Windowed<String> { k })
            .to(windows);
    }
}

#[test]
fn declared_types_and_those_of_functions_may_be_borrowed_or_own() {
    let mut driver = named_types::test_driver();
    driver.homes().pipe(s("ann"), s("Rome"), 0).unwrap();
    driver.names().pipe(s("x"), s("ann"), 0).unwrap();
    driver.ages().pipe(s("ann"), 7, 0).unwrap();
    driver.lines().pipe(s("ann"), vec![1, 2, 3], 1).unwrap();
    driver.lines().pipe(s("ann"), vec![4, 5], 2).unwrap();
    let ann = |n: i64| (s("ann"), n);
    assert_eq!(driver.cut().read_key_values().unwrap(), [(s("ann"), vec![1]), (s("ann"), vec![4])]);
    assert_eq!(driver.firsts().get("ann").unwrap(), Some((&vec![4], 2)));
    assert_eq!(
        driver.seconds().read_key_values().unwrap(),
        [(s("ann"), vec![2, 3]), (s("ann"), vec![5])]
    );
    assert_eq!(driver.counts().read_key_values().unwrap(), [ann(1), ann(2)]);
    assert_eq!(driver.rows().read_key_values().unwrap(), [ann(107), ann(207)]);
    assert_eq!(driver.turned().read_key_values().unwrap(), [ann(107), ann(207)]);
    let counted_names = driver.counted_names().read().unwrap().into_iter().map(|r| r.value);
    assert_eq!(counted_names.flatten().collect::<Vec<_>>(), [s("ann1"), s("ann2")]);
    assert_eq!(
        driver.living().read_key_values().unwrap(),
        [(s("ann"), s("Rome3")), (s("ann"), s("Rome2"))]
    );
    assert_eq!(driver.lengths().read_key_values().unwrap(), [ann(3), ann(2)]);
    let windows = driver.windows().read_key_values().unwrap();
    assert_eq!(windows.into_iter().map(|(w, n)| (w.key, n)).collect::<Vec<_>>(), [ann(1), ann(2)]);
}

#[topology]
mod nulls {
    async fn ask(key: Option<String>, value: Option<Vec<u8>>) -> Result<i64, String> {
        Ok((key.map_or(0, |k| k.len()) + value.map_or(0, |v| v.len())) as i64)
    }

    topology! {
        source lines: stream<Option<&str>, Option<&[u8]>> = "lines";
        table ages: table<String, i64> = "ages";
        sink copies: stream<Option<String>, Option<Vec<u8>>> = "copies";
        sink known: stream<Option<String>, i64> = "known";
        sink answers: stream<Option<String>, i64> = "answers";
        sink newest: stream<String, Option<Vec<u8>>> = "newest";

        lines.to(copies);
        lines.left_join(ages, |_, age| -> i64 { age.copied().unwrap_or(-1) }).to(known);
        lines.call(ask).to(answers);
        lines.to_table(latest).to_stream().to(newest);
    }
}

#[test]
fn what_may_be_null_may_be_borrowed() {
    let mut driver = nulls::test_driver();
    driver.ages().pipe(s("ann"), 7, 0).unwrap();
    driver.lines().pipe(Some(s("ann")), Some(vec![1]), 1).unwrap();
    driver.lines().pipe(None, Some(vec![2]), 2).unwrap();
    driver.lines().pipe(Some(s("ann")), None, 3).unwrap();
    let copies = driver.copies().read().unwrap().into_iter().map(|r| (r.key, r.value));
    assert_eq!(
        copies.collect::<Vec<_>>(),
        [(Some(s("ann")), Some(vec![1])), (None, Some(vec![2])), (Some(s("ann")), None)]
    );
    let known = driver.known().read().unwrap().into_iter().map(|r| (r.key, r.value.unwrap()));
    assert_eq!(known.collect::<Vec<_>>()[..2], [(Some(s("ann")), 7), (None, -1)]);
    let answers = driver.answers().read().unwrap().into_iter().map(|r| (r.key, r.value.unwrap()));
    assert_eq!(answers.collect::<Vec<_>>(), [(Some(s("ann")), 4), (None, 1), (Some(s("ann")), 3)]);
    let newest = driver.newest().read().unwrap().into_iter().map(|r| (r.key, r.value));
    assert_eq!(
        newest.collect::<Vec<_>>(),
        [(Some(s("ann")), Some(vec![1])), (Some(s("ann")), None)]
    );
}
