//! A batch of records as a consumer hands them out: keys of text, values of eight bytes.

use streams::RecordRef;

/// See the module.
pub(crate) struct Input {
    keys: Vec<String>,
    values: Vec<[u8; 8]>,
}

impl Input {
    pub(crate) fn new(records: usize) -> Self {
        let numbers = || 0..records as i64;
        Self {
            keys: numbers().map(|n| format!("key-{n:06}")).collect(),
            values: numbers().map(|n| (n * 7 % 1_000 - 100).to_be_bytes()).collect(),
        }
    }

    /// The records, with the offsets and timestamps of this batch.
    pub(crate) fn records(&self, batch: usize) -> impl Iterator<Item = RecordRef<'_>> {
        let first = (batch * self.keys.len()) as i64;
        let pairs = self.keys.iter().zip(&self.values);
        pairs.zip(first..).map(|((key, value), offset)| {
            RecordRef::new(offset, offset, Some(key.as_bytes()), Some(value))
        })
    }
}
