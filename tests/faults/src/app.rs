//! The application that faults happen to.

use std::path::PathBuf;

use clap::Args;
use streams::runtime::config::Layers;
use streams::runtime::{Config, cli};

use crate::failure::Result;
use crate::topologies::Name;

#[derive(Args)]
pub(crate) struct App {
    #[arg(long, value_enum)]
    topology: Name,
    #[arg(long)]
    state_dir: PathBuf,
    /// Stop when all input is processed
    #[arg(long)]
    until_end: bool,
    /// Keys of the configuration, as `commit_interval_ms=10`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

pub(crate) fn run(app: &App) -> Result<()> {
    cli::log_to_stderr(Some("info"));
    let mut layers = Layers::new();
    for pair in &app.set {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        layers = layers.set(key, value, "--set")?;
    }
    let mut config: Config = layers.build()?;
    config.state_dir.clone_from(&app.state_dir);
    let streams = app.topology.workload().start(config)?;
    if app.until_end {
        streams.run_until_end(|_, _| {})?;
    } else {
        streams.run()?;
    }
    Ok(())
}
