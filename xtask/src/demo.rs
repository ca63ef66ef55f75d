//! `cargo xtask demo`: the bank example, from a bare machine.

use std::os::unix::process::CommandExt;
use std::path::Path;

use clap::Args;

use crate::failure::{At, Result};
use crate::project;
use crate::setup::{self, Need};

#[derive(Args)]
pub(crate) struct Demo {
    /// Passed on to the example
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(demo: &Demo) -> Result<()> {
    setup::ensure(&[Need::Build])?;
    if !has_built_rocksdb(&project::target_dir()?) {
        eprintln!("first build: RocksDB, OpenSSL and librdkafka take about 10 minutes on 2 cores");
    }
    let mut cargo = project::cargo();
    cargo
        .args(["run", "--release", "--package", "streams", "--example", "bank", "--"])
        .args(&demo.arguments);
    // The example gets this terminal, its signals, and gives its exit status.
    Err::<(), _>(cargo.exec()).running("cargo")
}

fn has_built_rocksdb(target: &Path) -> bool {
    let entries = std::fs::read_dir(target.join("release/build"));
    entries
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("librocksdb-sys-"))
}
