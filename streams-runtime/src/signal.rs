//! SIGINT and SIGTERM: the first asks for an orderly stop, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::error::{Error, ErrorKind, Result};

/// What a shell reports for a process ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// A flag that the first signal sets.
pub(crate) fn stop_flag() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the second signal finds the flag set and ends the process.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)))
            .map_err(|e| {
                Error::with_source(ErrorKind::Fatal, format!("no signal handler: {e}"), e)
            })?;
    }
    Ok(flag)
}
