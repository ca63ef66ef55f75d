//! Exactly once: a worker's transactions, one open at a time.
//!
//! *Invariants:* an open transaction is used up by its end. What ends it is known (committed,
//! aborted), or the producer is given up: librdkafka lacks KIP-890, so that an answer, or a copy of a
//! request, that comes late could end the next transaction of the same producer. Its successor's
//! initialisation raises the epoch, which shuts out whatever is late, and decides what became of the
//! transaction. Offsets are never sent without the member and its generation: a former owner of the
//! partitions is refused by the group's coordinator.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::early::{Committed, Early};
use super::failure::{error, fenced, transient};
use super::ffi::{Code, Handle, List, Member, SendingOffsets, TransactionFailure};
use super::producer::Producer;
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, Result};

/// How soon to make a call again that librdkafka lets go on.
const AGAIN: Duration = Duration::from_millis(5);

/// Where a producer's transactions stand.
pub(super) enum Transaction {
    Ready(Ready),
    Open(Open),
    /// Given up, with the reason: a new producer is needed.
    Lost(String),
}

/// A producer between two transactions.
pub(super) struct Ready(Arc<Handle>);

/// A transaction that is open.
pub(super) struct Open {
    handle: Arc<Handle>,
    since: Instant,
    early: Option<Box<Early>>,
}

/// How a transaction ended.
pub(super) enum Ended {
    Committed(Ready),
    /// Nothing of it counts.
    Aborted(Ready),
    /// It is committed or aborted, and this producer cannot know which.
    Unknown(String),
}

/// How far was read, in whose name, and by when it has to be said.
pub(super) struct Offsets {
    pub(super) list: List,
    pub(super) member: Member,
    pub(super) deadline: Instant,
}

impl Offsets {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl Ready {
    /// Makes the producer the only one of its transactional id, which ends what another one of
    /// that id has left open.
    pub(super) fn init(handle: Arc<Handle>, id: &str, timeout: Duration) -> Result<Self> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match handle.init_transactions(left) {
                Ok(()) => return Ok(Self(handle)),
                Err(f) if may_go_on(&f) && !left.is_zero() => std::thread::sleep(AGAIN),
                Err(f) => {
                    return Err(error(&format!("taking over transactional id {id}"), &f.failure));
                }
            }
        }
    }

    fn begin(self) -> Result<Open, (Transaction, Error)> {
        match self.0.begin_transaction() {
            Ok(()) => Ok(Open { handle: self.0, since: Instant::now(), early: None }),
            Err(f) => {
                let text = error("beginning a transaction", &f.failure).to_string();
                Err((Transaction::Lost(text.clone()), lost(&text)))
            }
        }
    }
}

impl Open {
    /// How long it has been open.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Why it can only be aborted, if it is so: librdkafka says it to whoever asks for something next,
    /// and to begin once more is harmless.
    pub(super) fn failure(
        &mut self,
        producer: &mut Producer,
        timeout: Duration,
    ) -> Option<TransactionFailure> {
        self.settle_early(producer, timeout);
        let early = self.early().and_then(Early::failure).cloned();
        self.handle.begin_transaction().err().filter(|f| f.must_abort || f.fatal).or(early)
    }

    /// The offsets that it was given before its commit.
    pub(super) fn early(&self) -> Option<&Early> {
        self.early.as_deref()
    }

    /// Gives it the offsets of the last commit, which still hold.
    pub(super) fn send_early(
        &mut self,
        group: &str,
        offsets: Committed,
        timeout: Duration,
    ) -> Result<()> {
        let Committed { list, member } = &offsets;
        let sending = self.handle.start_send_offsets(list, group, member, timeout)?;
        self.early = Some(Box::new(Early::new(offsets, sending)));
        Ok(())
    }

    /// Looks for what came of them.
    pub(super) fn look_early(&mut self, producer: &mut Producer) {
        if let Some(early) = &mut self.early {
            early.look(producer);
        }
    }

    /// Waits for what came of them.
    pub(super) fn settle_early(&mut self, producer: &mut Producer, timeout: Duration) {
        if let Some(early) = &mut self.early {
            early.settle(timeout, producer);
        }
    }

    /// Begins to put the offsets in; records may be written meanwhile.
    pub(super) fn start_offsets(&self, group: &str, offsets: &Offsets) -> Result<SendingOffsets> {
        crash::at(CrashPoint::BeforeOffsets);
        self.send_offsets(group, offsets)
    }

    fn send_offsets(&self, group: &str, offsets: &Offsets) -> Result<SendingOffsets> {
        self.handle.start_send_offsets(&offsets.list, group, &offsets.member, offsets.left())
    }

    /// Waits until the offsets are in; an error says why the transaction cannot be committed.
    pub(super) fn finish_offsets(
        &self,
        mut sending: SendingOffsets,
        group: &str,
        offsets: &Offsets,
    ) -> Result<Result<(), TransactionFailure>> {
        loop {
            match sending.wait(offsets.left()) {
                Err(f) if f.retriable && !f.must_abort && !f.fatal && !offsets.left().is_zero() => {
                    std::thread::sleep(AGAIN);
                    sending = self.send_offsets(group, offsets)?;
                }
                outcome => {
                    crash::at(CrashPoint::AfterOffsets);
                    return Ok(outcome);
                }
            }
        }
    }

    /// Commits. Everything must be written.
    pub(super) fn commit(self, deadline: Instant) -> Ended {
        crash::at(CrashPoint::BeforeCommit);
        if crash::is_due(CrashPoint::CommitUnanswered) {
            // The request leaves at once, on librdkafka's own thread.
            let _ = self.handle.commit_transaction(Duration::from_millis(1));
            crash::die(CrashPoint::CommitUnanswered);
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.handle.commit_transaction(left) {
                Ok(()) => break,
                Err(f) if may_go_on(&f) && !left.is_zero() => std::thread::sleep(AGAIN),
                // Even where librdkafka asks for an abort: the request may have been sent before.
                Err(f) => return Ended::Unknown(error("committing", &f.failure).to_string()),
            }
        }
        Ended::Committed(Ready(self.handle))
    }

    /// Aborts, after what is queued has been written: librdkafka forgets, when it purges a record,
    /// that it has not yet told the coordinator of the record's partition, and the abort of a
    /// transaction that the coordinator does not know of is fatal.
    pub(super) fn abort(self, producer: &mut Producer, deadline: Instant) -> Ended {
        if let Err(text) = producer.drain_for_abort(deadline) {
            return Ended::Unknown(text);
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.handle.abort_transaction(left) {
                Ok(()) => return Ended::Aborted(Ready(self.handle)),
                Err(f) if may_go_on(&f) && !left.is_zero() => std::thread::sleep(AGAIN),
                Err(f) => return Ended::Unknown(error("aborting", &f.failure).to_string()),
            }
        }
    }
}

impl Transaction {
    /// Opens a transaction, if none is open.
    #[inline]
    pub(super) fn open(&mut self) -> Result<()> {
        match self {
            Self::Open(_) => Ok(()),
            _ => self.begin(),
        }
    }

    #[cold]
    fn begin(&mut self) -> Result<()> {
        match self.take("a transaction began and did not end") {
            Self::Ready(ready) => match ready.begin() {
                Ok(open) => *self = Self::Open(open),
                Err((lost, e)) => {
                    *self = lost;
                    return Err(e);
                }
            },
            Self::Lost(text) => {
                let e = lost(&text);
                *self = Self::Lost(text);
                return Err(e);
            }
            open @ Self::Open(_) => *self = open,
        }
        Ok(())
    }

    /// Takes the transaction to end it.
    pub(super) fn take(&mut self, why: &str) -> Self {
        std::mem::replace(self, Self::Lost(why.to_owned()))
    }
}

/// True if the same call may be made again.
fn may_go_on(f: &TransactionFailure) -> bool {
    let code = f.failure.code;
    !f.fatal && !f.must_abort && (f.retriable || transient(code) || code == Code::TIMED_OUT)
}

/// True if the transaction failed because the group has moved on without this member.
pub(super) fn is_fenced(f: &TransactionFailure) -> bool {
    fenced(f.failure.code) && !f.fatal
}

/// The error of a producer that was given up.
pub(super) fn lost(text: &str) -> Error {
    Error::new(
        ErrorKind::Poisoned,
        format!(
            "{text}; the transaction's producer is given up, a new one decides what became of it"
        ),
    )
}
