//! On the embedded log.

use std::time::Duration;

use crate::program::{Running, command, example, run};
use crate::{ads, bank};

#[test]
fn the_bank_decides_the_same_whatever_the_partitions_and_threads() {
    let dir = tempfile::tempdir().unwrap();
    let input = bank::Input::new(200, 20_000);
    let file = dir.path().join("in.jsonl");
    std::fs::write(&file, input.file(input.len())).unwrap();
    let expected = input.decisions();
    for (partitions, threads) in [("1", "1"), ("4", "2"), ("7", "3")] {
        let output = dir.path().join(format!("out-{partitions}.jsonl"));
        run(
            &example("bank"),
            &[
                "--input",
                file.to_str().unwrap(),
                "--output",
                output.to_str().unwrap(),
                "--partitions",
                partitions,
                "--threads",
                threads,
                "--until-end",
            ],
        );
        bank::assert_equal(&expected, &std::fs::read_to_string(&output).unwrap(), "account");
    }
}

#[test]
fn ads_are_for_the_dearest_purchase_so_far() {
    let dir = tempfile::tempdir().unwrap();
    let input = ads::Input::new(100, 20_000);
    let file = dir.path().join("in.jsonl");
    std::fs::write(&file, input.file(input.len())).unwrap();
    for (partitions, threads) in [("1", "1"), ("5", "3")] {
        let output = dir.path().join(format!("out-{partitions}.jsonl"));
        run(
            &example("ads"),
            &[
                "--input",
                file.to_str().unwrap(),
                "--output",
                output.to_str().unwrap(),
                "--partitions",
                partitions,
                "--threads",
                threads,
                "--until-end",
            ],
        );
        bank::assert_equal(&input.ads(), &std::fs::read_to_string(&output).unwrap(), "user");
    }
}

#[test]
fn a_bad_line_is_named_and_nothing_is_processed() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let file = dir.path().join("in.jsonl");
    let good = r#"{"withdrawal":{"id":"w1","account":"a1","amount":5,"at":1000}}"#;
    let cases = [
        ("not json", "line 2: expected"),
        (r#"{"withdrawal":{"id":"w2","amount":5,"at":1000}}"#, "line 2: missing field `account`"),
        (r#"{"deposit":{}}"#, "line 2: unknown variant `deposit`"),
        (r#"{"limit":{"account":"a1","amount":5,"at":-1}}"#, "line 2: `at` is before 1970"),
    ];
    for (bad, message) in cases {
        std::fs::write(&file, format!("{good}\n{bad}\n{good}\n")).unwrap();
        let flags = ["--input", file.to_str().unwrap(), "--state-dir", state.to_str().unwrap()];
        let output = command(&example("bank"), &flags).arg("--until-end").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{bad} was taken");
        let place = format!("{}, {message}", file.display());
        assert!(text.contains(&place), "`{place}` is not in:\n{text}");
        assert!(!state.exists(), "something was begun although {bad} was refused");
    }
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_one() {
    let output = command(&example("bank"), &["--set", "comit_interval_ms=5"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(text.contains("did you mean `commit_interval_ms`?"), "{text}");
}

#[test]
fn a_restart_goes_on_from_its_offsets_and_restores_nothing_that_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let input = bank::Input::new(50, 6_000);
    let (file, output) = (dir.path().join("in.jsonl"), dir.path().join("out.jsonl"));
    let state = dir.path().join("state");
    let flags = [
        "--input",
        file.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
        "--state-dir",
        state.to_str().unwrap(),
        "--until-end",
    ];
    std::fs::write(&file, input.file(input.len() / 2)).unwrap();
    run(&example("bank"), &flags);
    std::fs::write(&file, input.file(input.len())).unwrap();
    let log = run(&example("bank"), &flags);
    bank::assert_equal(&input.decisions(), &std::fs::read_to_string(&output).unwrap(), "account");
    let nothing = log.lines().filter(|l| l.contains("nothing to restore")).count();
    assert_eq!(nothing, 8, "4 partitions of 2 stores are on disk:\n{log}");
}

/// Exactly once: the log commits results, changelogs and offsets as one write, and state that had
/// not reached the disk is replayed from the changelogs.
#[test]
fn kills_at_any_time_neither_lose_nor_repeat_a_decision() {
    let dir = tempfile::tempdir().unwrap();
    let input = bank::Input::new(500, 120_000);
    let (file, output) = (dir.path().join("in.jsonl"), dir.path().join("out.jsonl"));
    let state = dir.path().join("state");
    std::fs::write(&file, input.file(input.len())).unwrap();
    let flags = [
        "--input",
        file.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
        "--state-dir",
        state.to_str().unwrap(),
        "--until-end",
        "--set",
        "commit_interval_ms=10",
        "--set",
        "flush_interval_ms=40",
    ];
    let log = dir.path().join("log");
    for ms in [60, 120, 180, 240, 300, 150, 90, 210] {
        let running = Running::start(&example("bank"), &flags, &log);
        std::thread::sleep(Duration::from_millis(ms));
        running.kill();
    }
    run(&example("bank"), &flags);
    bank::assert_equal(&input.decisions(), &std::fs::read_to_string(&output).unwrap(), "account");
}
