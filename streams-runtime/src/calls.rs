//! Where calls of outside services run: one thread with a tokio runtime for the process, started with
//! the first topology that makes calls.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use streams_core::calls::{BoxFuture, Executor};
use tokio::runtime::{Builder, Handle};

use crate::error::{Error, ErrorKind, Result};

struct Tokio(Handle);

impl Executor for Tokio {
    fn spawn(&self, future: BoxFuture<()>) {
        // Its end is told by what it does at its end.
        drop(self.0.spawn(future));
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        Box::pin(async move { tokio::time::sleep(duration).await })
    }
}

/// The process's executor of calls.
///
/// # Errors
/// If its thread cannot be started.
pub fn executor() -> Result<Arc<dyn Executor>> {
    static HANDLE: OnceLock<Handle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(Arc::new(Tokio(handle.clone())));
    }
    let failed = |e: std::io::Error| {
        let text = format!("the thread for calls of outside services cannot be started: {e}");
        Error::with_source(ErrorKind::Fatal, text, e)
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    // Calls are few and wait most of the time. The thread is there as long as the process.
    let thread = std::thread::Builder::new().name("streams-calls".to_owned());
    thread.spawn(move || runtime.block_on(std::future::pending::<()>())).map_err(failed)?;
    Ok(Arc::new(Tokio(HANDLE.get_or_init(|| handle).clone())))
}
