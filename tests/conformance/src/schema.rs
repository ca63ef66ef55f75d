//! The types of the topologies' topics and stores.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Schema {
    pub(crate) inputs: BTreeMap<String, Pair>,
    pub(crate) outputs: BTreeMap<String, Pair>,
    pub(crate) stores: BTreeMap<String, Store>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Store {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The schema of a topology.
pub(crate) fn schema(topology: &str) -> Option<&'static Schema> {
    static ALL: OnceLock<BTreeMap<String, Schema>> = OnceLock::new();
    let text = include_str!("../golden/topologies.json");
    ALL.get_or_init(|| serde_json::from_str(text).unwrap_or_default()).get(topology)
}
