//! What a user may say about the connection to a cluster.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ffi::{Conf, Handle, Kind, Unset};
use super::settings;
use crate::error::{Error, Result};

/// How to reach a Kafka cluster, and how long to wait for it.
///
/// Its `Debug` hides the values of properties that may be secrets.
#[derive(Clone)]
pub struct KafkaConfig {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// librdkafka's properties (`security.protocol`, `sasl.mechanism`, `ssl.ca.location` …). A name
    /// with the prefix `consumer.` or `producer.` is meant for that side only.
    pub properties: BTreeMap<String, String>,
    /// Replication factor of the topics that the runtime creates; -1 is the broker's default.
    pub replication_factor: i32,
    /// How long an admin request, or a seek, may take.
    pub request_timeout: Duration,
    /// How long a commit may take: first until all records are written, then for the offsets.
    pub commit_timeout: Duration,
    /// How long a record may wait to be written before the worker gives up.
    pub delivery_timeout: Duration,
    /// How long leaving the group may take.
    pub leave_timeout: Duration,
    /// How long a transaction may be open before the cluster aborts it: what a process that died had
    /// open holds up readers for so long, unless it comes back under its name.
    pub transaction_timeout: Duration,
}

/// As Kafka's `default.api.timeout.ms` divided by two: one retry fits into what users expect.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// As Kafka's `default.api.timeout.ms`.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(60);
/// As Kafka's `delivery.timeout.ms`.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(120);
/// A member that is gone falls out by its session timeout anyway; a stopping process must not hang.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
/// As Kafka Streams'.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

impl KafkaConfig {
    /// The defaults, for these servers.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            properties: BTreeMap::new(),
            replication_factor: -1,
            request_timeout: REQUEST_TIMEOUT,
            commit_timeout: COMMIT_TIMEOUT,
            delivery_timeout: DELIVERY_TIMEOUT,
            leave_timeout: LEAVE_TIMEOUT,
            transaction_timeout: TRANSACTION_TIMEOUT,
        }
    }

    /// The configuration of an instance: our defaults, then the user's properties, then what the
    /// runtime's correctness depends on.
    pub(super) fn conf(&self, kind: Kind, identity: &[(&str, &str)]) -> Result<Conf> {
        let mut conf = Conf::new();
        for (name, value) in settings::defaults(kind, self) {
            set(&mut conf, name, name, &value)?;
        }
        for (name, value) in identity {
            set(&mut conf, name, name, value)?;
        }
        // What is meant for one side is the more exact word: it comes after what is common.
        let sides = ["consumer.", "producer."];
        for (name, value) in &self.properties {
            if !sides.iter().any(|side| name.starts_with(side)) {
                self.set_users(&mut conf, name, name, value)?;
            }
        }
        let side = match kind {
            Kind::Consumer | Kind::Reader | Kind::Onlooker => "consumer.",
            Kind::Producer | Kind::Transactional => "producer.",
            Kind::Admin => return Ok(conf),
        };
        for (name, value) in &self.properties {
            if let Some(plain) = name.strip_prefix(side) {
                self.set_users(&mut conf, name, plain, value)?;
            }
        }
        Ok(conf)
    }

    /// An instance; it connects in the background.
    pub(super) fn start(&self, kind: Kind, identity: &[(&str, &str)]) -> Result<Arc<Handle>> {
        self.conf(kind, identity)?
            .start(kind)
            .map_err(|text| Error::config(format!("Kafka configuration: {text}")))
    }

    fn set_users(&self, conf: &mut Conf, shown: &str, name: &str, value: &str) -> Result<()> {
        if settings::RESERVED.contains(&name) {
            return Err(Error::config(format!(
                "Kafka property {shown:?} is set by the runtime: remove it from the configuration"
            )));
        }
        set(conf, shown, name, value)
    }
}

fn set(conf: &mut Conf, shown: &str, name: &str, value: &str) -> Result<()> {
    conf.set(name, value)?.map_err(|unset| {
        Error::config(match unset {
            Unset::Unknown => format!(
                "Kafka property {shown:?} is unknown: librdkafka has no property {name:?}; see \
                 its CONFIGURATION.md for the names"
            ),
            // librdkafka's message repeats the value.
            Unset::Invalid(_) if secret(name) => {
                format!("Kafka property {shown:?} has a value that librdkafka does not take")
            }
            Unset::Invalid(text) => format!("Kafka property {shown:?}: {text}"),
        })
    })
}

/// True if the value of such a property must not be shown.
fn secret(name: &str) -> bool {
    /// Parts of names; rather one too many hidden than one shown.
    const SECRET: [&str; 8] = [
        "password",
        "secret",
        "pem",
        "passphrase",
        "token",
        "oauthbearer.config",
        "key",
        "credential",
    ];
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let properties: BTreeMap<&str, &str> = self
            .properties
            .iter()
            .map(|(k, v)| (k.as_str(), if secret(k) { "(hidden)" } else { v.as_str() }))
            .collect();
        f.debug_struct("KafkaConfig")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("properties", &properties)
            .field("replication_factor", &self.replication_factor)
            .field("request_timeout", &self.request_timeout)
            .field("commit_timeout", &self.commit_timeout)
            .field("delivery_timeout", &self.delivery_timeout)
            .field("leave_timeout", &self.leave_timeout)
            .field("transaction_timeout", &self.transaction_timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::error::ErrorKind;

    fn with(name: &str, value: &str) -> KafkaConfig {
        let mut config = KafkaConfig::new("localhost:9092");
        config.properties.insert(name.into(), value.into());
        config
    }

    fn refusal(config: &KafkaConfig, kind: Kind) -> String {
        let error = config.conf(kind, &[]).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    }

    #[test]
    fn an_unknown_property_is_a_config_error_that_names_it() {
        let error = refusal(&with("producer.lingre.ms", "1"), Kind::Producer);
        assert!(error.contains("producer.lingre.ms"), "{error}");
    }

    #[test]
    fn a_property_of_one_side_is_not_set_on_the_other() {
        assert!(with("producer.lingre.ms", "1").conf(Kind::Consumer, &[]).is_ok());
    }

    #[test]
    fn a_property_that_correctness_depends_on_cannot_be_set() {
        for name in ["enable.auto.commit", "consumer.auto.offset.reset"] {
            assert!(refusal(&with(name, "true"), Kind::Consumer).contains(name));
        }
    }

    #[test]
    fn secrets_are_shown_neither_by_debug_nor_by_an_error() {
        for name in [
            "sasl.password",
            "ssl.key.pem",
            "ssl.keystore.password",
            "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.config",
            "consumer.sasl.password",
        ] {
            let shown = format!("{:?}", with(name, "hunter2"));
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
        let error = refusal(&with("ssl_key", "hunter2"), Kind::Consumer);
        assert!(!error.contains("hunter2"), "{error}");
    }
}
