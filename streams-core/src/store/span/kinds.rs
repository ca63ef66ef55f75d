//! What a row is kept under beside its key.

use crate::store::order::{read_time, time_key};

/// A span of event time, as part of a row's key.
pub trait Span: Copy + Ord + Send + std::fmt::Debug + 'static {
    /// Bytes of the span in a changelog key.
    const CHANGELOG_BYTES: usize;

    /// The time that retention counts from, in milliseconds since the Unix epoch.
    fn time(self) -> i64;

    /// The span of this time and, for a session, start.
    fn at(time: i64, start: i64) -> Self;

    /// A session's start.
    fn start(self) -> i64 {
        0
    }

    /// Appends the span as it stands on disk: its bytes are in the order of [`Ord`].
    fn write(self, out: &mut Vec<u8>);

    /// Reads what [`write`](Self::write) wrote.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Appends the span as it stands in Kafka Streams' changelogs.
    fn write_changelog(self, out: &mut Vec<u8>);

    /// Reads what [`write_changelog`](Self::write_changelog) wrote.
    fn read_changelog(bytes: &[u8]) -> Option<Self>;
}

/// Two halves: a time, and what is behind it.
fn halves<const N: usize>(bytes: &[u8]) -> Option<([u8; 8], [u8; N])> {
    let (time, rest) = bytes.split_first_chunk::<8>()?;
    Some((*time, rest.try_into().ok()?))
}

/// A window by its start; several rows of one key and start differ by a number (stream joins keep
/// duplicates).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowSpan {
    /// Start of the window, in milliseconds since the Unix epoch.
    pub start: i64,
    /// Kafka Streams' sequence number; 0 where there are no duplicates.
    pub number: u32,
}

impl Span for WindowSpan {
    const CHANGELOG_BYTES: usize = 12;

    fn time(self) -> i64 {
        self.start
    }

    fn at(time: i64, _: i64) -> Self {
        Self { start: time, number: 0 }
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&time_key(self.start));
        out.extend_from_slice(&self.number.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (start, number) = halves(bytes)?;
        Some(Self { start: read_time(start), number: u32::from_be_bytes(number) })
    }

    fn write_changelog(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.start.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
    }

    fn read_changelog(bytes: &[u8]) -> Option<Self> {
        let (start, number) = halves(bytes)?;
        Some(Self { start: i64::from_be_bytes(start), number: u32::from_be_bytes(number) })
    }
}

/// A session by its end and start, in this order, as Kafka Streams' session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionSpan {
    /// Last millisecond, since the Unix epoch.
    pub end: i64,
    /// First millisecond.
    pub start: i64,
}

impl Span for SessionSpan {
    const CHANGELOG_BYTES: usize = 16;

    fn time(self) -> i64 {
        self.end
    }

    fn at(time: i64, start: i64) -> Self {
        Self { end: time, start }
    }

    fn start(self) -> i64 {
        self.start
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&time_key(self.end));
        out.extend_from_slice(&time_key(self.start));
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (end, start) = halves(bytes)?;
        Some(Self { end: read_time(end), start: read_time(start) })
    }

    fn write_changelog(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.end.to_be_bytes());
        out.extend_from_slice(&self.start.to_be_bytes());
    }

    fn read_changelog(bytes: &[u8]) -> Option<Self> {
        let (end, start) = halves(bytes)?;
        Some(Self { end: i64::from_be_bytes(end), start: i64::from_be_bytes(start) })
    }
}
