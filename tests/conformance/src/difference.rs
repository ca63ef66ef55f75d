//! The first difference between what was recorded and what we made.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The first difference among outputs.
pub(crate) fn outputs(
    expected: &Map<String, Value>,
    got: &BTreeMap<String, Vec<Value>>,
) -> Option<String> {
    for (topic, records) in expected {
        let empty = Vec::new();
        let wanted = records.as_array().unwrap_or(&empty);
        let made = got.get(topic).unwrap_or(&empty);
        if let Some(text) = list(&format!("topic {topic}, output"), wanted, made) {
            return Some(text);
        }
    }
    let extra = got.iter().find(|(topic, made)| !expected.contains_key(*topic) && !made.is_empty());
    extra.map(|(topic, made)| {
        format!("topic {topic}: {} outputs where none is expected", made.len())
    })
}

/// The first difference among stores.
pub(crate) fn stores(expected: &Map<String, Value>, got: &Map<String, Value>) -> Option<String> {
    for (name, rows) in expected {
        let empty = Vec::new();
        let wanted = rows.as_array().unwrap_or(&empty);
        let made = got.get(name).and_then(Value::as_array).unwrap_or(&empty);
        if let Some(text) = list(&format!("store {name}, entry"), wanted, made) {
            return Some(text);
        }
    }
    None
}

fn list(what: &str, wanted: &[Value], made: &[Value]) -> Option<String> {
    for n in 0..wanted.len().max(made.len()) {
        let (w, m) = (wanted.get(n), made.get(n));
        if w != m {
            let show = |v: Option<&Value>| v.map_or("nothing more".to_owned(), Value::to_string);
            return Some(format!("{what} {n}:\n  expected {}\n  got      {}", show(w), show(m)));
        }
    }
    None
}
