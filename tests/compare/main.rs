//! COMPARE.md: its topologies are these, in Rust and in Java, and they are cut alike.
//!
//! `java/describe.txt` is what Kafka Streams 4.4.0 says of the Java ones:
//!
//! ```console
//! javac -d /tmp/compare -cp "$HOME/.cache/streams-kafka/4.4.0/*" tests/compare/java/Compare.java
//! java -cp "/tmp/compare:$HOME/.cache/streams-kafka/4.4.0/*" Compare > tests/compare/java/describe.txt
//! ```
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::inconsistent_digit_grouping,
    reason = "tests fail by panicking; cents are grouped as such"
)]

mod cut;
mod outputs;
mod topologies;

use streams::topology::TopologyDescription;

/// The topologies by name.
fn all() -> [(&'static str, &'static TopologyDescription); 5] {
    [
        ("word_count", topologies::word_count::app().description()),
        ("spending", topologies::spending::app().description()),
        ("enrich", topologies::enrich::app().description()),
        ("matched", topologies::matched::app().description()),
        ("latest", topologies::latest::app().description()),
    ]
}

/// What stands between `// name {` and `// }`, without the indentation of its first line.
fn excerpt(source: &str, name: &str) -> String {
    let marker = format!("// {name} {{");
    let start = source.find(&marker).unwrap_or_else(|| panic!("no {marker}"));
    let rest = &source[start..];
    let indent = source[..start].len() - source[..start].trim_end_matches(' ').len();
    let lines = rest.lines().skip(1).map_while(|line| {
        let line = line.get(indent.min(line.len())..).unwrap_or_default();
        (line != "// }").then(|| format!("{line}\n"))
    });
    lines.collect()
}

#[test]
fn the_document_shows_what_is_compiled() {
    let document = include_str!("../../COMPARE.md");
    let sources =
        [("rust", include_str!("topologies.rs")), ("java", include_str!("java/Compare.java"))];
    for (language, source) in sources {
        for (name, _) in all() {
            let text = excerpt(source, name);
            let shown = format!("```{language}\n{text}```\n");
            assert!(document.contains(&shown), "COMPARE.md lacks {name} as it is:\n{shown}");
        }
    }
}
