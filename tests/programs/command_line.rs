//! What `run_from_args` makes of a command line, by the program of the README.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use streams::runtime::broker::TopicSpec;
use streams::runtime::{Config, Loader, broker_for, read_topic};

use crate::program::example;
use crate::words_program::words;

/// The exit code, and what was printed where.
fn say(state: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(example("words"));
    command.args(arguments).arg("--state-dir").arg(state).env("NO_COLOR", "1");
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn done(state: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = say(state, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {err}");
    out
}

fn config(state: &Path) -> Config {
    let mut config = Config::new();
    config.state_dir = state.to_owned();
    config
}

fn write(state: &Path, lines: &[&str]) {
    let broker = broker_for(&words::app(), &config(state)).unwrap();
    let spec = TopicSpec { name: "lines".to_owned(), partitions: 4, config: Default::default() };
    broker.create_topics(&[spec]).unwrap();
    let mut loader = Loader::new(&*broker).unwrap();
    for line in lines {
        loader.append("lines", b"key", Some(line.as_bytes()), 7).unwrap();
    }
    loader.commit().unwrap();
}

/// The counts of `be`, as they came.
fn counts_of_be(state: &Path) -> Vec<i64> {
    let broker = broker_for(&words::app(), &config(state)).unwrap();
    let mut counts = Vec::new();
    read_topic(&*broker, "counts", |_, record| {
        if record.key == Some(b"be") {
            counts.push(i64::from_be_bytes(record.value.unwrap().try_into().unwrap()));
        }
    })
    .unwrap();
    counts
}

#[test]
fn the_rights_that_it_needs_are_commands_to_run() {
    let dir = tempfile::tempdir().unwrap();
    let head = "kafka-acls.sh --bootstrap-server b:9092 --add --allow-principal 'User:w'";
    let internal =
        "--operation Read --operation Write --operation Create --operation Delete --topic";
    let arguments = [
        "acl",
        "--principal",
        "User:w",
        "--brokers",
        "b:9092",
        "--set",
        "topics.lines=other",
        "--set",
        "application_id=my",
    ];
    let expected = [
        "--operation Write --topic counts".to_owned(),
        format!("{internal} my-per_word-changelog"),
        format!("{internal} my-per_word-repartition"),
        "--operation Read --topic other".to_owned(),
        "--operation Read --group my".to_owned(),
        "--operation Write --transactional-id my- --resource-pattern-type prefixed".to_owned(),
    ];
    let expected: String = expected.iter().map(|right| format!("{head} {right}\n")).collect();
    assert_eq!(done(dir.path(), &arguments), expected);
    let more = ["--set", "processing_guarantee=at_least_once", "--set", "create_topics=true"];
    let out = done(dir.path(), &[&arguments[..], &more].concat());
    assert!(!out.contains("transactional"), "{out}");
    assert!(out.contains("--operation Read --operation Create --topic other\n"), "{out}");
}

#[test]
fn a_topology_is_described_for_people_and_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    let text = done(dir.path(), &["describe"]);
    assert!(text.contains("Sub-topology: 1") && text.contains("per_word"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&done(dir.path(), &["describe", "--json"])).unwrap();
    assert_eq!(json["name"], "words");
    assert!(done(dir.path(), &["describe", "--mermaid"]).starts_with("flowchart"));
    assert!(done(dir.path(), &["describe", "--dot"]).starts_with("digraph"));
    let (code, _, err) = say(dir.path(), &["describe", "--dot", "--json"]);
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn a_reset_shows_what_it_will_do_and_does_it_only_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path();
    write(state, &["to be or not to be"]);
    done(state, &["--until-end"]);
    assert_eq!(counts_of_be(state), [1, 2]);

    let shown = done(state, &["reset", "--dry-run"]);
    assert!(shown.contains("lines") && shown.contains("nothing was changed"), "{shown}");
    let (code, _, err) = say(state, &["reset"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("nobody can be asked: say --yes"), "{err}");
    done(state, &["run", "--until-end"]);
    assert_eq!(counts_of_be(state), [1, 2], "nothing was changed");

    let said = done(state, &["reset", "--yes"]);
    assert!(said.contains("done"), "{said}");
    done(state, &["--until-end"]);
    assert_eq!(counts_of_be(state), [1, 2, 1, 2], "from the beginning, with empty stores");

    done(state, &["reset", "--to", "latest", "--yes"]);
    write(state, &["be quick"]);
    done(state, &["--until-end"]);
    assert_eq!(counts_of_be(state), [1, 2, 1, 2, 1]);

    let (code, _, err) = say(state, &["reset", "--to", "yesterday", "--yes"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("yesterday") && err.contains("earliest"), "{err}");
}

#[test]
fn topics_are_checked_and_mistakes_of_a_command_line_are_named() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &["a"]);
    let text = done(dir.path(), &["check"]);
    assert!(text.contains("lines (4 partitions)") && text.contains("the topology fits"), "{text}");
    let (code, _, err) = say(dir.path(), &["--set", "thread=2", "--until-end"]);
    assert_eq!(code, Some(1));
    assert_eq!(err, "error: --set: there is no key `thread`; did you mean `threads`?\n");
    let (code, _, err) = say(dir.path(), &["--threads", "0", "--until-end"]);
    assert_eq!(code, Some(1));
    assert_eq!(err, "error: threads = 0: 1 to 1024 are possible\n");
    let (code, _, err) = say(dir.path(), &["reprocess"]);
    assert_eq!(code, Some(2), "{err}");
}
