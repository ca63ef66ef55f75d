//! Records of one input that wait for their turn, in blocks of bytes.

use std::collections::VecDeque;

use crate::{Headers, RecordRef};

/// A block takes records until it has this many bytes; a larger record has one of its own.
const BLOCK_BYTES: usize = 64 << 10;

#[derive(Clone, Copy)]
struct Entry {
    offset: i64,
    timestamp: i64,
    from: u32,
    /// Lengths; `u32::MAX` for null.
    key: u32,
    value: u32,
    headers: u32,
}

const NULL: u32 = u32::MAX;

#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    entries: VecDeque<Entry>,
}

/// A first-in first-out queue of records.
#[derive(Default)]
pub(super) struct Queue {
    blocks: VecDeque<Block>,
    len: usize,
    /// One empty block, kept so that a steady flow allocates nothing.
    spare: Option<Block>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push(&mut self, record: &RecordRef<'_>) {
        let full = self.blocks.back().is_none_or(|b| b.bytes.len() >= BLOCK_BYTES);
        if full {
            self.blocks.push_back(self.spare.take().unwrap_or_default());
        }
        let Some(block) = self.blocks.back_mut() else { return };
        let from = block.bytes.len() as u32;
        let mut append = |bytes: Option<&[u8]>| match bytes {
            None => NULL,
            Some(bytes) => {
                block.bytes.extend_from_slice(bytes);
                bytes.len() as u32
            }
        };
        let (key, value) = (append(record.key), append(record.value));
        let headers = append(Some(record.headers.as_encoded()));
        let (offset, timestamp) = (record.offset, record.timestamp);
        block.entries.push_back(Entry { offset, timestamp, from, key, value, headers });
        self.len += 1;
    }

    pub(super) fn front(&self) -> Option<RecordRef<'_>> {
        let block = self.blocks.front()?;
        let entry = block.entries.front()?;
        let mut rest = block.bytes.get(entry.from as usize..)?;
        let mut take = |length: u32| {
            let (head, tail) =
                rest.split_at_checked(if length == NULL { 0 } else { length as usize })?;
            rest = tail;
            Some((length != NULL).then_some(head))
        };
        let (key, value) = (take(entry.key)?, take(entry.value)?);
        let headers = Headers::from_encoded(take(entry.headers)??);
        Some(RecordRef { offset: entry.offset, timestamp: entry.timestamp, key, value, headers })
    }

    pub(super) fn pop(&mut self) {
        let Some(block) = self.blocks.front_mut() else { return };
        if block.entries.pop_front().is_some() {
            self.len -= 1;
        }
        if block.entries.is_empty()
            && let Some(mut block) = self.blocks.pop_front()
        {
            block.bytes.clear();
            self.spare = Some(block);
        }
    }
}
