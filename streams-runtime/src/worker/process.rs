//! Records in, results out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use streams_core::task::Progress;

use super::{POLL_BYTES, POLL_RECORDS, POLL_WAIT, RUN_RECORDS, Running, Worker};
use crate::broker::{Polled, TopicPartition};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, Result};
use crate::query::Inbox;

/// How long to wait for records while results of outside services may come in.
const CALLS_WAIT: Duration = Duration::from_millis(1);

impl Worker<'_> {
    /// Polls once, runs the tasks with waiting records, and appends what came out. True if there
    /// was nothing to do.
    pub(super) fn process(&mut self, now: Instant) -> Result<bool> {
        let wall = self.clock.wall(now);
        let mut wait = self.poll_wait(now);
        // Tasks that have records waiting go first; only if none could go on is it worth waiting.
        let mut more = false;
        let mut failed = None;
        for running in self.tasks.iter_mut().filter(|t| t.is_active()) {
            let id = running.id();
            let ran = catch_unwind(AssertUnwindSafe(|| {
                running.task.punctuate_wall_clock(wall)?;
                running.task.run(wall, RUN_RECORDS)
            }));
            match ran {
                Ok(Ok(Progress::More)) => {
                    more = true;
                    wait = Duration::ZERO;
                }
                Ok(Ok(Progress::Idle)) => {}
                Ok(Ok(Progress::Waiting(until))) => {
                    let ms = until.0.saturating_sub(wall.0).clamp(0, 1000) as u64;
                    wait = wait.min(Duration::from_millis(ms));
                }
                Ok(Err(e)) => failed = Some(Error::from(e)),
                Err(panic) => {
                    let what = format!("task {id}, {}", running.place());
                    failed = Some(Self::panicked(&what, &*panic));
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
        self.drain()?;
        let (records, bytes) = self.poll(wait)?;
        if records > 0 {
            crash::at(CrashPoint::AfterPoll);
        }
        let written = self.drain()?;
        if written > 0 {
            crash::at(CrashPoint::AfterProcess);
        }
        if let Some(each) = bytes.max(written).checked_div(records) {
            // Doubled at most, since the first records may be small ones.
            let most = self.poll_records.saturating_mul(2).min(POLL_RECORDS);
            self.poll_records = (POLL_BYTES / each.max(1)).clamp(1, most);
        }
        self.balance()?;
        Ok(records == 0 && !more)
    }

    /// How long to wait for records: until the next thing that is due.
    fn poll_wait(&self, now: Instant) -> Duration {
        let asked = self.shared.inboxes.get(self.number).is_some_and(Inbox::is_fresh);
        if asked || !self.restorer.is_idle() {
            return Duration::ZERO;
        }
        let commit = Duration::from_millis(self.shared.config.commit_interval_ms());
        let due = (self.committed_at + commit).saturating_duration_since(now);
        let due = due.max(Duration::from_millis(1));
        let wait = if self.has_uncommitted() { POLL_WAIT.min(due) } else { POLL_WAIT };
        let calling = |t: &Running| t.is_active() && t.task.has_calls_under_way();
        let wait = if self.tasks.iter().any(calling) { wait.min(CALLS_WAIT) } else { wait };
        match self.until_punctuation(now) {
            Some(punctuation) => wait.min(punctuation),
            None => wait,
        }
    }

    /// How long until a processor's next schedule by the wall clock.
    fn until_punctuation(&self, now: Instant) -> Option<Duration> {
        let active = self.tasks.iter().filter(|t| t.is_active());
        let next = active.filter_map(|t| t.task.next_punctuation()).min()?;
        let ms = next.0.saturating_sub(self.clock.wall(now).0).max(1);
        Some(Duration::from_millis(ms.unsigned_abs()))
    }

    /// Hands records to their tasks; gives their number and bytes.
    fn poll(&mut self, wait: Duration) -> Result<(usize, usize)> {
        let (tasks, routes) = (&mut self.tasks, &self.routes);
        let mut failed: Option<Error> = None;
        let (mut records, mut bytes) = (0, 0);
        self.client.poll(wait, self.poll_records, &mut |polled| {
            if failed.is_some() {
                return;
            }
            let (Polled::Record { topic, partition, .. } | Polled::End { topic, partition, .. }) =
                polled;
            let Some(route) = routes.find(topic, partition) else { return };
            let Some(running) = tasks.get_mut(route.task) else { return };
            let record = match polled {
                Polled::Record { record, .. } => record,
                Polled::End { offset, .. } => return running.task.at_end(route.input, offset),
            };
            records += 1;
            bytes += record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
            match catch_unwind(AssertUnwindSafe(|| running.task.accept(route.input, &record))) {
                Ok(Ok(())) => {}
                Ok(Err(e)) => failed = Some(Error::from(e)),
                Err(panic) => {
                    let id = running.task.id();
                    let place = running.inputs.get(route.input);
                    let topic = place.map_or("", |p| &p.topic);
                    let offset = record.offset;
                    let what =
                        format!("task {id}, {topic}, partition {partition}, offset {offset}");
                    failed = Some(Self::panicked(&what, &*panic));
                }
            }
        })?;
        match failed {
            None => Ok((records, bytes)),
            Some(error) => Err(error),
        }
    }

    /// Appends what the tasks have written; gives its bytes.
    pub(super) fn drain(&mut self) -> Result<usize> {
        let mut bytes = 0;
        for running in &mut self.tasks {
            bytes += running.task.output().bytes();
            self.writers.drain(&self.shared.plan, &mut *self.client, running)?;
        }
        self.uncommitted_bytes += bytes;
        Ok(bytes)
    }

    /// Pauses inputs of which too much waits, and resumes them when half of it is gone.
    fn balance(&mut self) -> Result<()> {
        let most = self.shared.config.buffered_records_per_partition;
        let (mut pause, mut resume) = (Vec::new(), Vec::new());
        for running in self.tasks.iter_mut().filter(|t| t.is_active()) {
            for (input, (paused, place)) in
                running.paused.iter_mut().zip(&running.inputs).enumerate()
            {
                let waiting = running.task.buffered(input);
                let change: &mut Vec<TopicPartition> = if !*paused && waiting > most {
                    &mut pause
                } else if *paused && waiting <= most / 2 {
                    &mut resume
                } else {
                    continue;
                };
                *paused = !*paused;
                change.push(place.clone());
            }
        }
        if !pause.is_empty() {
            self.client.pause(&pause)?;
        }
        if !resume.is_empty() {
            self.client.resume(&resume)?;
        }
        Ok(())
    }
}
