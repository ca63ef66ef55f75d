//! What a running cluster leaves on disk: addresses, process ids, configuration, logs, data.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{At, Failure, Result};

/// A broker that has not stopped by then after SIGTERM is killed; its data goes away anyway.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const STOP_POLL: Duration = Duration::from_millis(20);

/// The directory of one cluster.
pub(crate) struct RunDir(PathBuf);

/// A cluster that answers in `RunDir`.
pub(crate) struct Running {
    pub(crate) bootstrap: String,
    pub(crate) pids: Vec<u32>,
}

impl RunDir {
    /// Absolute, since the brokers outlive the working directory of this command.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        Ok(Self(std::path::absolute(path).at("resolving", path)?))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn properties(&self, node: usize) -> PathBuf {
        self.0.join(format!("server-{node}.properties"))
    }

    pub(crate) fn data(&self, node: usize) -> PathBuf {
        self.0.join(format!("data-{node}"))
    }

    pub(crate) fn log(&self, node: usize) -> PathBuf {
        self.0.join(format!("broker-{node}.log"))
    }

    /// Held while a cluster starts or stops here; creates the directory.
    pub(crate) fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.0).at("creating", &self.0)?;
        let path = self.0.join("lock");
        let file = File::create(&path).at("creating", &path)?;
        file.lock().at("locking", &path)?;
        Ok(file)
    }

    /// Written before the brokers answer, so that `down` finds them whatever happens.
    pub(crate) fn record_pids(&self, pids: &[u32]) -> Result<()> {
        let text: String = pids.iter().map(|pid| format!("{pid}\n")).collect();
        let path = self.pids_file();
        fs::write(&path, text).at("writing", &path)
    }

    /// Written when the cluster is ready.
    pub(crate) fn record_bootstrap(&self, bootstrap: &str) -> Result<()> {
        let path = self.bootstrap_file();
        fs::write(&path, format!("{bootstrap}\n")).at("writing", &path)
    }

    /// The cluster, when it became ready and all of its brokers live.
    pub(crate) fn running(&self) -> Option<Running> {
        let pids = self.pids();
        let bootstrap = fs::read_to_string(self.bootstrap_file()).ok()?;
        let live = !pids.is_empty() && pids.iter().all(|pid| self.is_ours(*pid));
        live.then(|| Running { bootstrap: bootstrap.trim().to_owned(), pids })
    }

    /// Whether a cluster was started here and `clear` was not called since.
    pub(crate) fn has_remains(&self) -> bool {
        self.pids_file().exists()
    }

    /// Whether that process is a broker of this directory, not another that got its number.
    pub(crate) fn is_ours(&self, pid: u32) -> bool {
        let Ok(command) = fs::read(format!("/proc/{pid}/cmdline")) else {
            return false;
        };
        let ours = self.0.join("server-");
        String::from_utf8_lossy(&command)
            .split('\0')
            .any(|argument| argument.starts_with(&*ours.to_string_lossy()))
    }

    /// Stops the brokers and removes what they left; true when there was one.
    pub(crate) fn clear(&self) -> Result<bool> {
        let pids: Vec<u32> = self.pids().into_iter().filter(|pid| self.is_ours(*pid)).collect();
        signal("TERM", &pids)?;
        let stopping = Instant::now();
        while pids.iter().any(|pid| self.is_ours(*pid)) {
            if stopping.elapsed() > STOP_TIMEOUT {
                signal("KILL", &pids)?;
            }
            if stopping.elapsed() > 2 * STOP_TIMEOUT {
                return Err(Failure::new(format!("processes {pids:?} do not end on SIGKILL")));
            }
            thread::sleep(STOP_POLL);
        }
        self.remove_files()?;
        Ok(!pids.is_empty())
    }

    /// The last lines of the brokers' logs, for an error.
    pub(crate) fn log_tail(&self, nodes: usize) -> String {
        const LINES: usize = 8;
        (0..nodes)
            .filter_map(|node| fs::read_to_string(self.log(node)).ok())
            .flat_map(|log| {
                let lines: Vec<String> = log.lines().rev().take(LINES).map(str::to_owned).collect();
                lines.into_iter().rev()
            })
            .map(|line| format!("  {line}\n"))
            .collect()
    }

    fn pids_file(&self) -> PathBuf {
        self.0.join("pids")
    }

    fn bootstrap_file(&self) -> PathBuf {
        self.0.join("bootstrap")
    }

    fn pids(&self) -> Vec<u32> {
        fs::read_to_string(self.pids_file())
            .unwrap_or_default()
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .collect()
    }

    /// Only what a cluster wrote: the directory may be the user's own.
    fn remove_files(&self) -> Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.at("listing", &self.0)?,
        };
        for entry in entries {
            let entry = entry.at("listing", &self.0)?;
            let path = entry.path();
            match entry.file_name().to_str() {
                Some(name) if name.starts_with("data-") => {
                    fs::remove_dir_all(&path).at("removing", &path)?;
                }
                Some(name) if is_cluster_file(name) => {
                    fs::remove_file(&path).at("removing", &path)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_cluster_file(name: &str) -> bool {
    let log = name.starts_with("broker-") || name.starts_with("format-");
    name == "pids"
        || name == "bootstrap"
        || (name.starts_with("server-") && name.ends_with(".properties"))
        || (log && name.ends_with(".log"))
}

/// Through the shell's own `kill`: a bare Debian has no other.
fn signal(name: &str, pids: &[u32]) -> Result<()> {
    if pids.is_empty() {
        return Ok(());
    }
    let list: String = pids.iter().map(|pid| format!(" {pid}")).collect();
    // One that ended in the meantime is no error.
    Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{name}{list} 2>/dev/null || true"))
        .status()
        .running("sh")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_foreign_process_with_a_recorded_number_is_not_stopped() {
        let dir = RunDir::new(&std::env::temp_dir().join("streams-xtask-run-dir-test")).unwrap();
        let lock = dir.lock().unwrap();
        dir.record_pids(&[std::process::id()]).unwrap();
        dir.record_bootstrap("127.0.0.1:1").unwrap();
        assert!(dir.running().is_none());
        assert!(!dir.clear().unwrap());
        assert!(!dir.path().join("pids").exists());
        drop(lock);
        fs::remove_dir_all(dir.path()).unwrap();
    }

    #[test]
    fn only_files_of_a_cluster_are_removed() {
        for name in ["pids", "bootstrap", "server-0.properties", "broker-2.log"] {
            assert!(is_cluster_file(name), "{name}");
        }
        for name in ["lock", "server.txt", "notes.log", "data.csv"] {
            assert!(!is_cluster_file(name), "{name}");
        }
    }
}
