//! The input: written while faults happen, at a steady pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use streams::runtime::broker::Broker;
use streams::runtime::{Loader, Result};

use crate::topologies::{Event, Kind};
use crate::verify::Expected;

/// Accounts, fewer than the records of a second: each is at work between any two faults.
const ACCOUNTS: i64 = 50;
/// Event time between records: at the pace of a run, a window of ten seconds lasts half a second.
const STEP_MS: i64 = 40;
const WINDOW_MS: i64 = 10_000;
const HOUR_MS: i64 = 3_600_000;
/// Between looks at the clock.
const PAUSE: Duration = Duration::from_millis(20);

/// The input being written.
pub struct Feed {
    stop: Arc<AtomicBool>,
    writer: JoinHandle<Result<(u64, Expected)>>,
}

/// An account's name.
pub fn account(number: i64) -> String {
    format!("account-{number}")
}

/// All accounts.
pub fn accounts() -> impl Iterator<Item = String> {
    (0..ACCOUNTS).map(account)
}

impl Feed {
    /// Writes so many records a second to a topic, until it is stopped.
    pub fn start(broker: Arc<dyn Broker>, kind: Kind, topic: String, rate: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let writer = std::thread::spawn(move || write(&*broker, kind, &topic, rate, &stopped));
        Self { stop, writer }
    }

    /// Ends the input; gives its number of records, and the results that it must lead to.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn stop(self) -> Result<(u64, Expected)> {
        self.stop.store(true, Ordering::Release);
        self.writer.join().unwrap_or_else(|_| {
            let text = "the thread that writes the input panicked";
            Err(streams::runtime::Error::config(text))
        })
    }
}

fn write(
    broker: &dyn Broker,
    kind: Kind,
    topic: &str,
    rate: u32,
    stop: &AtomicBool,
) -> Result<(u64, Expected)> {
    let mut loader = Loader::new(broker)?;
    let mut expected = Expected::new();
    let mut seqs = vec![0; ACCOUNTS as usize];
    let started = Instant::now();
    // Not so old that retention takes it, and not so young that the broker refuses it.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let began = now.as_millis() as i64 - HOUR_MS;
    let mut written = 0;
    while !stop.load(Ordering::Acquire) {
        let due = (started.elapsed().as_secs_f64() * f64::from(rate)) as i64;
        while written < due {
            // Not in turn, so that accounts differ in their numbers.
            let number = (written * 7919 + written / 13) % ACCOUNTS;
            let Some(seq) = seqs.get_mut(number as usize) else { continue };
            *seq += 1;
            let event = Event { account: account(number), seq: *seq };
            let timestamp = began + written * STEP_MS;
            // A key that says nothing, where the topology groups anew.
            let key = match kind {
                Kind::Count => written.to_string(),
                _ => event.account.clone(),
            };
            let value = serde_json::to_vec(&event).unwrap_or_default();
            loader.append(topic, key.as_bytes(), Some(&value), timestamp)?;
            *expected.entry(result_key(kind, &event.account, timestamp)).or_default() += 1;
            written += 1;
        }
        loader.commit()?;
        sleep(PAUSE);
    }
    Ok((written as u64, expected))
}

/// The bytes of the key under which an event is counted: windows have their start behind it.
fn result_key(kind: Kind, account: &str, timestamp: i64) -> Vec<u8> {
    let mut key = account.as_bytes().to_vec();
    if kind == Kind::Windowed {
        let start = timestamp - timestamp % WINDOW_MS;
        key.extend_from_slice(&start.to_be_bytes());
    }
    key
}
