//! The application as a process of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Doing, Failure, Result};
use crate::pace::PACE_ENV;
use crate::topologies::Name;

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How to start it.
pub(crate) struct Application<'a> {
    pub(crate) topology: Name,
    pub(crate) state_dir: &'a Path,
    /// Where its standard error goes.
    pub(crate) log: PathBuf,
    pub(crate) settings: &'a [&'a str],
}

/// A running one; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

/// How a process ended, and what it said.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
}

impl Application<'_> {
    /// Starts it to run until it is ended, at this pace.
    pub(crate) fn start(&self, pace_us: u64) -> Result<Running> {
        self.spawn(&[], pace_us)
    }

    /// Runs it until all input is processed.
    pub(crate) fn run_to_end(&self) -> Result<Ended> {
        self.start_to_end(0)?.wait()
    }

    /// Starts it to run until all input is processed, at this pace.
    pub(crate) fn start_to_end(&self, pace_us: u64) -> Result<Running> {
        self.spawn(&["--until-end"], pace_us)
    }

    /// The same, and it must end well.
    pub(crate) fn must_end_well(&self) -> Result<()> {
        let Ended { status, log } = self.run_to_end()?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("{}: the application ended with {status}:\n{log}", self.topology)))
    }

    fn spawn(&self, flags: &[&str], pace_us: u64) -> Result<Running> {
        let program = std::env::current_exe().doing("finding this program")?;
        let log = File::create(&self.log).doing(self.log.display())?;
        let mut command = Command::new(program);
        command.args(["app", "--topology", &self.topology.to_string(), "--state-dir"]);
        command.arg(self.state_dir).args(flags);
        for setting in self.settings {
            command.args(["--set", setting]);
        }
        command.env(PACE_ENV, pace_us.to_string()).env("NO_COLOR", "1");
        let child = command.stdout(Stdio::null()).stderr(log).spawn().doing("starting")?;
        Ok(Running { child, log: self.log.clone() })
    }
}

impl Running {
    /// Ends it without a chance to do anything; true if it had not ended by itself.
    pub(crate) fn kill(mut self) -> Result<bool> {
        let ran = self.child.try_wait().doing("waiting")?.is_none();
        self.child.kill().doing("killing")?;
        self.child.wait().doing("waiting")?;
        Ok(ran)
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<Ended>> {
        let status = self.child.try_wait().doing("waiting")?;
        status.map(|status| Ok(Ended { status, log: self.said()? })).transpose()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> Result<Ended> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(ended) = self.ended()? {
                return Ok(ended);
            }
            if Instant::now() >= deadline {
                let said = self.said()?;
                self.kill()?;
                return Err(Failure::new(format!("still at work after {PATIENCE:?}:\n{said}")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn said(&self) -> Result<String> {
        std::fs::read(&self.log)
            .doing(self.log.display())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
