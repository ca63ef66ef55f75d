//! `flat_map(|k, v| pairs)`: any number of records for each, as an iterator of keys and values
//! (Kafka Streams' `flatMap`); `flat_map_values(|v| values)`: of values under the same key
//! (`flatMapValues`).

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, function, map, no_other_names, positional, stream};
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::{Builder, Flow, NodeId};
use crate::parse::Call;
use crate::rewrite::Function;

struct FlatMap {
    function: Function,
    values: bool,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    let values = call.name == "flat_map_values";
    let usage = if values {
        "flat_map_values(|value| iterator_of_values)"
    } else {
        "flat_map(|key, value| iterator_of_pairs)"
    };
    let [value] = positional(builder, &call, usage)?;
    let function = function(builder, &call, value, &["value"])?;
    let element = function.returned().as_ref().and_then(element);
    if values {
        stream.value = element;
    } else {
        (stream.key, stream.value) = map::pair(element);
        stream.rekeyed = Some(call.span());
    }
    let operator = Box::new(FlatMap { function, values });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, &call, operator, key, value);
    Some(Flow::Stream(stream))
}

/// `T` of `Vec<T>`, `Option<T>`, `[T; N]` and `impl Iterator<Item = T>`.
fn element(ty: &syn::Type) -> Option<syn::Type> {
    use syn::{GenericArgument, PathArguments, Type, TypeParamBound};
    let arguments = |segment: &syn::PathSegment| match &segment.arguments {
        PathArguments::AngleBracketed(a) => a.args.first().cloned(),
        _ => None,
    };
    match ty {
        Type::Array(array) => Some((*array.elem).clone()),
        Type::Path(path) => match arguments(path.path.segments.last()?)? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        Type::ImplTrait(bounds) => bounds.bounds.iter().find_map(|b| match b {
            TypeParamBound::Trait(t) => match arguments(t.path.segments.last()?)? {
                GenericArgument::AssocType(item) => Some(item.ty),
                _ => None,
            },
            _ => None,
        }),
        _ => None,
    }
}

impl Operator for FlatMap {
    fn word(&self) -> &'static str {
        if self.values { "flat_map_values" } else { "flat_map" }
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let call = e.call(&self.function, node, vars, vec![vars.value.reference()]);
        let value = vars.value.ident.clone();
        let item = Operand { ident: value.clone(), by_ref: false };
        let (pattern, vars) = if self.values {
            (quote_spanned!(here()=> #value), Vars { value: item, ..vars.clone() })
        } else {
            let key = vars.key.ident.clone();
            (quote_spanned!(here()=> (#key, #value)), vars.owned())
        };
        let each = e.block(|e| e.consumers(node, &vars));
        quote_spanned! {here()=>
            for #pattern in #call {
                #each
            }
        }
    }
}
