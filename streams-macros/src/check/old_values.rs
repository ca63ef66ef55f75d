//! What needs the value that a row had before comes after something that knows it.

use crate::diagnostic::Diagnostics;
use crate::model::{Graph, NodeId};

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    for (number, node) in graph.nodes.iter().enumerate() {
        if node.operator.lacks_old() && graph.needs_old(NodeId(number)) {
            let message = format!(
                "what comes after this `{}` needs the value that a row had before: keep its rows in a store \
                 (`name = x`)",
                node.operator.word()
            );
            errors.error(node.span, message);
        }
    }
}
