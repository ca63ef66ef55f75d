#![allow(clippy::unwrap_used, clippy::unwrap_in_result, reason = "tests fail by panicking")]

use super::*;
use streams_core::policy::OnError;
use streams_core::topology::{
    Nodes, SourceDescription, StoreDescription, StoreKind, SubtopologyDescription, TopicDescription,
};

const fn topic(name: &'static str, role: TopicRole, partitions: Option<i32>) -> TopicDescription {
    TopicDescription {
        name,
        role,
        partitions,
        key_type: "String",
        value_type: "String",
        key_format: "utf8",
        value_format: "utf8",
    }
}

const fn source(topic: u16) -> SourceDescription {
    SourceDescription {
        name: "s",
        topic: TopicIndex(topic),
        table: false,
        extractor: false,
        reset: Reset::Earliest,
        leads_to: &[],
    }
}

const STORE: StoreDescription = StoreDescription {
    name: "counts",
    kind: StoreKind::KeyValue,
    changelog: Some(TopicIndex(3)),
    memory: false,
    doc: "",
};

/// in → repartition → (with table) counts → out
static JOINED: TopologyDescription = TopologyDescription {
    name: "app",
    topics: &[
        topic("in", TopicRole::Source, None),
        topic("by-word-repartition", TopicRole::Repartition, None),
        topic("words", TopicRole::Source, None),
        topic(
            "counts-changelog",
            TopicRole::Changelog { retention_ms: Some(1000), history_ms: None },
            None,
        ),
        topic("out", TopicRole::Sink, Some(3)),
    ],
    subtopologies: &[
        SubtopologyDescription {
            sources: &[source(0)],
            stores: &[],
            sinks: &[TopicIndex(1)],
            nodes: Nodes::NONE,
        },
        SubtopologyDescription {
            sources: &[source(1), source(2)],
            stores: &[STORE],
            sinks: &[TopicIndex(4)],
            nodes: Nodes::NONE,
        },
    ],
    globals: &[],
    on_error: OnError::Fail,
};

/// Two streams joined directly.
static DIRECT: TopologyDescription = TopologyDescription {
    name: "app",
    topics: &[topic("a", TopicRole::Source, None), topic("b", TopicRole::Source, None)],
    subtopologies: &[SubtopologyDescription {
        sources: &[source(0), source(1)],
        stores: &[],
        sinks: &[],
        nodes: Nodes::NONE,
    }],
    globals: &[],
    on_error: OnError::Fail,
};

const RULES: Rules<'static> = Rules {
    application_id: "app",
    partitions: 4,
    create_topics: false,
    broker: "a test",
    names: &NO_NAMES,
};
static NO_NAMES: BTreeMap<String, String> = BTreeMap::new();

fn existing(topics: &[(&str, i32)]) -> BTreeMap<String, i32> {
    topics.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

#[test]
fn a_repartition_topic_takes_the_number_of_what_it_is_joined_with() {
    let there = existing(&[("in", 8), ("words", 6), ("out", 3)]);
    let (plan, create) = Plan::new(&JOINED, &there, RULES).unwrap();
    assert_eq!(plan.reads.iter().map(|r| r.partitions).collect::<Vec<_>>(), [8, 6, 6]);
    let made: Vec<_> = create.iter().map(|t| (t.name.as_str(), t.partitions)).collect();
    assert_eq!(made, [("app-by-word-repartition", 6), ("app-counts-changelog", 6)]);
    let policy = |n: usize| create.get(n).unwrap().config.get("cleanup.policy").unwrap().clone();
    assert_eq!((policy(0), policy(1)), ("delete".to_owned(), "compact,delete".to_owned()));
    assert_eq!(create.get(1).unwrap().config.get("retention.ms").unwrap(), "86401000");
}

#[test]
fn missing_topics_are_created_where_that_is_allowed() {
    let rules = Rules { create_topics: true, ..RULES };
    let (plan, create) = Plan::new(&JOINED, &existing(&[("in", 2)]), rules).unwrap();
    let counts: Vec<_> = plan.topics.iter().map(|t| t.partitions).collect();
    assert_eq!(counts, [2, 4, 4, 4, 3]);
    assert_eq!(create.len(), 4);
}

#[test]
fn all_missing_topics_are_named_at_once() {
    let e = Plan::new(&JOINED, &existing(&[]), RULES).unwrap_err().to_string();
    assert!(e.contains("missing: in, out, words; create them"), "{e}");
}

#[test]
fn joined_topics_with_different_numbers_are_refused_with_both_numbers() {
    let e = Plan::new(&DIRECT, &existing(&[("a", 2), ("b", 3)]), RULES).unwrap_err().to_string();
    assert!(e.contains("a has 2, b has 3"), "{e}");
}

#[test]
fn an_internal_topic_with_another_number_asks_for_a_reset() {
    let there = existing(&[("in", 8), ("words", 6), ("out", 3), ("app-counts-changelog", 4)]);
    let e = Plan::new(&JOINED, &there, RULES).unwrap_err().to_string();
    assert!(e.contains("app-counts-changelog has 4 partitions, and now needs 6"), "{e}");
    assert!(e.contains("`reset`"), "{e}");
}

#[test]
fn a_declared_number_that_differs_from_the_topic_is_refused() {
    let there = existing(&[("in", 8), ("words", 6), ("out", 5)]);
    let e = Plan::new(&JOINED, &there, RULES).unwrap_err().to_string();
    assert!(e.contains("out has 5 partitions, and is declared with 3"), "{e}");
}

#[test]
fn a_task_is_whole_with_all_its_inputs() {
    let there = existing(&[("in", 2), ("words", 2), ("out", 3)]);
    let (plan, _) = Plan::new(&JOINED, &there, RULES).unwrap();
    let at = |topic: &str, partition| TopicPartition { topic: topic.into(), partition };
    let given = [at("in", 1), at("words", 0), at("words", 1), at("app-by-word-repartition", 1)];
    let tasks: Vec<String> = plan.tasks_of(&given).iter().map(TaskId::to_string).collect();
    assert_eq!(tasks, ["0_1", "1_1"]);
}
