//! `branch { pattern if guard => sink, pattern => .operator(…), else => sink }`: each record goes to
//! the first arm whose pattern fits its value (Kafka Streams' `split().branch(…)`). It is a `match`:
//! rustc checks that no case is missing and none unreachable.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Pat};

use super::{Operator, stream, to};
use crate::check;
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId};
use crate::parse::{ArmTarget, Call};

struct Branch {
    /// Pattern, guard, and the place where the arm ends.
    arms: Vec<(Pat, Option<Expr>, Span)>,
    span: Span,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, mut call: Call) -> Option<Flow> {
    let stream = stream(builder, flow, &call)?;
    let arms = call.arms.take().unwrap_or_default();
    if arms.is_empty() {
        check::branch::no_arm(builder.errors, &call.name);
        return None;
    }
    let patterns = arms
        .iter()
        .map(|a| (a.pattern.clone(), a.guard.clone(), end(&a.target).unwrap_or(call.span())))
        .collect();
    let operator = Box::new(Branch { arms: patterns, span: call.span() });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    let node = builder.add_after(stream.node, &call, operator, key.clone(), value.clone());
    for (number, arm) in arms.into_iter().enumerate() {
        let name = format!("branch-{}-arm-{number}", node.0);
        let start =
            builder.add(name, call.span(), Box::new(Arm), vec![node], key.clone(), value.clone());
        let mut stream = stream.clone();
        stream.node = start;
        let ended = match arm.target {
            ArmTarget::Sink(sink) => {
                to::write(builder, stream, &sink);
                continue;
            }
            ArmTarget::Calls(calls) => {
                let last = calls.last().map_or(call.span(), |c| c.span());
                match builder.apply(Flow::Stream(stream), calls) {
                    Flow::End | Flow::Broken | Flow::Table(_) => Ok(()),
                    other => Err((last, other.what())),
                }
            }
        };
        if let Err((span, what)) = ended {
            check::branch::arm_without_end(builder.errors, span, what);
        }
    }
    Some(Flow::End)
}

fn end(target: &ArmTarget) -> Option<Span> {
    match target {
        ArmTarget::Sink(sink) => Some(sink.span()),
        ArmTarget::Calls(calls) => calls.last().map(Call::span),
    }
}

impl Operator for Branch {
    fn word(&self) -> &'static str {
        "branch"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let consumers = e.graph().node(node).consumers.clone();
        let mut arms = TokenStream::new();
        for ((pattern, guard, end), consumer) in self.arms.iter().zip(consumers) {
            let guard = guard.as_ref().map(|g| quote_spanned!(here()=> if #g));
            let body = e.block(|e| e.node(consumer, vars));
            // Braces at the arm's end: rustc says there what to add for a missing case.
            let mut body = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, body);
            body.set_span(*end);
            arms.extend(quote_spanned!(here()=> #pattern #guard => #body));
        }
        let value = vars.value.reference();
        let at = here().located_at(self.span);
        // `branch` is where rustc shows a missing case.
        quote_spanned! {at=>
            let branch = #value;
            #[deny(unreachable_patterns)]
            match branch { #arms }
        }
    }
}

/// The start of an arm.
struct Arm;

impl Operator for Arm {
    fn word(&self) -> &'static str {
        "arm"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        e.consumers(node, vars)
    }
}
