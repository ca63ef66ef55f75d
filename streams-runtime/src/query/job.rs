//! A query, as a worker sees it: without the types of its store and of what is read.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use streams_core::store::{Queryable, ReadOnly};

use crate::error::{Error, Result};

/// What a query does with a store.
pub(super) type Read<S, R> =
    Arc<dyn Fn(&mut ReadOnly<'_, S>) -> streams_core::Result<R> + Send + Sync>;

/// What came of it in a partition.
pub(super) type Answer<R> = Result<(i32, R)>;

/// Applies a query to a task; gives whether its worker is to go on to the next one.
type Apply = dyn Fn(i32, Result<&mut dyn Any>) + Send;

/// A query for one worker. The one who asks knows by its drop that all is answered.
pub(crate) struct Job {
    pub(crate) store: &'static str,
    pub(crate) subtopology: usize,
    /// True if it may see only what is committed.
    pub(crate) committed: bool,
    apply: Box<Apply>,
}

impl Job {
    pub(super) fn new<S: 'static, R: Send + 'static>(
        store: Queryable<S>,
        committed: bool,
        read: Read<S, R>,
        to: Sender<Answer<R>>,
    ) -> Self {
        let apply = move |partition: i32, task: Result<&mut dyn Any>| {
            let answer = task.and_then(|task| match store.of(task) {
                Some(mut store) => Ok((partition, read(&mut store)?)),
                None => Err(Error::config(format!(
                    "store {} is of another topology of the same name",
                    store.name()
                ))),
            });
            // Nobody is there if its time was up.
            let _ = to.send(answer);
        };
        Self {
            store: store.name(),
            subtopology: store.subtopology(),
            committed,
            apply: Box::new(apply),
        }
    }

    /// Reads the store of a task, and answers.
    pub(crate) fn read(&self, partition: i32, task: &mut dyn Any) {
        (self.apply)(partition, Ok(task));
    }

    /// Answers that it cannot be read.
    pub(crate) fn refuse(&self, why: Error) {
        (self.apply)(-1, Err(why));
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("store", &self.store).finish_non_exhaustive()
    }
}
