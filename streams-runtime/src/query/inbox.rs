//! Where queries wait for a worker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Job, stopped};
use crate::error::Result;

/// Makes a worker's poll return soon.
type Waker = Arc<dyn Fn() + Send + Sync>;

/// The queries of a worker. *Invariant:* `waiting` is true if there is one, so that a worker without
/// queries looks at an atomic once a turn.
#[derive(Default)]
pub(crate) struct Inbox {
    contents: Mutex<Contents>,
    waiting: AtomicBool,
    /// True if one has come since the worker last looked.
    fresh: AtomicBool,
}

#[derive(Default)]
struct Contents {
    jobs: Vec<Job>,
    /// Of the client that the worker has.
    waker: Option<Waker>,
    closed: bool,
}

impl Inbox {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a query, and wakes the worker.
    pub(super) fn put(&self, job: Job) -> Result<()> {
        let mut contents = self.contents();
        if contents.closed {
            return Err(stopped());
        }
        contents.jobs.push(job);
        self.waiting.store(true, Ordering::Release);
        self.fresh.store(true, Ordering::Release);
        let waker = contents.waker.clone();
        drop(contents);
        if let Some(wake) = waker {
            wake();
        }
        Ok(())
    }

    /// True if a query has come that the worker has not seen.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh.load(Ordering::Acquire)
    }

    /// Takes all queries out, for the worker to answer those that it can.
    pub(crate) fn take(&self) -> Vec<Job> {
        if !self.waiting.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut contents = self.contents();
        self.fresh.store(false, Ordering::Release);
        self.waiting.store(false, Ordering::Release);
        std::mem::take(&mut contents.jobs)
    }

    /// Puts those back that have to wait.
    pub(crate) fn put_back(&self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let mut contents = self.contents();
        contents.jobs.extend(jobs);
        self.waiting.store(true, Ordering::Release);
    }

    /// The worker has another client.
    pub(crate) fn set_waker(&self, waker: Waker) {
        self.contents().waker = Some(waker);
    }

    /// There is no worker any more: nothing is answered.
    pub(crate) fn close(&self) {
        let jobs = {
            let mut contents = self.contents();
            contents.closed = true;
            contents.waker = None;
            std::mem::take(&mut contents.jobs)
        };
        for job in jobs {
            job.refuse(stopped());
        }
    }
}
