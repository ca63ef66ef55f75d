//! The book's chapter "What the compiler tells you" is made of the cases of `fail/`, what the compiler
//! says to them, and those of `pass/` that mend them. Nothing in it is written by hand but what stands
//! here, so it says what the compiler says.
//!
//! `TRYBUILD=overwrite cargo test -p ui-tests --test book` writes it anew.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A family of mistakes: its folder, its title, and what its rules are for.
const FAMILIES: [(&str, &str, &str); 12] = [
    (
        "formats",
        "Formats",
        "What crosses a boundary as bytes has a format, and the format can write the type. Text, numbers and bytes have \
         their own; for others the topology, or the place, names one.",
    ),
    (
        "join_keys",
        "Join keys",
        "What is joined by key has one type of key. Kafka Streams compares bytes, finds no partner, and says nothing.",
    ),
    (
        "co_partitioning",
        "Co-partitioning",
        "Records that meet by key must lie in partitions of one number. The macro follows the key through every \
         operator: where it changed, it puts in a repartition topic, or asks for one where `repartitions = explicit`. \
         Declared numbers are compared here, those of the real topics when the application starts, all at once.",
    ),
    (
        "names",
        "Names",
        "What is used exists, what is declared is used, and nothing is made from itself.",
    ),
    ("topics", "Topics", "One topic carries one type, in one format, and is read by one source."),
    (
        "order",
        "Order of operators",
        "Each operator stands behind what it works on, and a chain ends where somebody takes its records.",
    ),
    (
        "windows",
        "Windows",
        "Durations have units, every record lies in a window, and windows are kept as long as they take records.",
    ),
    (
        "branch",
        "Branches",
        "A branch is a `match`: rustc finds the case that is missing, and the one that is never reached.",
    ),
    ("stores", "Stores", "A store has one operator, of its kind, for its types."),
    (
        "stable_names",
        "Stable names",
        "What keeps data has a name that comes from the text, not from its place in it: what is added around it \
         never takes its data. Kafka Streams numbers what has no name.",
    ),
    (
        "side_effects",
        "Side effects",
        "What acts outside of the topology is not undone when records are processed again.",
    ),
    (
        "lock",
        "The lock",
        "A change of the program that would orphan or misread what is kept fails a test: see [The lock](lock.md).",
    ),
];

const OPENING: &str = "\
<!-- Made by `TRYBUILD=overwrite cargo test -p ui-tests --test book`; do not edit. -->

# What the compiler tells you

A mistake in a topology is an error of `cargo check`, at the token that is wrong, with what is wrong, why, and what to
write. Where a second place matters, it is shown, too. All errors of a topology appear together, and with those of Rust
around it: what was understood is compiled, and what only follows from an error is left out.

There are twelve families. Each is shown with texts that do not compile, what the compiler says, and the texts mended.
";

#[test]
fn the_chapter_is_as_the_cases_have_it() {
    let path = root().join("../docs/src/compiler.md");
    let chapter = chapter();
    if std::env::var_os("TRYBUILD").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &chapter).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == chapter,
        "{} is stale: `TRYBUILD=overwrite cargo test -p ui-tests --test book` writes it anew",
        path.display()
    );
}

#[test]
fn every_family_has_wrong_and_mended_programs() {
    let (mut wrong, mut right) = (0, 0);
    for dir in dirs(&root().join("fail")) {
        wrong += cases(&dir).len();
    }
    right += cases(&root().join("pass")).len();
    for dir in dirs(&root().join("pass")) {
        right += cases(&dir).len();
    }
    for (family, _, _) in FAMILIES {
        assert!(!cases(&root().join("fail").join(family)).is_empty(), "{family}");
        if family != "lock" {
            assert!(!cases(&root().join("pass").join(family)).is_empty(), "{family}");
        }
    }
    assert!(wrong >= 120 && right >= 40, "{wrong} programs must fail, {right} must pass");
}

fn chapter() -> String {
    let mut text = OPENING.to_owned();
    for (number, (family, title, why)) in FAMILIES.iter().enumerate() {
        let _ = write!(text, "\n## {}. {title}\n\n{why}\n", number + 1);
        let wrong = root().join("fail").join(family);
        for case in cases(&wrong) {
            let mended = root().join("pass").join(family).join(case.file_name().unwrap());
            if *family == "lock" {
                changed(&mut text, &case);
            } else if mended.exists() {
                shown(&mut text, &case, &mended);
            }
        }
    }
    text
}

/// A case of the compiler's: the text, what is said, the text mended.
fn shown(text: &mut String, wrong: &Path, mended: &Path) {
    let said = fs::read_to_string(wrong.with_extension("stderr")).unwrap();
    let source = fs::read_to_string(wrong).unwrap();
    let _ = write!(
        text,
        "\n**{}**\n\n```rust,ignore\n{}```\n\n```text\n{}```\n\n```rust,ignore\n{}```\n",
        title(&source),
        module(&source, "mod t {"),
        said,
        module(&fs::read_to_string(mended).unwrap(), "mod t {"),
    );
}

/// A case of the lock's: before, after, and what the test says.
fn changed(text: &mut String, case: &Path) {
    let said = fs::read_to_string(case.with_extension("stderr")).unwrap();
    let source = fs::read_to_string(case).unwrap();
    let (before, after) = source.split_once("pub mod after {").unwrap();
    let _ = write!(
        text,
        "\n**{}**\n\n```rust,ignore\n{}```\n\n```rust,ignore\n{}```\n\n```text\n{}```\n",
        title(&source),
        module(before, "pub mod orders {"),
        module(after, "    pub mod "),
        said,
    );
}

/// The first line of a case's comment.
fn title(source: &str) -> &str {
    source.lines().next().unwrap().trim_start_matches("//! ")
}

/// What stands between the braces of a module, moved to the left.
fn module(source: &str, opening: &str) -> String {
    let lines = source.lines().skip_while(|line| !line.contains(opening));
    let lines: Vec<&str> = lines.skip(1).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = lines.iter().find(|line| !line.is_empty()).map_or(0, |line| indent(line));
    let inside = lines.iter().take_while(|line| line.is_empty() || indent(line) >= depth);
    inside.map(|line| format!("{}\n", line.get(depth..).unwrap_or_default())).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn dirs(parent: &Path) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = fs::read_dir(parent).unwrap().map(|e| e.unwrap().path()).collect();
    dirs.retain(|path| path.is_dir());
    dirs.sort();
    dirs
}

/// The programs in a folder, by name.
fn cases(dir: &Path) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    cases.sort();
    cases
}
