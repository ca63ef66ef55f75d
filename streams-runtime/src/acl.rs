//! The rights that an application needs on a Kafka cluster that looks them up: no more and no fewer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use streams_core::topology::{App, TopicRole, Topology, TopologyDescription};

use crate::config::Config;
use crate::plan::Rules;
use crate::streams::application_id;

/// What a right is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Resource {
    /// A topic.
    Topic,
    /// The consumer group.
    Group,
    /// The transactional ids of the workers.
    TransactionalId,
}

/// What may be done with it, by Kafka's names. Read and Write imply Describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// `Read`
    Read,
    /// `Write`
    Write,
    /// `Create`
    Create,
    /// `Delete`: records of repartition topics that have been read; topics, by `reset`.
    Delete,
    /// `DescribeConfigs`: whether a table's topic keeps its rows.
    DescribeConfigs,
}

/// The rights on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// What it is on.
    pub resource: Resource,
    /// Its name, or what its name begins with.
    pub name: String,
    /// True if `name` is the beginning of names (Kafka's `PREFIXED`).
    pub prefixed: bool,
    /// What may be done.
    pub operations: BTreeSet<Operation>,
}

/// The rights that an application needs with this configuration, on Kafka.
pub fn acls<T: Topology>(app: &App<T>, config: &Config) -> Vec<Acl> {
    of(app.description(), config)
}

fn of(topology: &'static TopologyDescription, config: &Config) -> Vec<Acl> {
    let id = application_id(config, topology);
    let rules = Rules {
        application_id: id,
        partitions: config.partitions,
        create_topics: config.create_topics,
        broker: "",
        names: &config.topics,
    };
    // Two declarations may be of one topic.
    let mut topics: BTreeMap<String, BTreeSet<Operation>> = BTreeMap::new();
    for topic in topology.topics {
        let operations = topics.entry(rules.name(topic)).or_default();
        operations.extend(on_topic(topic.role));
        if config.create_topics && !topic.is_internal() {
            operations.insert(Operation::Create);
        }
    }
    let stores = topology.subtopologies.iter().flat_map(|s| s.stores);
    for changelog in stores.filter_map(|s| s.changelog) {
        let topic = topology.topics.get(usize::from(changelog.0));
        if let Some(topic) = topic.filter(|t| t.role == TopicRole::Source) {
            topics.entry(rules.name(topic)).or_default().insert(Operation::DescribeConfigs);
        }
    }
    let on_topics = topics.into_iter().map(|(name, operations)| Acl {
        resource: Resource::Topic,
        name,
        prefixed: false,
        operations,
    });
    let group = Acl {
        resource: Resource::Group,
        name: id.to_owned(),
        prefixed: false,
        operations: BTreeSet::from([Operation::Read]),
    };
    let transactions = config.is_exactly_once().then(|| Acl {
        resource: Resource::TransactionalId,
        name: format!("{id}-"),
        prefixed: true,
        operations: BTreeSet::from([Operation::Write]),
    });
    on_topics.chain([group]).chain(transactions).collect()
}

fn on_topic(role: TopicRole) -> &'static [Operation] {
    use Operation::{Create, Delete, Read, Write};
    match role {
        TopicRole::Source => &[Read],
        TopicRole::Sink | TopicRole::DeadLetter => &[Write],
        TopicRole::Repartition | TopicRole::Changelog { .. } => &[Read, Write, Create, Delete],
    }
}

impl Acl {
    /// What Kafka's own tool has to be told, beside the cluster and the principal.
    pub fn arguments(&self) -> Vec<String> {
        let operations =
            self.operations.iter().flat_map(|o| ["--operation".to_owned(), format!("{o:?}")]);
        let resource = match self.resource {
            Resource::Topic => "--topic",
            Resource::Group => "--group",
            Resource::TransactionalId => "--transactional-id",
        };
        let pattern =
            if self.prefixed { &["--resource-pattern-type", "prefixed"][..] } else { &[] };
        let pattern = pattern.iter().map(|&word| word.to_owned());
        operations.chain([resource.to_owned(), self.name.clone()]).chain(pattern).collect()
    }
}

/// The commands that give an application its rights.
pub(crate) struct Commands<'a> {
    pub(crate) acls: &'a [Acl],
    pub(crate) brokers: &'a str,
    pub(crate) principal: &'a str,
    pub(crate) topology: &'static TopologyDescription,
}

impl fmt::Display for Commands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { brokers, principal, .. } = self;
        for acl in self.acls {
            let arguments = acl.arguments().join(" ");
            writeln!(
                f,
                "kafka-acls.sh --bootstrap-server {brokers} --add --allow-principal '{principal}' {arguments}"
            )?;
        }
        let mut nodes = self.topology.subtopologies.iter().flat_map(|s| s.nodes.iter());
        if nodes.any(|node| node.operator == "to_topic") {
            writeln!(f, "# and Write on the topics that records name (`to_topic`)")?;
        }
        Ok(())
    }
}
