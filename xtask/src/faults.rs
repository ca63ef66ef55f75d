//! `cargo xtask faults`: kills, full disks and damaged files, and what they break; `cargo xtask faults
//! kafka`: the same on a broker, which is killed, too.

use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;

use crate::failure::{At, Result};
use crate::kafka_faults;
use crate::project;
use crate::setup::{self, Need};

#[derive(Args)]
pub(crate) struct Faults {
    /// As `cargo xtask faults -- --help` says; or `kafka`, and what `kafka -- --help` says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(faults: &Faults) -> Result<()> {
    if let Some((first, rest)) = faults.arguments.split_first()
        && first == "kafka"
    {
        return kafka_faults::run(rest);
    }
    setup::ensure(&[Need::Build])?;
    Err::<(), _>(command(&faults.arguments).exec()).running("cargo")
}

/// What `cargo xtask test` runs: a minute of each scenario at most.
pub(crate) fn bounded() -> Command {
    let arguments = ["--kills", "15", "--fills", "5", "--mutations", "50"];
    command(&arguments.map(str::to_owned))
}

fn command(arguments: &[String]) -> Command {
    let mut cargo = project::cargo();
    cargo.args(["run", "--release", "--package", "faults", "--"]).args(arguments);
    cargo.current_dir(project::root());
    cargo
}
