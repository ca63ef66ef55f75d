use crate::output::TopicIndex;
use crate::policy::OnError;
use crate::topology::{
    GlobalDescription, Nodes, StoreDescription, StoreKind, SubtopologyDescription,
    TopicDescription, TopicRole, TopologyDescription,
};

const fn topic(name: &'static str, role: TopicRole) -> TopicDescription {
    let (text, format) = ("String", "utf8");
    TopicDescription {
        name,
        role,
        partitions: None,
        key_type: text,
        value_type: text,
        key_format: format,
        value_format: format,
    }
}

/// A table that is joined, and two chains that write one sink.
static TOPOLOGY: TopologyDescription = TopologyDescription {
    name: "shop",
    topics: &[
        topic("orders", TopicRole::Source),
        topic("customers", TopicRole::Source),
        topic("a \"quoted\" <topic>", TopicRole::Sink),
    ],
    globals: &[GlobalDescription {
        name: "prices",
        topic: TopicIndex(1),
        memory: false,
        on_error: OnError::Fail,
        doc: "Of everything.",
    }],
    subtopologies: &[SubtopologyDescription {
        sources: &[],
        stores: &[StoreDescription {
            name: "customers",
            kind: StoreKind::KeyValue,
            changelog: None,
            memory: false,
            doc: "Everybody.",
        }],
        sinks: &[TopicIndex(2)],
        nodes: Nodes(concat!(
            "orders\u{1f}source\u{1f}0\u{1f}\u{1f}\u{1f}All orders,\nalso bad ones.\u{1e}",
            "customers\u{1f}table\u{1f}1\u{1f}\u{1f}customers\u{1d}\u{1f}\u{1e}",
            "join-2\u{1f}join\u{1f}\u{1f}orders\u{1d}\u{1f}customers\u{1d}\u{1f}\u{1e}",
            "all\u{1f}to\u{1f}2\u{1f}join-2\u{1d}\u{1f}\u{1f}\u{1e}",
            "filter-4\u{1f}filter\u{1f}\u{1f}orders\u{1d}\u{1f}\u{1f}\u{1e}",
            "all\u{1f}to\u{1f}2\u{1f}filter-4\u{1d}\u{1f}\u{1f}\u{1e}",
            "for_each-6\u{1f}for_each\u{1f}\u{1f}filter-4\u{1d}\u{1f}\u{1f}\u{1e}",
        )),
    }],
    on_error: OnError::Fail,
};

#[test]
fn the_text_has_the_shape_of_kafka_streams() {
    let expected = r#"Topologies:
   Sub-topology: 0
    Source: orders (topics: [orders])
      --> join-2, filter-4
      // All orders,
      // also bad ones.
    Processor: filter-4 (stores: [])
      --> all, for_each-6
      <-- orders
    Source: customers-source (topics: [customers])
      --> customers
    Processor: join-2 (stores: [customers])
      --> all
      <-- orders
    Sink: all (topic: a "quoted" <topic>)
      <-- join-2, filter-4
    Processor: customers (stores: [customers])
      --> none
      <-- customers-source
    Processor: for_each-6 (stores: [])
      --> none
      <-- filter-4
    // customers:
      // Everybody.

  Sub-topology: 1 for global store (will not generate tasks)
    Source: prices-source (topics: [customers])
      --> prices
    Processor: prices (stores: [prices])
      --> none
      <-- prices-source
      // Of everything.

"#;
    assert_eq!(TOPOLOGY.to_string(), expected);
}

#[test]
fn pictures_quote_names_and_show_topics_and_stores() {
    let mermaid = TOPOLOGY.to_mermaid();
    assert!(mermaid.starts_with("flowchart TD\n  subgraph s0[\"Sub-topology 0\"]\n"), "{mermaid}");
    assert!(mermaid.contains("[/\"a &quot;quoted&quot; &lt;topic&gt;\"/]"), "{mermaid}");
    assert!(mermaid.contains("[(\"customers\")]"), "{mermaid}");
    assert!(mermaid.contains("[(\"prices\")]"), "{mermaid}");
    assert_eq!(mermaid.matches("-.-").count(), 3, "{mermaid}");
    let dot = TOPOLOGY.to_dot();
    assert!(dot.starts_with("digraph topology {\n") && dot.ends_with("}\n"), "{dot}");
    assert!(dot.contains("label=\"a \\\"quoted\\\" <topic>\", shape=parallelogram"), "{dot}");
    assert_eq!(dot.matches('{').count(), dot.matches('}').count(), "{dot}");
    assert_eq!(dot.matches("style=dotted").count(), 3, "{dot}");
}

#[test]
fn json_is_json_with_every_node_and_topic() -> Result<(), serde_json::Error> {
    let json: serde_json::Value = serde_json::from_str(&TOPOLOGY.to_json())?;
    let at = |pointer: &str| json.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/name"), "shop");
    assert_eq!(at("/topics/2/role"), "sink");
    assert_eq!(at("/subtopologies/0/nodes/0/topic"), "orders");
    assert_eq!(at("/subtopologies/0/nodes/0/next"), serde_json::json!(["join-2", "filter-4"]));
    assert_eq!(at("/subtopologies/0/nodes/4/type"), "sink");
    assert_eq!(at("/subtopologies/0/stores/0/doc"), "Everybody.");
    Ok(())
}
