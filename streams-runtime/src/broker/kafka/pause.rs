//! A pause between two transactions, where it saves more than it costs.
//!
//! The cluster says that a transaction is committed before its markers are written. Who begins the next
//! one meanwhile is told to try again (`CONCURRENT_TRANSACTIONS`), which librdkafka does after 20 ms for
//! partitions, whatever its settings, and after `retry.backoff.ms` for offsets. Commits that are further
//! apart do not notice, as nobody waits for what was put off. Where they are not, the commit is due as soon
//! as the next transaction is open, and its offsets ask a millisecond before its partitions: a short pause
//! is enough for these.

use std::time::{Duration, Instant};

/// For how long librdkafka puts a transaction off.
const PUT_OFF: Duration = Duration::from_millis(20);
/// One node, a commit every 10 ms: median latency 20, 21, 21 and 30 ms with one of 1, 2, 3 and 4 ms. With
/// 1 ms, the offsets of one to three transactions in a hundred are put off, and partitions of none.
const LENGTH: Duration = Duration::from_millis(1);

/// See the module.
pub(super) struct Pause {
    length: Duration,
    /// When the last transaction ended.
    since: Instant,
}

impl Pause {
    pub(super) fn new() -> Self {
        Self { length: Duration::ZERO, since: Instant::now() }
    }

    /// A transaction is being committed that has been open for so long.
    pub(super) fn fit(&mut self, open_for: Duration) {
        self.length = if open_for < PUT_OFF { LENGTH } else { Duration::ZERO };
    }

    /// The transaction has ended.
    pub(super) fn start(&mut self) {
        self.since = Instant::now();
    }

    /// Waits for what is left of it.
    pub(super) fn wait(&self) {
        let left = self.length.saturating_sub(self.since.elapsed());
        if !left.is_zero() {
            std::thread::sleep(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transactions_that_are_close_together_have_one() {
        let mut pause = Pause::new();
        assert_eq!(pause.length, Duration::ZERO);
        pause.fit(Duration::from_millis(8));
        assert_eq!(pause.length, LENGTH);
        pause.fit(Duration::from_millis(95));
        assert_eq!(pause.length, Duration::ZERO);
    }
}
