use super::Window;

/// One window without an end (Kafka's `UnlimitedWindows`). Earlier records are in no window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlimited {
    /// Where it starts, in milliseconds since the Unix epoch.
    pub start_ms: i64,
}

impl Unlimited {
    /// The window, if a record with this timestamp is in it.
    #[inline]
    pub fn window(self, timestamp: i64) -> Option<Window> {
        (timestamp >= self.start_ms).then_some(Window { start: self.start_ms, end: i64::MAX })
    }

    /// It never closes.
    #[inline]
    pub fn is_closed(self, _: Window, _: i64) -> bool {
        false
    }
}
