//! Topics, offsets and groups, asked of the cluster.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::config::KafkaConfig;
use super::failure::{absent, error};
use super::ffi::{Code, Entry, Failure, Handle, Kind, List, OffsetSpec, TopicInfo};
use super::times;
use crate::broker::{OffsetAndTime, TopicPartition, TopicSpec};
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// One connection for all questions of the process; may be used by all its threads.
pub(super) struct Admin {
    config: Arc<KafkaConfig>,
    handle: Arc<Handle>,
    /// The groups whose offsets were asked for: the application's own, as a rule.
    onlookers: Mutex<HashMap<String, Arc<Handle>>>,
    /// Since when every topic should be known to every broker, but for [`TOPIC_PROPAGATION`]: this
    /// process began to look, or created one.
    news: Mutex<Instant>,
}

/// How soon to look again whether a topic is there, or gone.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How long to wait for the first answer.
const FIRST_ATTEMPT: Duration = Duration::from_secs(1);

/// How long a topic may be unknown to a broker that has just started, or for which it is new.
const TOPIC_PROPAGATION: Duration = Duration::from_secs(5);

impl Admin {
    pub(super) fn new(config: Arc<KafkaConfig>) -> Result<Self> {
        let handle = config.start(Kind::Admin, &[("client.id", "streams-admin")])?;
        Ok(Self { config, handle, onlookers: Mutex::default(), news: Mutex::new(Instant::now()) })
    }

    pub(super) fn topics(&self, names: &[&str]) -> Result<Vec<Option<TopicSpec>>> {
        let infos = self.describe(names, self.config.request_timeout)?;
        names
            .iter()
            .map(|name| match infos.get(*name) {
                None => Ok(None),
                Some(info) => match &info.error {
                    Err(failure) if absent(failure.code) => Ok(None),
                    Err(failure) => Err(error(&format!("describing topic {name}"), failure)),
                    Ok(()) => Ok(Some(TopicSpec {
                        name: (*name).to_owned(),
                        partitions: info.partitions,
                        config: Default::default(),
                    })),
                },
            })
            .collect()
    }

    /// A topic, if there is one; a new one may not be known yet to the broker that is asked.
    pub(super) fn topic(&self, name: &str) -> Result<Option<TopicSpec>> {
        loop {
            let found = self.topics(&[name])?.pop().flatten();
            let news = *self.news.lock().unwrap_or_else(PoisonError::into_inner);
            if found.is_some() || news.elapsed() >= TOPIC_PROPAGATION {
                return Ok(found);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    pub(super) fn keeps_latest(&self, topic: &str) -> Result<bool> {
        let config = self.until_settled(|timeout| {
            let config = self.handle.topic_config(topic, timeout)?;
            config.map_err(|f| error(&format!("asking for the configuration of topic {topic}"), &f))
        })?;
        let entry = |name: &str| config.get(name).map(String::as_str);
        let unlimited = |name| entry(name) == Some("-1");
        Ok(entry("cleanup.policy") == Some("compact")
            || unlimited("retention.ms") && unlimited("retention.bytes"))
    }

    pub(super) fn create_topics(&self, topics: &[TopicSpec]) -> Result<()> {
        if topics.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + self.config.request_timeout;
        let new = topics.iter().map(|t| (t.name.as_str(), t.partitions, &t.config));
        let outcomes = self
            .handle
            .create_topics(new, self.config.replication_factor, self.config.request_timeout)?
            .map_err(|f| error("creating topics", &f))?;
        for (name, failure) in outcomes {
            if failure.code != Code::NONE && failure.code != Code::TOPIC_ALREADY_EXISTS {
                return Err(error(&format!("creating topic {name}"), &failure));
            }
        }
        *self.news.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let names: Vec<&str> = topics.iter().map(|t| t.name.as_str()).collect();
        self.wait(&names, deadline, "has no leader yet", |info| {
            info.is_some_and(|i| i.error.is_ok() && i.partitions > 0 && i.led)
        })
    }

    pub(super) fn delete_topics(&self, names: &[&str]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + self.config.request_timeout;
        let outcomes = self
            .handle
            .delete_topics(names, self.config.request_timeout)?
            .map_err(|f| error("deleting topics", &f))?;
        for (name, failure) in outcomes {
            if failure.code != Code::NONE && !absent(failure.code) {
                return Err(error(&format!("deleting topic {name}"), &failure));
            }
        }
        self.wait(names, deadline, "is still there", |info| {
            info.is_none_or(|i| matches!(&i.error, Err(f) if absent(f.code)))
        })
    }

    /// The earliest or latest offsets, in the order asked for.
    pub(super) fn offsets(
        &self,
        partitions: &[TopicPartition],
        spec: OffsetSpec,
    ) -> Result<Vec<i64>> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let doing = match spec {
            OffsetSpec::Earliest => "asking for the beginning of",
            OffsetSpec::Latest => "asking for the end of",
            OffsetSpec::Time(_) => "asking for the offset at a time in",
        };
        self.until_settled(|timeout| {
            self.of_leaders(partitions, timeout, || {
                let wanted = partitions.iter().map(|p| (&*p.topic, p.partition));
                let entries = self
                    .handle
                    .list_offsets(wanted, spec, timeout)?
                    .map_err(|f| error(&format!("{doing} {}", shown(partitions)), &f))?;
                let offsets = in_order(partitions, entries, doing, |entry| entry.offset)?;
                // Of a leader that did not answer in time, librdkafka says so, and no error. -1
                // is an answer: there is no record so new.
                match partitions.iter().zip(&offsets).find(|(_, offset)| **offset < -1) {
                    None => Ok(offsets),
                    Some((p, _)) => Err(Error::new(
                        ErrorKind::Retry,
                        format!("{doing} {p}: its leader did not answer (is the cluster up?)"),
                    )),
                }
            })
        })
    }

    /// The offsets at a time; the end of a partition that has nothing so new.
    pub(super) fn offsets_at(
        &self,
        partitions: &[TopicPartition],
        timestamp: i64,
    ) -> Result<Vec<i64>> {
        let mut found = self.offsets(partitions, OffsetSpec::Time(timestamp))?;
        let none: Vec<TopicPartition> = partitions
            .iter()
            .zip(&found)
            .filter(|(_, offset)| **offset < 0)
            .map(|(place, _)| place.clone())
            .collect();
        let mut ends = self.offsets(&none, OffsetSpec::Latest)?.into_iter();
        for offset in found.iter_mut().filter(|offset| **offset < 0) {
            *offset = ends.next().unwrap_or(0);
        }
        Ok(found)
    }

    pub(super) fn active_members(&self, group: &str) -> Result<usize> {
        self.until_settled(|timeout| {
            let members = self.handle.group_members(group, timeout)?;
            members.map_err(|f| error(&format!("asking for the members of group {group}"), &f))
        })
    }

    pub(super) fn move_offsets(
        &self,
        group: &str,
        offsets: &[(TopicPartition, i64)],
    ) -> Result<()> {
        let doing = format!("moving group {group} in");
        let places: Vec<TopicPartition> = offsets.iter().map(|(p, _)| p.clone()).collect();
        self.until_settled(|timeout| {
            let wanted = offsets.iter().map(|(p, offset)| (&*p.topic, p.partition, *offset));
            let entries = self
                .handle
                .alter_group_offsets(group, wanted, timeout)?
                .map_err(|f| error(&format!("{doing} {}", shown(&places)), &f))?;
            in_order(&places, entries, &doing, |_| ()).map(|_| ())
        })
    }

    /// Lets the cluster delete what lies before offsets.
    pub(super) fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<()> {
        let doing = "deleting the read records of";
        let places: Vec<TopicPartition> = before.iter().map(|(p, _)| p.clone()).collect();
        self.of_leaders(&places, self.config.request_timeout, || {
            let wanted = before.iter().map(|(p, offset)| (&*p.topic, p.partition, *offset));
            let entries = self
                .handle
                .delete_records(wanted, self.config.request_timeout)?
                .map_err(|f| error(&format!("{doing} {}", shown(&places)), &f))?;
            in_order(&places, entries, doing, |_| ()).map(|_| ())
        })
    }

    pub(super) fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<OffsetAndTime>>> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let doing = format!("asking for what group {group} committed of");
        let onlooker = self.onlooker(group)?;
        // Somebody's open transaction may have offsets of these in it, and its end is waited for.
        let patience = self.config.request_timeout + self.config.transaction_timeout;
        self.until_settled_within(patience, |timeout| {
            let wanted = List::new(partitions.iter().map(|p| (&*p.topic, p.partition, 0)))?;
            let entries = onlooker
                .group_offsets(&wanted, timeout)
                .map_err(|f| error(&format!("{doing} {}", shown(partitions)), &f))?;
            in_order(partitions, entries, &doing, |entry| {
                let time = times::decode(&entry.metadata);
                (entry.offset >= 0).then_some(OffsetAndTime { offset: entry.offset, time })
            })
        })
    }

    fn onlooker(&self, group: &str) -> Result<Arc<Handle>> {
        let mut all = self.onlookers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(group) {
            return Ok(Arc::clone(known));
        }
        let identity = [("client.id", "streams-offsets"), ("group.id", group)];
        let new = self.config.start(Kind::Onlooker, &identity)?;
        all.insert(group.to_owned(), Arc::clone(&new));
        Ok(new)
    }

    /// Asks the partitions' leaders; after an answer that may pass by itself, looks who they are
    /// now. librdkafka does not: for as long as its metadata lasts, 15 minutes, a broker that was
    /// started anew would refuse the epoch of before.
    fn of_leaders<T>(
        &self,
        partitions: &[TopicPartition],
        timeout: Duration,
        ask: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let answer = ask();
        if answer.as_ref().is_err_and(|e| e.kind() == ErrorKind::Retry) {
            let topics: BTreeSet<&str> = partitions.iter().map(|p| &*p.topic).collect();
            for topic in topics {
                // The answer stands; whether this one fails, too, the next try shows.
                let _ = self.handle.find_leaders(topic, timeout)?;
            }
        }
        answer
    }

    /// Asks again while the answer is one that passes by itself: a partition between leaders (as
    /// right after its topic was created), a coordinator that is loading, a broker that has just
    /// started and does not know its topics yet. Each time for longer: a leader that has died does
    /// not answer, and the next is not known before asking anew.
    fn until_settled<T>(&self, ask: impl Fn(Duration) -> Result<T>) -> Result<T> {
        self.until_settled_within(self.config.request_timeout, ask)
    }

    fn until_settled_within<T>(
        &self,
        limit: Duration,
        ask: impl Fn(Duration) -> Result<T>,
    ) -> Result<T> {
        let began = Instant::now();
        let mut patient = FIRST_ATTEMPT;
        loop {
            let left = limit.saturating_sub(began.elapsed()).max(LOOK_AGAIN).min(patient);
            patient = patient.saturating_mul(2);
            let patience = |e: &Error| match (e.kind(), e.name()) {
                (ErrorKind::Retry, _) => limit,
                (_, Some(ErrorName::TopicMissing)) => {
                    TOPIC_PROPAGATION.min(self.config.request_timeout)
                }
                _ => Duration::ZERO,
            };
            match ask(left) {
                Err(e) if began.elapsed() < patience(&e) => std::thread::sleep(LOOK_AGAIN),
                other => return other,
            }
        }
    }

    fn describe(&self, names: &[&str], timeout: Duration) -> Result<HashMap<String, TopicInfo>> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let infos = self
            .handle
            .describe_topics(names, timeout)?
            .map_err(|f| error(&format!("describing topics {}", names.join(", ")), &f))?;
        Ok(infos.into_iter().map(|info| (info.name.clone(), info)).collect())
    }

    /// Until every topic is as wanted.
    fn wait(
        &self,
        names: &[&str],
        deadline: Instant,
        still: &str,
        done: impl Fn(Option<&TopicInfo>) -> bool,
    ) -> Result<()> {
        loop {
            let infos = self.describe(names, self.config.request_timeout)?;
            let Some(name) = names.iter().find(|name| !done(infos.get(**name))) else {
                return Ok(());
            };
            if Instant::now() >= deadline {
                return Err(Error::new(
                    ErrorKind::Retry,
                    format!(
                        "topic {name} {still} after {:?}: look at the cluster's controller",
                        self.config.request_timeout
                    ),
                ));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// Entries in the order of what was asked for; the first failure among them is the result.
fn in_order<T>(
    partitions: &[TopicPartition],
    entries: Vec<Entry>,
    doing: &str,
    of: impl Fn(&Entry) -> T,
) -> Result<Vec<T>> {
    let mut found: HashMap<(&str, i32), &Entry> = HashMap::with_capacity(entries.len());
    for entry in &entries {
        found.insert((&entry.topic, entry.partition), entry);
    }
    partitions
        .iter()
        .map(|p| match found.get(&(&*p.topic, p.partition)) {
            None => {
                Err(Error::new(ErrorKind::Retry, format!("{doing} {p}: the cluster did not say")))
            }
            Some(entry) => match Failure::check(entry.code) {
                Ok(()) => Ok(of(entry)),
                Err(failure) => Err(error(&format!("{doing} {p}"), &failure)),
            },
        })
        .collect()
}

/// Partitions for an error: the first few.
fn shown(partitions: &[TopicPartition]) -> String {
    const FEW: usize = 3;
    let mut text: Vec<String> = partitions.iter().take(FEW).map(ToString::to_string).collect();
    if partitions.len() > FEW {
        text.push(format!("{} more", partitions.len() - FEW));
    }
    text.join(", ")
}
