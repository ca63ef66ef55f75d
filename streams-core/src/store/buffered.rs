//! A record with where it came from, as it waits in a buffer. In bytes as Kafka Streams'
//! `BufferValue`, which has room for two older values; they are absent here.
//!
//! Timestamp (8 bytes), offset (8), topic (its length in 4, its bytes), partition (4), number of headers
//! (4) and for each its name and its value (each with its length in 4; −1 for a null value); −1 and −1 (4
//! each) for the older values; the value (its length in 4, its bytes). All big endian.

use crate::context::Context;
use crate::{HeaderBuf, RecordRef};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffered {
    /// Its timestamp where it began to wait, in milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Its offset.
    pub offset: i64,
    /// The topic that it came from.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its headers.
    pub headers: HeaderBuf,
    /// Its encoded key; `None` is the null key.
    pub key: Option<Vec<u8>>,
    /// Its encoded value.
    pub value: Vec<u8>,
}

/// The null of a length.
const ABSENT: u32 = u32::MAX;

fn write_sized(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(&bytes.map_or(ABSENT, |b| b.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    fn int(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn sized(&mut self) -> Option<Option<&'b [u8]>> {
        let length = self.int()?;
        if length == ABSENT {
            return Some(None);
        }
        let (bytes, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(Some(bytes))
    }
}

impl Buffered {
    /// A record with its context.
    pub(super) fn new(key: Option<Vec<u8>>, value: Vec<u8>, cx: &Context<'_>) -> Self {
        Self {
            timestamp: cx.timestamp,
            offset: cx.offset,
            topic: cx.topic.to_owned(),
            partition: cx.partition,
            headers: cx.headers.to_buf(),
            key,
            value,
        }
    }

    /// The record as it would lie in its topic.
    pub fn record(&self) -> RecordRef<'_> {
        RecordRef {
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key.as_deref(),
            value: Some(&self.value),
            headers: self.headers.as_headers(),
        }
    }

    /// Appends all but the key.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.offset.to_be_bytes());
        write_sized(Some(self.topic.as_bytes()), out);
        out.extend_from_slice(&self.partition.to_be_bytes());
        let headers = self.headers.as_headers();
        out.extend_from_slice(&(headers.iter().count() as u32).to_be_bytes());
        for (name, value) in headers {
            write_sized(Some(name.as_bytes()), out);
            write_sized(value, out);
        }
        write_sized(None, out);
        write_sized(None, out);
        write_sized(Some(&self.value), out);
    }

    /// Reads what [`write`](Self::write) wrote, and what Kafka Streams wrote; gives the bytes behind it,
    /// too.
    pub(super) fn read(key: Vec<u8>, bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut reader = Reader(bytes);
        let timestamp = i64::from_be_bytes(reader.array()?);
        let offset = i64::from_be_bytes(reader.array()?);
        let topic = std::str::from_utf8(reader.sized()??).ok()?.to_owned();
        let partition = i32::from_be_bytes(reader.array()?);
        let mut headers = HeaderBuf::new();
        let count = reader.int()?;
        if count != ABSENT {
            for _ in 0..count {
                let name = std::str::from_utf8(reader.sized()??).ok()?;
                headers.push(name, reader.sized()?);
            }
        }
        let _older = (reader.sized()?, reader.sized()?);
        let value = reader.sized()??.to_vec();
        let key = Some(key);
        Some((Self { timestamp, offset, topic, partition, headers, key, value }, reader.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some() -> Buffered {
        let mut headers = HeaderBuf::new();
        headers.push("h", Some(b"1"));
        headers.push("n", None);
        Buffered {
            timestamp: 1,
            offset: 2,
            topic: "t".to_owned(),
            partition: 3,
            headers,
            key: Some(b"k".to_vec()),
            value: b"v".to_vec(),
        }
    }

    #[test]
    fn bytes_are_kafka_streams_own() {
        let mut out = Vec::new();
        some().write(&mut out);
        let mut expected = vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2];
        expected.extend([0, 0, 0, 1, b't', 0, 0, 0, 3, 0, 0, 0, 2]);
        expected.extend([0, 0, 0, 1, b'h', 0, 0, 0, 1, b'1', 0, 0, 0, 1, b'n', 255, 255, 255, 255]);
        expected.extend([255; 8]);
        expected.extend([0, 0, 0, 1, b'v']);
        assert_eq!(out, expected);
        out.push(9);
        assert_eq!(Buffered::read(b"k".to_vec(), &out), Some((some(), &[9][..])));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes: Vec<u8>) {
            let _ = Buffered::read(Vec::new(), &bytes);
        }

        #[test]
        fn what_is_cut_short_is_not_read(cut in 0..60usize) {
            let mut out = Vec::new();
            some().write(&mut out);
            prop_assume!(cut < out.len());
            out.truncate(cut);
            prop_assert_eq!(Buffered::read(Vec::new(), &out), None);
        }
    }
}
