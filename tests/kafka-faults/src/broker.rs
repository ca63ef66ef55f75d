//! The broker, to be killed and started again on its data.

use std::fs::OpenOptions;
use std::io::{Error, Result};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::signal;

/// A broker of one node, in a directory as `cargo xtask kafka` makes it: `pids`, `bootstrap`, logs.
pub struct LocalBroker {
    dir: PathBuf,
    address: String,
    command: Vec<String>,
    child: Option<Child>,
}

const READY: Duration = Duration::from_secs(90);

impl LocalBroker {
    /// The broker that runs in a directory.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(dir: PathBuf, address: &str) -> Result<Self> {
        let mut broker =
            Self { dir, address: address.to_owned(), command: Vec::new(), child: None };
        broker.command = command_line(broker.pid()?)?;
        if broker.command.is_empty() {
            return Err(Error::other(format!("no broker runs in {}", broker.dir.display())));
        }
        Ok(broker)
    }

    fn pid(&self) -> Result<u32> {
        let path = self.dir.join("pids");
        let text = std::fs::read_to_string(&path)?;
        text.trim().parse().map_err(|_| Error::other(format!("{}: not one pid", path.display())))
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// If it cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        let pid = self.pid()?;
        signal("KILL", pid)?;
        if let Some(mut child) = self.child.take() {
            child.wait()?;
        }
        // One that another process has started stays as a zombie, without a command line.
        while !command_line(pid).unwrap_or_default().is_empty() {
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts it again as it was started before, and waits until it listens.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(&mut self) -> Result<()> {
        let log =
            OpenOptions::new().create(true).append(true).open(self.dir.join("broker-0.log"))?;
        // It must not outlive this program.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .args(&self.command)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        std::fs::write(self.dir.join("pids"), format!("{}\n", child.id()))?;
        self.child = Some(child);
        let deadline = Instant::now() + READY;
        while TcpStream::connect(&self.address).is_err() {
            if Instant::now() >= deadline {
                return Err(Error::other("the broker does not listen again"));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for LocalBroker {
    fn drop(&mut self) {
        // Left to `cargo xtask`, which finds it by its pid.
        if let Some(child) = self.child.take() {
            drop(child);
        }
    }
}

fn command_line(pid: u32) -> Result<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline"))?;
    let words = bytes.split(|b| *b == 0).filter(|w| !w.is_empty());
    Ok(words.map(|w| String::from_utf8_lossy(w).into_owned()).collect())
}
