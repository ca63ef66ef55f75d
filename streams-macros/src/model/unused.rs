//! What is declared and never used.

use super::build::{Builder, Named};
use super::types::*;

impl Builder<'_> {
    /// Reports it, at its name.
    pub(super) fn report_unused(&mut self) {
        for (name, named) in &self.names {
            if self.mentioned.contains(name) {
                continue;
            }
            match named {
                Named::Flow { ident, flow, used: false } => {
                    let what = match flow {
                        Flow::Table(_) => "table",
                        _ => "stream",
                    };
                    // A table that was made by an operator is kept by its store.
                    let kept = matches!(flow, Flow::Table(t) if !self.graph.node(t.node).inputs.is_empty());
                    if !kept {
                        let message =
                            format!("{what} `{ident}` is never used: use it, or take it out");
                        self.errors.error(ident.span(), message);
                    }
                }
                Named::Sink { id, ident } if !self.graph.sink(*id).written => {
                    let message = format!(
                        "sink `{ident}` is never written: end a chain in `.to({ident})`, or take it out"
                    );
                    self.errors.error(ident.span(), message);
                }
                Named::Store { id, ident } if self.graph.store(*id).user.is_none() => {
                    let message = format!(
                        "store `{ident}` is never used: name it in an operator, or take it out"
                    );
                    self.errors.error(ident.span(), message);
                }
                _ => {}
            }
        }
    }
}
