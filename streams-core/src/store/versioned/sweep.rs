//! Deletes versions on disk that have expired, a few with each flush.

use super::{split, split_key};
use crate::Result;
use crate::store::expiry::FIRST_ROW;
use crate::store::row::append;
use crate::store::{Backend, FlushBatch};

/// Rows looked at with each flush, and beside that for each row that the last one wrote: what is
/// written is looked at, and at some time deleted, so the sweep keeps up.
const LEAST: usize = 64;
const FOR_EACH: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// The key to go on at.
    next: Vec<u8>,
    written: usize,
}

impl Sweep {
    /// Looks at the next keys, all rows of each.
    pub(super) fn go(
        &mut self,
        store: &str,
        disk: &dyn Backend,
        horizon: i64,
        batch: &mut FlushBatch,
    ) -> Result<()> {
        if self.written == 0 {
            return Ok(());
        }
        let mut left = LEAST + FOR_EACH * self.written;
        let from = self.next.as_slice().max(FIRST_ROW).to_vec();
        // The row before, if it is of the same key.
        let mut before: Vec<u8> = Vec::new();
        let mut key_before: Vec<u8> = Vec::new();
        let mut next = Vec::new();
        disk.scan(&from, None, false, &mut |row_key, row| {
            let (key, time) = split_key(store, row_key)?;
            if key != key_before {
                if left == 0 {
                    next = key.to_vec();
                    return Ok(false);
                }
                key_before = key.to_vec();
                before.clear();
            }
            left = left.saturating_sub(1);
            if time <= horizon {
                if !before.is_empty() {
                    batch.delete(|out| append(out, &before))?;
                }
                before = row_key.to_vec();
                if split(store, row)?.0.is_none() {
                    batch.delete(|out| append(out, row_key))?;
                    before.clear();
                }
            }
            Ok(true)
        })?;
        self.next = next;
        Ok(())
    }

    /// So many rows go to disk with this flush.
    pub(super) fn wrote(&mut self, rows: usize) {
        self.written = rows;
    }
}
