//! The workloads of the peer benchmark, written in the language. The command line is that of the
//! benchmark's programs: `--name value` pairs, see `benches/peer/README.md`.

mod commits;
mod topologies;

use std::collections::BTreeMap;
use std::process::ExitCode;

use streams::runtime::config::Guarantee;
use streams::runtime::{Config, Error, Result, Streams, cli};
use streams::{App, Topology};

fn main() -> ExitCode {
    cli::log_to_stderr(Some("warn"));
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut options = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        options.insert(name.trim_start_matches('-').to_owned(), words.next().unwrap_or_default());
    }
    let on_commit = options.get("emit").is_some_and(|emit| emit == "on_commit");
    match options.get("workload").map_or("", String::as_str) {
        "pass" => start(&topologies::pass::app(), &options),
        "filtermap" => start(&topologies::filtermap::app(), &options),
        "count" if on_commit => start(&topologies::count_on_commit::app(), &options),
        "count" => start(&topologies::count::app(), &options),
        "recount" => start(&topologies::recount::app(), &options),
        "window" => start(&topologies::window::app(), &options),
        "tablejoin" => start(&topologies::tablejoin::app(), &options),
        "streamjoin" => start(&topologies::streamjoin::app(), &options),
        "bank" => start(&topologies::bank::app(), &options),
        other => Err(Error::config(format!(
            "--workload {other}: see the table of workloads in benches/peer/README.md"
        ))),
    }
}

fn start<T: Topology>(app: &App<T>, options: &BTreeMap<String, String>) -> Result<()> {
    let text = |name: &str| options.get(name).cloned();
    let number = |name: &str, default: u64| match options.get(name) {
        None => Ok(default),
        Some(n) => n.parse().map_err(|_| Error::config(format!("--{name} {n}: not a number"))),
    };
    let mut config = Config::new();
    config.processing_guarantee = match text("guarantee").as_deref() {
        None | Some("alos") => Guarantee::AtLeastOnce,
        Some("eos") => Guarantee::ExactlyOnce,
        Some(other) => {
            let text = format!("--guarantee {other}: there are alos (at least once) and eos");
            return Err(Error::config(text));
        }
    };
    config.brokers = text("bootstrap");
    config.application_id = text("app-id");
    config.state_dir = text("state-dir").unwrap_or_default().into();
    config.threads = number("threads", 1)? as usize;
    let interval = number("commit-ms", config.commit_interval_ms())?;
    config.commit_interval = Some(interval);
    if let Some(output) = text("output") {
        config.topics.insert("out".to_owned(), output);
    }
    if let Some(input) = text("input") {
        config.topics.insert("in".to_owned(), input);
    }
    let commits = commits::Commits::record();
    Streams::start(app, config)?.run()?;
    if let Some(median) = commits.median_ms() {
        println!("@@ commit-p50-ms {median:.3}");
    }
    Ok(())
}
