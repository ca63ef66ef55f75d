//! The reading half of clients and readers: cursors, taken in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::cursor::{Cursor, Visit};
use super::log::Log;
use crate::broker::{Polled, TopicPartition};
use crate::error::{Error, Result};

/// See the module.
pub(super) struct Consumer {
    log: Arc<Log>,
    cursors: Vec<Cursor>,
    /// The cursor whose turn it is.
    turn: usize,
    /// True if a poll that waits is to return.
    woken: Arc<AtomicBool>,
}

impl Consumer {
    pub(super) fn new(log: Arc<Log>) -> Self {
        Self { log, cursors: Vec::new(), turn: 0, woken: Arc::default() }
    }

    pub(super) fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Makes a poll that waits, or the next one, return.
    pub(super) fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        let (log, woken) = (Arc::downgrade(&self.log), Arc::clone(&self.woken));
        Arc::new(move || {
            woken.store(true, Ordering::Release);
            if let Some(log) = log.upgrade() {
                log.wake.notify();
            }
        })
    }

    /// Takes the cursor of a partition out, with all that it has read ahead.
    pub(super) fn take(&mut self, place: &TopicPartition) -> Option<Cursor> {
        let at = self.find(place)?;
        Some(self.cursors.swap_remove(at))
    }

    /// Reads through these cursors only.
    pub(super) fn replace(&mut self, cursors: Vec<Cursor>) {
        self.cursors = cursors;
        self.turn = 0;
    }

    pub(super) fn set_paused(&mut self, partitions: &[TopicPartition], paused: bool) -> Result<()> {
        for place in partitions {
            let cursor = self.find(place).and_then(|at| self.cursors.get_mut(at));
            let Some(cursor) = cursor else {
                return Err(Error::config(format!("{place} is not assigned to this client")));
            };
            cursor.paused = paused;
        }
        Ok(())
    }

    pub(super) fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        let mut deadline = None;
        loop {
            let seen = self.log.wake.count();
            let woken = self.woken.swap(false, Ordering::AcqRel);
            if self.hand_out(max, each)? || woken || timeout.is_zero() {
                return Ok(());
            }
            // A timeout beyond the clock's range waits without end.
            let deadline = *deadline.get_or_insert_with(|| Instant::now().checked_add(timeout));
            if !self.log.wake.wait(seen, deadline) {
                return Ok(());
            }
        }
    }

    /// Goes round the partitions, a batch each, until `max` records are out or all are at their
    /// end. True if something was handed out.
    fn hand_out(&mut self, max: usize, each: &mut dyn FnMut(Polled<'_>)) -> Result<bool> {
        let mut left = max;
        let mut any = false;
        let mut idle = 0;
        while left > 0 && idle < self.cursors.len() {
            if self.turn >= self.cursors.len() {
                self.turn = 0;
            }
            let Some(cursor) = self.cursors.get_mut(self.turn) else {
                break;
            };
            match cursor.visit(&self.log, &mut left, each)? {
                Visit::Nothing => {
                    idle += 1;
                    self.turn += 1;
                }
                Visit::Turn => {
                    any = true;
                    idle = 0;
                    self.turn += 1;
                }
                Visit::Full => any = true,
            }
        }
        Ok(any)
    }

    fn find(&self, place: &TopicPartition) -> Option<usize> {
        self.cursors
            .iter()
            .position(|c| c.number as i32 == place.partition && c.topic.name == place.topic)
    }
}
