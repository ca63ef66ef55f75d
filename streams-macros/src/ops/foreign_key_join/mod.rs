//! `join(table, |key, left| foreign_key, |left, right| -> Value { … })` of two tables (Kafka Streams'
//! foreign-key `KTable.join`): each left row with the right row whose key its value names.
//! `left_join` keeps left rows without a right one, with `None` in its place. A foreign key may be
//! `None`: such a row joins with nothing. With `name = x` the result is kept in the store `x`, and the
//! internal topics are called after it.
//!
//! Left rows subscribe to their foreign keys through the topic `x-subscription-registration-topic`,
//! partitioned as the right table; who has subscribed is in the store `x-subscription-store`. Answers
//! come back through `x-subscription-response-topic` to the left row's partition, and count only while
//! the left row has the value that asked: they carry a hash of it. An update of the right row is
//! answered to every left row that names it, in the order of their keys.
//!
//! Every update of a left row is answered, so that its last answer is that to its last value. Kafka
//! Streams' inner join leaves some without one, and can keep an old result for ever where updates of
//! both tables overtake each other; `semantics = kafka_streams` does the same. What it costs is a
//! deletion for a row that never had a result, if the result is not kept in a store.
//!
//! Results have the later timestamp of both rows after an update of the left one, and the right one's
//! after an update of that. A right value that is written as no bytes at all (an empty text) counts as
//! none, since Kafka Streams' bytes do not tell them apart. An update of a versioned table that is of
//! before the latest is left out, and counted.

mod resolve;
mod subscribe;
mod table;

use quote::{format_ident, quote};
use syn::{Ident, Type};

use super::{function, label, named, no_other_names, positional, table_join, table_map_values};
use crate::check::join_keys;
use crate::model::{
    Builder, Flow, Format, NodeId, Semantics, StoreId, StoreKind, TableFlow, TopicId,
    borrowed_to_owned,
};
use crate::parse::Call;

/// What all parts of a join know.
#[derive(Clone, Copy)]
struct Parts {
    /// Left rows without a right one are kept.
    left_join: bool,
    /// Kafka Streams' own behaviour, fault and all.
    kafka_streams: bool,
    left: StoreId,
    right: StoreId,
    subscribers: StoreId,
    /// Where left rows subscribe.
    registration: TopicId,
    /// Where they are answered.
    response: TopicId,
}

impl Parts {
    fn word(self) -> &'static str {
        if self.left_join { "left_join" } else { "join" }
    }
}

const USAGE: &str = "join(table, |key, left| foreign_key, |left, right| -> Value { … })";

pub(super) fn build(
    builder: &mut Builder<'_>,
    left: &TableFlow,
    right: &TableFlow,
    other: &Ident,
    call: &Call,
) -> Option<Flow> {
    no_other_names(builder, call, &["name"]);
    if call.name == "outer_join" {
        join_keys::outer_by_foreign_key(builder.errors, call);
        return None;
    }
    let [_, foreign_key, joiner] = positional(builder, call, USAGE)?;
    let foreign_key = function(builder, call, foreign_key, &["left"])?;
    let joiner = function(builder, call, joiner, &["left", "right"])?;
    let (left_store, right_store) = table_join::sides(builder, left, right, other, call)?;
    let right_key = right.key.as_ref().map(borrowed_to_owned);
    let names = (foreign_key.returned(), right_key.as_ref());
    if !join_keys::names_row(builder.errors, foreign_key.span(), names, other) {
        return None;
    }
    let (value, optional) = table_join::result(builder, &joiner)?;
    let (key, value) = (left.key.as_ref().map(borrowed_to_owned), Some(value));
    let store = table_map_values::named_store(builder, call, &key, &value)?;
    let label = match named(call, "name") {
        Some(argument) => label(builder, &argument.value, "a store")?,
        None => format_ident!("{}_join", other, span = other.span()),
    };
    let parts = Parts {
        left_join: call.name == "left_join",
        kafka_streams: builder.graph.settings.semantics == Semantics::KafkaStreams,
        left: left_store,
        right: right_store,
        subscribers: subscribers(builder, &label),
        registration: registration(builder, &label, right_store),
        response: response(builder, &label, left_store, right_store),
    };
    let send = subscribe::Subscribe { parts, foreign_key, nullable: left.nullable };
    let span = call.span();
    let name = format!("{label}-subscription-registration");
    builder.add(format!("{name}-sink"), span, Box::new(send), vec![left.node], None, None);
    let subscriptions = read(builder, name, parts.registration, &label);
    let name = format!("{label}-subscription-join-foreign");
    builder.add(name, span, Box::new(table::Join { parts }), vec![subscriptions], None, None);
    let name = format!("{label}-foreign-join-subscription");
    let update = table::Update { parts, nullable: right.nullable };
    builder.add(name, span, Box::new(update), vec![right.node], None, None);
    let answers = read(builder, format!("{label}-subscription-response"), parts.response, &label);
    let ty = value.clone()?;
    let resolve = resolve::Resolve { parts, joiner, optional, value: ty, store };
    let name = format!("{label}-subscription-response-resolver");
    let node =
        builder.add(name, span, Box::new(resolve), vec![answers], key.clone(), value.clone());
    let (nullable, window, versioned) = (true, None, false);
    Some(Flow::Table(TableFlow { node, key, value, store, nullable, window, versioned }))
}

/// The store of who has subscribed.
fn subscribers(builder: &mut Builder<'_>, label: &Ident) -> StoreId {
    let names = (
        format_ident!("{label}_subscriptions", span = label.span()),
        format!("{label}-subscription-store"),
    );
    let key: Type = syn::parse_quote!(::std::vec::Vec<u8>);
    let (value, format) = subscription();
    let key = (&key, Format::bytes(label.span()));
    builder.own_store_in(names, StoreKind::Subscriptions, key, (&value, format), None)
}

/// The type of a subscription and its format.
fn subscription() -> (Type, Format) {
    let tokens = quote!(::streams::format::Subscriptions);
    let format = Format::of_tokens(tokens, "subscription".to_owned());
    (syn::parse_quote!(::streams::__private::Subscription<'_>), format)
}

/// The topic of the left rows' subscriptions, keyed as the right table.
fn registration(builder: &mut Builder<'_>, label: &Ident, right: StoreId) -> TopicId {
    let right = builder.graph.store(right);
    let key = right.key.clone();
    let key_format = right.key_format.clone();
    let name = format!("{label}-subscription-registration-topic");
    let key = syn::parse_quote!(::core::option::Option<#key>);
    builder.internal_topic(name, (key, key_format), subscription())
}

/// The topic of the answers, keyed as the left table.
fn response(builder: &mut Builder<'_>, label: &Ident, left: StoreId, right: StoreId) -> TopicId {
    let (left, right) = (builder.graph.store(left), builder.graph.store(right));
    let key = (left.key.clone(), left.key_format.clone());
    let value = &right.value;
    let format = right.value_format.clone().inside("ForeignRows", "foreign row of");
    let value = syn::parse_quote!(::streams::__private::ForeignRow<#value>);
    let name = format!("{label}-subscription-response-topic");
    builder.internal_topic(name, key, (value, format))
}

/// The reading side of a topic of the join.
fn read(builder: &mut Builder<'_>, name: String, topic: TopicId, at: &Ident) -> NodeId {
    let read = builder.graph.topic(topic);
    let (key, value) = (read.key.clone(), read.value.clone());
    builder.read_repartition(name, topic, key, value, at).node
}
