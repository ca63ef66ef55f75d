//! Runs a part of a test in a process of its own and kills it with SIGKILL in the midst of its work.

#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub, reason = "shared by tests")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const CHILD_DIR: &str = "STREAMS_TEST_CHILD_DIR";

/// In the child process: the directory to work in.
pub fn child_dir() -> Option<PathBuf> {
    std::env::var_os(CHILD_DIR).map(PathBuf::from)
}

/// Starts this test binary again to run the one test `name`, which finds [`child_dir`] set and
/// prints a line for each step. Kills it somewhere after `lines` lines: exactly where is up to how
/// the two processes run. Returns the last whole line.
pub fn run_and_kill(name: &str, dir: &Path, lines: usize) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut last = String::new();
    let mut seen = 0;
    while seen < lines {
        let line = read_line(&mut output).expect("the child ended by itself");
        if line.starts_with(STEP) {
            seen += 1;
            last = line;
        }
    }
    kill(&mut child);
    // What it had printed before it died counts: it was committed before it was printed.
    while let Some(line) = read_line(&mut output) {
        if line.starts_with(STEP) {
            last = line;
        }
    }
    last.trim_start_matches(STEP).trim().to_owned()
}

/// In the child: says that a step is done. Written at once, as stdout is line-buffered.
pub fn done(step: impl std::fmt::Display) {
    println!("\n{STEP} {step}");
}

const STEP: &str = "step";

/// A line, or an empty one for what was cut off by the kill; `None` at the end.
fn read_line(from: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    if line.is_empty() {
        return None;
    }
    Some(if line.ends_with('\n') { line } else { String::new() })
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A generator of numbers for the moments of the kills; prints its seed.
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        println!("seed {}", now.as_nanos() as u64);
        Self(now.as_nanos() as u64 | 1)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
