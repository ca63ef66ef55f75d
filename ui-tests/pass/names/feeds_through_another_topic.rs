//! `fail/names/feeds_through_another_topic.rs`, mended.

use streams::prelude::*;

#[topology]
mod t {
    topology! {
        source asked: stream<String, i64> = "asked";
        source answered: stream<String, i64> = "answered";
        sink answers: stream<String, i64> = "answered";
        sink questions: stream<String, i64> = "asked", feedback;

        asked.map_values(|n| n + 1).to(answers);
        answered.filter(|n| *n < 10).to(questions);
    }
}

fn main() {}
