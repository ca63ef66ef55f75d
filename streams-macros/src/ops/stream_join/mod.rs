//! `join(other, |left, right| -> V { … }, within(before, after), grace(d), name = x)`: pairs of records
//! of two streams with one key, the right one's timestamp at most `before` earlier and `after` later
//! than the left one's (Kafka Streams' stream–stream `join`; `within(d)` is `within(d, d)`).
//! `left_join` also gives each left record that finds no partner, with `None`, once its window has
//! closed; `outer_join` those of both sides. A result has the later timestamp of the two; one
//! without a partner its own.
//!
//! Null values are dropped and counted (their time counts), and null keys, except on a side that is kept without a partner:
//! there such a record is given on at once, and the result's key is an `Option`.
//!
//! Where the streams are kept: `x-this-join-store`, `x-other-join-store`, and `x-left-shared-join-store` or
//! `x-outer-shared-join-store` for records that wait.

mod arguments;
mod side;

use quote::format_ident;
use std::rc::Rc;
use syn::{Ident, Type};

use super::{label, named};
use crate::check::join_keys;
use crate::model::{
    Builder, Flow, NodeId, StoreId, StoreKind, StreamFlow, borrowed_to_owned, option_of,
};
use crate::parse::Call;
use crate::rewrite::Function;
use arguments::arguments;
use side::{Joined, Side};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Inner,
    Left,
    Outer,
}

/// What both sides know.
struct Join {
    kind: Kind,
    before_ms: i64,
    after_ms: i64,
    grace_ms: i64,
    joiner: Function,
    value: Type,
    /// Left and right.
    sides: [StoreId; 2],
    unmatched: Option<StoreId>,
    optional_key: bool,
    out: std::cell::Cell<NodeId>,
}

pub(super) fn build(
    builder: &mut Builder<'_>,
    left: StreamFlow,
    right: StreamFlow,
    other: &Ident,
    call: &Call,
) -> Option<Flow> {
    let kind = match call.name.to_string().as_str() {
        "left_join" => Kind::Left,
        "outer_join" => Kind::Outer,
        _ => Kind::Inner,
    };
    let (joiner, before_ms, after_ms, grace_ms) = arguments(builder, call)?;
    let label = match named(call, "name") {
        Some(argument) => label(builder, &argument.value, "the join")?,
        None => format_ident!("{}_join", other, span = other.span()),
    };
    let topics = builder.kafka_name_of(&label);
    let left = prepare(builder, left, &format!("{topics}-left"), &label)?;
    let right = prepare(builder, right, &format!("{topics}-right"), &label)?;
    let written = |builder: &mut Builder<'_>, ty: Option<&Type>, what: &str| {
        if ty.is_none() {
            let message = format!(
                "the type of the {what} is not written anywhere before this join: give the closure that makes \
                 it a return type, or name the stream with its types (`let x: stream<K, V> = …`)"
            );
            builder.errors.error(call.span(), message);
        }
        ty.cloned()
    };
    let left_key = written(builder, left.key.as_ref(), "left keys");
    let right_key = written(builder, right.key.as_ref(), "right keys");
    let left_value = written(builder, left.value.as_ref(), "left values");
    let right_value = written(builder, right.value.as_ref(), "right values");
    let value = joiner.returned();
    if value.is_none() {
        let message = "the results of both sides come together, and their type is not written: give the \
                       closure a return type (`|left, right| -> Value { … }`)";
        builder.errors.error(joiner.span(), message);
    }
    let plain = |ty: &Type| borrowed_to_owned(option_of(ty).unwrap_or(ty));
    let (left_key, right_key) = (left_key?, right_key?);
    let key = plain(&left_key);
    let right_plain = plain(&right_key);
    let keys = (Some(&key), Some(&right_plain));
    if !join_keys::one_type(builder.errors, call.span(), keys, ("stream", other)) {
        return None;
    }
    let (left_value, right_value, value) = (left_value?, right_value?, value?);
    let left_optional = option_of(&left_key).is_some();
    let right_optional = option_of(&right_key).is_some();
    let optional_values = [option_of(&left_value).is_some(), option_of(&right_value).is_some()];
    let (left_value, right_value) = (plain(&left_value), plain(&right_value));
    // Only a side that is kept without a partner gives null keys on.
    let optional_key =
        (left_optional && kind != Kind::Inner) || (right_optional && kind == Kind::Outer);
    let size = before_ms.saturating_add(after_ms).max(0);
    let retention_ms = size.saturating_add(grace_ms);
    let kept = StoreKind::Sliding { retention_ms };
    let names = |part: &str, suffix: &str| {
        let field = format_ident!("{label}_{part}", span = label.span());
        (field, format!("{topics}-{suffix}"))
    };
    let this = builder.own_store(names("this", "this-join-store"), kept, &key, &left_value, None);
    let that =
        builder.own_store(names("other", "other-join-store"), kept, &key, &right_value, None);
    let unmatched = match kind {
        Kind::Inner => None,
        Kind::Left => Some("left-shared-join-store"),
        Kind::Outer => Some("outer-shared-join-store"),
    };
    let unmatched = unmatched.map(|suffix| {
        let names = names("unmatched", suffix);
        builder.own_store(
            names,
            StoreKind::Unmatched,
            &key,
            &left_value,
            Some((&right_value, that)),
        )
    });
    let join = Rc::new(Join {
        kind,
        before_ms,
        after_ms,
        grace_ms,
        joiner,
        value: value.clone(),
        sides: [this, that],
        unmatched,
        optional_key,
        out: std::cell::Cell::new(left.node),
    });
    let [left_values, right_values] = optional_values;
    let side = |left, optional_key, optional_value| {
        Box::new(Side { join: Rc::clone(&join), left, optional_key, optional_value })
    };
    let span = call.span();
    let a = builder.add(
        format!("{label}-left"),
        span,
        side(true, left_optional, left_values),
        vec![left.node],
        None,
        None,
    );
    let b = builder.add(
        format!("{label}-right"),
        span,
        side(false, right_optional, right_values),
        vec![right.node],
        None,
        None,
    );
    let key = if optional_key { syn::parse_quote!(::core::option::Option<#key>) } else { key };
    let (key, value) = (Some(key), Some(value));
    let node = builder.add(
        label.to_string(),
        span,
        Box::new(Joined),
        vec![a, b],
        key.clone(),
        value.clone(),
    );
    join.out.set(node);
    Some(Flow::Stream(StreamFlow { node, key, value, rekeyed: None }))
}

/// A side, partitioned by its key. Nulls are dropped in the join, whose clock they move on.
fn prepare(
    builder: &mut Builder<'_>,
    stream: StreamFlow,
    topic: &str,
    at: &Ident,
) -> Option<StreamFlow> {
    match stream.rekeyed {
        None => Some(stream),
        Some(_) => builder.partitioned(stream, topic, None, false, at),
    }
}
