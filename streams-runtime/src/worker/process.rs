//! Records in, results out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use streams_core::task::Progress;

use super::{POLL_RECORDS, POLL_WAIT, RUN_RECORDS, Worker};
use crate::broker::{Polled, TopicPartition};
use crate::error::{Error, Result};

impl Worker<'_> {
    /// Polls once, runs the tasks with waiting records, and appends what came out.
    pub(super) fn process(&mut self, now: Instant) -> Result<()> {
        let wall = self.clock.wall(now);
        let mut wait = self.poll_wait(now);
        // Tasks that have records waiting go first; only if none could go on is it worth waiting.
        let mut failed = None;
        for running in self.tasks.iter_mut().filter(|t| t.is_active()) {
            let id = running.id();
            let ran = catch_unwind(AssertUnwindSafe(|| running.task.run(wall, RUN_RECORDS)));
            match ran {
                Ok(Ok(Progress::More)) => wait = Duration::ZERO,
                Ok(Ok(Progress::Idle)) => {}
                Ok(Ok(Progress::Waiting(until))) => {
                    let ms = until.0.saturating_sub(wall.0).clamp(0, 1000) as u64;
                    wait = wait.min(Duration::from_millis(ms));
                }
                Ok(Err(e)) => failed = Some(Error::from(e)),
                Err(panic) => failed = Some(Self::panicked(&format!("task {id}"), &*panic)),
            }
            if failed.is_some() {
                break;
            }
        }
        self.drain()?;
        if let Some(error) = failed {
            return Err(error);
        }
        self.poll(wait)?;
        self.drain()?;
        self.balance()
    }

    /// How long to wait for records: until the next thing that is due.
    fn poll_wait(&self, now: Instant) -> Duration {
        if !self.restorer.is_idle() {
            return Duration::ZERO;
        }
        let commit = Duration::from_millis(self.shared.config.commit_interval_ms());
        let due = (self.committed_at + commit).saturating_duration_since(now);
        let due = due.max(Duration::from_millis(1));
        if self.has_uncommitted() { POLL_WAIT.min(due) } else { POLL_WAIT }
    }

    fn poll(&mut self, wait: Duration) -> Result<()> {
        let (tasks, routes) = (&mut self.tasks, &self.routes);
        let mut failed: Option<Error> = None;
        self.client.poll(wait, POLL_RECORDS, &mut |polled| {
            if failed.is_some() {
                return;
            }
            let (Polled::Record { topic, partition, .. } | Polled::End { topic, partition }) =
                polled;
            let Some(route) = routes.find(topic, partition) else { return };
            let Some(running) = tasks.get_mut(route.task) else { return };
            let Polled::Record { record, .. } = polled else {
                running.task.at_end(route.input);
                return;
            };
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
            None => Ok(()),
            Some(error) => {
                // What was written before the error belongs to what was processed before it.
                self.drain()?;
                Err(error)
            }
        }
    }

    /// Appends what the tasks have written.
    pub(super) fn drain(&mut self) -> Result<()> {
        for running in &mut self.tasks {
            self.writers.drain(&self.shared.plan, &mut *self.client, running)?;
        }
        Ok(())
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
