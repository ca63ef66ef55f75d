//! How many partitions each topic has, by Kafka Streams' rules.

use std::collections::BTreeMap;

use streams_core::topology::{TopicDescription, TopicRole, TopologyDescription};

use super::Rules;

/// The partitions of every topic, by [`TopicIndex`](streams_core::output::TopicIndex); what does not
/// fit is added to `problems`.
pub(super) fn partitions(
    topology: &'static TopologyDescription,
    existing: &BTreeMap<String, i32>,
    rules: Rules<'_>,
    problems: &mut Vec<String>,
) -> Vec<i32> {
    let mut counts = Counts {
        topology,
        names: topology.topics.iter().map(|t| rules.name(t)).collect(),
        known: vec![None; topology.topics.len()],
    };
    counts.external(existing, rules, problems);
    counts.repartitions(rules);
    let agree = counts.co_partitioned(problems);
    counts.changelogs();
    // Sources that disagree make wrong numbers of what is derived from them: one cause, one message.
    if agree {
        counts.internal_as_expected(existing, rules, problems);
    }
    counts.known.into_iter().map(|n| n.unwrap_or(rules.partitions)).collect()
}

struct Counts {
    topology: &'static TopologyDescription,
    names: Vec<String>,
    known: Vec<Option<i32>>,
}

impl Counts {
    fn known(&self, topic: usize) -> Option<i32> {
        self.known.get(topic).copied().flatten()
    }

    fn set(&mut self, topic: usize, partitions: i32) {
        if let Some(place) = self.known.get_mut(topic) {
            *place = Some(partitions);
        }
    }

    fn name(&self, topic: usize) -> &str {
        self.names.get(topic).map_or("", String::as_str)
    }

    /// The largest known number among the sources of a sub-topology.
    fn of_sources(&self, subtopology: usize) -> Option<i32> {
        let sources = self.topology.subtopologies.get(subtopology)?.sources;
        sources.iter().filter_map(|s| self.known(usize::from(s.topic.0))).max()
    }

    fn readers(&self, topic: usize) -> impl Iterator<Item = usize> + '_ {
        let reads = move |number: &usize| {
            let subtopology = self.topology.subtopologies.get(*number);
            subtopology.is_some_and(|s| s.sources.iter().any(|s| usize::from(s.topic.0) == topic))
        };
        (0..self.topology.subtopologies.len()).filter(reads)
    }

    fn writers(&self, topic: usize) -> impl Iterator<Item = usize> + '_ {
        let writes = move |number: &usize| {
            let subtopology = self.topology.subtopologies.get(*number);
            subtopology.is_some_and(|s| s.sinks.iter().any(|s| usize::from(s.0) == topic))
        };
        (0..self.topology.subtopologies.len()).filter(writes)
    }

    /// Sources and sinks: what exists counts. A missing one that may be created gets the declared
    /// number, else that of the sources beside it, else the configured one.
    fn external(
        &mut self,
        existing: &BTreeMap<String, i32>,
        rules: Rules<'_>,
        problems: &mut Vec<String>,
    ) {
        let topology = self.topology;
        let external = || topology.topics.iter().enumerate().filter(|(_, t)| !t.is_internal());
        let mut missing = Vec::new();
        for (number, topic) in external() {
            let name = self.names.get(number).cloned().unwrap_or_default();
            match (existing.get(&name), topic.partitions) {
                (Some(there), Some(declared)) if *there != declared => {
                    problems.push(format!(
                        "topic {} has {there} partitions, and is declared with {declared}: change \
                         the declaration or the topic",
                        name
                    ));
                    self.set(number, *there);
                }
                (Some(there), _) => self.set(number, *there),
                (None, _) if !rules.create_topics => missing.push(name),
                (None, Some(declared)) => self.set(number, declared),
                (None, None) => {}
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            problems.push(format!(
                "missing: {}; create {}, or set `create_topics = true` to have that done with \
                 `partitions` partitions each",
                missing.join(", "),
                if missing.len() == 1 { "it" } else { "them" },
            ));
        }
        for (number, _) in external() {
            if self.known(number).is_none() {
                let beside = self.readers(number).filter_map(|s| self.of_sources(s)).max();
                // The same topic may be declared as a source and as a sink.
                let twin = (0..self.names.len())
                    .filter(|n| self.name(*n) == self.name(number))
                    .find_map(|n| self.known(n));
                self.set(number, twin.or(beside).unwrap_or(rules.partitions));
            }
        }
    }

    /// Repartition topics: the declared number, else that of what they are joined with, else the
    /// largest among the sources upstream (Kafka Streams' `setRepartitionTopicMetadataNumberOfPartitions`
    /// and `CopartitionedTopicsEnforcer`).
    fn repartitions(&mut self, rules: Rules<'_>) {
        let topology = self.topology;
        let repartition = || {
            let all = topology.topics.iter().enumerate();
            all.filter(|(_, t)| t.role == TopicRole::Repartition)
        };
        for (number, topic) in repartition() {
            if let Some(declared) = topic.partitions {
                self.set(number, declared);
            }
        }
        // Each round settles at least one topic, or all that can be settled are.
        for _ in 0..topology.topics.len() {
            let mut settled = false;
            for (number, _) in repartition().filter(|(_, t)| t.partitions.is_none()) {
                if self.known(number).is_some() {
                    continue;
                }
                let beside = self.readers(number).filter_map(|s| self.of_sources(s)).max();
                let upstream: Option<Vec<i32>> =
                    self.writers(number).map(|s| self.settled(s)).collect();
                let upstream = upstream.and_then(|all| all.into_iter().max());
                if let Some(partitions) = beside.or(upstream) {
                    self.set(number, partitions);
                    settled = true;
                }
            }
            if !settled {
                break;
            }
        }
        for (number, _) in repartition() {
            if self.known(number).is_none() {
                self.set(number, rules.partitions);
            }
        }
        self.level_joined_repartitions();
    }

    /// The number of a sub-topology's tasks, once it is known for all of its sources.
    fn settled(&self, subtopology: usize) -> Option<i32> {
        let sources = self.topology.subtopologies.get(subtopology)?.sources;
        let all: Option<Vec<i32>> =
            sources.iter().map(|s| self.known(usize::from(s.topic.0))).collect();
        all?.into_iter().max()
    }

    /// Repartition topics that are read together and were free to choose take the largest number.
    fn level_joined_repartitions(&mut self) {
        for (number, subtopology) in self.topology.subtopologies.iter().enumerate() {
            let free = |topic: usize| {
                let topic = self.topology.topics.get(topic);
                topic.is_some_and(|t| t.role == TopicRole::Repartition && t.partitions.is_none())
            };
            let all_free = subtopology.sources.iter().all(|s| free(usize::from(s.topic.0)));
            if let Some(largest) = self.of_sources(number).filter(|_| all_free) {
                for source in subtopology.sources {
                    self.set(usize::from(source.topic.0), largest);
                }
            }
        }
    }

    /// The sources of a sub-topology have equal numbers of partitions.
    fn co_partitioned(&self, problems: &mut Vec<String>) -> bool {
        let before = problems.len();
        for subtopology in self.topology.subtopologies {
            let all: Vec<(usize, i32)> = subtopology
                .sources
                .iter()
                .filter_map(|s| {
                    let topic = usize::from(s.topic.0);
                    Some((topic, self.known(topic)?))
                })
                .collect();
            if all.windows(2).any(|w| matches!(w, [a, b] if a.1 != b.1)) {
                let list: Vec<String> =
                    all.iter().map(|(t, n)| format!("{} has {n}", self.name(*t))).collect();
                problems.push(format!(
                    "topics that are joined must have equal numbers of partitions: {}; repartition \
                     one of them with `repartition(name, partitions = …)`",
                    list.join(", ")
                ));
            }
        }
        problems.len() == before
    }

    /// A changelog has a partition for each task.
    fn changelogs(&mut self) {
        for (number, subtopology) in self.topology.subtopologies.iter().enumerate() {
            let tasks = self.of_sources(number);
            for changelog in subtopology.stores.iter().filter_map(|s| s.changelog) {
                let topic = self.topology.topics.get(usize::from(changelog.0));
                if let Some(tasks) = tasks
                    && topic.is_some_and(TopicDescription::is_internal)
                {
                    self.set(usize::from(changelog.0), tasks);
                }
            }
        }
    }

    /// An internal topic that exists must have the number that it would be created with.
    fn internal_as_expected(
        &self,
        existing: &BTreeMap<String, i32>,
        rules: Rules<'_>,
        problems: &mut Vec<String>,
    ) {
        for (number, topic) in self.topology.topics.iter().enumerate() {
            if !topic.is_internal() {
                continue;
            }
            let (there, expected) = (existing.get(self.name(number)), self.known(number));
            if let (Some(there), Some(expected)) = (there, expected)
                && *there != expected
            {
                problems.push(format!(
                    "internal topic {} has {there} partitions, and now needs {expected}: its rows \
                     are spread over {there}; `reset` application {} to start anew, or go back to \
                     what gave {there}",
                    self.name(number),
                    rules.application_id
                ));
            }
        }
    }
}
