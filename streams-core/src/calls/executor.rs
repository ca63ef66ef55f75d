//! Where calls run.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

/// A future that can be run on any thread.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs futures beside the tasks.
pub trait Executor: Send + Sync {
    /// Runs a future to its end.
    fn spawn(&self, future: BoxFuture<()>);

    /// Is ready after this time.
    fn sleep(&self, duration: Duration) -> BoxFuture<()>;

    /// Is ready when an attempt has taken this long.
    fn limit(&self, duration: Duration) -> BoxFuture<()> {
        self.sleep(duration)
    }
}

/// Runs each future at once, on the thread that asks, for tests without a runtime. There is no clock:
/// nothing times out, and time passes at once between attempts.
#[derive(Clone, Copy, Debug, Default)]
pub struct InPlace;

impl Executor for InPlace {
    fn spawn(&self, future: BoxFuture<()>) {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        while future.as_mut().poll(&mut context).is_pending() {
            std::thread::park();
        }
    }

    fn sleep(&self, _: Duration) -> BoxFuture<()> {
        Box::pin(std::future::ready(()))
    }

    fn limit(&self, _: Duration) -> BoxFuture<()> {
        Box::pin(std::future::pending())
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// What comes first: the future's result, or `None` when `limit` is ready.
pub(super) async fn before<T>(
    future: impl Future<Output = T>,
    limit: impl Future<Output = ()>,
) -> Option<T> {
    let (mut future, mut limit) = (pin!(future), pin!(limit));
    std::future::poll_fn(|context| {
        if let Poll::Ready(done) = future.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}
