//! Times of partitions in the metadata of committed offsets, as Kafka Streams keeps them
//! (`TopicPartitionMetadata`): base64 of a version and the time, and from its version 2 on more behind
//! it, which is Java's own. Version 1 is written; Java's reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ffi::List;
use crate::broker::{OffsetAndTime, TopicPartition};
use crate::error::Result;

const VERSION: u8 = 1;

/// What goes with an offset at this time.
fn encode(time: i64) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&time.to_be_bytes());
    STANDARD.encode(bytes)
}

/// The time in what goes with an offset; -1 in what is somebody else's.
pub(super) fn decode(metadata: &str) -> i64 {
    let bytes = STANDARD.decode(metadata).unwrap_or_default();
    match bytes.split_first_chunk::<9>() {
        Some(([1 | 2, time @ ..], _)) => i64::from_be_bytes(*time),
        _ => -1,
    }
}

/// A list of what is to be committed.
pub(super) fn list(offsets: &[(TopicPartition, OffsetAndTime)]) -> Result<List> {
    let mut list = List::new(offsets.iter().map(|(p, at)| (&*p.topic, p.partition, at.offset)))?;
    for (line, (_, at)) in offsets.iter().enumerate() {
        list.set_metadata(line, &encode(at.time));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kafka_streams() {
        // `TopicPartitionMetadata(1_700_000_000_123L, …).encode()` of 4.4.0, without and with times of a
        // processor. Its `decode` takes what `encode` gives here for the same time.
        let (bare, more) = (
            "AgAAAYvP5Wh7",
            "AgAAAYvP5Wh7AAAAAQAAABxLU1RSRUFNLUFHR1JFR0FURS0wMDAwMDAwMDAxAAAAAAAAAAU=",
        );
        assert_eq!([decode(bare), decode(more)], [1_700_000_000_123; 2]);
        assert_eq!(encode(1_700_000_000_123), "AQAAAYvP5Wh7");
    }

    #[test]
    fn what_is_somebody_elses_says_no_time() {
        for text in ["", "ready at noon", "AQ==", "CQAAAYvP5Wh7"] {
            assert_eq!(decode(text), -1, "{text}");
        }
        assert_eq!(decode(&encode(-1)), -1);
    }
}
