//! `time = …` is a function of the record.

use crate::diagnostic::Diagnostics;
use crate::model::Graph;
use crate::parse::Siblings;
use crate::rewrite::Function;

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    for source in &graph.sources {
        let Some(time) = source.time.clone() else { continue };
        let read = Function::read(time, &Siblings::default());
        if let Err(error) = read.and_then(|f| f.check_arity("time", &["value"])) {
            errors.push(error);
        }
    }
}
