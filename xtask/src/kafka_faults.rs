//! `cargo xtask faults kafka`: applications and a broker of their own are killed, frozen and cut off.

use std::process::Command;

use crate::failure::{At, Failure, Result};
use crate::kafka::{self, private::PrivateBroker};
use crate::project;
use crate::setup::{self, Need};

/// Runs the program with these arguments on a broker of its own.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    setup::ensure(&[Need::Build, Need::Broker])?;
    build()?;
    let broker = PrivateBroker::start(kafka::DEFAULT_HEAP)?;
    let status = command(&broker)?.args(arguments).status().running("kafka-faults")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("the guarantee does not hold, or could not be tested ({status})")))
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

/// The program, on a broker that it may kill.
pub(crate) fn command(broker: &PrivateBroker) -> Result<Command> {
    let program = project::target_dir()?.join("release").join("kafka-faults");
    let mut command = Command::new(program);
    command.args(["--bootstrap", broker.bootstrap()]).arg("--broker-dir").arg(broker.dir());
    Ok(command)
}
