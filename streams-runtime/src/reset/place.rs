//! From where inputs are read again.

use std::str::FromStr;

use crate::broker::{Broker, TopicPartition};
use crate::error::{Error, Result};

/// From where the inputs are read after a reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetTo {
    /// The oldest records that there are.
    Earliest,
    /// What will be written from now on.
    Latest,
    /// The first records not older than this, in milliseconds since the Unix epoch.
    Time(i64),
    /// These offsets; partitions that are not named stay where they are.
    Offsets(Vec<(TopicPartition, i64)>),
}

impl ResetTo {
    /// The new positions of the inputs, in their order.
    pub(super) fn offsets(
        &self,
        broker: &dyn Broker,
        inputs: &[TopicPartition],
        committed: &[Option<i64>],
    ) -> Result<Vec<i64>> {
        let wanted = match self {
            Self::Earliest => return broker.beginning_offsets(inputs),
            Self::Latest => return broker.end_offsets(inputs),
            Self::Time(timestamp) => return broker.offsets_at(inputs, *timestamp),
            Self::Offsets(wanted) => wanted,
        };
        let begins = broker.beginning_offsets(inputs)?;
        let ends = broker.end_offsets(inputs)?;
        let mut offsets: Vec<i64> =
            committed.iter().zip(&begins).map(|(at, begin)| at.unwrap_or(*begin)).collect();
        let mut problems = Vec::new();
        for (place, offset) in wanted {
            let found = inputs.iter().position(|input| input == place);
            let range = found.and_then(|i| Some((i, *begins.get(i)?, *ends.get(i)?)));
            match range {
                None => problems.push(format!("{place} is not an input of the application")),
                Some((_, begin, end)) if !(begin..=end).contains(offset) => {
                    problems.push(format!("{place} has offsets {begin} to {end}, not {offset}"));
                }
                Some((i, ..)) => {
                    if let Some(slot) = offsets.get_mut(i) {
                        *slot = *offset;
                    }
                }
            }
        }
        if problems.is_empty() {
            return Ok(offsets);
        }
        Err(Error::config(format!("the reset is not possible:\n  - {}", problems.join("\n  - "))))
    }
}

/// `earliest`, `latest`, a time (`2026-11-25T10:00:00Z`, or milliseconds since the Unix epoch), or
/// offsets (`orders-0=42,orders-1=7`).
impl FromStr for ResetTo {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "earliest" => return Ok(Self::Earliest),
            "latest" => return Ok(Self::Latest),
            _ => {}
        }
        if let Ok(timestamp) = text.parse() {
            return match timestamp {
                0.. => Ok(Self::Time(timestamp)),
                _ => Err(format!("{timestamp}: a time before 1970")),
            };
        }
        if text.contains('=') {
            return text.split(',').map(offset).collect::<Result<_, _>>().map(Self::Offsets);
        }
        text.parse::<jiff::Timestamp>().map(|time| Self::Time(time.as_millisecond())).map_err(
            |_| {
                format!(
                    "`{text}` is none of `earliest`, `latest`, a time (`2026-11-25T10:00:00Z`, or \
                 milliseconds since 1970), offsets (`orders-0=42,orders-1=7`)"
                )
            },
        )
    }
}

fn offset(text: &str) -> std::result::Result<(TopicPartition, i64), String> {
    let parsed = text.split_once('=').and_then(|(place, offset)| {
        let (topic, partition) = place.trim().rsplit_once('-')?;
        let place = TopicPartition { topic: topic.into(), partition: partition.parse().ok()? };
        Some((place, offset.trim().parse().ok().filter(|offset| *offset >= 0)?))
    });
    parsed.ok_or_else(|| format!("`{text}`: expected TOPIC-PARTITION=OFFSET, as `orders-0=42`"))
}
