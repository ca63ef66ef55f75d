//! Runs a case on the embedded log: real partitions, threads and commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::runtime::broker::TopicSpec;
use streams::runtime::{Config, Loader, read_topic};

use crate::case::{Case, Input};
use crate::schema::schema;
use crate::{topologies, value};

/// By topic and key: values and timestamps, in their order.
pub type PerKey = BTreeMap<String, BTreeMap<Vec<u8>, Vec<(Option<Vec<u8>>, i64)>>>;

/// Runs the records of a case that have a key through its topology, whose topics have so many
/// partitions.
///
/// # Errors
/// A case that cannot be understood, and an error of the application.
pub fn run_on_partitions(text: &str, partitions: i32) -> Result<PerKey, String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("not a case: {e}"))?;
    let unknown = || format!("there is no topology `{}`", case.topology);
    let schema = schema(&case.topology).ok_or_else(unknown)?;
    let entry = topologies::find(&case.topology).ok_or_else(unknown)?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let mut config = Config::new();
    config.state_dir = dir.path().to_owned();
    config.partitions = partitions;
    config.threads = 2;
    let runtime = |e: streams::runtime::Error| e.to_string();
    let broker = (entry.open)(&config).map_err(runtime)?;
    let topic =
        |name: &String| TopicSpec { name: name.clone(), partitions, config: BTreeMap::new() };
    let topics: Vec<TopicSpec> = schema.inputs.keys().map(topic).collect();
    broker.create_topics(&topics).map_err(runtime)?;
    let mut loader = Loader::new(&*broker).map_err(runtime)?;
    for input in &case.inputs {
        let Input::Record { topic, key, value, raw_value: None, ts, .. } = input else { continue };
        let types = schema.inputs.get(topic).ok_or_else(|| format!("unknown topic {topic}"))?;
        let Some(key) = value::encode(&types.key, key)? else { continue };
        let value = value::encode(&types.value, value)?;
        loader.append(topic, &key, value.as_deref(), *ts).map_err(runtime)?;
    }
    loader.commit().map_err(runtime)?;
    let streams = (entry.start)(config, Arc::clone(&broker)).map_err(runtime)?;
    streams.run_until_end(|_, _| {}).map_err(runtime)?;
    let mut results = PerKey::new();
    for name in schema.outputs.keys() {
        let keys = results.entry(name.clone()).or_default();
        let read = read_topic(&*broker, name, |_, record| {
            let key = record.key.unwrap_or_default().to_vec();
            let value = record.value.map(<[u8]>::to_vec);
            keys.entry(key).or_default().push((value, record.timestamp));
        });
        read.map_err(runtime)?;
    }
    Ok(results)
}
