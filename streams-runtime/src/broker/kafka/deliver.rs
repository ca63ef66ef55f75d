//! Messages become what [`Polled`] says; errors among them become errors of ours.

use std::time::{Duration, Instant};

use streams_core::{HeaderBuf, RecordRef};

use super::failure::{absent, error, transient};
use super::ffi::{Code, Failure, Message};
use crate::broker::Polled;
use crate::error::{Error, ErrorKind, ErrorName, Result};

/// How long a topic that was just created may be unknown to some broker.
const TOPIC_PROPAGATION: Duration = Duration::from_secs(10);

/// What a message is.
pub(super) enum Content {
    Record,
    End,
}

/// Hands out a record or an end; gives the offset after it.
pub(super) fn hand_out(
    message: &Message<'_>,
    content: Content,
    topic: usize,
    headers: &mut HeaderBuf,
    each: &mut dyn FnMut(Polled<'_>),
) -> i64 {
    let (partition, offset) = (message.partition(), message.offset());
    match content {
        Content::End => {
            each(Polled::End { topic, partition, offset });
            offset
        }
        Content::Record => {
            headers.clear();
            message.headers(headers);
            let record = RecordRef {
                offset,
                timestamp: message.timestamp(),
                key: message.key(),
                value: message.value(),
                headers: headers.as_headers(),
            };
            each(Polled::Record { topic, partition, record });
            offset + 1
        }
    }
}

/// Sorts errors: those that librdkafka overcomes by itself are logged, the others are returned.
/// `None` is a message that says nothing more. `group` is what errors without a topic are about.
pub(super) fn content(
    message: &Message<'_>,
    since: Instant,
    group: &str,
) -> Result<Option<Content>> {
    match message.code() {
        Code::NONE => Ok(Some(Content::Record)),
        Code::PARTITION_EOF => Ok(Some(Content::End)),
        code => trouble(message, code, since, group).map(|()| None),
    }
}

#[cold]
fn trouble(message: &Message<'_>, code: Code, since: Instant, group: &str) -> Result<()> {
    let failure = Failure::new(code, message.error_text());
    let (topic, partition) = (message.topic(), message.partition());
    match code {
        Code::AUTO_OFFSET_RESET | Code::OFFSET_OUT_OF_RANGE => Err(Error::new(
            ErrorKind::Fatal,
            format!(
                "reading {topic}-{partition}: the position is out of range ({failure}): the \
                 records there are gone by retention, or the topic was created anew"
            ),
        )
        .named(ErrorName::OffsetOutOfRange)),
        // librdkafka leaves the group, tells so by a rebalance, and joins again.
        Code::MAX_POLL_EXCEEDED => {
            tracing::warn!("{failure}: raise consumer.max.poll.interval.ms or process faster");
            Ok(())
        }
        // Java's members do not leave at their end: they are in the group for a session yet.
        Code::INCONSISTENT_GROUP_PROTOCOL => {
            tracing::warn!(
                "{failure}: members of another kind (of Java's Kafka Streams?) are in the group; \
                 waiting until they are gone"
            );
            Ok(())
        }
        code if transient(code) => {
            tracing::warn!(topic, partition, "reading: {failure}; librdkafka goes on trying");
            Ok(())
        }
        code if absent(code) && since.elapsed() < TOPIC_PROPAGATION => {
            tracing::debug!(topic, partition, "reading: {failure}; waiting for the topic");
            Ok(())
        }
        _ if topic.is_empty() => Err(error(&format!("in group {group}"), &failure)),
        _ => Err(error(&format!("reading {topic}-{partition}"), &failure)),
    }
}
