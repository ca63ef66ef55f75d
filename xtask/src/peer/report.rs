//! Medians over repetitions, as a table and as JSON.

use serde_json::{Value, json};

use super::table::{aligned, cell, grouped, medians};

/// The implementation that the others are compared with.
pub(super) const PEER: &str = "kafka-streams";

/// One run, as the harness reports it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    key: [String; 3],
    is_complete: bool,
    measures: [Option<f64>; MEASURES],
}

/// Medians of one implementation on one workload.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Workload, guarantee, implementation.
    key: [String; 3],
    measures: [Option<f64>; MEASURES],
    runs: usize,
}

const MEASURES: usize = 5;
/// Name in the JSON, title in the table, decimals.
const NAMES: [(&str, &str, usize); MEASURES] = [
    ("cpu_s_per_million", "CPU-s/M", 2),
    ("records_per_s", "records/s", 0),
    ("peak_rss_mib", "peak RSS MiB", 0),
    ("first_output_s", "first output s", 2),
    ("output_records", "output", 0),
];

impl Run {
    /// Reads a line of the harness.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        let (total, first) = (number("total_s"), number("first_s"));
        // A program that is done before it was seen at work twice has no steady part.
        let whole = || Some(number("records")? / (total? - first?).max(f64::EPSILON));
        Some(Self {
            key: [text("workload")?, text("guarantee")?, text("name")?],
            is_complete: value.get("ok")?.as_bool()?,
            measures: [
                number("cpu_per_m"),
                number("records_per_s").or_else(whole),
                number("rss_mib"),
                first,
                number("output_records"),
            ],
        })
    }

    /// `implementation on workload, guarantee`, for those that did not finish.
    pub(crate) fn failed(&self) -> Option<String> {
        let [workload, guarantee, implementation] = &self.key;
        (!self.is_complete).then(|| format!("{implementation} on {workload}, {guarantee}"))
    }
}

impl Row {
    fn implementation(&self) -> &str {
        let [_, _, implementation] = &self.key;
        implementation
    }
}

/// One row a workload, guarantee and implementation, in the order of the first runs.
pub(crate) fn rows(runs: &[Run]) -> Vec<Row> {
    let complete = runs.iter().filter(|run| run.is_complete);
    let groups = grouped(complete, |run| run.key.clone()).into_iter();
    groups
        .map(|(key, runs)| {
            let measures: Vec<_> = runs.iter().map(|run| run.measures).collect();
            Row { key, measures: medians(&measures), runs: runs.len() }
        })
        .collect()
}

/// Text with aligned columns; the ratios are to Kafka Streams on the same workload.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        ["workload", "guarantee", "implementation", "runs"]
            .into_iter()
            .chain(NAMES.iter().map(|(_, title, _)| *title))
            .chain(["CPU ×", "records/s ×", "RSS ×"])
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    ];
    for row in rows {
        let mut line = row.key.to_vec();
        line.push(row.runs.to_string());
        for (value, (_, _, decimals)) in row.measures.iter().zip(NAMES) {
            line.push(cell(*value, decimals));
        }
        let of_same = |other: &&Row| other.key.get(..2) == row.key.get(..2);
        let peer = rows.iter().filter(of_same).find(|other| other.implementation() == PEER);
        for measure in 0..3 {
            let ratio = peer.and_then(|peer| {
                Some((*row.measures.get(measure)?)? / (*peer.measures.get(measure)?)?)
            });
            line.push(cell(ratio, 3));
        }
        lines.push(line);
    }
    aligned(&lines)
}

/// One line: an array of objects.
pub(crate) fn to_json(rows: &[Row]) -> String {
    let objects = rows.iter().map(|row| {
        let [workload, guarantee, implementation] = &row.key;
        let texts = [
            ("workload", json!(workload)),
            ("guarantee", json!(guarantee)),
            ("implementation", json!(implementation)),
        ];
        let numbers = row.measures.iter().zip(NAMES).map(|(value, (name, _, _))| {
            (name, json!(value.map(|v| (v * 1000.0).round() / 1000.0)))
        });
        let members = texts.into_iter().chain(numbers);
        Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
    });
    Value::Array(objects.collect()).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
    use super::*;

    fn run(name: &str, cpu: f64, rate: &str, ok: bool) -> Run {
        let line = format!(
            r#"{{"name": "{name}", "workload": "pass", "guarantee": "alos", "ok": {ok}, "records": 1000,
            "first_s": 0.5, "total_s": 2.5, "cpu_per_m": {cpu}, "records_per_s": {rate}, "rss_mib": 100.0,
            "output_records": 1000}}"#
        );
        Run::parse(&line).unwrap()
    }

    #[test]
    fn the_json_has_medians_of_the_complete_runs() {
        let runs = [
            run("streams", 3.0, "10.0", true),
            run("streams", 1.0, "30.0", true),
            run("streams", 2.0, "20.0", true),
            run("streams", 99.0, "99.0", false),
        ];
        assert_eq!(
            to_json(&rows(&runs)),
            r#"[{"cpu_s_per_million":2.0,"first_output_s":0.5,"guarantee":"alos","implementation":"streams","output_records":1000.0,"peak_rss_mib":100.0,"records_per_s":20.0,"workload":"pass"}]"#
        );
    }

    #[test]
    fn without_a_steady_part_the_rate_is_that_of_the_whole_run() {
        assert_eq!(run("streams", 1.0, "null", true).measures[1], Some(500.0));
    }

    #[test]
    fn ratios_are_to_kafka_streams() {
        let runs = [run("kafka-streams", 5.0, "100.0", true), run("streams", 0.5, "400.0", true)];
        let table = table(&rows(&runs));
        let ours = table.lines().last().unwrap();
        let cells: Vec<&str> = ours.split_whitespace().collect();
        assert_eq!(&cells[9..], ["0.100", "4.000", "1.000"], "{table}");
    }

    #[test]
    fn a_run_that_did_not_finish_is_named() {
        let failed = run("streams", 1.0, "null", false).failed();
        assert_eq!(failed.as_deref(), Some("streams on pass, alos"));
    }
}
