use super::Window;

/// Windows of one size that start at every multiple of the advance, from the Unix epoch on, and
/// overlap (Kafka's `TimeWindows` with `advanceBy`). A record is in every window that spans its
/// timestamp and is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hopping {
    /// Size in milliseconds, at least 1.
    pub size_ms: i64,
    /// Distance of the starts in milliseconds, 1 to the size.
    pub advance_ms: i64,
    /// How long after its end a window still takes records, in milliseconds.
    pub grace_ms: i64,
}

impl Hopping {
    /// The windows of a record with this timestamp (not negative), in ascending order of start.
    #[inline]
    pub fn windows(self, timestamp: i64) -> impl Iterator<Item = Window> {
        let first = timestamp.saturating_sub(self.size_ms - self.advance_ms).max(0);
        let mut next = Some(first - first % self.advance_ms);
        std::iter::from_fn(move || {
            let start = next.filter(|start| *start <= timestamp)?;
            next = start.checked_add(self.advance_ms);
            Some(Window { start, end: start.saturating_add(self.size_ms) })
        })
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

    proptest! {
        #[test]
        fn the_windows_are_those_that_span_the_timestamp(
            timestamp in 0..100_000i64,
            size_ms in 1..200i64,
            advance in 0..200i64,
        ) {
            let advance_ms = advance % size_ms + 1;
            let hopping = Hopping { size_ms, advance_ms, grace_ms: 0 };
            let naive: Vec<Window> = (0..=timestamp)
                .step_by(advance_ms as usize)
                .map(|start| Window { start, end: start + size_ms })
                .filter(|w| w.start <= timestamp && timestamp < w.end)
                .collect();
            prop_assert_eq!(hopping.windows(timestamp).collect::<Vec<_>>(), naive);
        }

        #[test]
        fn the_end_of_time_ends(size_ms in 1..=1_000i64, back in 0..=1_000i64) {
            let hopping = Hopping { size_ms, advance_ms: size_ms, grace_ms: 0 };
            prop_assert_eq!(hopping.windows(i64::MAX - back).count(), 1);
        }
    }
}
