//! Stable names: what keeps data has a name that comes from the text and not from its place, and no
//! two have the same; so no change around it makes it lose its data.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::{Expr, Ident};

use crate::diagnostic::{Diagnostics, same_place};
use crate::model::{Graph, TopicId, TopicRole};
use crate::parse::Call;

/// What an operator keeps has a name.
pub(crate) fn unnamed(errors: &mut Diagnostics, call: &Call, usage: &str) {
    let message = format!(
        "`{}` has data of its own, which needs a name to be found again after any change: `{usage}`",
        call.name
    );
    errors.error(call.span(), message);
}

/// Where a name is needed: what to write for a value that is none.
pub(crate) fn not_a_name(errors: &mut Diagnostics, value: &Expr, what: &str) {
    let advice = match value {
        Expr::Closure(_) => {
            ": it comes before the function, and its data is found by it".to_owned()
        }
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
            let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
            let name: String = text.value().chars().map(word).collect();
            format!(": a word, without quotes (`{name}`)")
        }
        _ => String::new(),
    };
    let span = syn::spanned::Spanned::span(value);
    errors.error(span, format!("expected the name of {what}{advice}"));
}

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    let mut first: BTreeMap<String, &Ident> = BTreeMap::new();
    let mut told: Vec<Span> = Vec::new();
    for (number, topic) in graph.topics.iter().enumerate() {
        let id = TopicId(number);
        let (owner, what) = match topic.role {
            TopicRole::Source | TopicRole::Sink | TopicRole::DeadLetter => continue,
            TopicRole::Repartition => (
                graph.sources.iter().find(|s| s.topic == id).map(|s| &s.ident),
                "send records through",
            ),
            TopicRole::Changelog(_) => (
                graph.stores.iter().find(|s| s.changelog == Some(id)).map(|s| &s.ident),
                "keep their data in",
            ),
        };
        let Some(owner) = owner else { continue };
        let name = topic.name.to_string();
        let Some(other) = first.get(&name) else {
            first.insert(name, owner);
            continue;
        };
        // A join has several topics: one message.
        if told.iter().any(|place| same_place(*place, owner.span())) {
            continue;
        }
        told.push(owner.span());
        let message = format!(
            "two would {what} topic {name}: give this one a name of its own (a join takes `name = …`), which \
             stays whatever is added around it"
        );
        errors.error_with(owner.span(), message, other.span(), "the other is here");
    }
}
