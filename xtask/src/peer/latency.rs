//! `cargo xtask peer --latency`: from a producer to a reader of committed results, at a steady rate.

use serde_json::{Value, json};

use super::report::PEER;
use super::table::{aligned, cell, grouped, medians, values};

/// One run, as `Latency.java` reports it.
pub(super) struct Run {
    name: String,
    guarantee: String,
    interval: u64,
    measures: Measures,
}

type Measures = [Option<f64>; NAMES.len()];

/// Name in the JSON, title in the table, decimals.
const NAMES: [(&str, &str, usize); 5] = [
    ("p50_ms", "p50 ms", 1),
    ("p99_ms", "p99 ms", 1),
    ("max_ms", "max ms", 0),
    ("cores", "cores", 3),
    ("commit_p50_ms", "commit p50 ms", 1),
];

impl Run {
    /// Reads a line; an error says what is wrong with the run.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|e| format!("{line}: {e}"))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let whole = |name: &str| value.get(name).and_then(Value::as_u64);
        let run = (|| {
            Some(Self {
                name: text("name")?,
                guarantee: text("guarantee")?,
                interval: whole("commit_interval_ms")?,
                measures: NAMES.map(|(name, _, _)| value.get(name).and_then(Value::as_f64)),
            })
        })();
        let run = run.ok_or_else(|| format!("{line}: a member is missing"))?;
        let (sent, seen) = (whole("sent").unwrap_or(0), whole("seen").unwrap_or(0));
        // The writer keeps its pace but for the last moment of a second.
        match seen * 100 >= sent * 95 {
            true => Ok(run),
            false => Err(format!(
                "{} with a commit every {} ms saw {seen} of {sent} records in time",
                run.name, run.interval
            )),
        }
    }
}

/// The medians of each program and interval, as a table and as JSON.
///
/// The table has the range of the first measure over the runs, too, which shows how quiet the machine was, and
/// its ratio to Kafka Streams.
pub(super) fn report(runs: &[Run]) -> (String, String) {
    let rows: Vec<_> = grouped(runs, |run| (run.interval, &*run.guarantee, &*run.name))
        .into_iter()
        .map(|(key, runs)| (key, runs.iter().map(|run| run.measures).collect::<Vec<_>>()))
        .map(|(key, runs)| (key, medians(&runs), runs))
        .collect();
    let mut head = ["implementation", "guarantee", "commit ms", "runs"].map(str::to_owned).to_vec();
    for (i, (_, title, _)) in NAMES.iter().enumerate() {
        head.push((*title).to_owned());
        if i == 0 {
            head.extend(["range", "×"].map(str::to_owned));
        }
    }
    let mut lines = vec![head];
    let mut objects = Vec::new();
    for ((interval, guarantee, name), medians, runs) in &rows {
        let peer = rows.iter().find(|(key, _, _)| *key == (*interval, *guarantee, PEER));
        let mut line = [name, guarantee].map(|text| (*text).to_owned()).to_vec();
        line.extend([interval.to_string(), runs.len().to_string()]);
        let mut object = json!({
            "implementation": name, "guarantee": guarantee, "workload": "pass",
            "commit_interval_ms": interval,
        });
        for (i, ((json_name, _, decimals), median)) in NAMES.iter().zip(medians).enumerate() {
            line.push(cell(*median, *decimals));
            if i == 0 {
                line.push(range(&values(runs, i), *decimals));
                let ratio = peer.and_then(|(_, peer, _)| Some((*median)? / (*peer.get(i)?)?));
                line.push(cell(ratio, 3));
            }
            if let Some(members) = object.as_object_mut() {
                members.insert((*json_name).to_owned(), json!(median));
            }
        }
        lines.push(line);
        objects.push(object);
    }
    (aligned(&lines), Value::Array(objects).to_string())
}

fn range(sorted: &[f64], decimals: usize) -> String {
    let end = |value: Option<&f64>| cell(value.copied(), decimals);
    format!("{}–{}", end(sorted.first()), end(sorted.last()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
    use super::*;

    fn line(name: &str, seen: u64, p50: f64) -> String {
        format!(
            r#"{{"name": "{name}", "guarantee": "eos", "commit_interval_ms": 100, "sent": 100, "seen": {seen}, "p50_ms": {p50}, "p99_ms": 9, "max_ms": 10, "cores": 0.1, "commit_p50_ms": null}}"#
        )
    }

    #[test]
    fn medians_stand_side_by_side() {
        let lines = [line(PEER, 100, 1.0), line(PEER, 100, 3.0), line("b", 99, 7.0)];
        let runs: Vec<Run> = lines.iter().map(|l| Run::parse(l).unwrap()).collect();
        let (table, json) = report(&runs);
        let rows: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
        let p50: Vec<_> = rows.iter().skip(1).map(|row| row[4..7].to_vec()).collect();
        assert_eq!(p50, [["2.0", "1.0–3.0", "1.000"], ["7.0", "7.0–7.0", "3.500"]], "{table}");
        let objects: Vec<Value> = serde_json::from_str(&json).unwrap();
        let p50: Vec<f64> = objects.iter().filter_map(|o| o.get("p50_ms")?.as_f64()).collect();
        assert_eq!(p50, [2.0, 7.0]);
    }

    #[test]
    fn a_run_that_lost_records_is_none() {
        assert!(Run::parse(&line("a", 90, 1.0)).is_err());
    }
}
