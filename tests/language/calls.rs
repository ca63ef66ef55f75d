use std::sync::atomic::{AtomicU32, Ordering};

use streams::ErrorKind;
use streams::prelude::*;

use crate::s;

#[topology]
mod asked {
    use super::{ATTEMPTS, Ordering};

    async fn ask(key: String, value: i64) -> Result<String, String> {
        match value {
            ..0 => Err(format!("{value} is below zero")),
            _ => Ok(format!("{key}{value}")),
        }
    }

    /// Answers at the third attempt.
    async fn stubborn(value: i64) -> Result<i64, &'static str> {
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed) + 1;
        if attempt.is_multiple_of(3) { Ok(value + 1) } else { Err("not now") }
    }

    topology! {
        on_processing_error = dead_letter("unanswered");
        source questions: stream<String, i64> = "questions";
        source hard: stream<String, i64> = "hard";
        source harder: stream<String, i64> = "harder";
        sink answers: stream<String, String> = "answers";
        sink late: stream<String, i64> = "late";
        sink counted: stream<String, i64> = "counted";

        let answered = questions.call(ask, concurrency = 4, timeout = 1s);
        answered.to(answers);
        answered.group_by_key().count(per_key).to_stream().to(counted);
        hard.call(stubborn, retries = 2).to(late);
        harder.call(stubborn, retries = 1, on_error = fail).to(late);
    }
}

static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

#[test]
fn answers_go_on_under_the_key_and_what_fails_goes_to_the_policy() {
    let mut driver = asked::test_driver();
    for (n, ts) in [(1, 10), (-1, 11), (2, 12)] {
        driver.questions().pipe(s("k"), n, ts).unwrap();
    }
    let answers = driver.answers().read().unwrap();
    let got: Vec<_> = answers.iter().map(|r| (r.value.clone().unwrap(), r.timestamp)).collect();
    assert_eq!(got, [(s("k1"), 10), (s("k2"), 12)]);
    assert_eq!(driver.counted().read_key_values().unwrap(), [(s("k"), 1), (s("k"), 2)]);
    let mut unanswered = Vec::new();
    let read = driver.read("unanswered", |_, record| {
        let message = record.headers.last(streams::dead_letter::MESSAGE).flatten().unwrap();
        unanswered.push((String::from_utf8_lossy(message).into_owned(), record.timestamp));
        Ok(())
    });
    read.unwrap();
    let text = "questions, partition 0, offset 1: `call-3` failed: -1 is below zero";
    assert_eq!(unanswered, [(s(text), 11)]);

    driver.hard().pipe(s("k"), 5, 1).unwrap();
    assert_eq!(driver.late().read_key_values().unwrap(), [(s("k"), 6)]);
    assert_eq!(ATTEMPTS.load(Ordering::Relaxed), 3);
    let failed = driver.harder().pipe(s("k"), 5, 1).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Processing);
    assert!(failed.to_string().ends_with("failed: not now"), "{failed}");
    assert_eq!(ATTEMPTS.load(Ordering::Relaxed), 5);
}
