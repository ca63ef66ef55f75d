//! `cargo xtask faults kafka`: applications and brokers of their own are killed, frozen and cut off.

use std::process::Command;

use crate::failure::{At, Failure, Result};
use crate::kafka::{Setup, private::PrivateBroker};
use crate::project;
use crate::setup::{self, Need};

/// Nodes of the cluster: one can be killed, and its partitions go on.
const NODES: usize = 3;

/// The records are few.
const HEAP: &str = "512m";

/// Runs the program with these arguments on a cluster of its own.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    setup::ensure(&[Need::Build, Need::Broker])?;
    build()?;
    let cluster = start()?;
    let status = command(&cluster)?.args(arguments).status().running("kafka-faults")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("the guarantee does not hold, or could not be tested ({status})")))
}

/// Starts a cluster for the program.
pub(crate) fn start() -> Result<PrivateBroker> {
    PrivateBroker::start(NODES, HEAP, Setup::Plain)
}

/// Builds the program, and the one that it tests.
pub(crate) fn build() -> Result<()> {
    let status = project::cargo()
        .args(["build", "--release", "--package", "kafka-faults", "--bins"])
        .current_dir(project::root())
        .status()
        .running("cargo")?;
    if status.success() {
        return Ok(());
    }
    let text = format!("cargo build --release --package kafka-faults failed ({status})");
    Err(Failure::new(text))
}

/// The program, on brokers that it may kill.
pub(crate) fn command(cluster: &PrivateBroker) -> Result<Command> {
    let program = project::target_dir()?.join("release").join("kafka-faults");
    let mut command = Command::new(program);
    command.args(["--bootstrap", cluster.bootstrap()]).arg("--broker-dir").arg(cluster.dir());
    Ok(command)
}
