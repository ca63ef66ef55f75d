//! `merge(a, b, …)`: the records of several streams as one (Kafka Streams' `merge`). What comes
//! after it is written once, as a method that each of them calls.

use proc_macro2::TokenStream;
use syn::Ident;
use syn::Type;

use super::Operator;
use crate::emit::{Emitter, Vars};
use crate::model::{Builder, Flow, NodeId, StreamFlow, same, text};

struct Merge;

/// The head `merge(…)` of a chain.
pub(crate) fn merge(builder: &mut Builder<'_>, word: &Ident, names: &[Ident]) -> Flow {
    if names.len() < 2 {
        builder.errors.error(word.span(), "`merge` takes two streams or more: `merge(a, b)`");
        for name in names {
            builder.lookup(name);
        }
        return Flow::Broken;
    }
    let mut streams = Vec::new();
    for name in names {
        match builder.lookup(name) {
            Flow::Stream(stream) => streams.push((name, stream)),
            Flow::Broken => {}
            other => {
                let message = format!("`merge` is for streams, and `{name}` is {}", other.what());
                builder.errors.error(name.span(), message);
            }
        }
    }
    if streams.len() < names.len() {
        return Flow::Broken;
    }
    let key = agreed(builder, &streams, "keys", |s| s.key.as_ref());
    let value = agreed(builder, &streams, "values", |s| s.value.as_ref());
    let (Some(key), Some(value)) = (key, value) else { return Flow::Broken };
    let rekeyed = streams.iter().find_map(|(_, s)| s.rekeyed);
    let inputs = streams.iter().map(|(_, s)| s.node).collect();
    let name = format!("merge-{}", builder.graph.nodes.len());
    let (key, value) = (Some(key), Some(value));
    let node = builder.add(name, word.span(), Box::new(Merge), inputs, key.clone(), value.clone());
    Flow::Stream(StreamFlow { node, key, value, rekeyed })
}

/// The type that all streams have; an error where two differ or it is nowhere written.
fn agreed(
    builder: &mut Builder<'_>,
    streams: &[(&Ident, StreamFlow)],
    part: &str,
    of: impl Fn(&StreamFlow) -> Option<&Type>,
) -> Option<Type> {
    let known: Vec<(&Ident, &Type)> =
        streams.iter().filter_map(|(name, s)| Some((*name, of(s)?))).collect();
    let Some((first_name, first)) = known.first() else {
        let name = streams.first().map(|(name, _)| *name)?;
        let message = format!(
            "the type of the {part} is not written anywhere before `merge`: name one of the streams with \
             its types (`let {name}: stream<K, V> = …`)"
        );
        builder.errors.error(name.span(), message);
        return None;
    };
    for (name, ty) in &known {
        if !same(first, ty) {
            let message = format!(
                "the {part} of `{name}` are `{}`, those of `{first_name}` are `{}`: `merge` needs streams \
                 of one type",
                text(ty),
                text(first)
            );
            builder.errors.error(name.span(), message);
            return None;
        }
    }
    Some((*first).clone())
}

impl Operator for Merge {
    fn word(&self) -> &'static str {
        "merge"
    }

    fn is_method(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        e.call_method(node, vars)
    }
}
