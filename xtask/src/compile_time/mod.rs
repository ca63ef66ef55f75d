//! `cargo xtask compile-time`: what a topology costs the compiler, against budgets.
//!
//! rustc compiles generated topologies of 1 to 300 operators, and an empty crate, each several times; the
//! smallest processor time counts, which other work on the machine does not change much. Beside the 100
//! operators stands what they cost written by hand, in the plainest way. Then the macro's own crates are built
//! anew, and the machine code of an operator is weighed.

mod by_hand;
mod rustc;
mod table;
mod topology;

use std::time::Duration;

use clap::Args;

use crate::failure::{At, Failure, Result};
use crate::project;
use rustc::{Rustc, Stage};
use table::Table;

#[derive(Args)]
pub(crate) struct CompileTime {
    /// Times that each crate is compiled; the smallest counts
    #[arg(long, default_value_t = 7)]
    runs: u32,
    /// Leave out the build of the macro's crates
    #[arg(long)]
    no_macros: bool,
}

/// Operators of the generated topologies.
const SIZES: [usize; 5] = [1, 10, 30, 100, 300];

/// The operators that have budgets.
const BUDGETED: usize = 100;
/// What they may cost over an empty crate.
const CHECK_BUDGET: Duration = Duration::from_millis(60);
const RELEASE_BUDGET: Duration = Duration::from_millis(110);
/// How much dearer an operator may be from 100 to 300 than from 10 to 100.
const GROWTH_BUDGET: f64 = 1.3;
/// What the macro and what it is built of may take to build.
const MACROS_BUDGET: Duration = Duration::from_secs(10);

pub(crate) fn run(command: &CompileTime) -> Result<()> {
    let rustc = Rustc::new()?;
    let mut table = Table::new();
    for stage in Stage::ALL {
        table.empty.push(rustc.smallest(stage, topology::EMPTY, command.runs)?);
        for size in SIZES {
            let text = topology::text(size);
            table.add(size, stage, rustc.smallest(stage, &text, command.runs)?);
        }
        let text = by_hand::text(BUDGETED);
        table.by_hand.push(rustc.smallest(stage, &text, command.runs)?);
    }
    let small = rustc.code_bytes(&topology::text(10))?;
    let large = rustc.code_bytes(&topology::text(BUDGETED))?;
    table.bytes_per_operator = (large.saturating_sub(small)) as f64 / 90.0;
    if !command.no_macros {
        table.macros = Some(macros()?);
    }
    println!("{table}");
    println!("{}", table.json());
    let broken = table.broken_budgets();
    if broken.is_empty() { Ok(()) } else { Err(Failure::new(broken.join("\n       "))) }
}

/// Builds the macro and all that it depends on, from nothing; the time on the wall, and the processor's.
fn macros() -> Result<(Duration, Duration)> {
    let target = project::target_dir()?.join("compile-time-macros");
    match std::fs::remove_dir_all(&target) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).at("removing", &target);
        }
        _ => {}
    }
    let mut build = project::cargo();
    build
        .args(["build", "--quiet", "--package", "streams-macros", "--target-dir"])
        .arg(&target)
        .current_dir(project::root());
    let measured = rustc::measured(&build)?;
    std::fs::remove_dir_all(&target).at("removing", &target)?;
    Ok(measured)
}
