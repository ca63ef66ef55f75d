//! Dead letters: the record that was read, as it was read, with what went wrong in its headers, by
//! the names that Kafka Streams gives them (KIP-1034).

use crate::output::TopicIndex;
use crate::{Error, ErrorKind, HeaderBuf, Output, RecordRef, Result};

/// Header with the kind of the error: `Decode`, `Processing`, ….
pub const EXCEPTION: &str = "__streams.errors.exception";
/// Header with the error's text.
pub const MESSAGE: &str = "__streams.errors.message";
/// Header with the errors that led to it, one a line.
pub const STACKTRACE: &str = "__streams.errors.stacktrace";
/// Header with the topic that the record was read from.
pub const TOPIC: &str = "__streams.errors.topic";
/// Header with its partition, in decimal.
pub const PARTITION: &str = "__streams.errors.partition";
/// Header with its offset, in decimal.
pub const OFFSET: &str = "__streams.errors.offset";

/// Where a record was read.
pub(crate) struct Origin<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
}

/// Writes the dead letter of a record: its own key, value and headers, then those of the error.
pub(crate) fn write(
    output: &mut Output,
    topic: TopicIndex,
    origin: &Origin<'_>,
    record: &RecordRef<'_>,
    error: &Error,
) -> Result<()> {
    let mut headers = record.headers.to_buf();
    add_headers(&mut headers, origin, record.offset, error);
    output.write(
        topic,
        None,
        // A topic takes no record from before 1970.
        record.timestamp.max(0),
        headers.as_headers(),
        |out| raw(out, record.key),
        |out| raw(out, record.value),
    )
}

fn add_headers(headers: &mut HeaderBuf, origin: &Origin<'_>, offset: i64, error: &Error) {
    let kind = match error.kind() {
        ErrorKind::Decode => "Decode",
        ErrorKind::Encode => "Encode",
        ErrorKind::Timestamp => "Timestamp",
        ErrorKind::Processing => "Processing",
        ErrorKind::Production => "Production",
        ErrorKind::Store | ErrorKind::Config | ErrorKind::Unavailable => "Error",
    };
    headers.push(EXCEPTION, Some(kind.as_bytes()));
    headers.push(MESSAGE, Some(error.to_string().as_bytes()));
    headers.push(STACKTRACE, Some(causes(error).as_bytes()));
    headers.push(TOPIC, Some(origin.topic.as_bytes()));
    headers.push(PARTITION, Some(origin.partition.to_string().as_bytes()));
    headers.push(OFFSET, Some(offset.to_string().as_bytes()));
}

fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str("\ncaused by: ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn raw(out: &mut Vec<u8>, bytes: Option<&[u8]>) -> Result<bool> {
    out.extend_from_slice(bytes.unwrap_or_default());
    Ok(bytes.is_some())
}
