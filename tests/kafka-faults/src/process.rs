//! The processes of the application under test.

use std::fs::OpenOptions;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How a process is started.
#[derive(Clone, Debug)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// Topology and configuration, without the state directory.
    pub arguments: Vec<String>,
    /// Where state directories and logs go.
    pub dir: PathBuf,
}

/// One process; killed when it is dropped.
pub struct Process {
    program: Program,
    number: usize,
    child: Option<Child>,
}

/// How long a process has to end by itself.
const END: Duration = Duration::from_secs(60);

impl Process {
    /// Starts the process of this number, which has a state directory of its own.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(program: &Program, number: usize, crash_at: Option<&str>) -> Result<Self> {
        let mut process = Self { program: program.clone(), number, child: None };
        process.restart(crash_at)?;
        Ok(process)
    }

    /// Where its state is.
    pub fn state(&self) -> PathBuf {
        self.program.dir.join(format!("state-{}", self.number))
    }

    /// Where its log is.
    pub fn log(&self) -> PathBuf {
        self.program.dir.join(format!("app-{}.log", self.number))
    }

    /// Starts it, if it does not run.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn restart(&mut self, crash_at: Option<&str>) -> Result<()> {
        if self.is_running()? {
            return Ok(());
        }
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = Command::new(&self.program.path);
        command
            .args(&self.program.arguments)
            .arg(format!("state_dir={}", self.state().display()))
            .env("NO_COLOR", "1")
            .env_remove("STREAMS_CRASH_AT")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(point) = crash_at {
            command.env("STREAMS_CRASH_AT", point);
        }
        self.child = Some(command.spawn()?);
        Ok(())
    }

    /// True if it runs.
    ///
    /// # Errors
    /// If its state cannot be asked for.
    pub fn is_running(&mut self) -> Result<bool> {
        match &mut self.child {
            None => Ok(false),
            Some(child) => Ok(child.try_wait()?.is_none()),
        }
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// If it cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Another signal, by name.
    ///
    /// # Errors
    /// If there is no process, or it cannot be signalled.
    pub fn signal(&self, name: &str) -> Result<()> {
        let Some(child) = &self.child else { return Err(Error::other("no process")) };
        signal(name, child.id())
    }

    /// Waits until it has ended by itself; false if it has not in time.
    ///
    /// # Errors
    /// If its state cannot be asked for.
    pub fn has_ended_within(&mut self, time: Duration) -> Result<bool> {
        let deadline = Instant::now() + time;
        while self.is_running()? {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            sleep(Duration::from_millis(5));
        }
        self.child = None;
        Ok(true)
    }

    /// Asks it to end and waits for that.
    ///
    /// # Errors
    /// If it does not.
    pub fn terminate(&mut self) -> Result<()> {
        if !self.is_running()? {
            return Ok(());
        }
        self.signal("TERM")?;
        match self.has_ended_within(END)? {
            true => Ok(()),
            false => {
                // Where core dumps are on, it says where it stood.
                self.signal("ABRT")?;
                let _ = self.has_ended_within(END);
                self.kill()?;
                Err(Error::other(format!("did not end on SIGTERM; see {}", self.log().display())))
            }
        }
    }

    /// Deletes its state.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub fn forget_state(&self) -> Result<()> {
        match std::fs::remove_dir_all(self.state()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Signals a process, through the shell's own `kill`.
///
/// # Errors
/// If there is no such process.
pub fn signal(name: &str, pid: u32) -> Result<()> {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::other(format!("kill -{name} {pid}: {status}"))),
    }
}

/// The last lines of a log.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}
