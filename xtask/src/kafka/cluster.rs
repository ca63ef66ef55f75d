//! Starts Apache Kafka on free loopback ports and waits until it answers.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::jars;
use super::probe;
use super::properties::{self, Ports};
use super::run_dir::RunDir;
use crate::failure::{At, Failure, Result};

/// One node is ready after about 4 s and three after 9 s on two idle cores; a build beside them
/// makes that several times as long.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
const READY_POLL: Duration = Duration::from_millis(50);

/// Between finding a free port and the broker's bind another process may take it.
const START_ATTEMPTS: usize = 3;

/// What to start.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) nodes: usize,
    /// The size of each JVM's heap, as `-Xmx` takes it.
    pub(crate) heap: String,
    pub(crate) setup: Setup,
    pub(crate) lifetime: Lifetime,
}

/// What the brokers are like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    /// As most are.
    Plain,
    /// Faults can be brought about: ACLs are looked up (a resource that has none is open to all), and
    /// transactional ids that were idle for [`IDLE_ID_MS`](super::properties::IDLE_ID_MS) are forgotten.
    ForTests,
}

/// What ends the brokers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// `cargo xtask kafka down`.
    UntilDown,
    /// The end of this process, however it ends.
    ThisProcess,
}

/// Starts a cluster in a directory whose lock the caller holds; returns its address.
pub(crate) fn start(dir: &RunDir, options: &Options) -> Result<String> {
    let jars = jars::ensure()?;
    let mut attempt = 1;
    loop {
        dir.clear()?;
        match start_once(dir, options, &jars) {
            Err(_) if attempt < START_ATTEMPTS && port_was_taken(dir, options) => attempt += 1,
            Err(failure) => {
                dir.clear()?;
                return Err(failure);
            }
            Ok(bootstrap) => return Ok(bootstrap),
        }
    }
}

fn start_once(dir: &RunDir, options: &Options, jars: &Path) -> Result<String> {
    let nodes = free_ports(options.nodes)?;
    for (index, ports) in nodes.iter().enumerate() {
        let text = properties::render(index, *ports, &nodes, &dir.data(index), options.setup);
        let path = dir.properties(index);
        fs::write(&path, text).at("writing", &path)?;
    }
    format_storage(dir, options.nodes, jars)?;
    let mut brokers: Vec<Child> = Vec::new();
    for index in 0..options.nodes {
        brokers.push(spawn_broker(dir, index, options, jars)?);
        dir.record_pids(&brokers.iter().map(Child::id).collect::<Vec<_>>())?;
    }
    let bootstrap = properties::bootstrap(&nodes);
    wait_until_ready(dir, &nodes, &mut brokers)?;
    dir.record_bootstrap(&bootstrap)?;
    Ok(bootstrap)
}

/// Ports that nobody listens on; all are held until all are found, so that none is given twice.
fn free_ports(nodes: usize) -> Result<Vec<Ports>> {
    let listen = || -> std::io::Result<(u16, TcpListener)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok((listener.local_addr()?.port(), listener))
    };
    let mut held = Vec::new();
    let mut all = Vec::new();
    for _ in 0..nodes {
        let (broker, first) = listen().at("binding a port on", Path::new(properties::HOST))?;
        let (controller, second) = listen().at("binding a port on", Path::new(properties::HOST))?;
        held.push((first, second));
        all.push(Ports { broker, controller });
    }
    Ok(all)
}

/// KRaft refuses to start on a log directory without the cluster's id.
fn format_storage(dir: &RunDir, nodes: usize, jars: &Path) -> Result<()> {
    let id = cluster_id()?;
    let mut formatting: Vec<Child> = Vec::new();
    for index in 0..nodes {
        let log = dir.path().join(format!("format-{index}.log"));
        let child = java_arguments(&mut Command::new("java"), jars, "256m", &log)?
            .arg("-XX:TieredStopAtLevel=1")
            .args(["kafka.tools.StorageTool", "format", "-t", &id, "-c"])
            .arg(dir.properties(index))
            .spawn()
            .running("java")?;
        formatting.push(child);
    }
    for (index, mut child) in formatting.into_iter().enumerate() {
        if !child.wait().running("java")?.success() {
            let log = dir.path().join(format!("format-{index}.log"));
            let text = fs::read_to_string(&log).unwrap_or_default();
            return Err(Failure::new(format!("Kafka's StorageTool failed:\n{text}")));
        }
    }
    Ok(())
}

/// A Kafka `Uuid`: 22 characters of URL-safe base64, of which hexadecimal digits are a part.
fn cluster_id() -> Result<String> {
    let path = Path::new("/proc/sys/kernel/random/uuid");
    let uuid = fs::read_to_string(path).at("reading", path)?;
    let digits: String = uuid.chars().filter(char::is_ascii_hexdigit).take(21).collect();
    // The last character stands for 2 bits; those after them must be zero, as in `A`.
    Ok(digits + "A")
}

fn spawn_broker(dir: &RunDir, index: usize, options: &Options, jars: &Path) -> Result<Child> {
    let heap = &options.heap;
    let mut command = match options.lifetime {
        Lifetime::UntilDown => {
            let mut java = Command::new("java");
            // Ctrl-C in this terminal is not meant for it.
            java.process_group(0);
            java
        }
        Lifetime::ThisProcess => {
            // The kernel kills the broker when the thread that started it, here the main thread,
            // ends. Every Debian has setpriv.
            let mut setpriv = Command::new("setpriv");
            setpriv.args(["--pdeathsig", "KILL", "java"]);
            setpriv
        }
    };
    java_arguments(&mut command, jars, heap, &dir.log(index))?
        .arg(format!("-Xms{heap}"))
        .args(["-XX:+UseG1GC", "kafka.Kafka"])
        .arg(dir.properties(index))
        .spawn()
        .running("java")
}

fn java_arguments<'a>(
    command: &'a mut Command,
    jars: &Path,
    heap: &str,
    log: &Path,
) -> Result<&'a mut Command> {
    let out = File::create(log).at("creating", log)?;
    let err = out.try_clone().at("opening", log)?;
    Ok(command
        .arg(format!("-Xmx{heap}"))
        .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        .arg("-cp")
        .arg(jars::class_path(jars))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err))
}

fn wait_until_ready(dir: &RunDir, nodes: &[Ports], brokers: &mut [Child]) -> Result<()> {
    let started = Instant::now();
    for node in nodes {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, node.broker));
        // A refused connection or a short answer only says: not yet.
        while probe::live_brokers(address).unwrap_or(0) < nodes.len() {
            let tail = || dir.log_tail(nodes.len());
            for broker in &mut *brokers {
                if let Some(status) = broker.try_wait().running("java")? {
                    let text = format!("the broker ended ({status}):\n{}", tail());
                    return Err(Failure::new(text));
                }
            }
            if started.elapsed() > READY_TIMEOUT {
                let seconds = READY_TIMEOUT.as_secs();
                let text = format!("the broker is not ready after {seconds} s:\n{}", tail());
                return Err(Failure::new(text));
            }
            thread::sleep(READY_POLL);
        }
    }
    Ok(())
}

fn port_was_taken(dir: &RunDir, options: &Options) -> bool {
    (0..options.nodes)
        .filter_map(|node| fs::read_to_string(dir.log(node)).ok())
        .any(|log| log.contains("Address already in use"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let mut ports: Vec<u16> =
            free_ports(3).unwrap().iter().flat_map(|node| [node.broker, node.controller]).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 6);
    }

    #[test]
    fn a_cluster_id_has_the_22_characters_of_a_kafka_uuid() {
        let id = cluster_id().unwrap();
        assert_eq!(id.len(), 22, "{id}");
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
    }
}
