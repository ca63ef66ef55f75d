//! Wakes the threads that wait for new records.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Counts commits; a reader that found nothing waits for the count to go on.
#[derive(Debug, Default)]
pub(super) struct Wake {
    count: AtomicU64,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Wake {
    /// To be read before looking for records.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// To be called after publishing records.
    pub(super) fn notify(&self) {
        // Under the lock, so that it cannot fall between a waiter's check and its wait.
        let _guard = locked(&self.lock);
        self.count.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_all();
    }

    /// Waits until the count is no longer `seen`; false if `deadline` comes first.
    pub(super) fn wait(&self, seen: u64, deadline: Option<Instant>) -> bool {
        let mut guard = locked(&self.lock);
        while self.count() == seen {
            guard = match deadline {
                None => self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let waited = self.changed.wait_timeout(guard, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }
}

/// Takes a lock whether or not a thread panicked with it: what the locks of the log guard is
/// whole at every step, or the log is poisoned by itself.
pub(super) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
