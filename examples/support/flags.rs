//! The flags that all examples have.

use std::path::PathBuf;

use clap::Parser;
use streams::runtime::config::Layers;
use streams::runtime::{Config, Error, Result};

/// Without --input, and with empty topics, the program makes its own data.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Flags {
    /// Records to load, one JSON object a line.
    #[arg(long, value_name = "F.jsonl")]
    pub(crate) input: Option<PathBuf>,
    /// Where to write the results, one JSON object a line.
    #[arg(long, value_name = "F.jsonl")]
    pub(crate) output: Option<PathBuf>,
    /// Bootstrap servers of a Kafka cluster; without, the embedded log is used.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) brokers: Option<String>,
    /// Partitions of topics that are created.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) partitions: i32,
    /// Worker threads.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) threads: usize,
    /// Where state (and the embedded log) is kept; without, a new directory of its own.
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Stop when all input is processed.
    #[arg(long)]
    pub(crate) until_end: bool,
    /// Take what is in the topics already, and load nothing.
    #[arg(long, conflicts_with = "input")]
    pub(crate) no_input: bool,
    /// A key of the runtime's configuration, as `--set commit_interval_ms=100`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Log filter, as `info`; also the variable STREAMS_LOG.
    #[arg(long, default_value = "warn")]
    pub(crate) log: String,
}

impl Flags {
    /// The runtime's configuration: environment, then flags.
    pub(crate) fn config(&self, state_dir: PathBuf) -> Result<Config> {
        let mut layers = Layers::new().environment(std::env::vars())?;
        for pair in &self.set {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Error::config(format!("--set {pair}: write it as KEY=VALUE")));
            };
            layers = layers.set(key, value, "--set")?;
        }
        let mut config = layers.build()?;
        config.brokers = self.brokers.clone().or(config.brokers);
        config.partitions = self.partitions;
        config.threads = self.threads;
        config.state_dir = state_dir;
        config.create_topics = true;
        config.validate()?;
        Ok(config)
    }
}
