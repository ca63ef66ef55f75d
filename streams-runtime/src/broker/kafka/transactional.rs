//! A worker's producer, exactly once: one transaction after another, and a new producer where one is
//! given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::KafkaConfig;
use super::early::{self, Committed, Early};
use super::ffi::{Handle, Kind, SendingOffsets, TransactionFailure};
use super::pause::Pause;
use super::producer::Producer;
use super::transaction::{Ended, Offsets, Open, Ready, Transaction, lost};
use crate::broker::Commit;
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// How long an abort may take: a new producer of the same transactional id ends the transaction, too.
pub(super) const ABORT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a transactional producer is made from, and where its transactions stand.
pub(super) struct Transactions {
    config: Arc<KafkaConfig>,
    client_id: String,
    id: String,
    group: String,
    state: Transaction,
    pause: Pause,
    /// The offsets of the open transaction's commit.
    sent: Option<Committed>,
    /// Those of the last commit, if they hold; a transaction takes them.
    committed: Option<Committed>,
}

impl Transactions {
    /// A producer that is the only one of its transactional id, with what ends its transactions.
    pub(super) fn new(
        config: &Arc<KafkaConfig>,
        client_id: &str,
        id: &str,
        group: String,
    ) -> Result<(Arc<Handle>, Self)> {
        let (handle, ready) = transactional(config, client_id, id)?;
        let transactions = Self {
            config: Arc::clone(config),
            client_id: client_id.to_owned(),
            id: id.to_owned(),
            group,
            state: Transaction::Ready(ready),
            pause: Pause::new(),
            sent: None,
            committed: None,
        };
        Ok((handle, transactions))
    }

    /// Why the open transaction can only be aborted, if it is so.
    pub(super) fn failure(&mut self, producer: &mut Producer) -> Option<TransactionFailure> {
        let Transaction::Open(open) = &mut self.state else { return None };
        open.failure(producer, self.config.transaction_timeout)
    }

    /// Says how long the open transaction has been open, if the cluster has aborted it by now.
    pub(super) fn overtime(&self) -> Option<String> {
        let Transaction::Open(open) = &self.state else { return None };
        let (age, allowed) = (open.age(), self.config.transaction_timeout);
        (age >= allowed).then(|| {
            format!(
                "the transaction was open for {} ms, and kafka.transaction_timeout_ms is {}: raise it, \
                 or let no record take so long",
                age.as_millis(),
                allowed.as_millis()
            )
        })
    }

    pub(super) fn commit(&mut self, deadline: Instant) -> Commit {
        match self.state.take("a commit was cut short") {
            Transaction::Open(open) => self.settle(open.commit(deadline)),
            other => {
                self.state = other;
                Commit::Committed
            }
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(self.state, Transaction::Ready(_))
    }

    /// Opens a transaction, if none is open.
    #[inline]
    pub(super) fn open(&mut self) -> Result<()> {
        if matches!(self.state, Transaction::Ready(_)) {
            self.pause.wait();
        }
        self.state.open()
    }

    /// A commit begins: how long the transaction has been open says whether the next one has to wait.
    pub(super) fn fit_pause(&mut self) {
        if let Transaction::Open(open) = &self.state {
            self.pause.fit(open.age());
        }
    }

    /// Gives a transaction that has been open for a while the offsets of the last commit, if `consumer`
    /// is still the member that made it, and looks after them.
    pub(super) fn tend_early(&mut self, consumer: &Handle, producer: &mut Producer) {
        let Transaction::Open(open) = &mut self.state else { return };
        open.look_early(producer);
        if self.committed.is_none() || open.age() < early::AGE {
            return;
        }
        // Once: where they are refused, the next transaction must not meet the same.
        let Some(offsets) = self.committed.take() else { return };
        if consumer.assigned_member().as_ref() != Some(&offsets.member) {
            return;
        }
        producer.clear_outage();
        if let Err(e) = open.send_early(&self.group, offsets, self.config.transaction_timeout) {
            tracing::debug!("no offsets before the commit: {e}");
        }
    }

    /// The offsets that the open transaction was given before its commit; waits for their outcome.
    pub(super) fn early(&mut self, producer: &mut Producer) -> Option<&Early> {
        let Transaction::Open(open) = &mut self.state else { return None };
        open.settle_early(producer, self.config.transaction_timeout);
        open.early()
    }

    /// Begins to put the offsets in; records may be written meanwhile.
    pub(super) fn start_offsets(&mut self, offsets: &Offsets) -> Result<SendingOffsets> {
        self.sent = Some(Committed { list: offsets.list.copy(), member: offsets.member.clone() });
        opened(&mut self.state)?.start_offsets(&self.group, offsets)
    }

    /// Waits until the offsets are in; an error says why the transaction cannot be committed.
    pub(super) fn finish_offsets(
        &mut self,
        sending: SendingOffsets,
        offsets: &Offsets,
    ) -> Result<Result<(), TransactionFailure>> {
        opened(&mut self.state)?.finish_offsets(sending, &self.group, offsets)
    }

    /// Gives the producer up between two transactions.
    pub(super) fn replace(&mut self, producer: &mut Producer, why: String) -> Result<()> {
        self.state = Transaction::Lost(why);
        self.recover(producer)
    }

    /// Nothing of it was asked to be committed, so that nothing of it can count: where the abort
    /// itself fails, the next producer of this name aborts.
    pub(super) fn abort(&mut self, producer: &mut Producer, deadline: Instant) {
        match self.state.take("an abort was cut short") {
            Transaction::Open(mut open) => {
                // A broker that is away must not hold up the end.
                let deadline = deadline.min(Instant::now() + ABORT_TIMEOUT);
                open.settle_early(producer, ABORT_TIMEOUT);
                let early = open.early().and_then(Early::outage).map(str::to_owned);
                let _ = self.settle(open.abort(producer, deadline));
                // A copy of its offsets that is still on its way must not get into the next one.
                if let Some(outage) = early.or_else(|| producer.outage())
                    && matches!(self.state, Transaction::Ready(_))
                {
                    let _ = self.replace(producer, outage);
                }
            }
            other => self.state = other,
        }
    }

    fn settle(&mut self, ended: Ended) -> Commit {
        let sent = self.sent.take();
        match ended {
            Ended::Committed(ready) => {
                self.committed = sent.or(self.committed.take());
                self.pause.start();
                self.state = Transaction::Ready(ready);
                Commit::Committed
            }
            Ended::Aborted(ready) => {
                self.state = Transaction::Ready(ready);
                Commit::Aborted(String::new())
            }
            Ended::Unknown(why) => {
                self.committed = None;
                self.state = Transaction::Lost(why.clone());
                Commit::Unknown(why)
            }
        }
    }

    pub(super) fn recover(&mut self, producer: &mut Producer) -> Result<()> {
        if !matches!(self.state, Transaction::Lost(_)) {
            return Ok(());
        }
        let (handle, ready) = transactional(&self.config, &self.client_id, &self.id)?;
        producer.replace(handle)?;
        self.state = Transaction::Ready(ready);
        Ok(())
    }
}

fn opened(state: &mut Transaction) -> Result<&mut Open> {
    match state {
        Transaction::Open(open) => Ok(open),
        Transaction::Ready(_) => Err(lost("no transaction is open")),
        Transaction::Lost(why) => Err(lost(why)),
    }
}

/// A producer that is the only one of its transactional id.
fn transactional(config: &KafkaConfig, client_id: &str, id: &str) -> Result<(Arc<Handle>, Ready)> {
    let handle =
        config.start(Kind::Transactional, &[("client.id", client_id), ("transactional.id", id)])?;
    let ready = Ready::init(Arc::clone(&handle), id, config.request_timeout)?;
    Ok((handle, ready))
}

/// A cluster that has aborted a transaction of its own accord says only that the producer is fenced.
pub(super) fn timed(commit: Commit, overtime: Option<&str>) -> Commit {
    let with = |why: String| match overtime {
        None => why,
        Some(text) => Error::new(ErrorKind::Poisoned, format!("{text}: {why}"))
            .named(ErrorName::TransactionTimedOut)
            .to_string(),
    };
    match commit {
        Commit::Aborted(why) => Commit::Aborted(with(why)),
        Commit::Unknown(why) => Commit::Unknown(with(why)),
        other => other,
    }
}
