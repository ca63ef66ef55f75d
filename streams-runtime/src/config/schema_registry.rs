use std::path::PathBuf;

#[cfg(feature = "schema-registry")]
use base64::Engine;
#[cfg(feature = "schema-registry")]
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Secret;
use crate::error::{Error, Result};

/// The schema registry of formats with one (`registry(avro)`): Confluent's, or one that speaks its
/// protocol.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SchemaRegistryConfig {
    /// Its address, as `http://localhost:8081`; several with commas are asked in turn.
    pub url: Option<String>,
    /// True if schemas that are not there are added (Java's `auto.register.schemas`); otherwise a
    /// missing one is an error at the start.
    pub auto_register: bool,
    /// Name for basic authentication.
    pub username: Option<String>,
    /// Password for basic authentication; without a username, a bearer token.
    pub password: Option<Secret>,
    /// File in PEM with the certificates that the server's is checked against; the system's are
    /// used without.
    pub ca_file: Option<PathBuf>,
}

impl Default for SchemaRegistryConfig {
    fn default() -> Self {
        Self { url: None, auto_register: true, username: None, password: None, ca_file: None }
    }
}

impl SchemaRegistryConfig {
    /// The addresses, in the order in which they are asked.
    ///
    /// # Errors
    /// If there is none, or one is not an address.
    pub fn urls(&self) -> Result<Vec<String>> {
        let all = self.url.as_deref().unwrap_or_default();
        let urls = all.split(',').map(|url| url.trim().trim_end_matches('/').to_owned());
        let urls: Vec<String> = urls.filter(|url| !url.is_empty()).collect();
        if urls.is_empty() {
            let text = "the topology has formats with a schema registry: set `schema_registry.url`, \
                        as in `--set schema_registry.url=http://localhost:8081`";
            return Err(Error::config(text));
        }
        for url in &urls {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                let text = format!(
                    "schema_registry.url: `{url}` begins with neither http:// nor https://"
                );
                return Err(Error::config(text));
            }
        }
        Ok(urls)
    }

    /// The `Authorization` header.
    #[cfg(feature = "schema-registry")]
    pub(crate) fn authorization(&self) -> Option<String> {
        let password = self.password.as_ref().map_or("", Secret::expose);
        match &self.username {
            Some(username) => {
                let both = STANDARD.encode(format!("{username}:{password}"));
                Some(format!("Basic {both}"))
            }
            None if !password.is_empty() => Some(format!("Bearer {password}")),
            None => None,
        }
    }
}

#[cfg(all(test, feature = "schema-registry"))]
mod tests {
    use super::*;

    #[test]
    fn basic_authentication_is_base64() {
        for (username, password, expected) in [
            ("f", "", "Basic Zjo="),
            ("fo", "", "Basic Zm86"),
            ("foo", "bar", "Basic Zm9vOmJhcg=="),
        ] {
            let config = SchemaRegistryConfig {
                username: Some(username.to_owned()),
                password: Some(Secret::new(password)),
                ..SchemaRegistryConfig::default()
            };
            assert_eq!(config.authorization().as_deref(), Some(expected));
        }
    }
}
