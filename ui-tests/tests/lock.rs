//! What the generated test says where a topology is not as `topology.lock` has it: each file of
//! `fail/lock/` has a topology before and after a change, and the message beside it.
//!
//! A changed message is accepted with `TRYBUILD=overwrite`, as those of the compiler are.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(unreachable_pub, missing_docs, reason = "the files are written as a user's are")]

#[path = "../fail/lock/definition_of_a_type.rs"]
mod definition_of_a_type;
#[path = "../fail/lock/definition_within.rs"]
mod definition_within;
#[path = "../fail/lock/format.rs"]
mod format;
#[path = "../fail/lock/kind_of_store.rs"]
mod kind_of_store;
#[path = "../fail/lock/partitions.rs"]
mod partitions;
#[path = "../fail/lock/renamed_store.rs"]
mod renamed_store;
#[path = "../fail/lock/repartition.rs"]
mod repartition;
#[path = "../fail/lock/retention.rs"]
mod retention;
#[path = "../fail/lock/source_topic.rs"]
mod source_topic;
#[path = "../fail/lock/store_gone.rs"]
mod store_gone;
#[path = "../fail/lock/topology_renamed.rs"]
mod topology_renamed;
#[path = "../fail/lock/type_of_keys.rs"]
mod type_of_keys;
#[path = "../fail/lock/type_of_rows.rs"]
mod type_of_rows;
#[path = "../fail/lock/what_is_new.rs"]
mod what_is_new;

use std::path::Path;

use streams::{Topology, lock};

/// What the test of `After` says to the lock of `Before`.
fn message<Before: Topology, After: Topology>() -> String {
    let (text, _) = lock::write::<Before>(None).unwrap();
    assert!(lock::changes::<Before>(&text).unwrap().is_empty(), "a lock fits what it was made of");
    lock::report(After::DESCRIPTION.name, &lock::changes::<After>(&text).unwrap())
}

fn messages() -> Vec<(&'static str, String)> {
    vec![
        (
            "definition_of_a_type",
            message::<
                definition_of_a_type::before::orders::Topology,
                definition_of_a_type::after::orders::Topology,
            >(),
        ),
        (
            "definition_within",
            message::<
                definition_within::before::orders::Topology,
                definition_within::after::orders::Topology,
            >(),
        ),
        ("format", message::<format::before::orders::Topology, format::after::orders::Topology>()),
        (
            "kind_of_store",
            message::<
                kind_of_store::before::orders::Topology,
                kind_of_store::after::orders::Topology,
            >(),
        ),
        (
            "partitions",
            message::<partitions::before::orders::Topology, partitions::after::orders::Topology>(),
        ),
        (
            "renamed_store",
            message::<
                renamed_store::before::orders::Topology,
                renamed_store::after::orders::Topology,
            >(),
        ),
        (
            "repartition",
            message::<repartition::before::orders::Topology, repartition::after::orders::Topology>(
            ),
        ),
        (
            "retention",
            message::<retention::before::orders::Topology, retention::after::orders::Topology>(),
        ),
        (
            "source_topic",
            message::<source_topic::before::orders::Topology, source_topic::after::orders::Topology>(
            ),
        ),
        (
            "store_gone",
            message::<store_gone::before::orders::Topology, store_gone::after::orders::Topology>(),
        ),
        (
            "topology_renamed",
            message::<
                topology_renamed::before::orders::Topology,
                topology_renamed::after::purchases::Topology,
            >(),
        ),
        (
            "type_of_keys",
            message::<type_of_keys::before::orders::Topology, type_of_keys::after::orders::Topology>(
            ),
        ),
        (
            "type_of_rows",
            message::<type_of_rows::before::orders::Topology, type_of_rows::after::orders::Topology>(
            ),
        ),
        (
            "what_is_new",
            message::<what_is_new::before::orders::Topology, what_is_new::after::orders::Topology>(
            ),
        ),
    ]
}

#[test]
fn a_change_that_costs_data_is_told_with_what_it_does_and_the_ways_on() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fail/lock");
    let overwrite = std::env::var_os("TRYBUILD").is_some_and(|value| value == "overwrite");
    for (name, message) in messages() {
        let path = dir.join(name).with_extension("stderr");
        if overwrite {
            std::fs::write(&path, &message).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(message, expected, "{}", path.display());
    }
}

#[test]
fn every_file_is_a_case() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fail/lock");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let cases: Vec<&str> = messages().into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, cases);
}
