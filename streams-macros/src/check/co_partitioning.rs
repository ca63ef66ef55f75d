//! Co-partitioning: what meets by key has been partitioned by that key, into as many partitions. The
//! key's lineage is followed by `StreamFlow::rekeyed`; where it changed before a join or state, a
//! repartition topic is put in, or asked for. Numbers of partitions that are declared are compared
//! here, those of real topics when the application starts.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use crate::diagnostic::{Diagnostics, same_place};
use crate::model::{Builder, Graph, SourceId, meeting};

/// A repartition topic that nobody wrote: an error under `repartitions = explicit`.
pub(crate) fn implicit(builder: &mut Builder<'_>, topic: &str, at: &Ident, changed: Span) {
    if !builder.graph.settings.explicit_repartitions {
        return;
    }
    let nodes = builder.graph.nodes.iter();
    let mut groups = nodes.filter(|n| n.name.starts_with("group_by-"));
    let write = if groups.any(|n| same_place(n.span, changed)) {
        format!("write `.select_key(f).repartition({topic}).group_by_key()` for `.group_by(f)`")
    } else {
        format!("put `.repartition({topic})` after the change")
    };
    let message = format!(
        "`{topic}` goes by key, and the key changed since the records were partitioned by it; with \
         `repartitions = explicit`, {write}"
    );
    builder.errors.error_with(at.span(), message, changed, "the key changes here");
}

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    for (first, second) in pairs(graph) {
        let (Some(a), Some(b)) = (literal(graph, first), literal(graph, second)) else { continue };
        if a == b {
            continue;
        }
        let (x, y) = (&graph.source(first).name, &graph.source(second).name);
        let message = format!(
            "`{y}` has {b} partitions and `{x}` has {a}, and their records meet by key, which needs equal \
             numbers: declare as many, or send one of them through `.repartition(name, partitions = …)`"
        );
        let at =
            |id| declared(graph, id).map_or_else(|| graph.source(id).ident.span(), |e| e.span());
        let mut others = vec![(at(first), format!("`{x}` has {a} partitions"))];
        others
            .extend(meeting(graph, first, second).map(|span| (span, "they meet here".to_owned())));
        errors.error_with_all(at(second), message, &others);
    }
}

/// The comparisons of numbers that only rustc can work out: constants.
pub(crate) fn assertions(graph: &Graph) -> TokenStream {
    let compare = |(first, second): (SourceId, SourceId)| {
        if literal(graph, first).is_some() && literal(graph, second).is_some() {
            return None;
        }
        let (a, b) = (declared(graph, first)?, declared(graph, second)?);
        let (x, y) = (&graph.source(first).name, &graph.source(second).name);
        let message = format!(
            "`{y}` and `{x}` have different numbers of partitions, and their records meet by key: declare \
             as many, or send one of them through `.repartition(name, partitions = …)`"
        );
        let span = Span::mixed_site().located_at(b.span());
        Some(quote_spanned!(span=> const _: () = ::core::assert!(#a == #b, #message);))
    };
    pairs(graph).into_iter().filter_map(compare).collect()
}

/// Sources that are read by the same tasks and declare their partitions: each with the first.
fn pairs(graph: &Graph) -> Vec<(SourceId, SourceId)> {
    let mut pairs = Vec::new();
    for subtopology in 0..graph.subtopologies() {
        let sources = graph.sources_of(subtopology);
        let mut known = sources.into_iter().filter(|s| declared(graph, *s).is_some());
        if let Some(first) = known.next() {
            pairs.extend(known.map(|other| (first, other)));
        }
    }
    pairs
}

fn declared(graph: &Graph, id: SourceId) -> Option<&Expr> {
    graph.topic(graph.source(id).topic).partitions.as_ref()
}

fn literal(graph: &Graph, id: SourceId) -> Option<i32> {
    match declared(graph, id)? {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) => n.base10_parse().ok(),
        _ => None,
    }
}
