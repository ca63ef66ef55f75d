//! Offsets that go into a transaction before its commit.
//!
//! The first offsets of a transaction cost more than later ones: the coordinator of transactions notes
//! the group, and the group's coordinator asks it whether the transaction is open (KIP-890). So a
//! transaction that has been open for a while is given the offsets of the last commit, which still hold,
//! and the commit's own find that done.
//!
//! *Invariants:* a transaction with early offsets is committed only after later ones were accepted, in the
//! name of the same member and generation: otherwise another member may have gone on from them since, and
//! they would take its group back. Nor is it committed if a connection broke while they were on their way:
//! librdkafka sends them again then, and the first copy may arrive behind the later ones.

use std::time::Duration;

use super::ffi::{List, Member, SendingOffsets, TransactionFailure};
use super::producer::Producer;

/// How old a transaction has to be. A younger one may have to wait for the markers of the last, or is
/// about to be committed.
pub(super) const AGE: Duration = Duration::from_millis(20);

/// Offsets that were committed, and in whose name.
pub(super) struct Committed {
    pub(super) list: List,
    pub(super) member: Member,
}

/// Offsets that a transaction was given early.
pub(super) struct Early {
    pub(super) offsets: Committed,
    /// Until what came of it is known.
    sending: Option<SendingOffsets>,
    failed: Option<TransactionFailure>,
    /// What was said about a connection that broke meanwhile.
    outage: Option<String>,
}

impl Early {
    pub(super) fn new(offsets: Committed, sending: SendingOffsets) -> Self {
        Self { offsets, sending: Some(sending), failed: None, outage: None }
    }

    /// Looks for what came of it, without waiting.
    pub(super) fn look(&mut self, producer: &mut Producer) {
        if let Some(outcome) = self.sending.as_ref().and_then(SendingOffsets::outcome) {
            self.is_told(outcome, producer);
        }
    }

    /// Waits for what came of it: no other call of the transaction may come before.
    pub(super) fn settle(&mut self, timeout: Duration, producer: &mut Producer) {
        if let Some(sending) = self.sending.take() {
            let outcome = sending.wait(timeout);
            self.is_told(outcome, producer);
        }
    }

    fn is_told(&mut self, outcome: Result<(), TransactionFailure>, producer: &mut Producer) {
        self.sending = None;
        self.outage = producer.outage();
        self.failed = outcome.err();
    }

    /// Why it failed the transaction.
    pub(super) fn failure(&self) -> Option<&TransactionFailure> {
        self.failed.as_ref().filter(|f| f.must_abort || f.fatal)
    }

    pub(super) fn outage(&self) -> Option<&str> {
        self.outage.as_deref()
    }
}
