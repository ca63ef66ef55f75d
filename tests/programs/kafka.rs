//! On a real broker, exactly once.

use std::path::{Path, PathBuf};

use crate::program::{Running, bootstrap, example, run, unique, wait_until};
use crate::{ads, bank};

/// One application on the broker, with topics of its own.
struct Application {
    program: PathBuf,
    dir: tempfile::TempDir,
    settings: Vec<String>,
}

impl Application {
    fn new(program: PathBuf, name: &str, topics: &[&str]) -> Self {
        let id = unique(name);
        let mut settings = vec![format!("application_id={id}")];
        settings.extend(topics.iter().map(|topic| format!("topics.{topic}={id}-{topic}")));
        settings.push("commit_interval_ms=100".to_owned());
        Self { program, dir: tempfile::tempdir().unwrap(), settings }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The arguments of the process with this state directory.
    fn arguments(&self, state: &str, more: &[&str]) -> Vec<String> {
        let state = self.path(state);
        let mut all: Vec<String> =
            ["--threads", "2", "--partitions", "4", "--state-dir", state.to_str().unwrap()]
                .map(str::to_owned)
                .to_vec();
        all.extend(["--brokers".to_owned(), bootstrap()]);
        for setting in &self.settings {
            all.extend(["--set".to_owned(), setting.clone()]);
        }
        all.extend(more.iter().map(|m| (*m).to_owned()));
        all
    }

    fn run(&self, state: &str, more: &[&str]) -> String {
        let arguments = self.arguments(state, more);
        run(&self.program, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn start(&self, state: &str, log: &Path, more: &[&str]) -> Running {
        let arguments = self.arguments(state, more);
        Running::start(
            &self.program,
            &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
            log,
        )
    }

    /// The results so far.
    fn results(&self) -> String {
        let output = self.path("out.jsonl");
        self.run("a", &["--no-input", "--until-end", "--output", output.to_str().unwrap()]);
        std::fs::read_to_string(output).unwrap()
    }
}

/// Two processes share the application; one is stopped and comes back while there is work.
fn two_processes(application: &Application, half: &str, whole: &str) -> String {
    let (first, second) = (application.path("half.jsonl"), application.path("whole.jsonl"));
    std::fs::write(&first, half).unwrap();
    std::fs::write(&second, whole).unwrap();
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    let log = application.path("b.log");
    // Creates the topics and decides the first half, alone at first.
    let a = application.start("a", &application.path("a.log"), &["--input", first]);
    let joined = |log: &Path| {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        text.lines().any(|l| l.contains(": tasks 0_"))
    };
    wait_until("the first process has tasks", || joined(&application.path("a.log")));
    let b = application.start("b", &log, &["--no-input"]);
    wait_until("the second process has tasks", || joined(&log));
    a.terminate();
    // The second half arrives while the second process is alone; the first comes back to it.
    let a = application.start("a", &application.path("a2.log"), &["--input", second]);
    wait_until("the first process has tasks again", || joined(&application.path("a2.log")));
    b.terminate();
    let b = application.start("b", &application.path("b2.log"), &["--no-input"]);
    wait_until("the second process has tasks again", || joined(&application.path("b2.log")));
    application.run("c", &["--no-input", "--until-end"]);
    a.terminate();
    b.terminate();
    application.results()
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn two_processes_share_the_bank_and_one_comes_and_goes() {
    let topics = ["withdrawals", "limits", "decisions"];
    let application = Application::new(example("bank"), "bank", &topics);
    let input = bank::Input::new(300, 60_000);
    let (half, whole) = (input.file(input.len() / 2), input.file(input.len()));
    let results = two_processes(&application, &half, &whole);
    bank::assert_equal(&input.decisions(), &results, "account");
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn two_processes_share_the_ads_and_one_comes_and_goes() {
    let topics = ["purchases", "clicks", "ads"];
    let mut application = Application::new(example("ads"), "ads", &topics);
    // Records arrive while others are processed: wait for the slower topic, so that purchases and
    // clicks meet in the order of their times.
    application.settings.push("max_task_idle_ms=2000".to_owned());
    let input = ads::Input::new(200, 60_000);
    let (half, whole) = (input.file(input.len() / 2), input.file(input.len()));
    let results = two_processes(&application, &half, &whole);
    bank::assert_equal(&input.ads(), &results, "user");
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn a_restart_goes_on_from_its_offsets_and_restores_from_the_checkpoint_on() {
    let topics = ["withdrawals", "limits", "decisions"];
    let application = Application::new(example("bank"), "bank-restart", &topics);
    let input = bank::Input::new(300, 6_000);
    let file = application.path("in.jsonl");
    let run = |state: &str, part: usize| {
        std::fs::write(&file, input.file(part)).unwrap();
        application.run(state, &["--input", file.to_str().unwrap(), "--until-end"])
    };
    run("a", input.len() / 3);
    let log = run("a", input.len() / 2);
    // What lies behind the position on disk may be the mark of a transaction, which is no record.
    let nothing = |l: &&str| {
        l.contains("nothing to restore") || l.contains("restored 0 records of changelog")
    };
    let nothing = log.lines().filter(nothing).count();
    assert_eq!(nothing, 8, "4 partitions of 2 stores are on disk:\n{log}");
    // Elsewhere, where nothing is on disk, everything is restored.
    let log = run("elsewhere", input.len());
    let restored = log.lines().filter(|l| l.contains("restored") && l.contains("from offset 0 on"));
    assert_eq!(restored.count(), 8, "{log}");
    bank::assert_equal(&input.decisions(), &application.results(), "account");
}

#[test]
#[ignore = "needs a broker and the static binary: cargo xtask test makes both"]
fn the_static_binary_decides_embedded_and_on_the_broker() {
    let program = std::env::var("STREAMS_TEST_STATIC_BANK").expect(
        "STREAMS_TEST_STATIC_BANK is not set: `cargo xtask static bank` makes the binary and prints its path",
    );
    let topics = ["withdrawals", "limits", "decisions"];
    let application = Application::new(program.into(), "bank-static", &topics);
    let input = bank::Input::new(50, 5_000);
    let file = application.path("in.jsonl");
    std::fs::write(&file, input.file(input.len())).unwrap();
    let output = application.path("embedded.jsonl");
    run(
        &application.program,
        &["--input", file.to_str().unwrap(), "--output", output.to_str().unwrap(), "--until-end"],
    );
    bank::assert_equal(&input.decisions(), &std::fs::read_to_string(&output).unwrap(), "account");
    application.run("a", &["--input", file.to_str().unwrap(), "--until-end"]);
    bank::assert_equal(&input.decisions(), &application.results(), "account");
}
