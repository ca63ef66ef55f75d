//! `to_topic(|k, v, cx| name)`: writes each record to the topic that the function names, and ends the
//! chain (Kafka Streams' `to` with a `TopicNameExtractor`). Keys and values are of the stream's types,
//! null where those are `Option`s; `format = …` and `key_format = …` choose how they are written.
//!
//! A topic must exist, as in Kafka Streams: one that does not is an error of production, for
//! `on_production_error` or `on_error = …` of the operator. It is looked for once a task and name.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Type;

use super::{Operator, function, named, no_other_names, positional, stream, to};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, Format, NodeId, borrowed_to_owned};
use crate::parse::Call;
use crate::rewrite::Function;

struct ToTopic {
    topic: Function,
    key: (Type, Format),
    value: (Type, Format),
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &["format", "key_format"]);
    let [topic] = positional(builder, &call, "to_topic(|key, value| topic)")?;
    let topic = function(builder, &call, topic, &["value"])?;
    let mut format = |name: &str| {
        let found = named(&call, name).map(|a| Format::named(&a.value));
        found.transpose().map_err(|error| builder.errors.push(error)).ok().flatten()
    };
    let (key_format, value_format) = (format("key_format"), format("format"));
    let mut written = |ty: Option<&Type>, what: &str| {
        if ty.is_none() {
            let message = format!(
                "the type of the {what} is not written anywhere before `to_topic`: give the closure that makes \
                 it a return type, or name the stream with its types (`let x: stream<K, V> = …`)"
            );
            builder.errors.error(call.span(), message);
        }
        ty.cloned()
    };
    let (key, value) =
        (written(stream.key.as_ref(), "key"), written(stream.value.as_ref(), "value"));
    let (key, value) = (key?, value?);
    let (owned_key, owned_value) = (borrowed_to_owned(&key), borrowed_to_owned(&value));
    let (key_format, value_format) =
        builder.formats(&owned_key, &owned_value, key_format, value_format);
    let operator =
        Box::new(ToTopic { topic, key: (key, key_format), value: (value, value_format) });
    builder.add_after(stream.node, &call, operator, None, None);
    Some(Flow::End)
}

impl Operator for ToTopic {
    fn word(&self) -> &'static str {
        "to_topic"
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let name = e.call(&self.topic, node, vars, vec![vars.value.reference()]);
        let (key, value) = (vars.key.reference(), vars.value.reference());
        let encode = |(ty, format): &(Type, Format), reference: &TokenStream| {
            e.encode_as_is(&format.tokens, ty, reference)
        };
        let (key, value) = (encode(&self.key, &key), encode(&self.value, &value));
        let index = quote_spanned!(here()=> topic);
        let found = e.or_unwritten(quote_spanned! {here()=>
            cx.named_topic(::core::convert::AsRef::<str>::as_ref(&name))
        });
        let write = e.write_at(index, to::suffix(&self.key.0), vars, key, value);
        quote_spanned! {here()=>
            let name = #name;
            let topic = #found;
            #write
        }
    }
}
