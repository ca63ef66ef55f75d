//! A pause between two transactions, where it saves more than it costs.
//!
//! The cluster says that a transaction is committed before its markers are written. Who begins the next
//! one meanwhile is told to try again (`CONCURRENT_TRANSACTIONS`), which librdkafka does after 20 ms,
//! whatever its settings. Commits that are further apart do not notice, as nobody waits for what was put
//! off; where they are not, a pause of the few milliseconds that markers take is the shorter wait.

use std::time::{Duration, Instant};

/// For how long librdkafka puts a transaction off.
const PUT_OFF: Duration = Duration::from_millis(20);
/// One node, a commit every 10 ms, a busy machine: median latency 74 ms without a pause, and 38, 28 and 27
/// with one of 2, 4 and 7 ms.
const LENGTH: Duration = Duration::from_millis(4);

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
