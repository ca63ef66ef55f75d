//! The machine and the versions that a figure belongs to.

use std::fs;
use std::process::Command;

use crate::kafka::jars;

/// One line.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let parts = [
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned()),
        format!("{cores} cores"),
        field("/proc/meminfo", "MemTotal")
            .and_then(|kb| kb.trim_end_matches(" kB").parse::<u64>().ok())
            .map_or_else(|| "unknown memory".to_owned(), |kb| format!("{} GiB", kb >> 20)),
        format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        first_line("javac", "-version"),
        first_line("rustc", "--version"),
        format!("Apache Kafka and Kafka Streams {}", jars::VERSION),
    ];
    parts.join(", ")
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// `name : value` of a file in /proc.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path);
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match text.unwrap_or_default().lines().next() {
        Some(line) => line.to_owned(),
        None => format!("no {program}"),
    }
}
