//! `cargo xtask peer`: ours and Java's Kafka Streams on one broker in one run.

mod latency;
mod machine;
mod report;
mod spec;
mod table;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::failure::{At, Failure, Result};
use crate::kafka::{self, Setup, jars, private::PrivateBroker};
use crate::project;
use crate::setup::{self, Need};
use report::Run;
use spec::{Places, Spec};

#[derive(Args)]
pub(crate) struct Peer {
    /// One repetition
    #[arg(long, conflicts_with = "reps")]
    quick: bool,
    /// The last line is a JSON array, an object for each workload, guarantee and implementation
    #[arg(long)]
    json: bool,
    /// Workloads of the spec file
    #[arg(long, value_delimiter = ',', default_values_t = ["pass".to_owned(), "bank".to_owned()])]
    workload: Vec<String>,
    /// alos (at least once), eos (exactly once)
    #[arg(long, value_delimiter = ',', default_values_t = ["alos".to_owned()])]
    guarantee: Vec<String>,
    /// Repetitions, of which the medians are shown [default: 3]
    #[arg(long)]
    reps: Option<u32>,
    /// Latency of `pass` instead: from a producer to a reader of committed results
    #[arg(long, conflicts_with_all = ["workload", "records"])]
    latency: bool,
    /// With --latency: records a second
    #[arg(long, default_value_t = 5_000, requires = "latency")]
    rate: u32,
    /// With --latency: commit intervals in milliseconds
    #[arg(long, value_delimiter = ',', default_values_t = [100, 10], requires = "latency")]
    commit_ms: Vec<u32>,
    /// With --latency: repetitions before the first that counts, while the broker's compiler is busy
    #[arg(long, default_value_t = 1, requires = "latency")]
    warm_ups: u32,
    /// Records of the topic `in`; `bank` has half as many
    #[arg(long, default_value_t = DEFAULT_RECORDS)]
    records: u64,
    /// The programs [default: benches/peer/spec.txt]
    #[arg(long)]
    spec: Option<PathBuf>,
}

/// At least 5 s of Kafka Streams on 2 cores, of which the first is start and compilation.
const DEFAULT_RECORDS: u64 = 2_000_000;
const DEFAULT_REPS: u32 = 3;

pub(crate) fn run(peer: &Peer) -> Result<()> {
    let root = project::root();
    let file = peer.spec.clone().unwrap_or_else(|| root.join("benches/peer/spec.txt"));
    let text = fs::read_to_string(&file).at("reading", &file)?;
    let pass = ["pass".to_owned()];
    let workloads = if peer.latency { &pass[..] } else { &peer.workload };
    let specs = spec::select(spec::parse(&text, &file)?, workloads, &peer.guarantee)?;
    setup::ensure(&[Need::Build, Need::Broker])?;
    let release = project::target_dir()?.join("release");
    if specs.iter().any(Spec::is_ours) {
        build()?;
    }
    let _alone = lock()?;
    let broker = PrivateBroker::start(1, kafka::DEFAULT_HEAP, Setup::Plain)?;
    let classes = broker.dir().join("classes");
    compile(&root.join("benches/peer/java/peer"), &classes)?;
    let jars = jars::ensure()?;
    let class_path = format!("{}:{}", classes.display(), jars::class_path(&jars));
    let places = Places { class_path, release: &release };
    let lines = harness(peer, &specs, &places, &broker)?;
    drop(broker);
    println!("{}", machine::describe());
    if peer.latency {
        return latencies(peer, &lines);
    }
    let runs: Vec<Run> = lines.lines().filter_map(Run::parse).collect();

    let rows = report::rows(&runs);
    println!("{} records\n", peer.records);
    print!("{}", report::table(&rows));
    println!(
        "\n× is the ratio to Kafka Streams in this run; benches/peer/README.md says what is measured"
    );
    if peer.json {
        println!("{}", report::to_json(&rows));
    }
    let failed: Vec<String> = runs.iter().filter_map(Run::failed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("did not finish: {}", failed.join("; "))))
}

fn latencies(peer: &Peer, lines: &str) -> Result<()> {
    let mut runs = Vec::new();
    let mut failed = Vec::new();
    for line in lines.lines() {
        match latency::Run::parse(line) {
            Ok(run) => runs.push(run),
            Err(why) => failed.push(why),
        }
    }
    let (table, json) = latency::report(&runs);
    println!("{} records a second\n", peer.rate);
    print!("{table}");
    println!("\n× is the ratio to Kafka Streams in this run");
    if peer.json {
        println!("{json}");
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("left out: {}", failed.join("; "))))
}

fn build() -> Result<()> {
    let status = project::cargo()
        .args(["build", "--release", "--package", "streams-peer", "--bins"])
        .current_dir(project::root())
        .status()
        .running("cargo")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("cargo build --release --package streams-peer failed ({status})")))
}

/// Two benchmarks on one machine would measure each other.
fn lock() -> Result<File> {
    let cache = project::cache_dir()?;
    fs::create_dir_all(&cache).at("creating", &cache)?;
    let path = cache.join("peer.lock");
    let file = File::create(&path).at("creating", &path)?;
    if file.try_lock().is_err() {
        eprintln!("waiting for another benchmark on this machine to end");
        file.lock().at("locking", &path)?;
    }
    Ok(file)
}

fn compile(sources: &Path, classes: &Path) -> Result<()> {
    let mut javac = Command::new("javac");
    javac.arg("-cp").arg(jars::class_path(&jars::ensure()?)).arg("-d").arg(classes);
    for entry in fs::read_dir(sources).at("listing", sources)? {
        javac.arg(entry.at("listing", sources)?.path());
    }
    let status = javac.status().running("javac")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("javac failed on {} ({status})", sources.display())))
}

fn harness(
    peer: &Peer,
    specs: &[Spec],
    places: &Places<'_>,
    broker: &PrivateBroker,
) -> Result<String> {
    let lines: Result<Vec<String>> = specs.iter().map(|spec| spec.line(places)).collect();
    let spec_file = broker.dir().join("spec.txt");
    fs::write(&spec_file, lines?.join("\n") + "\n").at("writing", &spec_file)?;
    let results = broker.dir().join("results.jsonl");
    let reps = if peer.quick { 1 } else { peer.reps.unwrap_or(DEFAULT_REPS) };
    let commit_ms: Vec<String> = peer.commit_ms.iter().map(u32::to_string).collect();
    let (class, own) = match peer.latency {
        true => (
            "peer.Latency",
            vec![
                ("--rate", peer.rate.to_string()),
                ("--commit-ms", commit_ms.join(",")),
                ("--warm-ups", peer.warm_ups.to_string()),
            ],
        ),
        false => ("peer.Harness", vec![("--records", peer.records.to_string())]),
    };
    let status = Command::new("java")
        .args(["-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp"])
        .args([&places.class_path, class, "--run"])
        .arg(broker.dir())
        .arg("--spec")
        .arg(&spec_file)
        .arg("--results")
        .arg(&results)
        .arg("--tmp")
        .arg(broker.dir().join("runs"))
        .args(["--reps", &reps.to_string()])
        .args(own.iter().flat_map(|(name, value)| [*name, value.as_str()]))
        .status()
        .running("java")?;
    if !status.success() {
        return Err(Failure::new(format!("the harness failed ({status})")));
    }
    fs::read_to_string(&results).at("reading", &results)
}
