//! The program of the README: counts words, with the command line that every application gets.
//!
//! `cargo run --release --example words -- describe`

use streams::prelude::*;

/// Lines of text to counts of their words.
#[topology]
pub mod words {
    topology! {
        source lines:  stream<String, String> = "lines";
        sink   counts: stream<String, i64>    = "counts";

        lines
            .flat_map_values(|line| -> Vec<String> {
                line.split_whitespace().map(str::to_lowercase).collect()
            })
            .group_by(|_, word| -> String { word.clone() })
            .count(per_word)
            .to_stream()
            .to(counts);
    }
}

fn main() -> std::process::ExitCode {
    words::app().run_from_args()
}
