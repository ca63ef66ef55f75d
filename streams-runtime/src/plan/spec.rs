//! The topics to create, configured as Kafka Streams configures them.

use std::collections::BTreeMap;

use streams_core::output::TopicIndex;
use streams_core::topology::{TopicRole, TopologyDescription};

use super::PlannedTopic;
use crate::broker::TopicSpec;

/// Kafka Streams' `windowstore.changelog.additional.retention.ms`: a day, so that clocks that
/// differ do not cost rows.
const ADDITIONAL_RETENTION_MS: i64 = 24 * 60 * 60 * 1000;

/// Kafka Streams' segment size of repartition topics, which are purged as they are read.
const REPARTITION_SEGMENT_BYTES: i64 = 50 << 20;

/// The planned topics that do not exist.
pub(super) fn missing(
    topology: &TopologyDescription,
    planned: &[PlannedTopic],
    existing: &BTreeMap<String, i32>,
) -> Vec<TopicSpec> {
    let mut specs: Vec<TopicSpec> = Vec::new();
    let changelogs: Vec<TopicIndex> =
        topology.subtopologies.iter().flat_map(|s| s.stores).filter_map(|s| s.changelog).collect();
    for (number, (topic, planned)) in topology.topics.iter().zip(planned).enumerate() {
        let listed = specs.iter().any(|s| *s.name == *planned.name);
        if listed || existing.contains_key(&*planned.name) {
            continue;
        }
        specs.push(TopicSpec {
            name: planned.name.to_string(),
            partitions: planned.partitions,
            config: match topic.role {
                // Its rows come back from it.
                TopicRole::Source if changelogs.iter().any(|c| usize::from(c.0) == number) => {
                    BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())])
                }
                role => config(role),
            },
        });
    }
    specs
}

/// `RepartitionTopicConfig`, `UnwindowedUnversionedChangelogTopicConfig`, `WindowedChangelogTopicConfig`
/// and `VersionedChangelogTopicConfig`, whose additional time is a day, too.
fn config(role: TopicRole) -> BTreeMap<String, String> {
    let entries: Vec<(&str, String)> = match role {
        TopicRole::Source | TopicRole::Sink | TopicRole::DeadLetter => vec![],
        TopicRole::Repartition => vec![
            ("cleanup.policy", "delete".to_owned()),
            ("segment.bytes", REPARTITION_SEGMENT_BYTES.to_string()),
            ("retention.ms", "-1".to_owned()),
            ("message.timestamp.type", "CreateTime".to_owned()),
        ],
        TopicRole::Changelog { history_ms: Some(history), .. } => vec![
            ("cleanup.policy", "compact".to_owned()),
            ("min.compaction.lag.ms", history.saturating_add(ADDITIONAL_RETENTION_MS).to_string()),
            ("message.timestamp.type", "CreateTime".to_owned()),
        ],
        TopicRole::Changelog { retention_ms: None, .. } => vec![
            ("cleanup.policy", "compact".to_owned()),
            ("message.timestamp.type", "CreateTime".to_owned()),
        ],
        TopicRole::Changelog { retention_ms: Some(retention), .. } => vec![
            ("cleanup.policy", "compact,delete".to_owned()),
            ("retention.ms", retention.saturating_add(ADDITIONAL_RETENTION_MS).to_string()),
            ("message.timestamp.type", "CreateTime".to_owned()),
        ],
    };
    entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}
