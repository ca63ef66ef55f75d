//! A worker's [`Client`]: its consumer, its producer, its place in the group.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admin::Admin;
use super::config::KafkaConfig;
use super::consumer::Consumer;
use super::failure::{absent, error, fenced, transient};
use super::ffi::{Code, Failure, Handle, Kind, List, Member, OffsetSpec, TransactionFailure};
use super::producer::Producer;
use super::times;
use super::transaction::{Ended, Ready, Transaction, is_fenced, lost};
use crate::broker::{
    Append, Client, ClientOptions, Commit, OffsetAndTime, Polled, Position, TopicPartition,
    WriterTopic,
};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, ErrorName, Result};
use crate::group::{Librdkafka, Membership};

/// How soon to commit again while the group's coordinator is moving.
const COMMIT_AGAIN: Duration = Duration::from_millis(20);

/// How long an abort may take: a new producer of the same transactional id ends the transaction, too.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct KafkaClient {
    consumer: Consumer,
    producer: Producer,
    /// Exactly once.
    transactions: Option<Transactions>,
    handle: Arc<Handle>,
    admin: Arc<Admin>,
    commit_timeout: Duration,
}

/// What a transactional producer is made from, and where its transactions stand.
struct Transactions {
    config: Arc<KafkaConfig>,
    client_id: String,
    id: String,
    group: String,
    state: Transaction,
}

/// Opens a client and joins the group.
pub(super) fn open(
    config: &Arc<KafkaConfig>,
    admin: &Arc<Admin>,
    options: &ClientOptions,
) -> Result<(Box<dyn Client>, Box<dyn Membership>)> {
    let client_id = format!("{}-{}", options.application_id, options.worker);
    // First the producer: what its predecessor left open is ended before the offsets are asked for.
    let (producer, state) = match &options.transactional_id {
        None => (config.start(Kind::Producer, &[("client.id", &client_id)])?, None),
        Some(id) => {
            let (handle, ready) = transactional(config, &client_id, id)?;
            (handle, Some(Transaction::Ready(ready)))
        }
    };
    let transactions = options.transactional_id.clone().zip(state);
    let transactions = transactions.map(|(id, state)| Transactions {
        config: Arc::clone(config),
        client_id: client_id.clone(),
        id,
        group: options.application_id.clone(),
        state,
    });
    let group = [("client.id", client_id.as_str()), ("group.id", &options.application_id)];
    let handle = config.start(Kind::Consumer, &group)?;
    if !options.topics.is_empty() {
        let any_partition = -1;
        let topics = List::new(options.topics.iter().map(|t| (t.as_str(), any_partition, 0)))?;
        handle
            .subscribe(&topics)
            .map_err(|f| error(&format!("subscribing to {}", options.topics.join(", ")), &f))?;
    }
    let membership = Librdkafka::new(Arc::clone(&handle), config.leave_timeout);
    let client = KafkaClient {
        consumer: Consumer::new(
            Arc::clone(&handle),
            options.topics.clone(),
            Arc::clone(admin),
            config.request_timeout,
        ),
        producer: Producer::new(producer, config.delivery_timeout),
        transactions,
        handle,
        admin: Arc::clone(admin),
        commit_timeout: config.commit_timeout,
    };
    Ok((Box::new(client), Box::new(membership)))
}

/// A producer that is the only one of its transactional id.
fn transactional(config: &KafkaConfig, client_id: &str, id: &str) -> Result<(Arc<Handle>, Ready)> {
    let handle =
        config.start(Kind::Transactional, &[("client.id", client_id), ("transactional.id", id)])?;
    let ready = Ready::init(Arc::clone(&handle), id, config.request_timeout)?;
    Ok((handle, ready))
}

impl Client for KafkaClient {
    fn assign(&mut self, partitions: &[(TopicPartition, Option<Position>)]) -> Result<()> {
        self.consumer.assign(partitions)
    }

    fn pause(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.consumer.pause(partitions)
    }

    fn resume(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        self.consumer.resume(partitions)
    }

    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        self.consumer.poll(timeout, max, each)
    }

    fn writer(&mut self, topic: &str) -> Result<(WriterTopic, i32)> {
        let Some(spec) = self.admin.topic(topic)? else {
            return Err(Error::new(
                ErrorKind::Fatal,
                format!("topic {topic} does not exist: create it before it is written"),
            ));
        };
        Ok((self.producer.topic(topic)?, spec.partitions))
    }

    fn append(&mut self, record: Append<'_>) -> Result<()> {
        if let Some(transactions) = &mut self.transactions {
            transactions.state.open()?;
        }
        self.producer.append(record).map_err(|e| self.explained(e))
    }

    fn commit_with_ends(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndTime)],
        ends_of: &[TopicPartition],
    ) -> Result<(Commit, Vec<i64>)> {
        let deadline = Instant::now() + self.commit_timeout;
        if self.transactions.is_some() {
            return self.commit_transaction(offsets, ends_of, deadline);
        }
        crash::at(CrashPoint::BeforeFlush);
        self.producer.flush(deadline)?;
        crash::at(CrashPoint::AfterFlush);
        let ends = self.admin.offsets(ends_of, OffsetSpec::Latest)?;
        crash::at(CrashPoint::BeforeCommit);
        Ok((self.commit_offsets(offsets, deadline)?, ends))
    }

    fn abort(&mut self) -> Result<()> {
        match &mut self.transactions {
            // What was appended is written, or will be: at least once.
            None => Ok(()),
            Some(transactions) => {
                let deadline = Instant::now() + self.commit_timeout;
                transactions.abort(&mut self.producer, deadline);
                Ok(())
            }
        }
    }

    fn recover(&mut self) -> Result<()> {
        match &mut self.transactions {
            Some(transactions) => transactions.recover(&mut self.producer),
            None => Ok(()),
        }
    }
}

impl KafkaClient {
    /// At least once: in the name of the member of the group.
    fn commit_offsets(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndTime)],
        deadline: Instant,
    ) -> Result<Commit> {
        if offsets.is_empty() {
            return Ok(Commit::Committed);
        }
        let list = times::list(offsets)?;
        loop {
            // librdkafka commits in the name of the member that it is by then, and in nobody's
            // while it is out of the group, which an empty group accepts.
            if !self.handle.is_member() {
                return Ok(Commit::Fenced);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let failure = match self.handle.commit(&list, left) {
                None => Code::TIMED_OUT.into(),
                Some(Err(failure)) => failure,
                Some(Ok(entries)) => match entries.iter().find(|e| e.code != Code::NONE) {
                    None => return Ok(Commit::Committed),
                    Some(entry) => Failure::new(
                        entry.code,
                        format!("{}-{}: {}", entry.topic, entry.partition, entry.code),
                    ),
                },
            };
            if fenced(failure.code) {
                return Ok(Commit::Fenced);
            }
            let again = transient(failure.code) || absent(failure.code);
            if !again || Instant::now() >= deadline {
                return Err(error("committing offsets", &failure));
            }
            std::thread::sleep(COMMIT_AGAIN.min(left));
        }
    }

    /// Exactly once: records, offsets and their end as one.
    fn commit_transaction(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndTime)],
        ends_of: &[TopicPartition],
        deadline: Instant,
    ) -> Result<(Commit, Vec<i64>)> {
        let prepared = self.prepare(offsets, ends_of, deadline)?;
        let Some(transactions) = &mut self.transactions else {
            return Ok((Commit::Committed, Vec::new()));
        };
        let overtime = transactions.overtime();
        let ends = match prepared {
            Ok(ends) => ends,
            Err(why) => {
                transactions.abort(&mut self.producer, deadline);
                return Ok((timed(why, overtime.as_deref()), Vec::new()));
            }
        };
        let commit = transactions.commit(&mut self.producer, deadline);
        let commit = timed(commit, overtime.as_deref());
        if commit == Commit::Committed
            && let Some(outage) = self.producer.outage()
        {
            // A copy of the request that is still on its way must not end the next transaction.
            tracing::debug!(
                "a connection broke during a commit ({outage}): a new producer goes on"
            );
            transactions.state = Transaction::Lost(outage);
            transactions.recover(&mut self.producer)?;
        }
        Ok((commit, ends))
    }

    /// The same error, or why the transaction failed, where that is why records were not written.
    #[cold]
    fn explained(&mut self, e: Error) -> Error {
        let Some(transactions) = &self.transactions else { return e };
        if !self.producer.is_broken_by_transaction() {
            return self.producer.failure().unwrap_or(e);
        }
        match transactions.failure() {
            // The cluster's answer names no topic.
            Some(why) if why.name() == Some(ErrorName::AuthorizationFailed) => {
                let topics = self.producer.topics().collect::<Vec<_>>().join(", ");
                why.after(&format!("{e}; one of the topics that it writes ({topics}) is denied"))
            }
            Some(why) => why.after(&e),
            None => e,
        }
    }

    /// Writes the records and puts the offsets in; gives the ends, or why to abort.
    fn prepare(
        &mut self,
        offsets: &[(TopicPartition, OffsetAndTime)],
        ends_of: &[TopicPartition],
        deadline: Instant,
    ) -> Result<Result<Vec<i64>, Commit>> {
        let Some(transactions) = &mut self.transactions else {
            return Ok(Ok(Vec::new()));
        };
        if offsets.is_empty() && !transactions.is_open() {
            return Ok(Ok(Vec::new()));
        }
        transactions.state.open()?;
        crash::at(CrashPoint::BeforeFlush);
        if let Err(e) = self.producer.flush(deadline) {
            return abort_if_it_passes(self.explained(e));
        }
        crash::at(CrashPoint::AfterFlush);
        let ends = match self.admin.offsets(ends_of, OffsetSpec::Latest) {
            Ok(ends) => ends,
            Err(e) => return abort_if_it_passes(e),
        };
        if offsets.is_empty() {
            return Ok(Ok(ends));
        }
        let Some(member) = self.handle.assigned_member() else {
            return Ok(Err(Commit::Fenced));
        };
        let list = times::list(offsets)?;
        match transactions.send_offsets(&list, &member, deadline)? {
            Ok(()) => Ok(Ok(ends)),
            Err(f) if is_fenced(&f) => Ok(Err(Commit::Fenced)),
            Err(f) => {
                let e = error("adding offsets to the transaction", &f.failure);
                // Whatever ended this producer, a new one may do better.
                if f.fatal {
                    Ok(Err(Commit::Aborted(e.to_string())))
                } else {
                    abort_if_it_passes(e)
                }
            }
        }
    }
}

/// What passes by itself is worth an abort and another try; the rest would come again.
fn abort_if_it_passes<T>(e: Error) -> Result<Result<T, Commit>> {
    match e.kind() {
        ErrorKind::Poisoned | ErrorKind::Retry | ErrorKind::Rejoin => {
            Ok(Err(Commit::Aborted(e.to_string())))
        }
        _ => Err(e),
    }
}

/// A cluster that has aborted a transaction of its own accord says only that the producer is fenced.
fn timed(commit: Commit, overtime: Option<&str>) -> Commit {
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

impl Transactions {
    /// Why the open transaction can only be aborted, if it is so.
    fn failure(&self) -> Option<Error> {
        let Transaction::Open(open) = &self.state else { return None };
        open.failure()
    }

    /// Says how long the open transaction has been open, if the cluster has aborted it by now.
    fn overtime(&self) -> Option<String> {
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

    fn commit(&mut self, producer: &mut Producer, deadline: Instant) -> Commit {
        match self.state.take("a commit was cut short") {
            Transaction::Open(open) => self.settle(open.commit(producer, deadline)),
            other => {
                self.state = other;
                Commit::Committed
            }
        }
    }

    fn is_open(&self) -> bool {
        !matches!(self.state, Transaction::Ready(_))
    }

    fn send_offsets(
        &self,
        offsets: &List,
        member: &Member,
        deadline: Instant,
    ) -> Result<Result<(), TransactionFailure>> {
        match &self.state {
            Transaction::Open(open) => open.send_offsets(offsets, &self.group, member, deadline),
            Transaction::Ready(_) => Err(lost("no transaction is open")),
            Transaction::Lost(why) => Err(lost(why)),
        }
    }

    /// Nothing of it was asked to be committed, so that nothing of it can count: where the abort
    /// itself fails, the next producer of this name aborts.
    fn abort(&mut self, producer: &mut Producer, deadline: Instant) {
        match self.state.take("an abort was cut short") {
            Transaction::Open(open) => {
                // A broker that is away must not hold up the end.
                let deadline = deadline.min(Instant::now() + ABORT_TIMEOUT);
                let _ = self.settle(open.abort(producer, deadline));
            }
            other => self.state = other,
        }
    }

    fn settle(&mut self, ended: Ended) -> Commit {
        match ended {
            Ended::Committed(ready) => {
                self.state = Transaction::Ready(ready);
                Commit::Committed
            }
            Ended::Aborted(ready) => {
                self.state = Transaction::Ready(ready);
                Commit::Aborted(String::new())
            }
            Ended::Unknown(why) => {
                self.state = Transaction::Lost(why.clone());
                Commit::Unknown(why)
            }
        }
    }

    fn recover(&mut self, producer: &mut Producer) -> Result<()> {
        if !matches!(self.state, Transaction::Lost(_)) {
            return Ok(());
        }
        let (handle, ready) = transactional(&self.config, &self.client_id, &self.id)?;
        producer.replace(handle)?;
        self.state = Transaction::Ready(ready);
        Ok(())
    }
}
