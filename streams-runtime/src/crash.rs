//! Named places where a test lets the process die.
//!
//! Nothing arms them but a call of [`arm`]: no setting, flag or variable of a program does, only the
//! program of the fault tests. An unarmed place costs one load, and none is on the way of a record.

use std::sync::atomic::{AtomicU32, Ordering};

/// Where to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[non_exhaustive]
pub enum CrashPoint {
    /// Records were read and nothing of them is written.
    AfterPoll = 1,
    /// Results were handed to the client.
    AfterProcess,
    /// A commit begins: what it covers is not all written.
    BeforeFlush,
    /// Everything that the commit covers is written, and not committed.
    AfterFlush,
    /// Offsets are not in the transaction yet.
    BeforeOffsets,
    /// Offsets are in the transaction.
    AfterOffsets,
    /// The commit was not asked for yet.
    BeforeCommit,
    /// The commit was asked for; its answer has not come.
    CommitUnanswered,
    /// Committed; the state on disk is older.
    AfterCommit,
    /// Committed, and the state was given to the disk.
    AfterLocalBatch,
    /// Some of a changelog was restored.
    Restore,
    /// Partitions are being given back to the group.
    Revoke,
    /// The application is stopping.
    Close,
    /// Rows of windows that expired are about to be deleted on disk.
    Expiry,
}

/// Every crash point with its name.
pub const CRASH_POINTS: [(&str, CrashPoint); 14] = [
    ("after-poll", CrashPoint::AfterPoll),
    ("after-process", CrashPoint::AfterProcess),
    ("before-flush", CrashPoint::BeforeFlush),
    ("after-flush", CrashPoint::AfterFlush),
    ("before-offsets", CrashPoint::BeforeOffsets),
    ("after-offsets", CrashPoint::AfterOffsets),
    ("before-commit", CrashPoint::BeforeCommit),
    ("commit-unanswered", CrashPoint::CommitUnanswered),
    ("after-commit", CrashPoint::AfterCommit),
    ("after-local-batch", CrashPoint::AfterLocalBatch),
    ("restore", CrashPoint::Restore),
    ("revoke", CrashPoint::Revoke),
    ("close", CrashPoint::Close),
    ("expiry", CrashPoint::Expiry),
];

/// No point, or the number of the one that is armed.
static ARMED: AtomicU32 = AtomicU32::new(0);
/// How often it may be passed yet.
static LEFT: AtomicU32 = AtomicU32::new(0);

/// The process dies when it comes to `point` for the `nth` time (from 1).
pub fn arm(point: CrashPoint, nth: u32) {
    LEFT.store(nth.max(1), Ordering::Relaxed);
    ARMED.store(point as u32, Ordering::Release);
}

/// Passes a point, and is true if the process has to die there: what comes before that is the caller's.
#[inline]
pub(crate) fn is_due(point: CrashPoint) -> bool {
    ARMED.load(Ordering::Relaxed) == point as u32 && LEFT.fetch_sub(1, Ordering::AcqRel) == 1
}

/// A place to die.
#[inline]
pub(crate) fn at(point: CrashPoint) {
    if is_due(point) {
        die(point);
    }
}

/// As sudden as a kill: nothing is flushed, dropped or told.
#[cold]
pub(crate) fn die(point: CrashPoint) -> ! {
    eprintln!("crash point {point:?}");
    std::process::abort();
}
