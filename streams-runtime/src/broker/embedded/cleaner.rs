//! The thread that deletes and compacts in the background.
//!
//! On a thread of its own, since a compaction takes as long as reading and writing the partition:
//! in a commit it would hold up every worker.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::log::Log;
use super::producer::now_ms;
use super::topic::Topic;
use super::wake::locked;
use crate::error::{Error, ErrorKind, Result};

/// Runs until it is dropped.
pub(super) struct Cleaner {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Stop {
    asked: Mutex<bool>,
    changed: Condvar,
}

impl Cleaner {
    pub(super) fn start(log: Arc<Log>, interval: Duration) -> Result<Self> {
        let stop = Arc::new(Stop::default());
        let seen = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("log-cleaner".to_owned())
            .spawn(move || {
                while !seen.wait(interval) {
                    if let Err(e) = log.clean() {
                        // A failed write has poisoned the log, and its clients stop; a damaged
                        // batch is met by whoever reads it. Neither gets worse by waiting.
                        tracing::error!(error = %e, "the log could not be cleaned");
                    }
                }
            })
            .map_err(|e| {
                let text = format!("the cleaner's thread cannot be started: {e}");
                Error::with_source(ErrorKind::Config, text, e)
            })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        *locked(&self.stop.asked) = true;
        self.stop.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say if it panicked: the panic was printed.
            let _ = thread.join();
        }
    }
}

impl Stop {
    /// Waits for the interval; true if the thread is to stop.
    fn wait(&self, interval: Duration) -> bool {
        let asked = locked(&self.asked);
        let waited = self.changed.wait_timeout_while(asked, interval, |asked| !*asked);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Log {
    /// Applies retention to all topics, and compacts those that are to be and have enough new
    /// records.
    pub(super) fn clean(&self) -> Result<()> {
        for topic in self.all_topics() {
            for number in 0..topic.partitions.len() as u32 {
                let result = self.clean_partition(&topic, number);
                // A topic that is deleted meanwhile needs no cleaning.
                if topic.must_exist().is_ok() {
                    result?;
                }
            }
        }
        Ok(())
    }

    fn clean_partition(&self, topic: &Topic, number: u32) -> Result<()> {
        let now = now_ms();
        self.retain(topic, number, now)?;
        if topic.cleanup.compact {
            self.compact_if_dirty(topic, number, now)?;
        }
        Ok(())
    }

    fn all_topics(&self) -> Vec<Arc<Topic>> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.values().cloned().collect()
    }
}
