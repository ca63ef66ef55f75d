//! Runs a case through the test driver.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use streams::test_driver::Driver;
use streams::{HeaderBuf, RecordRef};

use crate::case::{Case, Input};
use crate::difference;
use crate::disk::{Disk, Disks};
use crate::schema::{Schema, Store, schema};
use crate::topologies::{self, Entry};
use crate::{side, value};

/// Where stores keep their rows.
pub enum Kept {
    /// In memory.
    Memory,
    /// In RocksDB, and nothing in memory from one input to the next.
    RocksDb(Disks),
}

/// How a case ended.
#[derive(Debug)]
pub enum Outcome {
    /// All is as recorded.
    Equal,
    /// The first difference, as a text.
    Different(String),
    /// There is no topology of this name.
    NotWritten,
}

/// Headers of dead letters that Kafka fills with texts of Java's.
const LEFT_OUT_HEADERS: [&str; 3] =
    ["__streams.errors.exception", "__streams.errors.message", "__streams.errors.stacktrace"];

/// Runs a case from its text.
///
/// # Errors
/// A case that cannot be understood, and an error of the topology.
pub fn run(text: &str, kept: &Kept) -> Result<Outcome, String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("not a case: {e}"))?;
    let schema = schema(&case.topology)
        .ok_or_else(|| format!("there is no topology `{}`", case.topology))?;
    let Some(entry) = topologies::find(&case.topology) else { return Ok(Outcome::NotWritten) };
    let mut driver = (entry.driver)();
    let disk = match kept {
        Kept::Memory => None,
        Kept::RocksDb(disks) => Disk::open(disks, &mut driver)?,
    };
    let _ = side::take();
    let mut outputs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (at, input) in case.inputs.iter().enumerate() {
        step(&mut driver, schema, input).map_err(|e| format!("input {at}: {e}"))?;
        collect(&mut driver, schema, &entry, at, &mut outputs)?;
        if let Some(disk) = &disk {
            disk.forget(&mut driver)?;
        }
    }
    let expected = case.expected.outputs;
    if let Some(text) = difference::outputs(&expected, &outputs) {
        return Ok(Outcome::Different(text));
    }
    let times = case.inputs.iter().filter_map(Input::timestamp).collect();
    let mut stores = Map::new();
    for (name, store) in &schema.stores {
        stores.insert(name.clone(), rows(&mut driver, name, store, &entry, &times)?);
    }
    Ok(match difference::stores(&case.expected.stores, &stores) {
        Some(text) => Outcome::Different(text),
        None => Outcome::Equal,
    })
}

fn step(driver: &mut Driver, schema: &Schema, input: &Input) -> Result<(), String> {
    match input {
        Input::Advance { advance_wall_clock_ms } => {
            driver.advance_wall_clock(*advance_wall_clock_ms);
            Ok(())
        }
        Input::Record { topic, key, value, raw_value, ts, headers } => {
            let types = schema.inputs.get(topic).ok_or_else(|| format!("unknown topic {topic}"))?;
            let key = value::encode(&types.key, key)?;
            let value = match raw_value {
                Some(digits) => Some(value::hex(digits)?),
                None => value::encode(&types.value, value)?,
            };
            let mut buf = HeaderBuf::new();
            for (name, text) in headers {
                buf.push(name, text.as_str().map(str::as_bytes));
            }
            let record = RecordRef {
                offset: 0,
                timestamp: *ts,
                key: key.as_deref(),
                value: value.as_deref(),
                headers: buf.as_headers(),
            };
            driver.pipe(topic, &record).map_err(|e| format!("{e:?}"))
        }
    }
}

/// Takes what an input caused.
fn collect(
    driver: &mut Driver,
    schema: &Schema,
    entry: &Entry,
    at: usize,
    outputs: &mut BTreeMap<String, Vec<Value>>,
) -> Result<(), String> {
    for (topic, key, value) in side::take() {
        outputs
            .entry(topic.to_owned())
            .or_default()
            .push(json!({"at": at, "key": key, "value": value}));
    }
    for (topic, types) in schema.outputs.iter().filter(|(t, _)| !t.starts_with("side:")) {
        let mut failed = None;
        let read = driver.read(topic, |_, record| {
            let decoded = value::decode(&types.key, record.key, entry.window_ms).and_then(|key| {
                let value = value::decode(&types.value, record.value, None)?;
                let mut output =
                    json!({"at": at, "key": key, "value": value, "ts": record.timestamp});
                let headers: Vec<Value> = record
                    .headers
                    .iter()
                    .filter(|(name, _)| !LEFT_OUT_HEADERS.contains(name))
                    .map(|(name, value)| json!([name, value.map(String::from_utf8_lossy)]))
                    .collect();
                if !headers.is_empty()
                    && let Some(object) = output.as_object_mut()
                {
                    object.insert("headers".to_owned(), Value::Array(headers));
                }
                Ok(output)
            });
            match decoded {
                Ok(output) => outputs.entry(topic.clone()).or_default().push(output),
                Err(e) => failed = Some(e),
            }
            Ok(())
        });
        read.map_err(|e| e.to_string())?;
        if let Some(e) = failed {
            return Err(format!("topic {topic}: {e}"));
        }
    }
    Ok(())
}

/// The rows of a store as a case shows them.
fn rows(
    driver: &mut Driver,
    name: &str,
    store: &Store,
    entry: &Entry,
    times: &BTreeSet<i64>,
) -> Result<Value, String> {
    let window = store.kind == "window";
    let rows = match store.kind.as_str() {
        // Each version that a lookup as of some input's time finds.
        "versioned" => {
            let mut found = BTreeMap::new();
            for time in times {
                let rows = driver.store_rows_as_of(name, *time).map_err(|e| e.to_string())?;
                found.extend(rows.into_iter().map(|r| ((r.key.clone(), r.timestamp), r)));
            }
            found.into_values().collect()
        }
        _ => driver.store_rows(name).map_err(|e| e.to_string())?,
    };
    let mut shown = Vec::new();
    for row in rows {
        let key = match row.key.len().checked_sub(4) {
            // The sequence number of a window store's key is not shown.
            Some(end) if window => row.key.get(..end).unwrap_or_default(),
            _ => row.key.as_slice(),
        };
        let key = value::decode(&store.key, Some(key), entry.window_ms)?;
        let value = value::decode(&store.value, Some(&row.value), None)?;
        shown.push(match store.kind.as_str() {
            "key_value" | "session" => json!([key, value]),
            _ => json!([key, value, row.timestamp]),
        });
    }
    shown.sort_by_key(order);
    Ok(Value::Array(shown))
}

/// By key, then window start, then end (then version).
fn order(entry: &Value) -> (String, u64, i64, i64, i64) {
    let key = entry.get(0).cloned().unwrap_or_default();
    let number = |v: Option<&Value>| v.and_then(Value::as_i64).unwrap_or_default();
    let text = |v: &Value| v.as_str().map(str::to_owned).unwrap_or_default();
    match &key {
        Value::Object(window) => {
            let inner = window.get("key").map(text).unwrap_or_default();
            (inner, 0, number(window.get("start")), number(window.get("end")), 0)
        }
        // By the encoded key: negative numbers come last.
        Value::Number(n) => {
            (String::new(), n.as_i64().unwrap_or_default().cast_unsigned(), 0, 0, 0)
        }
        other => (text(other), 0, 0, 0, number(entry.get(2))),
    }
}
