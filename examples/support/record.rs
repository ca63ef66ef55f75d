use serde::Serialize;

/// A record to load.
pub(crate) struct Record {
    /// The topic.
    pub(crate) topic: &'static str,
    /// The key, as UTF-8.
    pub(crate) key: String,
    /// The value, as JSON.
    pub(crate) value: Vec<u8>,
    /// Milliseconds since the Unix epoch.
    pub(crate) timestamp: i64,
}

impl Record {
    /// A record with its value in JSON.
    pub(crate) fn json(
        topic: &'static str,
        key: String,
        value: &impl Serialize,
        timestamp: i64,
    ) -> Self {
        // The examples' values are plain structs, which always have a JSON form.
        let value = serde_json::to_vec(value).unwrap_or_default();
        Self { topic, key, value, timestamp }
    }
}
