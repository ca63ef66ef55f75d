//! An editor offers the operators that there are: those of the macro are the methods of `Operators`. And the book
//! has a section for each.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The words of the language, from the list of the macro.
fn words() -> BTreeSet<String> {
    let macros = read("streams-macros/src/ops/mod.rs");
    let (_, list) = macros.split_once("const OPERATORS").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    list.split("(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_operator_is_offered_with_its_manual() {
    let words = words();
    let operators = read("streams-core/src/op/operators.rs");
    let (_, list) = operators.split_once("\noperators! {").unwrap();
    let lines = list.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("///") && *line != "}");
    let offered: BTreeSet<String> = lines.map(str::to_owned).collect();
    assert_eq!(words, offered, "streams-core/src/op/operators.rs lists the operators for editors");
}

/// What a section of the manual says, by its headings: types, nulls and, where there is something to say,
/// late records come in the same words everywhere.
#[test]
fn every_operator_has_a_manual_and_an_example_that_runs() {
    assert!(read("src/lib.rs").contains("include_str!(\"../docs/src/operators.md\")"));
    let manual = read("docs/src/operators.md");
    let mut missing = Vec::new();
    for word in words() {
        let Some((_, rest)) = manual.split_once(&format!("\n## `{word}`\n")) else {
            missing.push(format!("`{word}` has no section"));
            continue;
        };
        let section = rest.split("\n## ").next().unwrap();
        for part in ["Kafka Streams", "*Types*", "*Nulls*"] {
            if !section.replace('\n', " ").contains(part) {
                missing.push(format!("`{word}` does not tell of {part}"));
            }
        }
        let example = section.split_once("\n```rust\n").and_then(|(_, e)| e.split_once("\n```"));
        let example = example.map_or("", |(example, _)| example);
        let called = [format!(".{word}("), format!(".{word} {{")];
        if !called.iter().any(|call| example.contains(call)) || !example.contains("assert") {
            missing.push(format!("`{word}` has no example that runs it and looks at what comes"));
        }
    }
    assert!(missing.is_empty(), "docs/src/operators.md: {}", missing.join("; "));
}
