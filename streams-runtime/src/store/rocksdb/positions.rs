//! How changelog positions lie in their column family: under the task's partition, the changelog's
//! topic and the changelog's partition. Sub-topologies have no part in it, so that renumbering
//! them by an edit of the topology loses nothing.

use crate::broker::TopicPartition;

/// The key of a position.
pub(super) fn key(prefix: [u8; 4], changelog: &TopicPartition) -> Vec<u8> {
    [&prefix[..], &changelog.partition.to_be_bytes(), changelog.topic.as_bytes()].concat()
}

/// The changelog that a key names.
pub(super) fn parse(key: &[u8]) -> Option<TopicPartition> {
    let (_, rest) = key.split_at_checked(4)?;
    let (partition, topic) = rest.split_first_chunk::<4>()?;
    let topic = std::str::from_utf8(topic).ok()?.into();
    Some(TopicPartition { topic, partition: i32::from_be_bytes(*partition) })
}
