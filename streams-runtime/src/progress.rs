//! Counts over all workers, kept off the record path: each worker adds its differences at commits.

use std::sync::atomic::{AtomicU64, Ordering};

use streams_core::context::TaskCounters;

/// What has happened in this process since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records processed, of sources and repartition topics.
    pub processed: u64,
    /// Records dropped because their window had closed, or by a rule for nulls.
    pub dropped: u64,
    /// Records left out by `on_error = skip`.
    pub skipped: u64,
    /// Records written to dead letter topics.
    pub dead_letters: u64,
    /// Records read from changelogs to bring state up to date.
    pub restored: u64,
    /// Commits made.
    pub commits: u64,
    /// Bytes of stores in memory, at the last commit of each worker.
    pub state_bytes: u64,
}

/// The shared counters behind [`Progress`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    processed: AtomicU64,
    dropped: AtomicU64,
    skipped: AtomicU64,
    dead_letters: AtomicU64,
    restored: AtomicU64,
    commits: AtomicU64,
    state_bytes: AtomicU64,
}

impl Counters {
    /// Adds what a worker's tasks did between `before` and `now`.
    pub(crate) fn add(&self, before: TaskCounters, now: TaskCounters) {
        let dropped = |c: TaskCounters| c.dropped_late + c.dropped_null;
        let add = |to: &AtomicU64, name: &'static str, more: u64| {
            to.fetch_add(more, Ordering::Relaxed);
            metrics::counter!(name).increment(more);
        };
        add(&self.processed, "process-total", now.processed - before.processed);
        add(&self.dropped, "dropped-records-total", dropped(now) - dropped(before));
        add(&self.skipped, "skipped-records-total", now.skipped - before.skipped);
        let letters = now.dead_letters - before.dead_letters;
        add(&self.dead_letters, "dead-letter-records-total", letters);
    }

    pub(crate) fn restored(&self, records: u64) {
        self.restored.fetch_add(records, Ordering::Relaxed);
        metrics::counter!("restore-total").increment(records);
    }

    /// A worker's stores changed their size by so much.
    pub(crate) fn state(&self, before: u64, now: u64) {
        self.state_bytes.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    /// A commit took so long; a worker's stores changed their size by so much.
    pub(crate) fn committed(&self, took: std::time::Duration, state_before: u64, state_now: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.state(state_before, state_now);
        metrics::histogram!("commit-latency").record(took.as_secs_f64());
    }

    pub(crate) fn progress(&self) -> Progress {
        let get = |from: &AtomicU64| from.load(Ordering::Relaxed);
        Progress {
            processed: get(&self.processed),
            dropped: get(&self.dropped),
            skipped: get(&self.skipped),
            dead_letters: get(&self.dead_letters),
            restored: get(&self.restored),
            commits: get(&self.commits),
            state_bytes: get(&self.state_bytes),
        }
    }
}
