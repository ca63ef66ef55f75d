//! Reading partitions outside of any group.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::bindings::{RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END};
use streams_core::HeaderBuf;

use super::config::KafkaConfig;
use super::deliver::{content, hand_out};
use super::failure::{absent, error, transient};
use super::ffi::{Handle, Inbox, Kind, Reading, millis};
use crate::broker::{LogReader, Polled, Position, TopicPartition};
use crate::error::Result;

/// How long a topic may be unknown to a broker after it was created, and how soon to ask again.
const TOPIC_PROPAGATION: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A consumer without a group: it needs no rights on one, and no coordinator.
pub(super) struct KafkaReader {
    /// Dropped first: they stop the reading.
    readings: Vec<Reading>,
    inbox: Inbox,
    handle: Arc<Handle>,
    /// Where a partition is in the list given to `assign`.
    index: HashMap<String, HashMap<i32, usize>>,
    headers: HeaderBuf,
    opened: Instant,
    timeout: Duration,
}

impl KafkaReader {
    pub(super) fn open(config: &KafkaConfig) -> Result<Self> {
        let handle = config.start(Kind::Reader, &[("client.id", "streams-reader")])?;
        Ok(Self {
            readings: Vec::new(),
            inbox: Inbox::new(Arc::clone(&handle)),
            handle,
            index: HashMap::new(),
            headers: HeaderBuf::new(),
            opened: Instant::now(),
            timeout: config.request_timeout,
        })
    }

    /// Waits until the leaders are known; a topic that was just created may be news to a broker.
    fn find_leaders(&self, topic: &str) -> Result<()> {
        let deadline = Instant::now() + TOPIC_PROPAGATION.min(self.timeout);
        loop {
            match self.handle.find_leaders(topic, self.timeout)? {
                Ok(()) => return Ok(()),
                Err(f) if Instant::now() >= deadline || !(absent(f.code) || transient(f.code)) => {
                    return Err(error(&format!("beginning to read {topic}"), &f));
                }
                Err(_) => std::thread::sleep(LOOK_AGAIN),
            }
        }
    }

    /// Receives a batch and hands it out; gives how much there was.
    fn receive(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<usize> {
        let Self { inbox, index, headers, opened, .. } = self;
        let batch = inbox.receive(millis(timeout), max);
        let count = batch.len();
        let mut trouble = Ok(());
        let (mut run, mut at) = ((0, -1), None);
        for message in batch {
            let content = match content(&message, *opened, "") {
                Ok(Some(content)) => content,
                Ok(None) => continue,
                // The rest of the batch is handed out all the same: it would not come again.
                Err(e) => {
                    trouble = trouble.and(Err(e));
                    continue;
                }
            };
            if run != (message.topic_address(), message.partition()) {
                run = (message.topic_address(), message.partition());
                at = index.get(message.topic()).and_then(|p| p.get(&run.1)).copied();
            }
            if let Some(at) = at {
                hand_out(&message, content, at, headers, each);
            }
        }
        trouble.map(|()| count)
    }
}

impl LogReader for KafkaReader {
    fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        self.readings.clear();
        self.index.clear();
        for (at, (p, position)) in partitions.iter().enumerate() {
            let offset = match position {
                Position::Earliest => i64::from(RD_KAFKA_OFFSET_BEGINNING),
                Position::Latest => i64::from(RD_KAFKA_OFFSET_END),
                Position::Offset(offset) => *offset,
            };
            if !self.index.contains_key(&*p.topic) {
                self.find_leaders(&p.topic)?;
            }
            self.index.entry(p.topic.to_string()).or_default().insert(p.partition, at);
            let reading = Reading::start(&self.handle, &p.topic, p.partition, offset)?
                .map_err(|f| error(&format!("beginning to read {p}"), &f))?;
            self.readings.push(reading);
        }
        self.opened = Instant::now();
        Ok(())
    }

    fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        each: &mut dyn FnMut(Polled<'_>),
    ) -> Result<()> {
        // librdkafka waits until all that was asked for is there: so what is there, or else one,
        // then the rest.
        if max == 0 || self.receive(Duration::ZERO, max, each)? > 0 || timeout.is_zero() {
            return Ok(());
        }
        if self.receive(timeout, 1, each)? > 0 && max > 1 {
            self.receive(Duration::ZERO, max - 1, each)?;
        }
        Ok(())
    }
}
