//! Calls of outside services beside a worker: at the same time, in order, and with time-outs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use streams::prelude::*;

use crate::{config, load, open, read, start};

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// An outside service without sockets: answers after a while, the first ones latest.
async fn wait(ms: u64) {
    streams::runtime::calls::executor().unwrap().sleep(Duration::from_millis(ms)).await;
}

#[topology]
mod service {
    use super::{MOST, NOW, Ordering, wait};

    async fn slow(key: String, value: String) -> Result<String, String> {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let n = value.parse::<u64>().map_err(|e| e.to_string())?;
        wait(4 - n % 4).await;
        NOW.fetch_sub(1, Ordering::SeqCst);
        if n % 50 == 7 {
            // Longer than anybody waits.
            wait(3_600_000).await;
        }
        Ok(format!("{key}{value}"))
    }

    topology! {
        guarantee = exactly_once;
        on_processing_error = dead_letter("unanswered");
        source questions: stream<String, String> = "questions";
        sink answers: stream<String, String> = "answers";

        questions.call(slow, concurrency = 16, timeout = 200ms, at_least_once).to(answers);
    }
}

#[test]
fn answers_come_in_order_several_calls_at_a_time_and_what_takes_too_long_is_a_dead_letter() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    let broker = open::<service::Topology>(&config);
    let texts: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    let keys = ["a", "b", "c", "d", "e", "f"];
    let records = texts.iter().enumerate().map(|(n, text)| (keys[n % 6], text.as_bytes()));
    load(&*broker, "questions", records);
    start::<service::Topology>(&config, &broker).run_until_end(|_, _| {}).unwrap();
    let answers = read(&*broker, "answers");
    let unanswered = read(&*broker, "unanswered");
    assert_eq!((answers.len(), unanswered.len()), (980, 20));
    for key in keys {
        let numbers = answers.iter().filter(|r| r.key == key);
        let numbers: Vec<usize> = numbers
            .map(|r| String::from_utf8_lossy(&r.value).trim_start_matches(key).parse().unwrap())
            .collect();
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
    }
    for letter in &unanswered {
        let message = letter.headers.as_headers().last(streams::dead_letter::MESSAGE).flatten();
        let message = String::from_utf8_lossy(message.unwrap()).into_owned();
        assert!(message.contains("no answer within 200 ms"), "{message}");
    }
    assert!(MOST.load(Ordering::SeqCst) > 4, "{MOST:?}");
}
