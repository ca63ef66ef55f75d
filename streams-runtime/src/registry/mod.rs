//! The schema registry of an application: what is registered before a record is processed, and what
//! a thread has to know before it uses formats.

#[cfg(feature = "schema-registry")]
mod client;
#[cfg(feature = "schema-registry")]
mod reply;

use std::rc::Rc;
use std::sync::Arc;

use streams_core::schema::{Boundary, SchemaRegistry, Schemas};
use streams_core::topology::Topology;

use crate::config::Config;
#[cfg(not(feature = "schema-registry"))]
use crate::error::Error;
use crate::error::Result;
use crate::plan::Plan;

/// The registry of an application, with the names of its topics.
#[derive(Clone)]
pub(crate) struct Registry {
    registry: Arc<dyn SchemaRegistry>,
    topics: Vec<String>,
    boundaries: &'static [Boundary],
}

impl Registry {
    /// The registry of a topology that has formats with one.
    ///
    /// # Errors
    /// If none is configured, or its configuration is wrong.
    pub(crate) fn of<T: Topology>(config: &Config, plan: &Plan) -> Result<Option<Self>> {
        if T::SCHEMAS.is_empty() {
            return Ok(None);
        }
        let registry = open(config)?;
        let topics = plan.topics.iter().map(|topic| topic.name.to_string()).collect();
        Ok(Some(Self { registry, topics, boundaries: T::SCHEMAS }))
    }

    /// Registers every schema that the topology writes with.
    ///
    /// # Errors
    /// With the subject, if the registry refuses one or does not answer.
    pub(crate) fn register(&self) -> Result<()> {
        self.each(|boundary, topic| boundary.register(&*self.registry, topic))
    }

    /// Asks whether the registry would take every schema that the topology writes with.
    ///
    /// # Errors
    /// With the subject, if the registry would refuse one or does not answer.
    pub(crate) fn check(&self) -> Result<()> {
        self.each(|boundary, topic| boundary.check(&*self.registry, topic))
    }

    fn each(&self, what: impl Fn(&Boundary, &str) -> streams_core::Result<()>) -> Result<()> {
        for boundary in self.boundaries {
            let topic = self.topics.get(usize::from(boundary.topic.0));
            what(boundary, topic.map_or("", String::as_str))?;
        }
        Ok(())
    }

    /// Where it is, for people.
    pub(crate) fn describe(&self) -> String {
        self.registry.describe()
    }

    /// From now on this thread's formats ask this registry.
    pub(crate) fn enter(&self) {
        self.schemas().enter();
    }

    fn schemas(&self) -> Rc<Schemas> {
        Schemas::new(Arc::clone(&self.registry), self.topics.clone())
    }

    /// What `run` does, with this registry for its formats.
    pub(crate) fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        self.schemas().within(run)
    }
}

/// The registry that a configuration names: for programs that write to an application's topics, or
/// read them, by formats with a registry, and for tests
/// ([`use_registry`](streams_core::test_driver::Driver::use_registry)).
///
/// # Errors
/// If none is configured, or its configuration is wrong.
pub fn schema_registry(config: &Config) -> Result<Arc<dyn SchemaRegistry>> {
    open(config)
}

#[cfg(feature = "schema-registry")]
fn open(config: &Config) -> Result<Arc<dyn SchemaRegistry>> {
    Ok(Arc::new(client::Client::new(&config.schema_registry)?))
}

#[cfg(not(feature = "schema-registry"))]
fn open(_: &Config) -> Result<Arc<dyn SchemaRegistry>> {
    let text = "the topology has formats with a schema registry, and this program was built \
                without the feature `schema-registry` of `streams`: turn it on in Cargo.toml";
    Err(Error::config(text))
}
