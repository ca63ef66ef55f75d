//! Applications that are killed, starved of disk and given damaged files, and a verifier that
//! compares what they wrote with a fold of what they read.
//!
//! One binary is both: `app` is the application that faults happen to, every other way of calling
//! it makes them happen. `cargo xtask faults` runs it.
#![allow(
    clippy::disallowed_methods,
    reason = "this program is an edge: it waits, and reads clocks and the environment"
)]

mod app;
mod embedded;
mod failure;
mod pace;
mod process;
mod random;
mod topologies;
mod verdict;
mod workload;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use failure::Result;
use verdict::Verdict;

#[derive(Parser)]
#[command(name = "faults", disable_version_flag = true, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    app: Option<Command>,
    #[command(flatten)]
    plan: Plan,
}

#[derive(Subcommand)]
enum Command {
    /// Be the application that faults happen to
    App(app::App),
}

/// What is to happen.
#[derive(Args)]
struct Plan {
    /// The scenario; without one, all of them
    #[arg(long, value_enum)]
    scenario: Option<Scenario>,
    /// Kills (of `embedded-kills`), over all topologies
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// Times that the disk fills up (of `full-disk`), over all topologies
    #[arg(long, default_value_t = 10)]
    fills: u32,
    /// Files that are damaged (of `damaged-files`), over all topologies
    #[arg(long, default_value_t = 500)]
    mutations: u32,
    /// Of the random choices; without one, the clock chooses
    #[arg(long)]
    seed: Option<u64>,
    /// The topology; without one, all of them
    #[arg(long, value_enum)]
    topology: Option<topologies::Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// SIGKILL at random times, on the embedded log
    EmbeddedKills,
    /// A disk that fills up under the embedded log and its state (as root: it mounts a tmpfs)
    FullDisk,
    /// Changed, cut and missing files of the embedded log and its state
    DamagedFiles,
}

fn main() -> ExitCode {
    let Cli { app, plan } = Cli::parse();
    let done = match app {
        Some(Command::App(app)) => app::run(&app),
        None => run(&plan),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: &Plan) -> Result<()> {
    let seed = plan.seed.unwrap_or_else(random::seed);
    println!("seed {seed}");
    let wanted = |s: Scenario| plan.scenario.is_none_or(|wanted| wanted == s);
    let names = topologies::Name::selected(plan.topology);
    let mut verdict = Verdict::new(seed);
    for scenario in Scenario::value_variants().iter().copied().filter(|s| wanted(*s)) {
        match scenario {
            Scenario::EmbeddedKills => embedded::kills::run(&names, plan.kills, &mut verdict)?,
            Scenario::FullDisk => embedded::full_disk::run(&names, plan.fills, &mut verdict)?,
            Scenario::DamagedFiles => embedded::damage::run(&names, plan.mutations, &mut verdict)?,
        }
    }
    verdict.finish()
}
