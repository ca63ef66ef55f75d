use super::Window;

/// Windows of one size, side by side from the Unix epoch on (Kafka's `TimeWindows` with the
/// advance equal to the size). A record is accepted while its window is open: until the
/// operator's largest timestamp passes the window's end by the grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tumbling {
    /// Size in milliseconds, at least 1.
    pub size_ms: i64,
    /// How long after its end a window still takes records, in milliseconds.
    pub grace_ms: i64,
}

impl Tumbling {
    /// The window of a record with this timestamp (not negative: such records never get here).
    ///
    /// At the end of time the window's end saturates at `i64::MAX`.
    #[inline]
    pub fn window(self, timestamp: i64) -> Window {
        let start = timestamp - timestamp.rem_euclid(self.size_ms);
        Window { start, end: start.saturating_add(self.size_ms) }
    }

    /// True if the window has closed when the largest timestamp seen is `observed`.
    #[inline]
    pub fn is_closed(self, window: Window, observed: i64) -> bool {
        window.end <= observed.saturating_sub(self.grace_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_window_closes_when_its_end_and_grace_have_passed() {
        let windows = Tumbling { size_ms: 10, grace_ms: 5 };
        let window = windows.window(19);
        assert_eq!(window, Window { start: 10, end: 20 });
        assert!(!windows.is_closed(window, 24));
        assert!(windows.is_closed(window, 25));
    }

    proptest! {
        #[test]
        fn every_timestamp_has_exactly_one_window(ts in 0..=i64::MAX, size_ms in 1..=i64::MAX) {
            let window = Tumbling { size_ms, grace_ms: 0 }.window(ts);
            prop_assert!(window.start <= ts && window.start % size_ms == 0);
            prop_assert!(ts < window.end || window.end == i64::MAX);
        }
    }
}
