//! The keys of the log's two column families. Numbers are big-endian, so that RocksDB's order is
//! the order of topics, partitions and offsets.

/// Column family of the record batches.
pub(super) const LOG: &str = "log";
/// Column family of everything else: topics, ends, starts, committed offsets.
pub(super) const META: &str = "meta";

/// The number that the next topic gets (u32).
pub(super) const NEXT_TOPIC_ID: &[u8] = b"n";
/// Prefix of the topics, by name.
pub(super) const TOPICS: &[u8] = b"t";

/// The batch whose first offset is `base_offset`.
pub(super) fn batch(topic: u32, partition: u32, base_offset: i64) -> [u8; 16] {
    let mut key = [0; 16];
    let (place, offset) = key.split_at_mut(8);
    place.copy_from_slice(&self::partition(topic, partition));
    // Offsets are never negative.
    offset.copy_from_slice(&base_offset.to_be_bytes());
    key
}

/// The base offset in a batch key.
pub(super) fn base_offset(key: &[u8]) -> Option<i64> {
    let (_, offset) = key.split_at_checked(8)?;
    Some(i64::from_be_bytes(offset.try_into().ok()?))
}

/// The prefix of a partition's batches.
pub(super) fn partition(topic: u32, partition: u32) -> [u8; 8] {
    ((u64::from(topic) << 32) | u64::from(partition)).to_be_bytes()
}

/// A topic's description.
pub(super) fn topic(name: &str) -> Vec<u8> {
    [TOPICS, name.as_bytes()].concat()
}

/// A partition's end offset and bytes written: changed by commits.
pub(super) fn end(topic: u32, partition: u32) -> Vec<u8> {
    [b"e", &self::partition(topic, partition)[..]].concat()
}

/// A partition's start offset, bytes deleted and state of compaction: changed by the cleaner.
pub(super) fn start(topic: u32, partition: u32) -> Vec<u8> {
    [b"s", &self::partition(topic, partition)[..]].concat()
}

/// A group's committed offset. The topic is named by its number, so that a topic that was deleted
/// and created anew starts without offsets.
pub(super) fn committed(topic: u32, partition: u32, group: &str) -> Vec<u8> {
    [b"o", &self::partition(topic, partition)[..], group.as_bytes()].concat()
}

/// The range of all committed offsets of a topic.
pub(super) fn committed_range(topic: u32) -> (Vec<u8>, Vec<u8>) {
    let key = |topic: u64| [b"o", &(topic << 32).to_be_bytes()[..]].concat();
    (key(u64::from(topic)), key(u64::from(topic) + 1))
}
