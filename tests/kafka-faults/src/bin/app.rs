//! A process of the application under test: `kafka-faults-app TOPOLOGY KEY=VALUE …`, the keys being those of
//! the configuration. `STREAMS_CRASH_AT=POINT:N` lets it die when it comes to that point the Nth time.
#![allow(clippy::disallowed_methods, reason = "this program is an edge: it reads the environment")]

use std::process::ExitCode;

use clap::ValueEnum;
use kafka_faults::topologies::{Kind, bank, count, join, pass, windowed};
use streams::runtime::config::Layers;
use streams::runtime::crash::{self, CRASH_POINTS};
use streams::runtime::{Config, Error, Result, Streams, cli};
use streams::{App, Topology};

fn main() -> ExitCode {
    cli::log_to_stderr(None);
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let kind = Kind::from_str(&name, false).map_err(Error::config)?;
    let mut layers = Layers::new();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((&word, ""));
        layers = layers.set(key, value, "argument")?;
    }
    let config = layers.build()?;
    if let Ok(text) = std::env::var("STREAMS_CRASH_AT") {
        arm(&text)?;
    }
    match kind {
        Kind::Pass => start(&pass::app(), config),
        Kind::Count => start(&count::app(), config),
        Kind::Windowed => start(&windowed::app(), config),
        Kind::Join => start(&join::app(), config),
        Kind::Bank => start(&bank::app(), config),
    }
}

fn arm(text: &str) -> Result<()> {
    let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
    let point = CRASH_POINTS.iter().find(|(known, _)| *known == name);
    let (Some((_, point)), Ok(nth)) = (point, nth.parse()) else {
        let names: Vec<&str> = CRASH_POINTS.iter().map(|(name, _)| *name).collect();
        let text = format!("STREAMS_CRASH_AT={text}: POINT:N, of the points {}", names.join(", "));
        return Err(Error::config(text));
    };
    crash::arm(*point, nth);
    Ok(())
}

fn start<T: Topology>(app: &App<T>, config: Config) -> Result<()> {
    Streams::start(app, config)?.run()
}
