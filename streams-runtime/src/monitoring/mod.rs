//! What an operator sees of a running application: how its workers are, and metrics.
//!
//! Metrics go through the facade of the crate `metrics`, to whatever recorder the program installs. With
//! the feature `http` and a `http.listen` the application installs one itself and serves it.

#[cfg(feature = "http")]
mod http;
mod status;

use std::sync::Arc;

pub use status::State;
pub(crate) use status::Status;

#[cfg(not(feature = "http"))]
use crate::error::Error;
use crate::error::Result;
use crate::shared::Shared;

#[cfg(feature = "http")]
pub(crate) use http::Server;

/// Without the feature there is none.
#[cfg(not(feature = "http"))]
#[derive(Debug)]
pub(crate) struct Server(std::convert::Infallible);

#[cfg(not(feature = "http"))]
impl Server {
    pub(crate) fn start(_: &Arc<Shared>, listen: &str) -> Result<Self> {
        Err(Error::config(format!(
            "http.listen = {listen}: this program was built without the feature `http` of `streams`: turn \
             it on in Cargo.toml"
        )))
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        match self.0 {}
    }
}

/// Starts the server, if one is configured.
pub(crate) fn start(shared: &Arc<Shared>) -> Result<Option<Server>> {
    shared.config.http.listen.as_deref().map(|listen| Server::start(shared, listen)).transpose()
}

/// Says what the metrics are, to the recorder that there is.
pub(crate) fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("process-total", "Records processed, of sources and repartition topics");
    describe_counter!(
        "dropped-records-total",
        "Records dropped because their window had closed, or by a rule for nulls"
    );
    describe_counter!("skipped-records-total", "Records left out by `on_error = skip`");
    describe_counter!("dead-letter-records-total", "Records written to dead letter topics");
    describe_counter!("restore-total", "Records read from changelogs to bring state up to date");
    describe_counter!(
        "rollback-total",
        "Times that a worker went back to its last commit: aborted, unknown or fenced"
    );
    describe_histogram!("commit-latency", Unit::Seconds, "How long commits took");
    describe_gauge!("state-bytes", Unit::Bytes, "Rows of a worker's stores in memory");
    describe_gauge!("assigned-tasks", "Tasks of a worker");
    describe_gauge!("restoring-tasks", "Tasks of a worker whose stores are not up to date yet");
    describe_gauge!(
        "records-lag",
        "Offsets between what is processed of a partition and its end, as last heard"
    );
}
