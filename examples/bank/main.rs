//! Decides withdrawals against what an account may spend in 24 hours.
//!
//! `cargo run --release --example bank -- --help`

#![allow(unreachable_pub, reason = "the topology's module is written as in a library")]

mod generate;
mod lines;
mod report;
#[path = "../support/mod.rs"]
mod support;
mod topology;

use std::process::ExitCode;

use streams::App;
use support::{Record, Story};
use topology::bank;

#[derive(Default)]
struct Bank {
    report: report::Report,
}

impl Story for Bank {
    type Topology = bank::Topology;
    const NAME: &'static str = "bank";
    const INPUTS: &'static [&'static str] = &["withdrawals", "limits"];
    const OUTPUT: &'static str = "decisions";

    fn app() -> App<bank::Topology> {
        bank::app()
    }

    fn parse(line: &str) -> Result<Record, String> {
        lines::parse(line)
    }

    fn generate() -> impl Iterator<Item = Record> {
        generate::records()
    }

    fn result(&mut self, value: &[u8]) {
        if let Ok(decision) = serde_json::from_slice(value) {
            self.report.add(&decision);
        }
    }

    fn report(&self) {
        self.report.print();
    }
}

fn main() -> ExitCode {
    support::tell::<Bank>()
}
