//! Calls of outside services, with and without the key, and topics that records name.

use streams::prelude::*;

#[topology]
mod t {
    use std::io;

    const AT_ONCE: usize = 16;

    async fn ask(value: i64) -> Result<String, io::Error> {
        Ok(value.to_string())
    }

    async fn ask_for(key: Option<String>, value: String) -> Result<Option<i64>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Some(value.parse::<i64>()? + key.map_or(0, |k| k.len() as i64)))
    }

    topology! {
        guarantee = exactly_once;
        source orders: stream<Option<String>, i64> = "orders";

        orders
            .call(ask, concurrency = AT_ONCE, timeout = 500ms, retries = 3, at_least_once)
            .call(ask_for, at_least_once, on_error = dead_letter("unanswered"))
            .to_topic(|_, v, cx| format!("{}-{}", cx.topic, v.unwrap_or(0)), format = big_endian);
    }
}

fn main() {}
