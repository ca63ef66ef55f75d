//! The keys, for the layers that are text: environment and flags.

use crate::error::{Error, Result};

/// How the text of a key is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Switch,
}

/// Keys and how they are read. Properties of Kafka clients and of RocksDB are read as text.
const KEYS: &[(&str, Kind)] = &[
    ("application_id", Kind::Text),
    ("brokers", Kind::Text),
    ("state_dir", Kind::Text),
    ("threads", Kind::Whole),
    ("partitions", Kind::Whole),
    ("create_topics", Kind::Switch),
    ("processing_guarantee", Kind::Text),
    ("commit_interval_ms", Kind::Whole),
    ("flush_interval_ms", Kind::Whole),
    ("max_task_idle_ms", Kind::Whole),
    ("state_cache_max_bytes", Kind::Whole),
    ("uncommitted_max_bytes", Kind::Whole),
    ("rocksdb_max_bytes", Kind::Whole),
    ("durability", Kind::Text),
    ("buffered_records_per_partition", Kind::Whole),
    ("schema_registry.url", Kind::Text),
    ("schema_registry.auto_register", Kind::Switch),
    ("schema_registry.username", Kind::Text),
    ("schema_registry.password", Kind::Text),
    ("schema_registry.ca_file", Kind::Text),
    ("http.listen", Kind::Text),
    ("http.token", Kind::Text),
    ("kafka.replication_factor", Kind::Whole),
    ("kafka.transaction_timeout_ms", Kind::Whole),
    ("kafka.request_timeout_ms", Kind::Whole),
    ("kafka.commit_timeout_ms", Kind::Whole),
    ("kafka.delivery_timeout_ms", Kind::Whole),
];

/// Tables whose keys are not ours, with what stands between their words: librdkafka's, RocksDB's, and
/// names of topics.
const PROPERTIES: [(&str, char); 5] = [
    ("kafka.properties.", '.'),
    ("kafka.consumer.", '.'),
    ("kafka.producer.", '.'),
    ("rocksdb.", '_'),
    ("topics.", '.'),
];

/// Tables of our own keys.
const TABLES: [&str; 3] = ["http", "kafka", "schema_registry"];

/// Sets a key, `kafka.replication_factor` or `threads` for example, from its text.
pub(super) fn set(table: &mut toml::Table, key: &str, text: &str, from: &str) -> Result<()> {
    let inside = |(prefix, _): &(&'static str, char)| Some((*prefix, key.strip_prefix(prefix)?));
    if let Some((prefix, name)) = PROPERTIES.iter().find_map(inside) {
        let mut place = table;
        for part in prefix.trim_end_matches('.').split('.') {
            place = inner(place, part, from)?;
        }
        place.insert(name.to_owned(), toml::Value::String(text.to_owned()));
        return Ok(());
    }
    let Some((_, kind)) = KEYS.iter().find(|(k, _)| *k == key) else {
        return Err(Error::config(format!("{from}: there is no key `{key}`{}", hint(key))));
    };
    let value = match kind {
        Kind::Text => Some(toml::Value::String(text.to_owned())),
        Kind::Whole => text.replace('_', "").parse().ok().map(toml::Value::Integer),
        Kind::Switch => text.parse().ok().map(toml::Value::Boolean),
    };
    let Some(value) = value else {
        let wants = if *kind == Kind::Whole { "a whole number" } else { "`true` or `false`" };
        return Err(Error::config(format!("{from}: `{key}` is {wants}, not `{text}`")));
    };
    match key.split_once('.') {
        Some((outer, name)) => inner(table, outer, from)?.insert(name.to_owned(), value),
        None => table.insert(key.to_owned(), value),
    };
    Ok(())
}

fn inner<'t>(table: &'t mut toml::Table, name: &str, from: &str) -> Result<&'t mut toml::Table> {
    let place = table.entry(name).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    place.as_table_mut().ok_or_else(|| Error::config(format!("{from}: `{name}` is a table")))
}

/// The key that an environment variable sets, without its `STREAMS_`: `KAFKA_REPLICATION_FACTOR`
/// is `kafka.replication_factor`, `KAFKA_PROPERTIES_SASL_PASSWORD` is
/// `kafka.properties.sasl.password`, `ROCKSDB_MAX_BACKGROUND_JOBS` is `rocksdb.max_background_jobs`.
pub(super) fn of_variable(rest: &str) -> String {
    let lower = rest.to_ascii_lowercase();
    if KEYS.iter().any(|(key, _)| *key == lower) {
        return lower;
    }
    for (prefix, between) in PROPERTIES {
        let flat = prefix.replace('.', "_");
        if let Some(name) = lower.strip_prefix(&flat) {
            return format!("{prefix}{}", name.replace('_', &between.to_string()));
        }
    }
    for table in TABLES {
        if let Some(name) = lower.strip_prefix(table).and_then(|rest| rest.strip_prefix('_')) {
            return format!("{table}.{name}");
        }
    }
    lower
}

/// `; did you mean …?` with the nearest known key, if one is near.
pub(super) fn hint(unknown: &str) -> String {
    let keys = KEYS.iter().map(|(key, _)| *key);
    let all = keys.chain(TABLES).chain([
        "kafka.properties",
        "kafka.consumer",
        "kafka.producer",
        "rocksdb",
    ]);
    let last = |key: &'static str| key.rsplit('.').next().unwrap_or(key);
    let nearest = all
        .map(|key| (distance(unknown, key).min(distance(unknown, last(key))), key))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, key)) if distance <= 1 + unknown.len() / 3 => {
            format!("; did you mean `{key}`?")
        }
        _ => String::new(),
    }
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (place, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let above = *place;
            let best = (above + 1).min(left + 1).min(diagonal + usize::from(x != y));
            diagonal = above;
            left = best;
            *place = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
