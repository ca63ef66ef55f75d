//! An editor offers the operators that there are: those of the macro are the methods of `Operators`.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_operator_is_offered_with_its_manual() {
    let read = |path: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
    };
    let macros = read("streams-macros/src/ops/mod.rs");
    let (_, list) = macros.split_once("const OPERATORS").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let words: BTreeSet<&str> =
        list.split("(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let operators = read("streams-core/src/op/operators.rs");
    let (_, list) = operators.split_once("\noperators! {").unwrap();
    let lines = list.lines().map(str::trim);
    let offered: BTreeSet<&str> =
        lines.filter(|line| !line.is_empty() && !line.starts_with("///") && *line != "}").collect();
    assert_eq!(words, offered, "streams-core/src/op/operators.rs lists the operators for editors");
}
