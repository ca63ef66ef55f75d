//! How the workers are, for those who ask whether to send work, or to start anew.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
#[cfg(any(test, feature = "http"))]
use std::time::Duration;
use std::time::Instant;

/// What an application or one of its workers is doing (Kafka Streams' `KafkaStreams.State`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum State {
    /// It has ended.
    Ended,
    /// It has not been given its tasks yet, or is about to be given others (`REBALANCING`).
    Joining,
    /// Some of its stores are not up to date yet (`REBALANCING`).
    Restoring,
    /// It processes all its tasks (`RUNNING`).
    Running,
}

/// A worker that has not come round for so long has been thrown out of its group (Kafka's
/// `max.poll.interval.ms`).
#[cfg(any(test, feature = "http"))]
const STUCK: Duration = Duration::from_secs(300);

/// A worker's state, written once a turn.
#[derive(Debug)]
pub(crate) struct Status {
    created: Instant,
    state: AtomicU8,
    /// Milliseconds after `created`; 0 before the first turn.
    turned_at: AtomicU64,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            created: Instant::now(),
            state: AtomicU8::new(State::Joining as u8),
            turned_at: AtomicU64::new(0),
        }
    }
}

impl Status {
    /// A turn began at `now` and found the worker so.
    pub(crate) fn set(&self, state: State, now: Instant) {
        let turned_at = now.saturating_duration_since(self.created).as_millis();
        self.turned_at.store((turned_at as u64).max(1), Ordering::Relaxed);
        self.state.store(state as u8, Ordering::Release);
    }

    pub(crate) fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            1 => State::Joining,
            2 => State::Restoring,
            3 => State::Running,
            _ => State::Ended,
        }
    }

    /// Why the worker is not fit to go on, if it is not.
    #[cfg(any(test, feature = "http"))]
    pub(crate) fn trouble(&self, now: Instant) -> Option<String> {
        if self.state() == State::Ended {
            return Some("has ended".to_owned());
        }
        // One that waits for what has to be loaded before its first turn is not stuck.
        let turned_at = match self.turned_at.load(Ordering::Relaxed) {
            0 => return None,
            ms => Duration::from_millis(ms),
        };
        let since = now.saturating_duration_since(self.created).saturating_sub(turned_at);
        (since > STUCK).then(|| format!("has not come round for {} s", since.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_in_trouble_when_it_has_ended_or_does_not_come_round() {
        let status = Status::default();
        let now = Instant::now();
        // Loading before the first turn may take its time.
        assert_eq!((status.state(), status.trouble(now + 2 * STUCK)), (State::Joining, None));
        status.set(State::Running, now);
        assert_eq!((status.state(), status.trouble(now + STUCK / 2)), (State::Running, None));
        let late = status.trouble(now + STUCK + Duration::from_millis(2500));
        assert_eq!(late.as_deref(), Some("has not come round for 302 s"));
        status.set(State::Ended, now);
        assert_eq!(status.trouble(now).as_deref(), Some("has ended"));
    }
}
