//! `cargo xtask kafka`: Apache Kafka on this machine, from Maven Central's jars.

mod cluster;
pub(crate) mod jars;
pub(crate) mod private;
mod probe;
mod properties;
mod run_dir;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::{Failure, Result};
use crate::project;
pub(crate) use cluster::Setup;
use cluster::{Lifetime, Options};
use run_dir::{RunDir, Running};

/// Enough for the tests and the benchmark; the measured figures were taken with it.
pub(crate) const DEFAULT_HEAP: &str = "1G";

#[derive(Subcommand)]
pub(crate) enum Kafka {
    /// Start Apache Kafka on free loopback ports; its address is the last line
    ///
    /// Does nothing but print the address when it runs already. The jars are fetched from Maven
    /// Central on first use, into ~/.cache/streams-kafka (or $STREAMS_KAFKA_CACHE).
    Up(Up),
    /// Stop it and remove its data
    Down(Place),
    /// Print its address, processes and logs; fails when it does not run
    Status(Place),
}

#[derive(Args)]
pub(crate) struct Up {
    /// Brokers: 1, or 3 with replication
    #[arg(long, default_value_t = 1, value_parser = nodes)]
    nodes: usize,
    /// Heap of each broker, as java's -Xmx takes it
    #[arg(long, default_value = DEFAULT_HEAP)]
    heap: String,
    /// As for `cargo xtask test`: ACLs are looked up (a resource without is open to all), and idle
    /// transactional ids are soon forgotten
    #[arg(long)]
    for_tests: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Place {
    /// Where addresses, logs and data lie; one cluster a directory [default: ~/.cache/streams-kafka/run]
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Place {
    fn run_dir(&self) -> Result<RunDir> {
        match &self.dir {
            Some(dir) => RunDir::new(dir),
            None => RunDir::new(&project::cache_dir()?.join("run")),
        }
    }
}

pub(crate) fn run(command: &Kafka) -> Result<()> {
    match command {
        Kafka::Up(up) => run_up(up),
        Kafka::Down(place) => run_down(place),
        Kafka::Status(place) => run_status(place),
    }
}

fn run_up(up: &Up) -> Result<()> {
    let dir = up.place.run_dir()?;
    let _lock = dir.lock()?;
    let bootstrap = match dir.running() {
        Some(running) if running.pids.len() == up.nodes => running.bootstrap,
        Some(running) => return Err(other_size(&dir, &running, up.nodes)),
        None => {
            if dir.has_remains() {
                // Killed, or the machine was restarted; its ports may belong to others by now.
                let path = dir.path().display();
                eprintln!("the cluster of {path} ended without `down`: its data is removed");
            }
            let setup = if up.for_tests { Setup::ForTests } else { Setup::Plain };
            let options = Options {
                nodes: up.nodes,
                heap: up.heap.clone(),
                setup,
                lifetime: Lifetime::UntilDown,
            };
            cluster::start(&dir, &options)?
        }
    };
    // The last line is for scripts.
    println!("bootstrap = {bootstrap}\n{bootstrap}");
    Ok(())
}

fn other_size(dir: &RunDir, running: &Running, wanted: usize) -> Failure {
    Failure::new(format!(
        "a cluster of {} runs in {}, not of {wanted}: stop it with `cargo xtask kafka down`, or \
         start another with `--dir DIR`",
        running.pids.len(),
        dir.path().display()
    ))
}

fn run_down(place: &Place) -> Result<()> {
    let dir = place.run_dir()?;
    let said = if !dir.path().exists() || {
        let _lock = dir.lock()?;
        !dir.clear()?
    } {
        "no broker ran in"
    } else {
        "stopped the brokers of"
    };
    println!("{said} {}", dir.path().display());
    Ok(())
}

fn run_status(place: &Place) -> Result<()> {
    let dir = place.run_dir()?;
    let Some(running) = dir.running() else {
        return Err(Failure::new(format!(
            "no broker runs in {}; `cargo xtask kafka up` starts one",
            dir.path().display()
        )));
    };
    println!("bootstrap = {}", running.bootstrap);
    for (node, pid) in running.pids.iter().enumerate() {
        println!("broker {}: process {pid}, log {}", node + 1, dir.log(node).display());
    }
    println!("{}", running.bootstrap);
    Ok(())
}

fn nodes(text: &str) -> std::result::Result<usize, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("1 or 3 brokers".to_owned()),
    }
}
