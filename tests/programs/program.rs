//! Runs the example programs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The binary of an example, which `cargo test` builds.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.ancestors().nth(2).unwrap().join("examples").join(name);
    let path = binary.display();
    assert!(binary.exists(), "{path} is missing: `cargo build --release --examples` makes it");
    binary
}

/// The address of the broker for tests.
pub fn bootstrap() -> String {
    std::env::var("STREAMS_TEST_BOOTSTRAP").expect(
        "STREAMS_TEST_BOOTSTRAP is not set: `cargo xtask test` starts a broker, or start one with \
         `cargo xtask kafka up` and set the variable to the address that it prints",
    )
}

/// A name that no other test of any run has.
pub fn unique(name: &str) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("{name}-{}-{}", std::process::id(), since.as_nanos())
}

/// A program with its arguments.
pub fn command(binary: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.args(arguments).args(["--log", "info"]);
    command.env("NO_COLOR", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a program to its end; its standard error.
pub fn run(binary: &Path, arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = command(binary, arguments).output().unwrap();
    let text = String::from_utf8_lossy(&stderr).into_owned();
    assert!(status.success(), "{arguments:?} ended with {status}:\n{text}");
    text
}

/// A running program, killed when the test is done with it.
pub struct Running(Child);

impl Running {
    pub fn start(binary: &Path, arguments: &[&str], log: &Path) -> Self {
        let file = std::fs::File::create(log).unwrap();
        Self(command(binary, arguments).stdout(Stdio::null()).stderr(file).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Ends it as `docker stop` would, and waits until it has.
    pub fn terminate(mut self) {
        self.signal("-TERM");
        let status = self.0.wait().unwrap();
        assert!(status.success(), "after SIGTERM the program ended with {status}");
    }

    /// Ends it without a chance to do anything.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `done`, for a minute at most.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}
