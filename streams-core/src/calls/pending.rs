//! A call that is under way.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::executor::{Executor, before};
use crate::op::BoxError;

/// What runs calls, and how often and how long one is tried.
pub(super) struct Caller<'e> {
    pub(super) executor: &'e Arc<dyn Executor>,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: u32,
}

/// Before the second attempt; doubled each time, up to a second.
const BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

pub(super) type Answer<R> = Result<R, BoxError>;

/// Where a call leaves its result.
pub(super) struct Slot<R> {
    answer: Mutex<Option<Answer<R>>>,
    ready: Condvar,
}

impl<R> Slot<R> {
    fn lock(&self) -> MutexGuard<'_, Option<Answer<R>>> {
        // Nothing in between can leave it half done.
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, answer: Answer<R>) {
        let mut place = self.lock();
        if place.is_none() {
            *place = Some(answer);
        }
        self.ready.notify_all();
    }

    pub(super) fn is_ready(&self) -> bool {
        self.lock().is_some()
    }

    /// Waits for the result.
    pub(super) fn take(&self) -> Answer<R> {
        let mut place = self.lock();
        loop {
            match place.take() {
                Some(answer) => return answer,
                None => {
                    place = self.ready.wait(place).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// Leaves an answer even where the call's future panics or is dropped, so that nobody waits for ever.
struct Promise<R>(Arc<Slot<R>>);

impl<R> Drop for Promise<R> {
    fn drop(&mut self) {
        self.0.put(Err(
            "the call ended without a result: it panicked, or its runtime is gone".into()
        ));
    }
}

impl Caller<'_> {
    /// Begins a call: `attempt` makes the future of each attempt.
    pub(super) fn begin<R, E, F>(
        &self,
        attempt: impl Fn() -> F + Send + Sync + 'static,
    ) -> Arc<Slot<R>>
    where
        R: Send + 'static,
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<R, E>> + Send + 'static,
    {
        let slot = Arc::new(Slot { answer: Mutex::new(None), ready: Condvar::new() });
        let promise = Promise(Arc::clone(&slot));
        let (executor, timeout, retries) = (Arc::clone(self.executor), self.timeout, self.retries);
        self.executor.spawn(Box::pin(async move {
            let (mut left, mut backoff) = (retries, BACKOFF);
            let answer = loop {
                let answered = match timeout {
                    None => Some(attempt().await),
                    Some(limit) => before(attempt(), executor.limit(limit)).await,
                };
                let failed: BoxError = match answered {
                    Some(Ok(result)) => break Ok(result),
                    Some(Err(error)) => error.into(),
                    None => {
                        let ms = timeout.unwrap_or_default().as_millis();
                        format!("no answer within {ms} ms").into()
                    }
                };
                if left == 0 {
                    break Err(failed);
                }
                left -= 1;
                executor.sleep(backoff).await;
                backoff = backoff.saturating_mul(2).min(MAX_BACKOFF);
            };
            promise.0.put(answer);
        }));
        slot
    }
}
