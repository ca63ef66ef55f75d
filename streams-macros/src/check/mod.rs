//! What is wrong with a topology, a file a family: each has the rules of its family, with what is
//! said where one is broken. Operators ask for those that concern one call; [`check`] goes over the
//! whole graph. What rustc finds and says well is left to it: types of closures and sinks, and the
//! cases of a `branch`. What would orphan state is found by comparing with `topology.lock`, in a
//! generated test.

pub(crate) mod branch;
pub(crate) mod co_partitioning;
pub(crate) mod formats;
pub(crate) mod join_keys;
pub(crate) mod names;
mod old_values;
pub(crate) mod order;
pub(crate) mod side_effects;
pub(crate) mod stable_names;
pub(crate) mod stores;
mod time;
pub(crate) mod topics;
pub(crate) mod windows;

use crate::diagnostic::Diagnostics;
use crate::model::Graph;

/// Reports what is wrong with a graph whose parts are each right. A graph that lacks what had errors
/// is checked, too.
pub(crate) fn check(graph: &Graph, errors: &mut Diagnostics) {
    time::check(graph, errors);
    topics::check(graph, errors);
    names::feedback(graph, errors);
    co_partitioning::check(graph, errors);
    stable_names::check(graph, errors);
    old_values::check(graph, errors);
}
