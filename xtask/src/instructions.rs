//! `cargo xtask instructions`: instructions a record of one chain, generated and by hand.
//!
//! Each way runs under callgrind with N and with 2N records; the difference is that of N records,
//! without the program's start and the growth of its buffers.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::failure::{At, Failure, Result};
use crate::project;
use crate::setup::{self, Need};

#[derive(Args)]
pub(crate) struct Instructions {
    /// Records of the shorter run
    #[arg(long, default_value_t = DEFAULT_RECORDS)]
    records: u64,
}

/// Enough that one batch more or less does not show, in a second or two of valgrind.
const DEFAULT_RECORDS: u64 = 50_000;

const PACKAGE: &str = "streams-instructions";

pub(crate) fn run(command: &Instructions) -> Result<()> {
    setup::ensure(&[Need::Valgrind])?;
    let status = project::cargo()
        .args(["build", "--release", "--package", PACKAGE])
        .current_dir(project::root())
        .status()
        .running("cargo")?;
    if !status.success() {
        return Err(Failure::new(format!("the build of {PACKAGE} failed ({status})")));
    }
    let binary = project::target_dir()?.join("release").join(PACKAGE);
    let generated = per_record(&binary, "generated", command.records)?;
    let by_hand = per_record(&binary, "by_hand", command.records)?;
    let ratio = generated / by_hand;
    println!("generated: {generated:.1} instructions a record");
    println!("by hand:   {by_hand:.1} instructions a record");
    println!("ratio:     {ratio:.3}");
    println!(r#"{{"generated":{generated:.3},"by_hand":{by_hand:.3},"ratio":{ratio:.3}}}"#);
    Ok(())
}

fn per_record(binary: &Path, way: &str, records: u64) -> Result<f64> {
    let once = instructions(binary, way, records)?;
    let twice = instructions(binary, way, 2 * records)?;
    if records == 0 || twice <= once {
        return Err(Failure::new(format!(
            "{way}: {once} instructions for {records} records and {twice} for twice as many: give \
             `--records` a larger number"
        )));
    }
    Ok((twice - once) as f64 / records as f64)
}

fn instructions(binary: &Path, way: &str, records: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(binary)
        .args([way, &records.to_string()])
        .output()
        .running("valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    match collected(&said) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(Failure::new(format!(
            "valgrind on `{way} {records}` failed ({}):\n{said}",
            output.status
        ))),
    }
}

/// The number of callgrind's line `==123== Collected : 456`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_callgrind_says() {
        let text = "==7== Events    : Ir\n==7== Collected : 21857949\n==7==\n";
        assert_eq!(collected(text), Some(21_857_949));
        assert_eq!(collected("valgrind: not found"), None);
    }
}
