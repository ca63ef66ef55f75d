//! The project's own commands: `cargo xtask help`.
#![allow(
    clippy::disallowed_methods,
    reason = "this program is an edge: it reads clocks and the environment"
)]

mod failure;
mod kafka;
mod project;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Result;

/// The project's own commands
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// One variant a command, each with a file of its own.
#[derive(Subcommand)]
enum Command {
    /// Apache Kafka on this machine, from Maven Central's jars
    #[command(subcommand)]
    Kafka(kafka::Kafka),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Kafka(command) => kafka::run(command),
    }
}
