//! The brokers, each to be killed and started again on its data.

use std::fs::OpenOptions;
use std::io::{Error, Result};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::process::signal;

/// A cluster in a directory as `cargo xtask kafka` makes it: `pids`, `bootstrap`, logs.
pub struct Cluster {
    dir: PathBuf,
    nodes: Vec<Node>,
}

struct Node {
    address: String,
    pid: u32,
    command: Vec<String>,
    child: Option<Child>,
}

/// The fewest nodes of which one may be killed.
///
/// With one, a partition has no leader while its broker starts, and the transaction coordinator of
/// Kafka 4.4.0 takes a partition without a leader for one that was deleted: it completes the
/// transactions that it finds prepared, or too old, without their markers, and readers of committed
/// records wait behind them for ever (`TransactionMarkerChannelManager`, "Couldn't find leader
/// endpoint for partitions"). No client can do anything about that.
pub const NODES: usize = 3;

/// How long a question to the cluster may take.
const ASK: Duration = Duration::from_secs(5);

impl Cluster {
    /// The cluster that runs in a directory.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(dir: PathBuf, bootstrap: &str) -> Result<Self> {
        let path = dir.join("pids");
        let text = std::fs::read_to_string(&path)?;
        let node = |(line, address): (&str, &str)| {
            let pid = line.trim().parse();
            let pid = pid.map_err(|_| Error::other(format!("{}: not a pid", path.display())))?;
            let (address, command) = (address.to_owned(), command_line(pid)?);
            Ok(Node { address, pid, command, child: None })
        };
        let nodes = text.lines().zip(bootstrap.split(','));
        let nodes = nodes.map(node).collect::<Result<Vec<_>>>()?;
        if nodes.iter().any(|n| n.command.is_empty()) {
            return Err(Error::other(format!("no cluster runs in {}", dir.display())));
        }
        Ok(Self { dir, nodes })
    }

    /// How many nodes it has.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// SIGKILL of a node.
    ///
    /// # Errors
    /// If it cannot be killed.
    pub fn kill(&mut self, number: usize) -> Result<()> {
        let node = node(&mut self.nodes, number)?;
        signal("KILL", node.pid)?;
        if let Some(mut child) = node.child.take() {
            child.wait()?;
        }
        // One that another process has started stays as a zombie, without a command line.
        while !command_line(node.pid).unwrap_or_default().is_empty() {
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts a node again as it was started before.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(&mut self, number: usize) -> Result<()> {
        let log = self.dir.join(format!("broker-{number}.log"));
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let node = node(&mut self.nodes, number)?;
        // It must not outlive this program.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .args(&node.command)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        node.pid = child.id();
        node.child = Some(child);
        // Left to `cargo xtask`, which finds them by their pids.
        let pids: String = self.nodes.iter().map(|n| format!("{}\n", n.pid)).collect();
        std::fs::write(self.dir.join("pids"), pids)
    }

    /// True once a node that was started says that every node lives and every partition has all
    /// its replicas: then the next may go. The others may not have noticed yet that it was away.
    pub fn is_whole(&self, number: usize) -> bool {
        let Some(node) = self.nodes.get(number) else { return false };
        let observer = ClientConfig::new().set("bootstrap.servers", &node.address).create();
        let Ok(observer): Result<BaseConsumer> = observer.map_err(Error::other) else {
            return false;
        };
        let Ok(metadata) = observer.fetch_metadata(None, ASK) else { return false };
        metadata.brokers().len() == self.nodes.len()
            && metadata.topics().iter().flat_map(|t| t.partitions()).all(|partition| {
                partition.leader() >= 0 && partition.isr().len() == partition.replicas().len()
            })
    }
}

fn node(nodes: &mut [Node], number: usize) -> Result<&mut Node> {
    nodes.get_mut(number).ok_or_else(|| Error::other(format!("there is no node {number}")))
}

fn command_line(pid: u32) -> Result<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline"))?;
    let words = bytes.split(|b| *b == 0).filter(|w| !w.is_empty());
    Ok(words.map(|w| String::from_utf8_lossy(w).into_owned()).collect())
}
