//! Offsets that go into a transaction before its commit.
//!
//! The first offsets of a transaction cost more than later ones: the coordinator of transactions notes
//! the group, and the group's coordinator asks it whether the transaction is open (KIP-890). So a
//! transaction that has been open for a while is given the offsets of the last commit, which still hold,
//! and the commit's own find that done.
//!
//! *Invariant:* a transaction with early offsets is committed only after later ones were accepted, in the
//! name of the same member and generation. Otherwise another member may have gone on from them since, and
//! they would take its group back.

use std::time::Duration;

use super::ffi::{List, Member, SendingOffsets, TransactionFailure};

/// How old a transaction has to be. A younger one may have to wait for the markers of the last, or is
/// about to be committed.
pub(super) const AGE: Duration = Duration::from_millis(20);
/// How long they may take. Those of a topic that was deleted are never accepted, and the commit waits
/// behind them.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Offsets that were committed, and in whose name.
pub(super) struct Committed {
    pub(super) list: List,
    pub(super) member: Member,
}

/// Offsets that a transaction was given early.
pub(super) struct Early {
    pub(super) offsets: Committed,
    /// `None` once somebody has waited, or waits, for it.
    pub(super) sending: Option<SendingOffsets>,
}

impl Early {
    /// Waits until nothing is under way any more.
    pub(super) fn settle(&mut self, timeout: Duration) -> Result<(), TransactionFailure> {
        self.sending.take().map_or(Ok(()), |sending| sending.wait(timeout))
    }
}
