//! What a topic's configuration says about deleting its records.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// The part of a topic's configuration that the log acts on, under Kafka's names. Other keys are
/// kept and shown, without effect.
///
/// Two things differ from Kafka's. Without `retention.ms` records stay for ever, and are not
/// deleted after 7 days: a log inside an application is its own only copy, and its records are often
/// older than that when they are loaded. And where a topic is also compacted, records age by the
/// newest record of their partition, not by the clock: such topics are changelogs of windows, whose
/// rows are needed until event time has passed them, however long ago the events were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cleanup {
    /// `cleanup.policy` contains `compact`.
    pub(super) compact: bool,
    /// `retention.ms`, where `cleanup.policy` contains `delete` (as it does by default).
    pub(super) retention_ms: Option<i64>,
    /// `retention.bytes` of a partition, likewise.
    pub(super) retention_bytes: Option<u64>,
    /// `delete.retention.ms`: how long tombstones stay after the compaction that found them first.
    pub(super) delete_retention_ms: i64,
    /// `min.compaction.lag.ms`: how old by its timestamp a record must be before a later one of its key may
    /// take its place. Versioned stores read their history from what is younger.
    pub(super) compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`: the share of uncompacted bytes that starts a compaction.
    pub(super) dirty_ratio: f64,
    /// `message.timestamp.type=LogAppendTime`.
    pub(super) append_time: bool,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Cleanup {
    pub(super) fn from_config(topic: &str, config: &BTreeMap<String, String>) -> Result<Self> {
        let entry = |key: &str| config.get(key).map(|value| value.trim());
        let mut cleanup = Self {
            compact: false,
            retention_ms: None,
            retention_bytes: None,
            delete_retention_ms: number(topic, config, "delete.retention.ms")?.unwrap_or(DAY_MS),
            compaction_lag_ms: number(topic, config, "min.compaction.lag.ms")?.unwrap_or(0),
            dirty_ratio: number(topic, config, "min.cleanable.dirty.ratio")?.unwrap_or(0.5),
            append_time: match entry("message.timestamp.type") {
                None | Some("CreateTime") => false,
                Some("LogAppendTime") => true,
                Some(other) => {
                    let possible = "CreateTime or LogAppendTime";
                    return Err(wrong(topic, "message.timestamp.type", other, possible));
                }
            },
        };
        let mut delete = false;
        let policy = entry("cleanup.policy").unwrap_or("delete");
        for word in policy.split(',').map(str::trim) {
            match word {
                "compact" => cleanup.compact = true,
                "delete" => delete = true,
                _ => {
                    let possible = "compact, delete, or compact,delete";
                    return Err(wrong(topic, "cleanup.policy", policy, possible));
                }
            }
        }
        // Read in any case, so that a wrong value is found when it is written.
        let retention_ms: Option<i64> = number(topic, config, "retention.ms")?;
        let retention_bytes: Option<i64> = number(topic, config, "retention.bytes")?;
        if delete {
            cleanup.retention_ms = retention_ms.filter(|ms| *ms >= 0);
            cleanup.retention_bytes = retention_bytes.and_then(|bytes| bytes.try_into().ok());
        }
        Ok(cleanup)
    }

    /// True if the size of the partitions must be known.
    pub(super) fn needs_sizes(&self) -> bool {
        self.compact || self.retention_bytes.is_some()
    }

    /// True if nothing is deleted but what a later record of its key stands for.
    pub(super) fn keeps_latest(&self) -> bool {
        self.retention_ms.is_none() && self.retention_bytes.is_none()
    }
}

fn number<T: std::str::FromStr>(
    topic: &str,
    config: &BTreeMap<String, String>,
    key: &str,
) -> Result<Option<T>> {
    let Some(value) = config.get(key) else {
        return Ok(None);
    };
    value.trim().parse().map(Some).map_err(|_| wrong(topic, key, value, "a number"))
}

fn wrong(topic: &str, key: &str, value: &str, possible: &str) -> Error {
    Error::config(format!("topic {topic}: {key} = `{value}` is not {possible}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn parse(config: &[(&str, &str)]) -> Result<Cleanup> {
        let config = config.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Cleanup::from_config("t", &config)
    }

    #[test]
    fn without_configuration_everything_is_kept() {
        let cleanup = parse(&[]).unwrap();
        assert!(!cleanup.compact && !cleanup.append_time);
        assert_eq!((cleanup.retention_ms, cleanup.retention_bytes), (None, None));
    }

    #[test]
    fn retention_counts_only_where_the_policy_deletes() {
        let retention = ("retention.ms", "60000");
        assert_eq!(parse(&[retention]).unwrap().retention_ms, Some(60_000));
        assert_eq!(parse(&[retention, ("cleanup.policy", "compact")]).unwrap().retention_ms, None);
        let both = parse(&[retention, ("cleanup.policy", "compact,delete")]).unwrap();
        assert!(both.compact);
        assert_eq!(both.retention_ms, Some(60_000));
        assert_eq!(parse(&[("retention.ms", "-1")]).unwrap().retention_ms, None);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_topic_and_key() {
        for (key, value) in [
            ("cleanup.policy", "compacted"),
            ("retention.ms", "7d"),
            ("message.timestamp.type", "Wall"),
        ] {
            let e = parse(&[(key, value)]).unwrap_err().to_string();
            assert!(e.contains("topic t") && e.contains(key) && e.contains(value), "{e}");
        }
    }
}
