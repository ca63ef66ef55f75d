//! What a topology asks of the log's topics: which there must be, with how many partitions, and
//! what that makes of its tasks. Pure: what exists goes in, the plan and the missing topics come out.

mod count;
mod spec;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use streams_core::output::TopicIndex;
use streams_core::policy::OnError;
use streams_core::task::TaskId;
use streams_core::topology::{Reset, TopicDescription, TopicRole, TopologyDescription};

use crate::broker::{TopicPartition, TopicSpec};
use crate::error::{Error, Result};

/// A topic of the topology, as it is or will be on the broker.
#[derive(Clone, Debug)]
pub(crate) struct PlannedTopic {
    /// Full name.
    pub(crate) name: Arc<str>,
    /// Number of partitions.
    pub(crate) partitions: i32,
    /// What it is to the topology.
    pub(crate) role: TopicRole,
}

/// A topic that tasks read, and which input of them it is.
#[derive(Clone, Debug)]
pub(crate) struct ReadTopic {
    /// Full name.
    pub(crate) name: Arc<str>,
    /// Number of partitions.
    pub(crate) partitions: i32,
    /// The sub-topology that reads it.
    pub(crate) subtopology: usize,
    /// Where a new group starts.
    pub(crate) reset: Reset,
    /// True if nobody but the topology writes it, and what has been read can be deleted.
    pub(crate) repartition: bool,
    /// Topics that its records may lead to.
    pub(crate) leads_to: &'static [TopicIndex],
}

/// A global table's topic.
#[derive(Clone, Debug)]
pub(crate) struct GlobalTopic {
    /// Full name.
    pub(crate) topic: Arc<str>,
    /// Number of partitions, all of which every process reads.
    pub(crate) partitions: i32,
    /// True if rows stay in memory only.
    pub(crate) memory: bool,
    /// What becomes of records that cannot be decoded.
    pub(crate) on_error: OnError,
}

impl GlobalTopic {
    /// Its partitions.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        let at = |partition| TopicPartition { topic: Arc::clone(&self.topic), partition };
        (0..self.partitions).map(at)
    }
}

/// A store's changelog, of all tasks of its sub-topology.
#[derive(Clone, Debug)]
pub(crate) struct Changelog {
    /// Number of the store in its sub-topology.
    pub(crate) store: usize,
    /// Full name of the topic.
    pub(crate) topic: Arc<str>,
    /// True for a source, which has the rows of a table and is written by others.
    pub(crate) source: bool,
}

/// What runs where: the result of planning, shared by all workers.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) application_id: Arc<str>,
    /// By [`TopicIndex`].
    pub(crate) topics: Vec<PlannedTopic>,
    /// In the order of the clients' topic lists.
    pub(crate) reads: Vec<ReadTopic>,
    /// For each sub-topology the indexes in `reads` of its sources, in their order.
    pub(crate) sources: Vec<Vec<usize>>,
    /// For each sub-topology its stores' changelogs.
    pub(crate) changelogs: Vec<Vec<Changelog>>,
    /// The topics of global tables, in their order.
    pub(crate) globals: Vec<GlobalTopic>,
}

/// What the planner has to know beside the topology.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) application_id: &'a str,
    /// Partitions of topics that are created and have no number declared.
    pub(crate) partitions: i32,
    /// True if sources and sinks that are missing are created, too.
    pub(crate) create_topics: bool,
    /// For the messages: [`Broker::describe`](crate::broker::Broker::describe).
    pub(crate) broker: &'a str,
    /// Names on the broker of topics that are called otherwise in the topology.
    pub(crate) names: &'a BTreeMap<String, String>,
}

impl Rules<'_> {
    /// The name of a topic on the broker.
    pub(crate) fn name(&self, topic: &TopicDescription) -> String {
        match self.names.get(topic.name) {
            Some(name) if !topic.is_internal() => name.clone(),
            _ => topic.full_name(self.application_id).into_owned(),
        }
    }
}

impl Plan {
    /// Plans a topology over the topics that exist; gives the plan and the topics to create.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) that lists everything that does not fit.
    pub(crate) fn new(
        topology: &'static TopologyDescription,
        existing: &BTreeMap<String, i32>,
        rules: Rules<'_>,
    ) -> Result<(Self, Vec<TopicSpec>)> {
        let mut problems = Vec::new();
        let counts = count::partitions(topology, existing, rules, &mut problems);
        let plan = Self::assemble(topology, &counts, rules, &mut problems);
        if !problems.is_empty() {
            return Err(refusal(rules, &problems));
        }
        let create = spec::missing(topology, &plan.topics, existing);
        Ok((plan, create))
    }

    fn assemble(
        topology: &'static TopologyDescription,
        counts: &[i32],
        rules: Rules<'_>,
        problems: &mut Vec<String>,
    ) -> Self {
        let mut topics = Vec::with_capacity(topology.topics.len());
        for (number, topic) in topology.topics.iter().enumerate() {
            topics.push(PlannedTopic {
                name: rules.name(topic).into(),
                partitions: counts.get(number).copied().unwrap_or(1),
                role: topic.role,
            });
        }
        let mut plan = Self {
            application_id: rules.application_id.into(),
            topics,
            reads: Vec::new(),
            sources: Vec::new(),
            changelogs: Vec::new(),
            globals: Vec::new(),
        };
        for global in topology.globals {
            let Some(planned) = plan.topic(global.topic) else { continue };
            let (topic, partitions) = (Arc::clone(&planned.name), planned.partitions);
            let (memory, on_error) = (global.memory, global.on_error);
            plan.globals.push(GlobalTopic { topic, partitions, memory, on_error });
        }
        for (number, subtopology) in topology.subtopologies.iter().enumerate() {
            let mut sources = Vec::new();
            for source in subtopology.sources {
                let Some(topic) = plan.topics.get(usize::from(source.topic.0)) else { continue };
                if plan.reads.iter().any(|r| r.name == topic.name) {
                    problems.push(format!(
                        "topic {} is read by two sources: declare it once and use that source twice",
                        topic.name
                    ));
                    continue;
                }
                sources.push(plan.reads.len());
                plan.reads.push(ReadTopic {
                    name: Arc::clone(&topic.name),
                    partitions: topic.partitions,
                    subtopology: number,
                    reset: source.reset,
                    repartition: topic.role == TopicRole::Repartition,
                    leads_to: source.leads_to,
                });
            }
            plan.sources.push(sources);
            let mut changelogs = Vec::new();
            for (store, description) in subtopology.stores.iter().enumerate() {
                let Some(index) = description.changelog else { continue };
                let Some(topic) = plan.topic(index) else { continue };
                let source = topic.role == TopicRole::Source;
                changelogs.push(Changelog { store, topic: Arc::clone(&topic.name), source });
            }
            plan.changelogs.push(changelogs);
        }
        plan
    }

    /// The sources that are changelogs, too.
    pub(crate) fn source_changelogs(&self) -> impl Iterator<Item = &str> {
        self.changelogs.iter().flatten().filter(|c| c.source).map(|c| &*c.topic)
    }

    /// The topic of this number.
    pub(crate) fn topic(&self, index: TopicIndex) -> Option<&PlannedTopic> {
        self.topics.get(usize::from(index.0))
    }

    /// The inputs of a task, in the order of its sources.
    pub(crate) fn inputs(&self, task: TaskId) -> Vec<TopicPartition> {
        let sources = self.sources.get(task.subtopology).into_iter().flatten();
        let at = |r: &ReadTopic| TopicPartition {
            topic: Arc::clone(&r.name),
            partition: task.partition,
        };
        sources.filter_map(|s| self.reads.get(*s)).map(at).collect()
    }

    /// The partitions of a topic that tasks read.
    pub(crate) fn partitions(read: &ReadTopic) -> impl Iterator<Item = TopicPartition> + '_ {
        (0..read.partitions)
            .map(|partition| TopicPartition { topic: Arc::clone(&read.name), partition })
    }

    /// The tasks all of whose inputs are among these partitions, in order.
    pub(crate) fn tasks_of(&self, partitions: &[TopicPartition]) -> Vec<TaskId> {
        let mut inputs: BTreeMap<TaskId, usize> = BTreeMap::new();
        for place in partitions {
            if let Some(read) = self.reads.iter().find(|r| r.name == place.topic) {
                let task = TaskId { subtopology: read.subtopology, partition: place.partition };
                *inputs.entry(task).or_default() += 1;
            }
        }
        let whole = |task: &TaskId, n: usize| {
            self.sources.get(task.subtopology).is_some_and(|sources| sources.len() == n)
        };
        inputs.into_iter().filter(|(task, n)| whole(task, *n)).map(|(task, _)| task).collect()
    }
}

fn refusal(rules: Rules<'_>, problems: &[String]) -> Error {
    let mut text = format!(
        "the topics of application {} do not fit ({}):",
        rules.application_id, rules.broker
    );
    for problem in problems {
        text.push_str("\n  - ");
        text.push_str(problem);
    }
    Error::config(text)
}
