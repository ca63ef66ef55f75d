//! Serves each click an ad for the dearest thing that its user has bought.
//!
//! `cargo run --release --example ads -- --help`

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
use topology::ads;

#[derive(Default)]
struct Ads {
    report: report::Report,
}

impl Story for Ads {
    type Topology = ads::Topology;
    const NAME: &'static str = "ads";
    const INPUTS: &'static [&'static str] = &["purchases", "clicks"];
    const OUTPUT: &'static str = "ads";

    fn app() -> App<ads::Topology> {
        ads::app()
    }

    fn parse(line: &str) -> Result<Record, String> {
        lines::parse(line)
    }

    fn generate() -> impl Iterator<Item = Record> {
        generate::records()
    }

    fn result(&mut self, value: &[u8]) {
        if let Ok(ad) = serde_json::from_slice(value) {
            self.report.add(&ad);
        }
    }

    fn report(&self) {
        self.report.print();
    }
}

fn main() -> ExitCode {
    support::tell::<Ads>()
}
