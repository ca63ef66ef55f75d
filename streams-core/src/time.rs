//! The two clocks, which never mix: stream time comes from records, wall time from the driver.

/// The largest record timestamp that a task has seen, in milliseconds since the Unix epoch. It
/// only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamTime(i64);

impl StreamTime {
    /// Before the first record, as Kafka Streams' `UNKNOWN`.
    pub const UNKNOWN: StreamTime = StreamTime(-1);

    /// Moves on to `timestamp`, unless that would go back.
    #[inline]
    pub fn advance(&mut self, timestamp: i64) {
        self.0 = self.0.max(timestamp);
    }

    /// Milliseconds since the Unix epoch; −1 before the first record.
    #[inline]
    pub fn as_millis(self) -> i64 {
        self.0
    }
}

impl Default for StreamTime {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// Milliseconds of the driver's clock. The core never asks for it; it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(pub i64);

impl WallTime {
    /// This time and `ms` milliseconds more.
    #[must_use]
    pub fn plus_millis(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
