//! What the workers of a process share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use streams_core::store::Globals;
use streams_core::topology::TopologyDescription;

use crate::broker::Broker;
use crate::config::Config;
use crate::error::Error;
use crate::monitoring::{State, Status};
use crate::plan::Plan;
use crate::progress::Counters;
use crate::query::Inbox;
use crate::registry::Registry;
use crate::store::rocksdb::StateDir;

/// See the module.
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) config: Config,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) state: StateDir,
    /// Where the topology has formats with one.
    pub(crate) registry: Option<Registry>,
    pub(crate) counters: Counters,
    pub(crate) globals: Globals,
    pub(crate) topology: &'static TopologyDescription,
    /// By worker.
    pub(crate) inboxes: Vec<Inbox>,
    /// By worker.
    pub(crate) statuses: Vec<Status>,
    stop: AtomicBool,
    hurry: AtomicBool,
    failure: Mutex<Option<Error>>,
}

impl Shared {
    pub(crate) fn new(
        topology: &'static TopologyDescription,
        plan: Plan,
        config: Config,
        broker: Arc<dyn Broker>,
        state: StateDir,
        registry: Option<Registry>,
        globals: Globals,
    ) -> Self {
        let inboxes = (0..config.threads).map(|_| Inbox::default()).collect();
        let statuses = (0..config.threads).map(|_| Status::default()).collect();
        Self {
            topology,
            inboxes,
            statuses,
            plan,
            config,
            broker,
            state,
            registry,
            counters: Counters::default(),
            globals,
            stop: AtomicBool::new(false),
            hurry: AtomicBool::new(false),
            failure: Mutex::new(None),
        }
    }

    /// The name of a worker's transactions, if it makes any: its place in this state directory, so
    /// that a process that comes back ends what it has left open.
    pub(crate) fn transactional_id(&self, worker: usize) -> Option<String> {
        let id = || format!("{}-{}-{worker}", self.plan.application_id, self.state.process());
        self.config.is_transactional().then(id)
    }

    /// To be called by a thread before it uses the topology's formats.
    pub(crate) fn enter_schemas(&self) {
        if let Some(registry) = &self.registry {
            registry.enter();
        }
    }

    /// What a thread that is none of the application's does with its formats.
    pub(crate) fn with_schemas<R>(&self, run: impl FnOnce() -> R) -> R {
        match &self.registry {
            Some(registry) => registry.within(run),
            None => run(),
        }
    }

    /// Memory for rows of global tables, in bytes: a quarter of all, if there are some.
    pub(crate) fn global_memory(&self) -> usize {
        if self.globals.is_empty() { 0 } else { self.config.state_cache_max_bytes / 4 }
    }

    /// Memory for rows of each worker's tasks, in bytes.
    pub(crate) fn worker_memory(&self) -> usize {
        let rest = self.config.state_cache_max_bytes - self.global_memory();
        rest / self.config.threads.max(1)
    }

    /// A worker is doing this.
    pub(crate) fn set_state(&self, worker: usize, state: State, now: Instant) {
        if let Some(status) = self.statuses.get(worker) {
            status.set(state, now);
        }
    }

    /// Asks all workers to commit, leave and end.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// True once the workers are to end.
    pub(crate) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// From now on workers commit as soon as they have nothing to do: somebody waits for the end.
    pub(crate) fn hurry(&self) {
        self.hurry.store(true, Ordering::Release);
    }

    pub(crate) fn hurried(&self) -> bool {
        self.hurry.load(Ordering::Acquire)
    }

    /// Notes why the application ends, the first reason wins, and stops the other workers.
    pub(crate) fn fail(&self, error: Error) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        drop(failure);
        self.stop();
    }

    /// Why the application ended, if not because it was asked to.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
