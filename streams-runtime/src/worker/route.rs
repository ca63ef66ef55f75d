//! From a record's topic and partition to the task and input that take it: two array accesses.

use super::Running;
use crate::plan::Plan;

/// A task of the worker, and an input of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) task: usize,
    pub(super) input: usize,
}

/// By topic (in the order of the client's list) and partition.
#[derive(Debug, Default)]
pub(super) struct Routes(Vec<Vec<Option<Route>>>);

impl Routes {
    /// The routes to these tasks.
    pub(super) fn new(plan: &Plan, tasks: &[Running]) -> Self {
        let mut routes: Vec<Vec<Option<Route>>> =
            plan.reads.iter().map(|r| vec![None; r.partitions.max(0) as usize]).collect();
        for (number, task) in tasks.iter().enumerate() {
            for (input, place) in task.inputs.iter().enumerate() {
                let topic = plan.reads.iter().position(|r| r.name == place.topic);
                let route = topic
                    .and_then(|t| routes.get_mut(t))
                    .and_then(|topic| topic.get_mut(place.partition as usize));
                if let Some(route) = route {
                    *route = Some(Route { task: number, input });
                }
            }
        }
        Self(routes)
    }

    #[inline]
    pub(super) fn find(&self, topic: usize, partition: i32) -> Option<Route> {
        *self.0.get(topic)?.get(partition as usize)?
    }
}
