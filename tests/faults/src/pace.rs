//! Slows an application down, so that faults meet it at work.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a record should take, in microseconds.
pub(crate) const PACE_ENV: &str = "STREAMS_FAULTS_PACE_US";

/// Sleeps are spread over so many records: the shortest sleep is longer than a record.
const SPREAD: u64 = 64;

/// Waits, if the environment says so.
pub(crate) fn wait() {
    static PACE_US: OnceLock<u64> = OnceLock::new();
    static RECORDS: AtomicU64 = AtomicU64::new(0);
    let pace = *PACE_US.get_or_init(|| {
        std::env::var(PACE_ENV).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    });
    if pace > 0 && RECORDS.fetch_add(1, Ordering::Relaxed).is_multiple_of(SPREAD) {
        std::thread::sleep(Duration::from_micros(pace * SPREAD));
    }
}
