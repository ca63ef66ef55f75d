//! `to(sink)`: writes the records to the sink's topic and ends the chain (Kafka Streams' `to`).

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, Type};

use super::{Operator, ident, keyed_state, no_other_names, positional};
use crate::emit::{Emitter, Vars, here};
use crate::model::{
    Builder, Flow, NodeId, SinkId, StreamFlow, owns, reference_of, session_of, windowed_of,
};
use crate::parse::Call;

struct To {
    sink: SinkId,
    /// The sink's name where it is written to.
    at: Ident,
    /// A table's value that is null is a deletion.
    nullable: bool,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    no_other_names(builder, &call, &[]);
    let [sink] = positional(builder, &call, "to(sink)")?;
    let name = ident(builder, &sink, "a sink")?;
    let id = builder.lookup_sink(&name)?;
    let to_table = builder.graph.sink(id).table;
    let (node, nullable) = match flow {
        Flow::Stream(stream) if !to_table => (stream.node, false),
        Flow::Table(table) if to_table => (table.node, table.nullable),
        Flow::Stream(_) => {
            let message = format!(
                "`{name}` takes a table, and this is a stream: `.to_table(store)` makes one of it, or declare the sink as `stream<K, V>`"
            );
            builder.errors.error(name.span(), message);
            return None;
        }
        Flow::Table(_) => {
            let message = format!(
                "`{name}` takes a stream, and this is a table: put `.to_stream()` before, or declare the sink as `table<K, V>`"
            );
            builder.errors.error(name.span(), message);
            return None;
        }
        other => {
            let message = format!(
                "`to` is for a stream or a table, and this is {}: finish it with `count`, `reduce`, `aggregate` or `transform`",
                other.what()
            );
            builder.errors.error(call.span(), message);
            return None;
        }
    };
    add(builder, node, id, name, nullable);
    Some(Flow::End)
}

/// Writes a stream to a sink named in an arm of `branch`.
pub(super) fn write(builder: &mut Builder<'_>, stream: StreamFlow, name: &Ident) {
    let Some(id) = builder.lookup_sink(name) else { return };
    if builder.graph.sink(id).table {
        let message = format!("`{name}` takes a table, and this is a stream");
        builder.errors.error(name.span(), message);
        return;
    }
    add(builder, stream.node, id, name.clone(), false);
}

fn add(builder: &mut Builder<'_>, node: NodeId, sink: SinkId, at: Ident, nullable: bool) {
    let (name, doc) = {
        let sink = builder.graph.sink(sink);
        (sink.ident.to_string(), sink.doc.clone())
    };
    let span = at.span();
    let to = builder.add(name, span, Box::new(To { sink, at, nullable }), vec![node], None, None);
    builder.graph.node_mut(to).doc = doc;
}

/// The bytes at the end of a key of this type that do not choose the partition: those of its window.
pub(super) fn suffix(key: &Type) -> u32 {
    let key = reference_of(key).unwrap_or(key);
    match (windowed_of(key), session_of(key)) {
        (Some(_), _) => 8,
        (_, Some(_)) => 16,
        _ => 0,
    }
}

/// The type that is written: the sink's, or the stream's, if it borrows what the sink's owns.
fn lent(stream: Option<&Type>, sink: &Type) -> Type {
    match stream {
        Some(ty) if owns(sink, ty) => ty.clone(),
        _ => sink.clone(),
    }
}

/// `&` with the span of the type behind it.
fn reference_at(ty: &Type) -> TokenStream {
    let span = syn::spanned::Spanned::span(ty);
    quote_spanned!(span=> &)
}

impl Operator for To {
    fn word(&self) -> &'static str {
        "to"
    }

    fn sinks(&self) -> Vec<SinkId> {
        vec![self.sink]
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let graph = e.graph();
        let sink = graph.sink(self.sink);
        let (id, on_error) = (sink.topic, sink.on_error);
        let topic = graph.topic(id);
        let kt = lent(keyed_state::key_before(graph, node), &topic.key);
        let vt = lent(keyed_state::value_before(graph, node), &topic.value);
        let (kf, vf) = (&topic.key_format.tokens, &topic.value_format.tokens);
        // One identifier at the user's token: rustc shows a type that does not fit there.
        let at = here().located_at(self.at.span());
        let (sink_key, sink_value) = (Ident::new("sink_key", at), Ident::new("sink_value", at));
        let (key, value) = (vars.key.reference(), vars.value.reference());
        // References at the declared types: rustc shows them beside what does not fit.
        let (kr, vr) = (reference_at(&kt), reference_at(&vt));
        let value_type = if self.nullable {
            quote_spanned!(here()=> ::core::option::Option<#vt>)
        } else {
            quote_spanned!(here()=> #vt)
        };
        let checked = quote_spanned! {here()=>
            let sink_key = #key;
            let sink_value = #value;
            let sink_key: #kr #kt = #sink_key;
            let sink_value: #vr #value_type = #sink_value;
        };
        let key = e.encode_as_is(kf, &kt, &quote_spanned!(here()=> sink_key));
        let value = if self.nullable {
            let vt = syn::parse_quote!(::core::option::Option<#vt>);
            e.encode(vf, &vt, &quote_spanned!(here()=> sink_value))
        } else {
            e.encode_as_is(vf, &vt, &quote_spanned!(here()=> sink_value))
        };
        let suffix = suffix(&kt);
        let write = e.write_or(on_error, id, suffix, vars, key, value);
        quote_spanned!(here()=> #checked #write)
    }
}
