//! Where a task writes: an arena of encoded records, drained by whoever drives the task.

use crate::{Headers, Result};

/// The number of a topic in its topology's list of topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicIndex(pub u16);

/// A span of the arena; `NULL` stands for a null key or value.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: u32,
    to: u32,
}

impl Span {
    fn of(from: usize, to: usize) -> Self {
        Self { from: from as u32, to: to as u32 }
    }
}

const NULL: Span = Span { from: u32::MAX, to: u32::MAX };

#[derive(Clone, Copy, Debug)]
struct Entry {
    topic: TopicIndex,
    partition: i32,
    timestamp: i64,
    key: Span,
    value: Span,
    headers: Span,
    /// Bytes of the key that choose the partition (a windowed key goes by its inner key).
    partition_key: u32,
}

/// An encoded record that a task has written, borrowed from its [`Output`].
#[derive(Clone, Copy, Debug)]
pub struct OutputRecord<'a> {
    /// The topic.
    pub topic: TopicIndex,
    /// The partition, where the task has chosen it (changelogs); otherwise the partitioner does,
    /// from [`partition_key`](Self::partition_key).
    pub partition: Option<i32>,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Encoded key.
    pub key: Option<&'a [u8]>,
    /// Encoded value.
    pub value: Option<&'a [u8]>,
    /// Headers.
    pub headers: Headers<'a>,
    /// The part of the key that decides the partition; `None` for a null key.
    pub partition_key: Option<&'a [u8]>,
}

/// Records that a task has written since its output was last drained.
///
/// Keys and values are encoded straight into one arena, so that writing a record allocates nothing
/// once the arena has grown to the size of a batch.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Topics that records have named, which are not in the topology's list.
    named: Vec<Box<str>>,
}

/// The first number of topics that records have named; a topology's own are below.
const FIRST_NAMED: u16 = 1 << 15;

/// A drained [`Output`] keeps at most this much of its arena, so that one burst does not hold
/// memory for ever.
const KEEP_BYTES: usize = 4 << 20;

impl Output {
    /// An empty output.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of records waiting.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if no record waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of keys, values and headers waiting.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Writes one record. `key` and `value` append their encoding and say whether there was one
    /// (`false` for null); on an error nothing is written.
    #[inline]
    pub fn write(
        &mut self,
        topic: TopicIndex,
        partition: Option<i32>,
        timestamp: i64,
        headers: Headers<'_>,
        key: impl FnOnce(&mut Vec<u8>) -> Result<bool>,
        value: impl FnOnce(&mut Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        self.write_windowed(topic, partition, timestamp, headers, 0, key, value)
    }

    /// As [`write`](Self::write); the last `key_suffix` bytes of the key do not count for the
    /// choice of the partition (window start and sequence number of a windowed key).
    #[inline]
    #[expect(
        clippy::too_many_arguments,
        reason = "one call a record: a struct would be taken apart at once"
    )]
    pub fn write_windowed(
        &mut self,
        topic: TopicIndex,
        partition: Option<i32>,
        timestamp: i64,
        headers: Headers<'_>,
        key_suffix: u32,
        key: impl FnOnce(&mut Vec<u8>) -> Result<bool>,
        value: impl FnOnce(&mut Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        let start = self.bytes.len();
        let written = key(&mut self.bytes).and_then(|has_key| {
            let middle = self.bytes.len();
            value(&mut self.bytes).map(|has_value| (has_key, middle, has_value))
        });
        match written {
            Ok((has_key, middle, has_value)) => {
                let key = if has_key { Span::of(start, middle) } else { NULL };
                let value = if has_value { Span::of(middle, self.bytes.len()) } else { NULL };
                let partition_key = key.to.saturating_sub(key_suffix);
                let partition = partition.unwrap_or(-1);
                self.enter(topic, partition, timestamp, headers, (key, value), partition_key);
                Ok(())
            }
            Err(e) => {
                self.bytes.truncate(start);
                Err(e)
            }
        }
    }

    /// A record whose key and value are in the arena is one.
    #[inline]
    fn enter(
        &mut self,
        topic: TopicIndex,
        partition: i32,
        timestamp: i64,
        headers: Headers<'_>,
        (key, value): (Span, Span),
        partition_key: u32,
    ) {
        let headers = if headers.is_empty() {
            NULL
        } else {
            let from = self.bytes.len();
            self.bytes.extend_from_slice(headers.as_encoded());
            Span::of(from, self.bytes.len())
        };
        // Drained by the driver long before 4 GiB; records themselves are below 2 GiB in Kafka.
        debug_assert!(self.bytes.len() < u32::MAX as usize);
        let entry = Entry { topic, partition, timestamp, key, value, headers, partition_key };
        self.entries.push(entry);
    }

    fn span(&self, span: Span) -> Option<&[u8]> {
        self.bytes.get(span.from as usize..span.to as usize).filter(|_| span.from != u32::MAX)
    }

    fn record(&self, entry: &Entry) -> OutputRecord<'_> {
        let key = self.span(entry.key);
        OutputRecord {
            topic: entry.topic,
            partition: (entry.partition >= 0).then_some(entry.partition),
            timestamp: entry.timestamp,
            key,
            value: self.span(entry.value),
            headers: Headers::from_encoded(self.span(entry.headers).unwrap_or(&[])),
            partition_key: key
                .and_then(|_| self.span(Span { from: entry.key.from, to: entry.partition_key })),
        }
    }

    /// The `index`th waiting record.
    pub fn at(&self, index: usize) -> Option<OutputRecord<'_>> {
        self.entries.get(index).map(|e| self.record(e))
    }

    /// The waiting records, in the order they were written.
    pub fn iter(&self) -> impl Iterator<Item = OutputRecord<'_>> {
        self.entries.iter().map(|e| self.record(e))
    }

    /// The number of a topic that records have named before.
    pub fn named_topic(&self, name: &str) -> Option<TopicIndex> {
        let at = self.named.iter().position(|n| &**n == name)?;
        Some(TopicIndex(FIRST_NAMED + at as u16))
    }

    /// Gives a topic that is not in the topology's list a number in this output; `None` if there are
    /// 32768 already.
    pub fn name_topic(&mut self, name: &str) -> Option<TopicIndex> {
        let number = u16::try_from(self.named.len()).ok()?.checked_add(FIRST_NAMED)?;
        self.named.push(name.into());
        Some(TopicIndex(number))
    }

    /// The name of a topic that is not in the topology's list.
    pub fn topic_name(&self, topic: TopicIndex) -> Option<&str> {
        let at = topic.0.checked_sub(FIRST_NAMED)?;
        self.named.get(usize::from(at)).map(|name| &**name)
    }

    /// Forgets the waiting records.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEEP_BYTES {
            self.bytes.shrink_to(KEEP_BYTES);
        }
    }
}
