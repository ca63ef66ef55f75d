//! `join(global, |key, value| row_key, |left, right| value)`: each record of a stream with the row of a
//! global table that it names (Kafka Streams' stream–global-table `join` and `leftJoin`), whatever the
//! record's own key, which it keeps: nothing is repartitioned. `left_join` gives `None` where there is
//! no such row. The function gives a key of the table, or an `Option` of one.
//!
//! Null values of the stream are dropped. A record that names no row is dropped, too, except that
//! `left_join` joins one without a key with nothing. Only the stream's records make results, with
//! their timestamps; the table is as it stands then, and its updates are not ordered with the stream's
//! records by time.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::{Operator, function, no_other_names, positional};
use crate::check::join_keys;
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::{Builder, Flow, GlobalId, NodeId, Nulls, StreamFlow, option_of};
use crate::parse::Call;
use crate::rewrite::Function;

struct GlobalJoin {
    global: GlobalId,
    row_key: Function,
    joiner: Function,
    left: bool,
    /// Keys of the stream may be null.
    null_keys: bool,
}

pub(super) fn build(
    builder: &mut Builder<'_>,
    stream: StreamFlow,
    global: GlobalId,
    other: &Ident,
    call: &Call,
) -> Option<Flow> {
    no_other_names(builder, call, &[]);
    if call.name == "outer_join" {
        join_keys::outer_with_table(builder.errors, call, other);
        return None;
    }
    let usage = format!("{}(global, |key, value| row_key, |left, right| value)", call.name);
    let [_, row_key, joiner] = positional(builder, call, &usage)?;
    let row_key = function(builder, call, row_key, &["value"])?;
    let joiner = function(builder, call, joiner, &["left", "right"])?;
    let names = (row_key.returned(), Some(&builder.graph.global(global).key));
    if !join_keys::names_row(builder.errors, row_key.span(), names, other) {
        return None;
    }
    let nulls = Nulls { keep_keys: true, keep_values: false };
    let name = format!("{}-{}", call.name, builder.graph.nodes.len());
    let mut stream = builder.drop_nulls(stream, nulls, &name, call.span());
    let null_keys = stream.key.as_ref().is_some_and(|k| option_of(k).is_some());
    stream.value = joiner.returned();
    let left = call.name == "left_join";
    let operator = Box::new(GlobalJoin { global, row_key, joiner, left, null_keys });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, call, operator, key, value);
    Some(Flow::Stream(stream))
}

impl GlobalJoin {
    /// What becomes of a record that names no row.
    fn nameless(&self, e: &Emitter<'_>, vars: &Vars) -> TokenStream {
        let label = e.label();
        let drop = quote_spanned! {here()=>
            cx.counters.dropped_null += 1;
            break #label;
        };
        if self.left && self.null_keys {
            let key = vars.key.reference();
            return quote_spanned! {here()=>
                if named.is_none() && ::core::option::Option::is_some(#key) { #drop }
            };
        }
        quote_spanned!(here()=> if named.is_none() { #drop })
    }
}

impl Operator for GlobalJoin {
    fn word(&self) -> &'static str {
        if self.left { "left_join" } else { "join" }
    }

    fn global(&self) -> Option<GlobalId> {
        Some(self.global)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let global = e.graph().global(self.global);
        let (field, ty) = (&global.ident, &global.key);
        let given = e.call(&self.row_key, node, vars, vec![vars.value.reference()]);
        // At the function: rustc shows there what is no key.
        let at = here().located_at(self.row_key.span());
        let join_key = quote_spanned!(at=> ::streams::__private::join_key::<#ty, _>(given));
        let nameless = self.nameless(e, vars);
        let found = e.or_reject(quote_spanned!(here()=> self.#field.look(named)));
        let label = e.label();
        let missing = (!self.left).then(|| {
            quote_spanned! {here()=>
                let ::core::option::Option::Some(right) = right else { break #label };
            }
        });
        let right = quote_spanned!(here()=> right);
        let call = e.call(&self.joiner, node, vars, vec![vars.value.reference(), right]);
        let value = vars.value.ident.clone();
        let onwards =
            Vars { value: Operand { ident: value.clone(), by_ref: false }, ..vars.clone() };
        let rest = e.consumers(node, &onwards);
        quote_spanned! {here()=>
            let #value = {
                let given = #given;
                let named = #join_key;
                #nameless
                let row = match &named {
                    ::core::option::Option::Some(named) => ::core::option::Option::Some(#found),
                    ::core::option::Option::None => ::core::option::Option::None,
                };
                let right = row.as_ref().and_then(|row| row.value());
                #missing
                let joined = #call;
                joined
            };
            #rest
        }
    }
}
