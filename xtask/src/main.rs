//! The project's own commands: `cargo xtask help`.
#![allow(
    clippy::disallowed_methods,
    reason = "this program is an edge: it reads clocks and the environment"
)]

mod compile_time;
mod conformance;
mod counts;
mod demo;
mod failure;
mod faults;
mod instructions;
mod kafka;
mod kafka_faults;
mod peer;
mod project;
mod registry;
mod setup;
mod static_binary;
mod step;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Result;

/// The project's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// One variant a command, each with a file of its own.
#[derive(Subcommand)]
enum Command {
    /// Run the bank example; installs a C compiler first where there is none
    Demo(demo::Demo),
    /// Run every check: format, lints, documentation, tests, examples, tests on Apache Kafka
    Test(test::Test),
    /// Run cases recorded from Kafka Streams' own test driver
    Conformance(conformance::Conformance),
    /// Build an example as one static binary
    Static(static_binary::Static),
    /// Measure ours against Java's Kafka Streams, on one broker in one run
    Peer(peer::Peer),
    /// Kill applications, fill their disk, damage their files, and compare what they wrote with a fold
    Faults(faults::Faults),
    /// Count the instructions per record of generated code, and of the same written by hand
    Instructions(instructions::Instructions),
    /// Measure what topologies cost the compiler, against budgets
    CompileTime(compile_time::CompileTime),
    /// Apache Kafka on this machine, from Maven Central's jars
    #[command(subcommand)]
    Kafka(kafka::Kafka),
    /// Install what this machine lacks (as root on Debian), or say how
    Setup,
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
        Command::Demo(command) => demo::run(command),
        Command::Test(command) => test::run(command),
        Command::Conformance(command) => conformance::run(command),
        Command::Static(command) => static_binary::run(command),
        Command::Peer(command) => peer::run(command),
        Command::Faults(command) => faults::run(command),
        Command::Instructions(command) => instructions::run(command),
        Command::CompileTime(command) => compile_time::run(command),
        Command::Kafka(command) => kafka::run(command),
        Command::Setup => setup::run(),
    }
}
