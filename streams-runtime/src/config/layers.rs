//! Puts the layers together.

use std::path::Path;

use super::{Config, key};
use crate::error::{Error, Result};

/// Collects layers, each overriding those before it.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    table: toml::Table,
}

/// Variables that begin so are not ours to judge.
const OTHER_VARIABLES: [&str; 2] = ["STREAMS_TEST_", "STREAMS_LOG"];

impl Layers {
    /// Only the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file in TOML.
    ///
    /// # Errors
    /// That names file, line and key.
    pub fn file(self, path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            let text = format!("configuration file {} cannot be read: {e}", path.display());
            Error::with_source(crate::ErrorKind::Config, text, e)
        })?;
        self.toml(&text, &path.display().to_string())
    }

    /// Adds the text of a file in TOML; `name` is the file's for errors.
    ///
    /// # Errors
    /// That names file, line and key.
    pub fn toml(mut self, text: &str, name: &str) -> Result<Self> {
        // Read once as the whole, for errors that know their lines, and once as a table.
        let read = toml::from_str::<Config>(text).and_then(|_| toml::from_str::<toml::Table>(text));
        let table = read.map_err(|e| in_file(&e, text, name))?;
        merge(&mut self.table, table);
        Ok(self)
    }

    /// Adds the variables that begin with `STREAMS_`.
    ///
    /// # Errors
    /// That names the variable.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix("STREAMS_") else { continue };
            if OTHER_VARIABLES.iter().any(|other| name.starts_with(other)) {
                continue;
            }
            let from = format!("environment variable {name}");
            let mut layer = toml::Table::new();
            key::set(&mut layer, &key::of_variable(rest), &value, &from)?;
            self.add(layer, &from)?;
        }
        Ok(self)
    }

    /// Sets one key from text, as a flag does; `from` names the flag for errors.
    ///
    /// # Errors
    /// That names the flag.
    pub fn set(mut self, key: &str, value: &str, from: &str) -> Result<Self> {
        let mut layer = toml::Table::new();
        key::set(&mut layer, key, value, from)?;
        self.add(layer, from)?;
        Ok(self)
    }

    fn add(&mut self, layer: toml::Table, from: &str) -> Result<()> {
        if let Err(e) = layer.clone().try_into::<Config>() {
            // The message may quote a value, but no property is refused here, so no secret.
            return Err(Error::config(format!("{from}: {}", e.message().trim())));
        }
        merge(&mut self.table, layer);
        Ok(())
    }

    /// The configuration.
    ///
    /// # Errors
    /// If a value makes no sense.
    pub fn build(self) -> Result<Config> {
        let config = self.table.try_into::<Config>();
        let config =
            config.map_err(|e| Error::config(format!("configuration: {}", e.message())))?;
        config.validate()?;
        Ok(config)
    }
}

/// Tables are merged, everything else is replaced.
fn merge(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Names the line; quotes nothing but keys, since a line may hold a password.
fn in_file(e: &toml::de::Error, text: &str, name: &str) -> Error {
    let line = e
        .span()
        .and_then(|span| text.get(..span.start))
        .map(|before| format!(", line {}", before.matches('\n').count() + 1));
    let message = e.message();
    let unknown = message.strip_prefix("unknown field `").and_then(|m| m.split('`').next());
    let message = match unknown {
        Some(key) => format!("there is no key `{key}`{}", key::hint(key)),
        None => message.trim().to_owned(),
    };
    Error::config(format!("{name}{}: {message}", line.unwrap_or_default()))
}
