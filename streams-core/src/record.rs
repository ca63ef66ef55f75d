//! A record as it lies in a topic.

use crate::Headers;

/// One record of a topic partition, borrowed from the buffer of whoever read it.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// Offset in the partition.
    pub offset: i64,
    /// Milliseconds since the Unix epoch, as stored in the record; negative if it has none.
    pub timestamp: i64,
    /// Encoded key; `None` is the null key.
    pub key: Option<&'a [u8]>,
    /// Encoded value; `None` is the null value (in a table: a deletion).
    pub value: Option<&'a [u8]>,
    /// Record headers.
    pub headers: Headers<'a>,
}

impl<'a> RecordRef<'a> {
    /// A record without headers.
    pub fn new(
        offset: i64,
        timestamp: i64,
        key: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
    ) -> Self {
        Self { offset, timestamp, key, value, headers: Headers::EMPTY }
    }

    /// The record with the timestamp that it has at an operator.
    #[must_use]
    #[inline]
    pub fn at(self, timestamp: i64) -> Self {
        Self { timestamp, ..self }
    }
}
