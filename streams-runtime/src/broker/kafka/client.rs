//! A worker's [`Client`]: its consumer, its producer, its place in the group.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::admin::Admin;
use super::config::KafkaConfig;
use super::consumer::Consumer;
use super::early::Early;
use super::failure::{absent, error, fenced, transient};
use super::ffi::{Code, Failure, Handle, Kind, List, OffsetSpec, TransactionFailure};
use super::producer::Producer;
use super::times;
use super::transaction::{Offsets, is_fenced};
use super::transactional::{ABORT_TIMEOUT, Transactions, timed};
use crate::broker::{
    Append, Client, ClientOptions, Commit, OffsetAndTime, Polled, Position, TopicPartition,
    WriterTopic,
};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, Result};
use crate::group::{Librdkafka, Membership};

/// How soon to commit again while the group's coordinator is moving.
const COMMIT_AGAIN: Duration = Duration::from_millis(20);

pub(super) struct KafkaClient {
    consumer: Consumer,
    producer: Producer,
    /// Exactly once.
    transactions: Option<Transactions>,
    handle: Arc<Handle>,
    admin: Arc<Admin>,
    commit_timeout: Duration,
}

/// Opens a client and joins the group.
pub(super) fn open(
    config: &Arc<KafkaConfig>,
    admin: &Arc<Admin>,
    options: &ClientOptions,
) -> Result<(Box<dyn Client>, Box<dyn Membership>)> {
    let client_id = format!("{}-{}", options.application_id, options.worker);
    // First the producer: what its predecessor left open is ended before the offsets are asked for.
    let (producer, transactions) = match &options.transactional_id {
        None => (config.start(Kind::Producer, &[("client.id", &client_id)])?, None),
        Some(id) => {
            let group = options.application_id.clone();
            let (handle, transactions) = Transactions::new(config, &client_id, id, group)?;
            (handle, Some(transactions))
        }
    };
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
            options.application_id.clone(),
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
        if let Some(transactions) = &mut self.transactions {
            transactions.tend_early(&self.handle, &mut self.producer);
        }
        self.consumer.poll(timeout, max, each)
    }

    fn known_end(&self, place: &TopicPartition) -> Option<i64> {
        self.handle.known_end(&place.topic, place.partition)
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        self.consumer.waker()
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
            transactions.open()?;
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
        let commit = transactions.commit(deadline);
        let commit = timed(commit, overtime.as_deref());
        if commit == Commit::Committed
            && let Some(outage) = self.producer.outage()
        {
            // A copy of the request that is still on its way must not end the next transaction.
            tracing::debug!(
                "a connection broke during a commit ({outage}): a new producer goes on"
            );
            transactions.replace(&mut self.producer, outage)?;
        }
        Ok((commit, ends))
    }

    /// The same error, or why the transaction failed, where that is why records were not written.
    #[cold]
    fn explained(&mut self, e: Error) -> Error {
        let Some(transactions) = &mut self.transactions else { return e };
        if !self.producer.is_broken_by_transaction() {
            return self.producer.failure().unwrap_or(e);
        }
        match transactions.failure(&mut self.producer) {
            // The cluster's answer names no topic.
            Some(f) if is_of_a_topic(&f) => {
                let topics = self.producer.topics().collect::<Vec<_>>().join(", ");
                transaction_failed(&f)
                    .after(&format!("{e}; one of the topics that it writes ({topics}) is denied"))
            }
            Some(f) => transaction_failed(&f).after(&e),
            None => e,
        }
    }

    /// Writes the records and puts the offsets in; gives the ends, or why to abort.
    ///
    /// Offsets go while the records are on their way, so that a commit waits for the slower of the two.
    /// Not so where ends are asked for, which has to be before the group says whose the tasks are.
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
        transactions.open()?;
        let early = transactions.early(&mut self.producer);
        if let Some(f) = early.and_then(Early::failure) {
            // They may be of a topic that is gone, which the commit's own need not be.
            return Ok(Err(match is_fenced(f) {
                true => Commit::Fenced,
                false => Commit::Aborted(not_added(f).to_string()),
            }));
        }
        if let Some(outage) = early.and_then(Early::outage) {
            return Ok(Err(Commit::Aborted(format!(
                "adding offsets to the transaction: a connection broke meanwhile ({outage})"
            ))));
        }
        let early = early.map(|early| &early.offsets);
        let offsets = match (offsets, early, self.handle.assigned_member()) {
            ([], None, _) => None,
            (_, _, None) => return Ok(Err(Commit::Fenced)),
            (_, Some(early), Some(member)) if early.member != member => {
                return Ok(Err(Commit::Fenced));
            }
            // They have to be followed by others of the same member: the group may have moved on.
            ([], Some(early), Some(member)) => {
                Some(Offsets { list: early.list.copy(), member, deadline })
            }
            (offsets, _, Some(member)) => {
                Some(Offsets { list: times::list(offsets)?, member, deadline })
            }
        };
        self.producer.clear_outage();
        crash::at(CrashPoint::BeforeFlush);
        transactions.fit_pause();
        let meanwhile = match &offsets {
            Some(offsets) if ends_of.is_empty() => Some(transactions.start_offsets(offsets)?),
            _ => None,
        };
        if let Err(e) = self.producer.flush(deadline) {
            // An abort has to come after it, whatever its outcome.
            let refused = meanwhile.and_then(|sending| sending.wait(ABORT_TIMEOUT).err());
            return match refused {
                // When the offsets are refused, records are not written any more.
                Some(f) if self.producer.is_broken_by_transaction() && !is_of_a_topic(&f) => {
                    why_refused(&f)
                }
                _ => abort_if_it_passes(self.explained(e)),
            };
        }
        crash::at(CrashPoint::AfterFlush);
        let ends = match self.admin.offsets(ends_of, OffsetSpec::Latest) {
            Ok(ends) => ends,
            Err(e) => return abort_if_it_passes(e),
        };
        let Some(offsets) = offsets else { return Ok(Ok(ends)) };
        let sending = match meanwhile {
            Some(sending) => sending,
            None => transactions.start_offsets(&offsets)?,
        };
        match transactions.finish_offsets(sending, &offsets)? {
            Ok(()) => Ok(Ok(ends)),
            Err(f) => why_refused(&f),
        }
    }
}

fn transaction_failed(f: &TransactionFailure) -> Error {
    error("the transaction failed", &f.failure)
}

fn not_added(f: &TransactionFailure) -> Error {
    error("adding offsets to the transaction", &f.failure)
}

/// What becomes of a commit whose offsets were refused.
fn why_refused<T>(f: &TransactionFailure) -> Result<Result<T, Commit>> {
    if is_fenced(f) {
        return Ok(Err(Commit::Fenced));
    }
    let e = not_added(f);
    // Whatever ended this producer, a new one may do better.
    if f.fatal { Ok(Err(Commit::Aborted(e.to_string()))) } else { abort_if_it_passes(e) }
}

/// True if the right to a topic is missing, be it one that is written or one whose offset it is.
fn is_of_a_topic(f: &TransactionFailure) -> bool {
    f.failure.code == Code::TOPIC_AUTHORIZATION
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
