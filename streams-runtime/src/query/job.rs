//! A query, as a worker sees it: without the types of its store and of what is read.

use std::any::Any;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};

use streams_core::store::{Queryable, ReadOnly};

use crate::error::{Error, Result};

/// What a query does with a store.
pub(super) type Read<S, R> =
    Arc<dyn Fn(&mut ReadOnly<'_, S>) -> streams_core::Result<R> + Send + Sync>;

/// What came of it in a partition; `None` when a worker has answered for all of its partitions.
pub(super) type Answer<R> = Result<Option<(i32, R)>>;

/// What a query is applied to.
enum To<'t> {
    /// A partition's task.
    Task(i32, &'t mut dyn Any),
    /// It cannot be.
    Nothing(Error),
    /// That was all.
    End,
}

type Apply = dyn Fn(To<'_>) + Send;

/// A query for one worker.
pub(crate) struct Job {
    pub(crate) store: &'static str,
    pub(crate) subtopology: usize,
    /// True if it may see only what is committed.
    pub(crate) committed: bool,
    apply: Box<Apply>,
    /// Of the one who asks, as long as he waits.
    asks: Weak<()>,
}

impl Job {
    pub(super) fn new<S: 'static, R: Send + 'static>(
        store: Queryable<S>,
        committed: bool,
        read: Read<S, R>,
        to: Sender<Answer<R>>,
        asks: &Arc<()>,
    ) -> Self {
        let apply = move |what: To<'_>| {
            let answer = match what {
                To::Task(partition, task) => match store.of(task) {
                    Some(mut store) => {
                        read(&mut store).map(|found| Some((partition, found))).map_err(Error::from)
                    }
                    None => Err(Error::config(format!(
                        "store {} is of another topology of the same name",
                        store.name()
                    ))),
                },
                To::Nothing(why) => Err(why),
                To::End => Ok(None),
            };
            // Nobody is there if its time was up.
            let _ = to.send(answer);
        };
        Self {
            store: store.name(),
            subtopology: store.subtopology(),
            committed,
            apply: Box::new(apply),
            asks: Arc::downgrade(asks),
        }
    }

    /// True as long as somebody waits for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.asks.strong_count() > 0
    }

    /// Reads the store of a task, and answers.
    pub(crate) fn read(&self, partition: i32, task: &mut dyn Any) {
        (self.apply)(To::Task(partition, task));
    }

    /// Answers that this was all.
    pub(crate) fn end(&self) {
        (self.apply)(To::End);
    }

    /// Answers that it cannot be read.
    pub(crate) fn refuse(&self, why: Error) {
        (self.apply)(To::Nothing(why));
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("store", &self.store).finish_non_exhaustive()
    }
}
