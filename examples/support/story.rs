//! An example from its start to its end.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::{Error, ErrorKind, Result, Streams, broker_for, cli, read_topic};
use streams::{App, Topology};

use super::feed::{Feed, check, topic_name};
use super::{Flags, Record, count};

/// What one example differs in from another.
pub(crate) trait Story {
    /// Its topology.
    type Topology: Topology;
    /// Its name on the command line.
    const NAME: &'static str;
    /// The topics to load.
    const INPUTS: &'static [&'static str];
    /// The topic with the results.
    const OUTPUT: &'static str;

    /// The application.
    fn app() -> App<Self::Topology>;
    /// The record of a line of an input file.
    fn parse(line: &str) -> std::result::Result<Record, String>;
    /// The program's own input.
    fn generate() -> impl Iterator<Item = Record>;
    /// Looks at a result, for the report.
    fn result(&mut self, value: &[u8]);
    /// Prints the report.
    fn report(&self);
}

/// Runs the example.
pub(crate) fn tell<S: Story + Default>() -> ExitCode {
    let flags = Flags::parse();
    cli::log_to_stderr(Some(&flags.log));
    match run::<S>(&flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Without `--input`, and where nothing else is asked for, the example is a demonstration.
fn run<S: Story + Default>(flags: &Flags) -> Result<()> {
    if let Some(input) = &flags.input {
        check(input, S::parse)?;
    }
    let demonstration = flags.input.is_none() && !flags.no_input;
    let (state_dir, temporary) = match &flags.state_dir {
        Some(dir) => (dir.clone(), None),
        None => {
            let dir =
                std::env::temp_dir().join(format!("streams-{}-{}", S::NAME, std::process::id()));
            (dir.clone(), Some(dir))
        }
    };
    let config = flags.config(state_dir)?;
    let app = S::app();
    let broker = broker_for(&app, &config)?;
    let inputs: Vec<String> = S::INPUTS.iter().map(|topic| topic_name(&config, topic)).collect();
    create(&broker, &inputs, flags.partitions)?;
    let mut feed = Feed::new(&broker, &config, S::INPUTS)?;
    if let Some(input) = &flags.input {
        feed.file(input, S::parse)?;
    } else if demonstration && feed.is_empty() {
        println!("making input for {} …", broker.describe());
        feed.generated(S::generate())?;
    }
    drop(feed);

    let output = topic_name(&config, S::OUTPUT);
    let started = Instant::now();
    let streams = Streams::start_on(&app, config, Arc::clone(&broker))?;
    let directory = streams.directory();
    let state = StateSize;
    let total = Cell::new(0);
    if flags.until_end || demonstration {
        let bar = bar(demonstration);
        streams.run_until_end(|done, all| {
            bar.set_length(all);
            bar.set_position(done);
            total.set(all);
        })?;
        bar.finish();
    } else {
        streams.run()?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let processed = total.get();

    let mut story = S::default();
    write_results(&broker, &output, flags.output.as_deref(), |value| story.result(value))?;
    if demonstration {
        println!();
        story.report();
        closing::<S>(&broker, &directory, &state, processed, seconds);
    } else if flags.state_dir.is_none() && flags.brokers.is_none() {
        drop(broker);
        remove(temporary);
    }
    Ok(())
}

/// Creates the topics that the topology reads, so that they can be loaded before it starts.
fn create(broker: &Arc<dyn Broker>, names: &[String], partitions: i32) -> Result<()> {
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    let there = broker.topics(&asked)?;
    let missing = names.iter().zip(there).filter(|(_, spec)| spec.is_none());
    let specs: Vec<TopicSpec> = missing
        .map(|(name, _)| TopicSpec {
            name: (*name).to_owned(),
            partitions,
            config: Default::default(),
        })
        .collect();
    if specs.is_empty() { Ok(()) } else { broker.create_topics(&specs) }
}

fn bar(shown: bool) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let template = "{bar:40} {human_pos} of {human_len} records  {per_sec}  {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

fn write_results(
    broker: &Arc<dyn Broker>,
    topic: &str,
    path: Option<&Path>,
    mut each: impl FnMut(&[u8]),
) -> Result<()> {
    let unwritable = |path: &Path, e: std::io::Error| {
        Error::with_source(
            ErrorKind::Config,
            format!("{} cannot be written: {e}", path.display()),
            e,
        )
    };
    let mut file = match path {
        Some(path) => {
            Some((path, BufWriter::new(File::create(path).map_err(|e| unwritable(path, e))?)))
        }
        None => None,
    };
    let mut failed = None;
    read_topic(&**broker, topic, |_, record| {
        let Some(value) = record.value else { return };
        each(value);
        if let Some((path, file)) = &mut file
            && let Err(e) = file.write_all(value).and_then(|()| file.write_all(b"\n"))
        {
            failed.get_or_insert(unwritable(path, e));
        }
    })?;
    if let Some((path, file)) = &mut file
        && let Err(e) = file.flush()
    {
        failed.get_or_insert(unwritable(path, e));
    }
    failed.map_or(Ok(()), Err)
}

/// Bytes of files below a directory.
struct StateSize;

impl StateSize {
    fn of(&self, directory: &Path) -> u64 {
        let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
        entries
            .flatten()
            .map(|e| match e.metadata() {
                Ok(m) if m.is_dir() => self.of(&e.path()),
                Ok(m) => m.len(),
                Err(_) => 0,
            })
            .sum()
    }
}

fn closing<S: Story>(
    broker: &Arc<dyn Broker>,
    directory: &Path,
    state: &StateSize,
    records: u64,
    seconds: f64,
) {
    let kib = |bytes: u64| format!("{} KiB", count(bytes / 1024));
    println!(
        "\n{}: {} records in {seconds:.1} s ({} a second) on {}",
        S::NAME,
        count(records),
        count((records as f64 / seconds.max(0.001)) as u64),
        broker.describe()
    );
    println!("state: {} in {}", kib(state.of(&directory.join("state"))), directory.display());
    println!(
        "on Kafka: `cargo xtask kafka up`, then `cargo run --release --example {} -- --brokers \
         HOST:PORT` with the address that it prints",
        S::NAME
    );
}

/// What a run without `--state-dir` leaves is of no use to anyone.
fn remove(directory: Option<PathBuf>) {
    if let Some(directory) = directory {
        let _ = std::fs::remove_dir_all(directory);
    }
}
