//! `kafka-faults`: see the library. Needs brokers whose smallest session timeout is a second or so;
//! `cargo xtask faults kafka` starts them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kafka_faults::broker::{Cluster, NODES};
use kafka_faults::report::Report;
use kafka_faults::run::Setup;
use kafka_faults::scenario::Scenario;
use kafka_faults::topologies::Kind;

/// Faults against an application on a real broker; the last line is JSON.
#[derive(Parser)]
struct Cli {
    /// The brokers, as 127.0.0.1:PORT, separated by commas.
    #[arg(long)]
    bootstrap: String,
    /// The cluster's directory, where its brokers may be killed and started again.
    #[arg(long)]
    broker_dir: Option<PathBuf>,
    /// Faults of each scenario and topology.
    #[arg(long, default_value_t = 10)]
    kills: u64,
    /// For the faults and their times.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What is promised.
    #[arg(long, value_enum, default_value_t = Guarantee::ExactlyOnce)]
    guarantee: Guarantee,
    /// Scenarios [default: all].
    #[arg(long, value_enum, value_delimiter = ',')]
    scenario: Vec<Scenario>,
    /// Topologies [default: all].
    #[arg(long, value_enum, value_delimiter = ',')]
    topology: Vec<Kind>,
    /// Records a second.
    #[arg(long, default_value_t = 400)]
    rate: u32,
    /// Where state and logs go, and stay [default: a directory that is removed].
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Guarantee {
    ExactlyOnce,
    AtLeastOnce,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<bool, Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let app = std::env::current_exe()?.with_file_name("kafka-faults-app");
    if !app.exists() {
        return Err(
            format!("{} is missing: cargo build --release -p kafka-faults", app.display()).into()
        );
    }
    let setup = Setup {
        bootstrap: cli.bootstrap.clone(),
        app,
        dir: cli.dir.clone().unwrap_or_else(|| temporary.path().to_owned()),
        seed: cli.seed,
        exactly_once: cli.guarantee == Guarantee::ExactlyOnce,
        rate: cli.rate,
    };
    let mut cluster = match &cli.broker_dir {
        Some(dir) => Some(Cluster::find(dir.clone(), &cli.bootstrap)?),
        None => None,
    };
    let scenarios = all(&cli.scenario, &Scenario::ALL);
    if scenarios.contains(&Scenario::Broker) && cluster.as_ref().is_none_or(|c| c.size() < NODES) {
        let text = format!("scenario broker needs --broker-dir of a cluster of {NODES} nodes");
        return Err(text.into());
    }
    let mut runs = Vec::new();
    for scenario in scenarios {
        // There is no transaction whose end could be swallowed.
        if scenario == Scenario::Swallow && !setup.exactly_once {
            continue;
        }
        for kind in all(&cli.topology, &Kind::ALL) {
            let run = setup.run(scenario, kind, cli.kills, cluster.as_mut())?;
            eprintln!("{}", serde_json::to_string(&run)?);
            runs.push(run);
        }
    }
    let report = Report::new(cli.seed, setup.guarantee(), runs);
    println!("{}", serde_json::to_string(&report)?);
    if !report.is_right() && cli.dir.is_none() {
        // What was left behind tells what happened.
        eprintln!("state and logs are in {}", temporary.keep().display());
    }
    Ok(report.is_right())
}

fn all<T: Copy>(chosen: &[T], known: &[T]) -> Vec<T> {
    if chosen.is_empty() { known.to_vec() } else { chosen.to_vec() }
}
