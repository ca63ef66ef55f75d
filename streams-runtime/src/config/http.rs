use serde::Deserialize;

use super::Secret;

/// Monitoring over HTTP.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Where to serve `/health`, `/ready`, `/metrics` and `/topology`, as `127.0.0.1:9464`; without, nothing
    /// is served. Needs the feature `http`.
    pub listen: Option<String>,
    /// What `Authorization: Bearer …` has to give for all but `/health` and `/ready`. Needed where `listen`
    /// can be reached from other machines.
    pub token: Option<Secret>,
}
