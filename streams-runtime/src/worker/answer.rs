//! Answers queries, between two turns.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Worker;
use crate::error::{Error, ErrorKind, ErrorName};
use crate::query::Job;

impl Worker<'_> {
    /// Answers the queries that can be answered now; those of what is committed wait for the commit.
    pub(super) fn answer(&mut self) {
        let Some(inbox) = self.shared.inboxes.get(self.number) else { return };
        let mut jobs = inbox.take();
        if jobs.is_empty() {
            return;
        }
        jobs.retain(|job| !self.is_answered(job));
        inbox.put_back(jobs);
    }

    /// Answers a query, unless it has to wait.
    fn is_answered(&mut self, job: &Job) -> bool {
        let of_store = |t: &&super::Running| t.id().subtopology == job.subtopology;
        if let Some(running) = self.tasks.iter().filter(of_store).find(|t| !t.is_active()) {
            let what = if running.restoring { "being restored" } else { "on its way" };
            job.refuse(
                Error::new(
                    ErrorKind::Retry,
                    format!(
                        "store {}: partition {} is {what}: ask again",
                        job.store,
                        running.id().partition
                    ),
                )
                .named(ErrorName::StoreRestoring),
            );
            return true;
        }
        // All of them, so that it sees one commit.
        if job.committed && self.tasks.iter().filter(of_store).any(|t| t.owes_commit()) {
            return false;
        }
        for running in self.tasks.iter_mut().filter(|t| t.id().subtopology == job.subtopology) {
            let partition = running.id().partition;
            let logic = running.task.logic();
            let read = catch_unwind(AssertUnwindSafe(|| job.read(partition, logic)));
            if let Err(panic) = read {
                // It is the query's, not the topology's: the worker goes on.
                let what = format!("store {}, partition {partition}: a query", job.store);
                job.refuse(Self::panicked(&what, &*panic));
                break;
            }
        }
        true
    }
}
