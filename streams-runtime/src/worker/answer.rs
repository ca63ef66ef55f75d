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
        jobs.retain(|job| job.is_wanted() && !self.is_answered(job));
        inbox.put_back(jobs);
    }

    /// Answers a query, unless it has to wait.
    fn is_answered(&mut self, job: &Job) -> bool {
        let of_store = |t: &&super::Running| t.id().subtopology == job.subtopology;
        let restoring = self.tasks.iter().filter(of_store).find(|t| t.restoring);
        let why = match restoring {
            _ if !self.has_joined => {
                Some("its partitions are on their way between members".to_owned())
            }
            Some(running) => {
                Some(format!("partition {} is being restored", running.id().partition))
            }
            None => None,
        };
        if let Some(why) = why {
            let text = format!("store {}: {why}: ask again", job.store);
            job.refuse(Error::new(ErrorKind::Retry, text).named(ErrorName::StoreRestoring));
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
                let text = Self::message(&*panic);
                let place = format!("store {}, partition {partition}", job.store);
                let text = format!("{place}: the query panicked: {text}");
                job.refuse(Error::new(ErrorKind::Fatal, text));
                return true;
            }
        }
        job.end();
        true
    }
}
