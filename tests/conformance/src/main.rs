//! Runs conformance cases: `conformance [FILE|DIR …]`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use conformance::{CaseFile, Disks, Kept, Outcome, golden, run};

/// Compares what our topologies make of recorded cases with what Kafka Streams made of them.
#[derive(Parser)]
struct Args {
    /// Case files, or folders of them; by default the project's own.
    paths: Vec<PathBuf>,
    /// Where stores keep their rows.
    #[arg(long, value_enum, default_value_t = Store::Memory)]
    store: Store,
    /// Print the name of each case that passes, too.
    #[arg(long)]
    verbose: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Memory,
    Rocksdb,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let kept = match args.store {
        Store::Memory => Kept::Memory,
        Store::Rocksdb => match Disks::new() {
            Ok(disks) => Kept::RocksDb(disks),
            Err(message) => {
                eprintln!("{message}");
                return ExitCode::FAILURE;
            }
        },
    };
    let paths = if args.paths.is_empty() { vec![golden()] } else { args.paths };
    let cases = match CaseFile::find(&paths) {
        Ok(cases) => cases,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for case in cases {
        match case.read().and_then(|text| run(&text, &kept)) {
            Ok(Outcome::Equal) => {
                passed += 1;
                if args.verbose {
                    println!("{}: ok", case.name());
                }
            }
            Ok(Outcome::NotWritten) => {
                skipped += 1;
                if args.verbose {
                    println!("{}: the topology is not written yet", case.name());
                }
            }
            Ok(Outcome::Different(difference)) => {
                failed += 1;
                println!("{}: {difference}", case.name());
            }
            Err(message) => {
                failed += 1;
                println!("{}: {message}", case.name());
            }
        }
    }
    match skipped {
        0 => println!("{passed} passed, {failed} failed"),
        n => println!("{passed} passed, {failed} failed, {n} skipped"),
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
