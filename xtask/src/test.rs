//! `cargo xtask test`: everything that must hold, in the order that fails fastest.

use std::process::Command;

use clap::Args;

use crate::failure::{Failure, Result};
use crate::faults;
use crate::kafka::{self, Setup, jars, private::PrivateBroker};
use crate::kafka_faults;
use crate::project;
use crate::registry::PrivateRegistry;
use crate::setup::{self, Need};
use crate::static_binary;
use crate::step::Steps;

/// The address that the broker tests read.
const BOOTSTRAP_ENV: &str = "STREAMS_TEST_BOOTSTRAP";
/// The address that the tests of schema registries read.
const REGISTRY_ENV: &str = "STREAMS_TEST_REGISTRY";
/// The static binary that a broker test runs as a user would.
const STATIC_BANK_ENV: &str = "STREAMS_TEST_STATIC_BANK";

/// Where Java's Kafka Streams is, for the tests that hand over to it.
const CLASS_PATH_ENV: &str = "STREAMS_TEST_CLASS_PATH";

#[derive(Args)]
pub(crate) struct Test {
    /// Leave out what needs Apache Kafka
    #[arg(long)]
    no_kafka: bool,
    /// Run only tests whose path contains one of these, and no lint
    names: Vec<String>,
}

pub(crate) fn run(test: &Test) -> Result<()> {
    let mut steps = Steps::default();
    let outcome = all(test, &mut steps);
    steps.print_summary();
    outcome?;
    if !test.names.is_empty() && steps.counts().passed == 0 {
        return Err(Failure::new(format!("no test is named like {}", test.names.join(" or "))));
    }
    Ok(())
}

fn all(test: &Test, steps: &mut Steps) -> Result<()> {
    let needs: &[Need] = if test.no_kafka { &[Need::Build] } else { &[Need::Build, Need::Broker] };
    steps.time("setup", || setup::ensure(needs))?;
    if test.names.is_empty() {
        lint(steps)?;
    }
    // One failed test must not hide the others.
    let tests = ["test", "--release", "--workspace", "--no-fail-fast"];
    let mut with_names = cargo(&tests);
    if !test.names.is_empty() {
        with_names.arg("--").args(&test.names);
    }
    steps.run("test", &mut with_names)?;
    if test.names.is_empty() {
        // A workspace of its own: its Cargo.toml says why.
        let mut spans = cargo(&["test", "--manifest-path", "tests/spans/Cargo.toml"]);
        spans.arg("--target-dir").arg(project::target_dir()?.join("spans"));
        steps.run("spans", &mut spans)?;
        steps.run("faults", &mut faults::bounded())?;
        steps.run("examples", &mut cargo(&["build", "--release", "--workspace", "--examples"]))?;
    }
    if test.no_kafka {
        return Ok(());
    }
    let bank = steps.time("static bank", || static_binary::build("bank"))?;
    let registry = steps.time("registry up", PrivateRegistry::start)?;
    let broker =
        steps.time("kafka up", || PrivateBroker::start(1, kafka::DEFAULT_HEAP, Setup::ForTests))?;
    // `--tests`: a doc example that is marked `ignore` is not a broker test.
    let mut with_broker = cargo(&tests);
    with_broker
        .args(["--tests", "--", "--ignored"])
        .args(&test.names)
        .env(BOOTSTRAP_ENV, broker.bootstrap())
        .env(REGISTRY_ENV, registry.url())
        .env(STATIC_BANK_ENV, bank)
        .env(CLASS_PATH_ENV, jars::class_path(&jars::ensure()?));
    let mut outcome = steps.run("broker tests", &mut with_broker);
    steps.time("kafka down", || {
        drop((broker, registry));
        Ok(())
    })?;
    if test.names.is_empty() {
        // A few of each fault: minutes. `cargo xtask faults kafka` does as many as one likes.
        kafka_faults::build()?;
        let cluster = steps.time("kafka cluster up", kafka_faults::start)?;
        let mut few = kafka_faults::command(&cluster)?;
        few.args(["--kills", "3", "--topology", "count,bank"]);
        outcome = outcome.and(steps.run("kafka faults", &mut few));
    }
    outcome
}

fn lint(steps: &mut Steps) -> Result<()> {
    steps.run("format", &mut cargo(&["fmt", "--check"]))?;
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    steps.run("clippy", &mut cargo(&clippy))?;
    let mut doc = cargo(&["doc", "--release", "--workspace", "--no-deps"]);
    steps.run("doc", doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = project::cargo();
    cargo.args(arguments).current_dir(project::root());
    cargo
}
