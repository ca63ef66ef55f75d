//! Checks of the whole graph, after every name has been resolved.

mod time;

use crate::diagnostic::Diagnostics;
use crate::model::Graph;

/// Reports what is wrong with a graph whose parts are each right.
pub(crate) fn check(graph: &Graph, errors: &mut Diagnostics) {
    time::check(graph, errors);
}
