//! Titled steps with their times; their output streams through while it is counted.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::failure::{At, Failure, Result};

/// The steps of one command so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
    counts: Counts,
}

impl Steps {
    /// Runs a program as a step; a failure names the command to type.
    pub(crate) fn run(&mut self, title: &str, command: &mut Command) -> Result<()> {
        let typed = typed(command);
        let mut counts = Counts::default();
        let outcome = self.time(&format!("{title}: {typed}"), || {
            let status = stream(command, &mut counts)?;
            if status.success() {
                return Ok(());
            }
            Err(Failure::new(format!("{title} failed ({status}). Again with:\n  {typed}")))
        });
        self.counts.add(counts);
        outcome
    }

    /// Runs `work` as a step.
    pub(crate) fn time<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n==> {title}");
        let started = Instant::now();
        let result = work()?;
        let taken = started.elapsed();
        let name = title.split(':').next().unwrap_or(title);
        println!("    {name}: done in {:.1} s", taken.as_secs_f64());
        self.done.push((name.to_owned(), taken));
        Ok(result)
    }

    /// The tests of all steps.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The steps that succeeded with their times, then the tests alone on the last line.
    pub(crate) fn print_summary(&self) {
        println!();
        for (name, taken) in &self.done {
            println!("{:>9.1} s  {name}", taken.as_secs_f64());
        }
        println!("{}", self.counts);
    }
}

/// Passes standard output on line by line; standard error is inherited.
fn stream(command: &mut Command, counts: &mut Counts) -> Result<std::process::ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command.stdout(Stdio::piped()).spawn().running(&program)?;
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).running(&program)? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            io::stdout().flush().running(&program)?;
            counts.add_line(&text);
            line.clear();
        }
    }
    child.wait().running(&program)
}

/// The command as one would type it, with the variables that it sets.
fn typed(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let value = quoted(&value?.to_string_lossy());
        Some(format!("{}={value}", name.to_string_lossy()))
    });
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let arguments = command.get_args().map(|word| quoted(&word.to_string_lossy()));
    variables
        .chain([program.to_string_lossy().into_owned()])
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn the_shown_command_can_be_typed() {
        let mut command = Command::new("/opt/bin/cargo");
        command.args(["doc", "it's", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings").env_remove("CC");
        assert_eq!(typed(&command), r"RUSTDOCFLAGS='-D warnings' cargo doc 'it'\''s' --no-deps");
    }

    #[test]
    fn tests_are_counted_over_steps_and_a_failed_step_counts_too() {
        let mut steps = Steps::default();
        let echo = |line: &str, code: u8| {
            let mut sh = Command::new("sh");
            sh.args(["-c", &format!("echo '{line}'; exit {code}")]);
            sh
        };
        steps.run("first", &mut echo("test result: ok. 2 passed; 0 failed;", 0)).unwrap();
        let failure = steps
            .run("second", &mut echo("test result: FAILED. 1 passed; 1 failed;", 3))
            .unwrap_err()
            .to_string();
        assert_eq!(steps.counts(), Counts { passed: 3, failed: 1 });
        assert!(failure.starts_with("second failed (exit status: 3)"), "{failure}");
    }
}
