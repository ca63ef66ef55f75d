//! What a worker tells of itself.

use std::time::{Duration, Instant};

use super::Worker;
use crate::monitoring::State;

/// How often gauges are set.
const INTERVAL: Duration = Duration::from_secs(1);

impl Worker<'_> {
    /// At the end of the turn that began at `now`.
    pub(super) fn observe(&mut self, now: Instant) {
        let state = match (self.has_joined, self.tasks.iter().all(super::Running::is_active)) {
            (false, _) => State::Joining,
            (true, false) => State::Restoring,
            (true, true) => State::Running,
        };
        self.shared.set_state(self.number, state, now);
        if self.observed_at.is_some_and(|at| now.duration_since(at) < INTERVAL) {
            return;
        }
        self.observed_at = Some(now);
        let worker = self.number.to_string();
        let restoring = self.tasks.iter().filter(|t| t.restoring).count();
        metrics::gauge!("assigned-tasks", "worker" => worker.clone()).set(self.tasks.len() as f64);
        metrics::gauge!("restoring-tasks", "worker" => worker.clone()).set(restoring as f64);
        let memory: usize = self.tasks.iter_mut().map(|t| t.task.memory()).sum();
        metrics::gauge!("state-bytes", "worker" => worker).set(memory as f64);
        for running in self.tasks.iter().filter(|t| t.is_active()) {
            for (input, place) in running.inputs.iter().enumerate() {
                let processed = running.task.positions().find(|(i, _)| *i == input);
                let position = processed.map(|(_, at)| at).or(running.start.get(input).copied());
                let lag = position.and_then(|at| Some(self.client.known_end(place)? - at));
                if let Some(lag) = lag {
                    let topic = place.topic.to_string();
                    let partition = place.partition.to_string();
                    metrics::gauge!("records-lag", "topic" => topic, "partition" => partition)
                        .set(lag.max(0) as f64);
                }
            }
        }
    }
}
