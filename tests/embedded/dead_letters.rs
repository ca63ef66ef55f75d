//! Dead letters are in the commit of everything else.

use std::collections::BTreeMap;

use streams::prelude::*;

use crate::{config, load, open, read, start};

#[topology]
mod checked {
    fn positive(n: i64) -> Result<i64, &'static str> {
        if n < 0 { Err("below zero") } else { Ok(n) }
    }

    topology! {
        on_error = dead_letter("letters");
        source numbers: stream<String, i64> = "numbers";
        sink sums: stream<String, i64> = "sums";

        numbers
            .map_values(|n| -> i64 { positive(*n)? })
            .group_by_key()
            .reduce(total, |old, new| old + new)
            .to_stream()
            .to(sums);
    }
}

#[test]
fn every_record_is_a_result_or_a_dead_letter_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let broker = open::<checked::Topology>(&config);
    let (good, bad, torn) = (1i64.to_be_bytes(), (-1i64).to_be_bytes(), *b"torn");
    let values: [&[u8]; 4] = [&good, &bad, &torn, &good];
    for round in 1..=3usize {
        load(&*broker, "numbers", (0..4_000).map(|n| (["x", "y", "z"][n % 3], values[n % 4])));
        start::<checked::Topology>(&config, &broker).run_until_end(|_, _| {}).unwrap();
        assert_eq!(read(&*broker, "sums").len(), 2_000 * round);
        let letters = read(&*broker, "letters");
        assert_eq!(letters.len(), 2_000 * round);
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for letter in &letters {
            let header = |name: &str| {
                let value = letter.headers.as_headers().last(name).flatten().unwrap().to_vec();
                String::from_utf8(value).unwrap()
            };
            let kind = header(streams::dead_letter::EXCEPTION);
            assert_eq!(letter.value == torn, kind == "Decode");
            assert_eq!(header(streams::dead_letter::TOPIC), "numbers");
            assert!(header(streams::dead_letter::PARTITION).parse::<i32>().unwrap() < 4);
            let place = header(streams::dead_letter::OFFSET);
            assert!(header(streams::dead_letter::MESSAGE).contains(&format!("offset {place}: ")));
            *kinds.entry(kind).or_default() += 1;
        }
        let half = 1_000 * round;
        let wanted = [("Decode".to_owned(), half), ("Processing".to_owned(), half)];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), wanted);
    }
}
