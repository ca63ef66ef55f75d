//! Runs rustc on a text, against the built `streams`, and measures it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::failure::{At, Failure, Result};
use crate::project;

/// What the compiler is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Check,
    Debug,
    Release,
}

impl Stage {
    pub(super) const ALL: [Stage; 3] = [Stage::Check, Stage::Debug, Stage::Release];

    pub(super) fn name(self) -> &'static str {
        match self {
            Stage::Check => "check",
            Stage::Debug => "debug",
            Stage::Release => "release",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Stage::Check => &["--emit=metadata"],
            Stage::Debug => &["--emit=metadata,link", "-Cdebuginfo=2", "-Copt-level=0"],
            Stage::Release => &["--emit=metadata,link", "-Copt-level=3"],
        }
    }
}

pub(super) struct Rustc {
    /// The library that topologies are compiled against.
    streams: PathBuf,
    dependencies: PathBuf,
    work: PathBuf,
}

impl Rustc {
    /// Builds `streams`, and finds where it is.
    pub(super) fn new() -> Result<Self> {
        let output = project::cargo()
            .args(["build", "--release", "--package", "streams", "--lib", "--message-format=json"])
            .current_dir(project::root())
            .stderr(Stdio::inherit())
            .output()
            .running("cargo")?;
        if !output.status.success() {
            return Err(Failure::new(format!("the build of streams failed ({})", output.status)));
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let streams = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message.pointer("/target/name").is_some_and(|name| name == "streams"))
            .filter_map(|message| library(&message))
            .next_back()
            .ok_or_else(|| Failure::new("cargo names no library of streams"))?;
        let target = project::target_dir()?;
        let work = target.join("compile-time");
        fs::create_dir_all(&work).at("making", &work)?;
        Ok(Self { streams, dependencies: target.join("release/deps"), work })
    }

    /// The smallest processor time of so many runs.
    pub(super) fn smallest(&self, stage: Stage, text: &str, runs: u32) -> Result<Duration> {
        let command = self.command(text, stage.flags())?;
        let mut smallest = Duration::MAX;
        for _ in 0..runs.max(1) {
            let (_, processor) = measured(&command)?;
            smallest = smallest.min(processor);
        }
        Ok(smallest)
    }

    /// The bytes of machine code and constants that a text becomes.
    pub(super) fn code_bytes(&self, text: &str) -> Result<u64> {
        let object = self.work.join("topology.o");
        let emit = format!("--emit=obj={}", object.display());
        let command = self.command(text, &[&emit, "-Copt-level=3", "-Ccodegen-units=1"])?;
        measured(&command)?;
        let output = Command::new("size").arg(&object).output().running("size")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // The second line begins with the bytes of text and data.
        let mut numbers = said.lines().nth(1).unwrap_or_default().split_whitespace();
        let mut number = || numbers.next().and_then(|n| n.parse::<u64>().ok());
        match (number(), number()) {
            (Some(text), Some(data)) => Ok(text + data),
            _ => Err(Failure::new(format!("`size {}` said {said:?}", object.display()))),
        }
    }

    fn command(&self, text: &str, flags: &[&str]) -> Result<Command> {
        let source = self.work.join("topology.rs");
        fs::write(&source, text).at("writing", &source)?;
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .args([
                "--edition=2024",
                "--crate-type=lib",
                "--crate-name=topology",
                "--cap-lints=allow",
            ])
            .args(flags)
            .arg("--out-dir")
            .arg(&self.work);
        if text.contains("streams") {
            let library = format!("streams={}", self.streams.display());
            let dependencies = format!("dependency={}", self.dependencies.display());
            command.args(["--extern", &library, "-L", &dependencies]);
        }
        command.arg(&source);
        Ok(command)
    }
}

fn library(message: &Value) -> Option<PathBuf> {
    let files = message.get("filenames")?.as_array()?;
    files.iter().filter_map(Value::as_str).find(|f| f.ends_with(".rlib")).map(PathBuf::from)
}

/// Runs a command; its time on the wall, and the processor time of it and of all that it started.
pub(super) fn measured(command: &Command) -> Result<(Duration, Duration)> {
    // The shell tells processor times; the standard library does not.
    let mut shell = Command::new("bash");
    shell.args(["-c", "TIMEFORMAT='%3R %3U %3S'; time \"$@\"", "bash"]);
    shell.arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        shell.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().running("bash")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(Failure::new(format!("{command:?} failed ({}):\n{said}", output.status)));
    }
    times(&said).ok_or_else(|| Failure::new(format!("bash told no times: {said}")))
}

/// Reads `wall user system`, the last line that `time` prints.
fn times(said: &str) -> Option<(Duration, Duration)> {
    let mut numbers = said.lines().next_back()?.split(' ').map(|n| n.parse::<f64>().ok());
    let mut number = || numbers.next().flatten();
    let (wall, user, system) = (number()?, number()?, number()?);
    Some((Duration::from_secs_f64(wall), Duration::from_secs_f64(user + system)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_tells_is_the_last_line() {
        let told = times("warning: a line\n1.250 0.900 0.100\n");
        assert_eq!(told, Some((Duration::from_millis(1250), Duration::from_millis(1000))));
        assert_eq!(times("bash: rustc: command not found"), None);
    }
}
