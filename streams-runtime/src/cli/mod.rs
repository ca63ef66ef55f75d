//! The program that an application makes of itself: `run` (the default), `describe`, `check`,
//! `reset`, `acl`, `lock`.

mod lock;
mod restore_bar;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use streams_core::topology::{App, Topology, TopologyDescription};

pub use lock::write_lock;
use restore_bar::RestoreBar;

use crate::acl::{Commands, acls};
use crate::config::{Config, Layers};
use crate::error::{Error, Result};
use crate::registry::Registry;
use crate::reset::{Reset, ResetTo};
use crate::streams::{Streams, broker_for, prepare};

/// What can be done with an application.
pub trait AppExt {
    /// Runs what the command line says; see `--help`.
    fn run_from_args(self) -> ExitCode;
}

#[derive(Parser)]
#[command(version, about = "A streams application")]
struct Command {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum What {
    /// Process records until SIGINT or SIGTERM (the default).
    Run,
    /// Print the topology: sub-topologies, sources, operators with their stores, sinks.
    Describe(DescribeFlags),
    /// Compare the topology with the topics there are, and start nothing.
    Check,
    /// Make ready to process the inputs again: move the group's offsets, delete the internal topics
    /// and this machine's state. Refused while the application runs.
    Reset(ResetFlags),
    /// Print the commands that give a user the rights that the application needs on a Kafka cluster, and
    /// no others.
    Acl(AclFlags),
    /// Write topology.lock, with which a test compares the topology: names, types, formats and
    /// partitions of its topics and stores. Refused where data would be orphaned or misread.
    Lock(lock::Lock),
}

#[derive(Args)]
struct AclFlags {
    /// Who is to have them, by Kafka's name.
    #[arg(long, value_name = "PRINCIPAL", default_value = "User:NAME")]
    principal: String,
}

#[derive(Args)]
struct ResetFlags {
    /// From where to read: `earliest`, `latest`, a time (`2026-11-25T10:00:00Z`, or milliseconds
    /// since 1970), or offsets (`orders-0=42,orders-1=7`; other partitions stay where they are).
    #[arg(long, value_name = "PLACE", default_value = "earliest")]
    to: ResetTo,
    /// Only show what would be done.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

#[derive(Args)]
#[group(multiple = false)]
struct DescribeFlags {
    /// As a mermaid flowchart.
    #[arg(long)]
    mermaid: bool,
    /// As a graph for Graphviz.
    #[arg(long)]
    dot: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl DescribeFlags {
    fn text(&self, topology: &TopologyDescription) -> String {
        match (self.mermaid, self.dot, self.json) {
            (true, ..) => topology.to_mermaid(),
            (_, true, _) => topology.to_dot(),
            (.., true) => topology.to_json(),
            _ => topology.to_string(),
        }
    }
}

#[derive(Args)]
struct Flags {
    /// A configuration file in TOML; environment variables (STREAMS_…) and flags override it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// A key of the configuration, as `--set commit_interval_ms=100`.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    set: Vec<String>,
    /// Bootstrap servers of a Kafka cluster; without, the embedded log is used.
    #[arg(long, value_name = "HOST:PORT", global = true)]
    brokers: Option<String>,
    /// Where state (and the embedded log) is kept.
    #[arg(long, value_name = "DIR", global = true)]
    state_dir: Option<String>,
    /// Worker threads.
    #[arg(long, value_name = "N", global = true)]
    threads: Option<String>,
    /// Stop when everything that is in the sources at the start has been processed.
    #[arg(long, global = true)]
    until_end: bool,
    /// Log filter, as `info` or `streams_runtime=debug`; also the variable STREAMS_LOG.
    #[arg(long, global = true)]
    log: Option<String>,
}

impl Flags {
    fn config(&self) -> Result<Config> {
        let mut layers = Layers::new();
        if let Some(file) = &self.config {
            layers = layers.file(file)?;
        }
        layers = layers.environment(std::env::vars())?;
        for pair in &self.set {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            layers = layers.set(key, value, "--set")?;
        }
        let flags = [
            ("brokers", &self.brokers, "--brokers"),
            ("state_dir", &self.state_dir, "--state-dir"),
            ("threads", &self.threads, "--threads"),
        ];
        for (key, value, flag) in flags {
            if let Some(value) = value {
                layers = layers.set(key, value, flag)?;
            }
        }
        layers.build()
    }
}

/// Logs to standard error, filtered by `--log` or STREAMS_LOG. A program that has set its own
/// subscriber keeps it.
pub fn log_to_stderr(filter: Option<&str>) {
    let filter = filter.map(str::to_owned).or_else(|| std::env::var("STREAMS_LOG").ok());
    let filter = filter.unwrap_or_else(|| "info".to_owned());
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(filter);
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = format.with_target(false).try_init();
}

impl<T: Topology> AppExt for App<T> {
    fn run_from_args(self) -> ExitCode {
        let command = Command::parse();
        log_to_stderr(command.flags.log.as_deref());
        let done = command.flags.config().and_then(|config| match command.what {
            Some(What::Describe(flags)) => {
                print!("{}", flags.text(self.description()));
                Ok(())
            }
            Some(What::Check) => check(&self, &config),
            Some(What::Reset(flags)) => reset(&self, &config, &flags),
            Some(What::Acl(flags)) => {
                let brokers = config.brokers.as_deref().unwrap_or("HOST:PORT");
                let (acls, topology) = (acls(&self, &config), self.description());
                print!(
                    "{}",
                    Commands { acls: &acls, brokers, principal: &flags.principal, topology }
                );
                Ok(())
            }
            Some(What::Lock(lock)) => lock.run::<T>(),
            Some(What::Run) | None => {
                let mut config = config;
                if std::io::stderr().is_terminal() {
                    config.restore_listener = Some(Arc::new(RestoreBar::default()).into());
                }
                let streams = Streams::start(&self, config)?;
                match command.flags.until_end {
                    true => streams.run_until_end(|_, _| {}),
                    false => streams.run(),
                }
            }
        });
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn check<T: Topology>(app: &App<T>, config: &Config) -> Result<()> {
    let broker = broker_for(app, config)?;
    let plan = prepare(app.description(), config, &*broker, false)?;
    for topic in &plan.topics {
        println!("{} ({} partitions)", topic.name, topic.partitions);
    }
    if let Some(registry) = Registry::of::<T>(config, &plan)? {
        registry.check()?;
        println!("the schemas fit {}", registry.describe());
    }
    println!("the topology fits {}", broker.describe());
    Ok(())
}

fn reset<T: Topology>(app: &App<T>, config: &Config, flags: &ResetFlags) -> Result<()> {
    let reset = Reset::plan(app, config, broker_for(app, config)?, &flags.to)?;
    println!("{reset}");
    if flags.dry_run || !(flags.yes || confirmed()?) {
        println!("nothing was changed");
        return Ok(());
    }
    reset.carry_out()?;
    println!("done; state on other machines: run `reset` there too, or delete it");
    Ok(())
}

/// Asks at the terminal.
fn confirmed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::config("not at a terminal, so nobody can be asked: say --yes"));
    }
    print!("Do this? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdout().flush().and_then(|()| std::io::stdin().read_line(&mut answer));
    read.map_err(|e| Error::config(format!("the answer cannot be read: {e}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
