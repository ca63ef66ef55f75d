use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// Properties of librdkafka or RocksDB by their own names. Values may be passwords: they are never
/// printed with the configuration.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Properties(BTreeMap<String, Value>);

/// A property as it may stand in the file.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
struct Value(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(i64),
    Switch(bool),
}

impl From<Written> for Value {
    fn from(written: Written) -> Self {
        Self(match written {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
            Written::Switch(switch) => switch.to_string(),
        })
    }
}

impl Properties {
    /// Sets a property.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), Value(value.into()));
    }

    /// The properties with their values, for whom they are meant.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.0.as_str()))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, Hidden))).finish()
    }
}

struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
