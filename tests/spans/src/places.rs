//! Go-to-definition, hover and rename go by places: each name that the user wrote has to stand in the
//! expansion as a token with the place that it has in the text. A token that is made anew with the same
//! letters does not do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Words of the language that stand for code or for a setting, not for things: there is nothing to go to.
/// Operators' words are none of them, they lead to their manual. (`Option` is one where a store's state may
/// be absent.)
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "Option", "at_least_once", "big_endian", "changelog", "concurrency", "dead_letter", "doc",
    "earliest", "else", "emit", "every", "exactly_once", "explicit", "fail", "feedback", "format",
    "global", "grace", "guarantee", "hopping", "if", "invalid_time", "json", "kafka_name",
    "kafka_streams", "key_format", "latest", "let", "max_bytes", "memory", "merge", "name",
    "off", "on_commit", "on_deserialization_error", "on_error", "on_full", "on_processing_error",
    "on_production_error", "on_update", "partition_time", "partitions", "punctuate", "repartitions",
    "reset", "retention", "retries", "semantics", "session", "shut_down", "sink", "skip", "sliding",
    "source", "store", "stream", "stream_time", "table", "time", "timeout", "tumbling",
    "until", "until_close", "utf8", "versioned", "wall_clock", "within",
];

/// Where there are topologies that build.
const FOLDERS: [&str; 4] = ["ui-tests/pass", "ui-tests/tests", "tests/language", "examples"];

struct Topology {
    file: PathBuf,
    text: String,
    module: TokenStream,
}

#[test]
fn every_name_of_the_text_is_in_the_expansion_at_its_own_place() {
    let mut lost: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let topologies = topologies();
    assert!(topologies.len() > 100, "only {} topologies are found", topologies.len());
    let mut names = 0;
    for topology in &topologies {
        let expanded = crate::emit::expand(TokenStream::new(), topology.module.clone());
        let mut found: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        each_name(expanded, &mut |name| {
            let place = name.span().byte_range();
            found.entry((place.start, place.end)).or_default().push(name.to_string());
        });
        each_name(without_kinds(language(&topology.module)), &mut |name| {
            names += 1;
            let (place, text) = (name.span().byte_range(), name.to_string());
            let there = found.get(&(place.start, place.end));
            if !there.is_some_and(|there| there.contains(&text)) && !WORDS.contains(&&*text) {
                let line = topology.text[..place.start].lines().count();
                lost.entry(text).or_default().push(format!("{}:{line}", topology.file.display()));
            }
        });
    }
    assert!(names > 2_000, "only {names} names are found");
    let lost: Vec<String> =
        lost.iter().map(|(name, at)| format!("{name}: {} × {}", at.len(), at[0])).collect();
    assert!(lost.is_empty(), "{} names are lost:\n{}", lost.len(), lost.join("\n"));
}

/// All topologies of the folders.
fn topologies() -> Vec<Topology> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let tokens: TokenStream = text.parse().unwrap();
                modules(tokens, &mut |module| {
                    found.push(Topology { file: path.clone(), text: text.clone(), module });
                });
            }
        }
    }
    found
}

/// Calls `each` with every module behind `#[topology]`.
fn modules(tokens: TokenStream, each: &mut dyn FnMut(TokenStream)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        if group.delimiter() == Delimiter::Bracket && group.stream().to_string() == "topology" {
            let rest = &tokens[at + 1..];
            let end = rest.iter().position(
                |t| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace),
            );
            each(rest[..=end.unwrap()].iter().cloned().collect());
        } else {
            modules(group.stream(), each);
        }
    }
}

/// What stands between the braces of `topology! { … }`.
fn language(module: &TokenStream) -> TokenStream {
    let mut inside = TokenStream::new();
    let tokens: Vec<TokenTree> = module.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = at.checked_sub(2).map(|at| tokens[at].to_string());
        if before.as_deref() == Some("topology") {
            inside.extend(group.stream());
        } else {
            inside.extend(language(&group.stream()));
        }
    }
    inside
}

/// Without the kinds of stores, `store name: kind<…>`: words of the language in the place of a type.
fn without_kinds(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let before = |back: usize| kept.len().checked_sub(back).map(|at| kept[at].to_string());
        let is_kind = match &token {
            TokenTree::Ident(_) => {
                before(3).as_deref() == Some("store") && before(1).as_deref() == Some(":")
            }
            _ => false,
        };
        match token {
            _ if is_kind => {}
            TokenTree::Group(group) => {
                let inside = without_kinds(group.stream());
                kept.push(proc_macro2::Group::new(group.delimiter(), inside).into());
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn each_name(tokens: TokenStream, each: &mut dyn FnMut(&Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => each(&name),
            TokenTree::Group(group) => each_name(group.stream(), each),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
