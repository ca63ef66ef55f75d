//! `cargo xtask conformance`: cases recorded from Kafka Streams, run on ours.

use std::os::unix::process::CommandExt;

use clap::Args;

use crate::failure::{At, Result};
use crate::project;
use crate::setup::{self, Need};

#[derive(Args)]
pub(crate) struct Conformance {
    /// Files or directories of cases; without one, all of the project's
    paths: Vec<String>,
    /// The stores under the cases, such as `rocksdb`
    #[arg(long)]
    store: Option<String>,
}

pub(crate) fn run(command: &Conformance) -> Result<()> {
    setup::ensure(&[Need::Build])?;
    let mut cargo = project::cargo();
    cargo.args(["run", "--release", "--package", "conformance", "--"]).args(&command.paths);
    if let Some(store) = &command.store {
        cargo.args(["--store", store]);
    }
    Err::<(), _>(cargo.exec()).running("cargo")
}
