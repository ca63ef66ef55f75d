//! A client of Confluent's Schema Registry, and of registries that speak its protocol.
//!
//! A number and its schema belong together for ever, so both directions are asked once and kept for
//! the process. Requests are rare (one for each schema), so they block, with a time limit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use streams_core::schema::{Schema, SchemaRegistry, WrittenSchema};
use streams_core::{Error, ErrorKind, Result};
use ureq::Agent;
use ureq::http::{Request, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::reply::{Compatibility, Found, Id, Refusal};
use crate::config::SchemaRegistryConfig;

/// How long one address may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Schemas that a schema refers to, and those refer to, are followed this deep.
const MAX_DEPTH: usize = 32;

const JSON: &str = "application/vnd.schemaregistry.v1+json";

/// See the module.
pub(super) struct Client {
    /// Asked in this order, until one answers.
    urls: Vec<String>,
    agent: Agent,
    authorization: Option<String>,
    auto_register: bool,
    ids: Mutex<HashMap<(String, Schema), i32>>,
    schemas: Mutex<HashMap<i32, WrittenSchema>>,
}

impl Client {
    pub(super) fn new(config: &SchemaRegistryConfig) -> crate::Result<Self> {
        let urls = config.urls()?;
        let mut tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier);
        if let Some(file) = &config.ca_file {
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates(file)?));
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .tls_config(tls.build())
            .build();
        Ok(Self {
            urls,
            agent: agent.new_agent(),
            authorization: config.authorization(),
            auto_register: config.auto_register,
            ids: Mutex::default(),
            schemas: Mutex::default(),
        })
    }

    /// Sends a request to the first address that answers, and gives the status and the body.
    fn send(&self, path: &str, body: Option<&str>) -> Result<(StatusCode, String)> {
        let mut failure = None;
        for url in &self.urls {
            match self.send_to(url, path, body) {
                // A server that has an error of its own may not be the only one.
                Ok((status, text)) if status.is_server_error() || status.as_u16() == 429 => {
                    failure = Some(unavailable(url, format_args!("{status}: {text}")));
                }
                Ok(answer) => return Ok(answer),
                Err(e) => failure = Some(unavailable(url, e)),
            }
        }
        Err(failure.unwrap_or_else(|| unavailable("?", "no address")))
    }

    fn send_to(
        &self,
        url: &str,
        path: &str,
        body: Option<&str>,
    ) -> Result<(StatusCode, String), ureq::Error> {
        let method = if body.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{url}{path}"))
            .header("Accept", JSON)
            .header("Content-Type", JSON);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let mut answer = match body {
            Some(body) => self.agent.run(request.body(body.to_owned())?)?,
            None => self.agent.run(request.body(())?)?,
        };
        Ok((answer.status(), answer.body_mut().read_to_string()?))
    }

    /// Reads an answer; one that is not of status 200 is a refusal.
    fn ask<R: serde::de::DeserializeOwned>(&self, path: &str, body: Option<&str>) -> Result<R> {
        let (status, text) = self.send(path, body)?;
        if !status.is_success() {
            return Err(Refusal::read(status, &text).into_error(&self.describe()));
        }
        serde_json::from_str(&text).map_err(|e| {
            let what = format!("{} answered what is not understood: {e}", self.describe());
            Error::with_source(ErrorKind::Config, what, e)
        })
    }

    fn fetch(&self, path: &str, references: &mut Vec<String>, depth: usize) -> Result<String> {
        let found: Found = self.ask(path, None)?;
        for reference in found.references {
            if depth == MAX_DEPTH {
                let text = format!("schemas that refer to each other more than {MAX_DEPTH} deep");
                return Err(Error::new(ErrorKind::Decode, text));
            }
            let (subject, version) = (encoded(&reference.subject), reference.version);
            let path = format!("/subjects/{subject}/versions/{version}");
            let text = self.fetch(&path, references, depth + 1)?;
            if !references.contains(&text) {
                references.push(text);
            }
        }
        Ok(found.schema)
    }
}

impl SchemaRegistry for Client {
    fn id(&self, subject: &str, schema: &Schema) -> Result<i32> {
        let key = (subject.to_owned(), schema.clone());
        let known = |ids: &HashMap<_, i32>| ids.get(&key).copied();
        if let Some(id) = known(&self.ids.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(id);
        }
        let at = encoded(subject);
        let path = match self.auto_register {
            true => format!("/subjects/{at}/versions"),
            false => format!("/subjects/{at}"),
        };
        let Id { id } = self.ask(&path, Some(&request(schema)))?;
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(key, id);
        Ok(id)
    }

    fn schema(&self, id: i32) -> Result<WrittenSchema> {
        let known = |schemas: &HashMap<i32, WrittenSchema>| schemas.get(&id).cloned();
        if let Some(schema) = known(&self.schemas.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(schema);
        }
        let mut references = Vec::new();
        let text = self.fetch(&format!("/schemas/ids/{id}"), &mut references, 0).map_err(|e| {
            // That there is no such schema is the record's fault: it says a number of its own.
            match e.kind() {
                ErrorKind::Unavailable => e,
                _ => Error::with_source(ErrorKind::Decode, format!("schema {id}: {e}"), e),
            }
        })?;
        let schema = WrittenSchema { text, references };
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(schemas.entry(id).or_insert(schema).clone())
    }

    fn check(&self, subject: &str, schema: &Schema) -> Result<()> {
        let at = encoded(subject);
        let path = format!("/compatibility/subjects/{at}/versions/latest?verbose=true");
        let (status, text) = self.send(&path, Some(&request(schema)))?;
        if status == StatusCode::NOT_FOUND {
            // Nothing is there yet to compare with.
            return Ok(());
        }
        if !status.is_success() {
            return Err(Refusal::read(status, &text).into_error(&self.describe()));
        }
        Compatibility::read(&text).into_result()
    }

    fn describe(&self) -> String {
        format!("the schema registry at {}", self.urls.join(", "))
    }
}

fn request(schema: &Schema) -> String {
    let (kind, text) = (schema.schema_type.name(), &schema.text);
    serde_json::json!({ "schemaType": kind, "schema": text }).to_string()
}

#[cold]
fn unavailable(url: &str, why: impl std::fmt::Display) -> Error {
    let text = format!("the schema registry at {url} does not answer: {why}");
    Error::new(ErrorKind::Unavailable, text)
}

/// A subject as a part of a path: a topic's name is as it is, the rest in `%` and hex.
fn encoded(subject: &str) -> String {
    let mut text = String::with_capacity(subject.len());
    for byte in subject.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'~' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

fn certificates(file: &std::path::Path) -> crate::Result<Vec<Certificate<'static>>> {
    let wrong = |why: String| {
        let place = file.display();
        crate::Error::config(format!("schema_registry.ca_file: {place} {why}"))
    };
    let pem = std::fs::read(file).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(wrong(format!("is not PEM: {e}"))),
        }
    }
    match certificates.is_empty() {
        true => Err(wrong("has no certificate".into())),
        false => Ok(certificates),
    }
}
