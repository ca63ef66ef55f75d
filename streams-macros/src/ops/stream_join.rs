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

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use std::rc::Rc;
use syn::{Expr, Ident, Type};

use super::keyed_state::observed_field;
use super::{Operator, function, ident, named};
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{
    Builder, Flow, NodeId, Semantics, StoreId, StoreKind, StreamFlow, borrowed_to_owned,
    milliseconds, option_of, same, text,
};
use crate::parse::Call;
use crate::rewrite::Function;

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

struct Side {
    join: Rc<Join>,
    left: bool,
    /// Keys may be null here.
    optional_key: bool,
    /// Values may be null here.
    optional_value: bool,
}

/// Where the results come together.
struct Joined;

const USAGE: &str = "join(other, |left, right| -> Value { … }, within(5m), grace(1m), name = x)";

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
        Some(argument) => ident(builder, &argument.value, "the join")?,
        None => format_ident!("{}_join", other, span = other.span()),
    };
    let left = prepare(builder, left, &format!("{label}-left"), &label)?;
    let right = prepare(builder, right, &format!("{label}-right"), &label)?;
    let written = |builder: &mut Builder<'_>, ty: Option<&Type>, what: &str| {
        if ty.is_none() {
            let message = format!(
                "the type of the {what} is not written anywhere before this join: give the closure that makes \
                 it a return type, or name the stream with its types (`let x: stream<K, V> = …`)"
            );
            builder.errors.error(call.span(), message);
        }
        ty.map(borrowed_to_owned)
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
    let plain = |ty: &Type| option_of(ty).cloned().unwrap_or_else(|| ty.clone());
    let (left_key, right_key) = (left_key?, right_key?);
    let key = plain(&left_key);
    if !same(&key, &plain(&right_key)) {
        let message = format!(
            "the keys of the left stream are `{}`, those of `{other}` are `{}`: join by one type of key",
            text(&key),
            text(&plain(&right_key))
        );
        builder.errors.error(other.span(), message);
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
    let names =
        |part: &str, suffix: &str| (format_ident!("{label}_{part}"), format!("{label}-{suffix}"));
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
        builder.own_store(names, StoreKind::Unmatched, &key, &left_value, Some(&right_value))
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

/// The joiner, before, after and grace.
fn arguments(builder: &mut Builder<'_>, call: &Call) -> Option<(Function, i64, i64, i64)> {
    let (mut joiner, mut within, mut grace) = (None, None, None);
    for argument in call.args.iter().filter(|a| a.name.is_none()).skip(1) {
        let Expr::Call(inner) = &argument.value else {
            joiner = Some(argument.value.clone());
            continue;
        };
        let word = match &*inner.func {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        };
        let mut durations = Vec::new();
        for duration in &inner.args {
            // A window may lie wholly before or after: `within(8s, -3s)`.
            let (negative, duration) = match duration {
                Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => (true, &*unary.expr),
                other => (false, other),
            };
            match milliseconds(duration) {
                Ok(ms) => durations.push(if negative { -ms } else { ms }),
                Err(error) => {
                    builder.errors.push(error);
                    return None;
                }
            }
        }
        match (word.as_str(), durations.as_slice()) {
            ("within", [both]) => within = Some((*both, *both)),
            ("within", [before, after]) => within = Some((*before, *after)),
            ("grace", [ms]) => grace = Some(*ms),
            _ => {
                let span = syn::spanned::Spanned::span(&argument.value);
                builder.errors.error(span, format!("a join of streams is written `{USAGE}`"));
                return None;
            }
        }
    }
    let (Some(joiner), Some((before, after))) = (joiner, within) else {
        let message =
            format!("a join of two streams says how far apart in time records may be: `{USAGE}`");
        builder.errors.error(call.span(), message);
        return None;
    };
    if before.saturating_add(after) < 0 {
        let message = "the window ends before it starts: `within(before, after)` counts both from the \
                       left record, one back and one ahead";
        builder.errors.error(call.span(), message);
        return None;
    }
    let joiner = function(builder, call, joiner, &["left", "right"])?;
    Some((joiner, before, after, grace.unwrap_or(0)))
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

impl Side {
    fn pick<T: Copy>(&self, (left, right): (T, T)) -> T {
        if self.left { left } else { right }
    }

    /// A call of the joiner with this side's value and, perhaps, the other's.
    fn call(
        &self,
        e: &Emitter<'_>,
        node: NodeId,
        vars: &Vars,
        this: TokenStream,
        other: Option<TokenStream>,
    ) -> TokenStream {
        let some =
            |value: &TokenStream| quote_spanned!(here()=> ::core::option::Option::Some(#value));
        let none = quote_spanned!(here()=> ::core::option::Option::None);
        let (left, right) = match self.left {
            true => (Some(this), other),
            false => (other, Some(this)),
        };
        let kind = self.join.kind;
        let part = |value: Option<TokenStream>, optional: bool| match (value, optional) {
            (Some(value), true) => some(&value),
            (Some(value), false) => value,
            (None, _) => none.clone(),
        };
        let left = part(left, kind == Kind::Outer);
        let right = part(right, kind != Kind::Inner);
        e.call(&self.join.joiner, node, vars, vec![left, right])
    }

    /// Gives a result on.
    fn give(
        &self,
        e: &mut Emitter<'_>,
        key: TokenStream,
        call: TokenStream,
        timestamp: TokenStream,
    ) -> TokenStream {
        let method = e.method(self.join.out.get());
        let value = &self.join.value;
        let key = match self.join.optional_key {
            true => quote_spanned! {here()=>
                &::core::option::Option::Some(::streams::__private::to_owned(#key))
            },
            false => key,
        };
        quote_spanned! {here()=>
            let joined: #value = #call;
            self.#method(#key, &joined, #timestamp, source, record, cx)?;
        }
    }
}

impl Operator for Side {
    fn word(&self) -> &'static str {
        match self.join.kind {
            Kind::Inner => "join",
            Kind::Left => "left_join",
            Kind::Outer => "outer_join",
        }
    }

    fn stores(&self) -> Vec<StoreId> {
        self.join.sides.into_iter().chain(self.join.unmatched).collect()
    }

    fn observes(&self) -> Option<StoreId> {
        let [left, _] = self.join.sides;
        Some(left)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let Join { kind, before_ms, after_ms, grace_ms, sides: [left, right], unmatched, .. } =
            *self.join;
        let kafka = e.graph().settings.semantics == Semantics::KafkaStreams;
        let kept = kind == Kind::Outer || (kind == Kind::Left && self.left);
        let clock = observed_field(&e.store_field(left));
        let (this, other) = self.pick(((left, right), (right, left)));
        let (this, other) = (e.store_field(this), e.store_field(other));
        let (back, ahead) = self.pick(((before_ms, after_ms), (after_ms, before_ms)));
        let (timestamp, label) = (vars.timestamp.clone(), e.label());
        let ts = quote_spanned!(here()=> #timestamp);

        let null_value = self.optional_value.then(|| {
            let value = vars.value.reference();
            quote_spanned! {here()=>
                let ::core::option::Option::Some(value) = #value else {
                    cx.counters.dropped_null += 1;
                    break #label;
                };
            }
        });
        let by_ref = vars.value.by_ref || self.optional_value;
        let vars = &vars.with_value(by_ref);
        let value = vars.value.reference();
        // A record without a key finds no partner: it goes on as it is, where it is kept.
        let null_key = self.optional_key.then(|| {
            let on = if kept {
                let call = self.call(e, node, vars, value.clone(), None);
                let method = e.method(self.join.out.get());
                let joined = &self.join.value;
                quote_spanned! {here()=>
                    let joined: #joined = #call;
                    self.#method(&::core::option::Option::None, &joined, #timestamp, source, record, cx)?;
                }
            } else {
                quote_spanned!(here()=> cx.counters.dropped_null += 1;)
            };
            let key = vars.key.reference();
            quote_spanned! {here()=>
                let ::core::option::Option::Some(key) = #key else {
                    #on
                    break #label;
                };
            }
        });
        let key = if self.optional_key {
            Operand { ident: name("key"), by_ref: true }
        } else {
            vars.key.clone()
        };
        let vars = Vars { key: key.clone(), ..vars.clone() };
        let key = key.reference();

        let alone = |e: &mut Emitter<'_>| {
            let call = self.call(e, node, &vars, value.clone(), None);
            self.give(e, key.clone(), call, ts.clone())
        };
        // Late on both sides by one clock; Kafka Streams has none.
        let late = (!kafka).then(|| {
            let on = if kept {
                alone(e)
            } else {
                quote_spanned!(here()=> cx.counters.dropped_late += 1;)
            };
            quote_spanned! {here()=>
                if #timestamp.saturating_add(#ahead).saturating_add(#grace_ms) < self.#clock {
                    #on
                    break #label;
                }
            }
        });

        let closed = unmatched.map(|store| {
            let store = e.store_field(store);
            let (after, before) =
                (after_ms.saturating_add(grace_ms), before_ms.saturating_add(grace_ms));
            let own = ahead.saturating_add(grace_ms);
            let closed = if kafka {
                quote_spanned!(here()=> closed_as_kafka_streams(self.#clock, #own, #after, #before))
            } else {
                quote_spanned!(here()=> closed(self.#clock, #after, #before))
            };
            let inner = Vars {
                key: Operand { ident: name("waiting"), by_ref: false },
                timestamp: name("at"),
                ..vars.clone()
            };
            let waiting = inner.key.reference();
            let at = quote_spanned!(here()=> at);
            let arm = |e: &mut Emitter<'_>, left: bool| {
                let side = Side {
                    join: Rc::clone(&self.join),
                    left,
                    optional_key: false,
                    optional_value: false,
                };
                let call = side.call(e, node, &inner, quote_spanned!(here()=> value), None);
                side.give(e, waiting.clone(), call, at.clone())
            };
            let left = arm(e, true);
            // Only an outer join keeps right records.
            let right = match kind {
                Kind::Outer => arm(e, false),
                _ => TokenStream::new(),
            };
            quote_spanned! {here()=>
                if #timestamp == self.#clock {
                    for (at, waiting, value) in self.#store.#closed {
                        match &value {
                            ::streams::store::Either::Left(value) => { #left }
                            ::streams::store::Either::Right(value) => { #right }
                        }
                    }
                }
            }
        });

        let rows = e.or_reject(quote_spanned!(here()=> self.#this.rows(#key)));
        let partners = e.or_reject(quote_spanned!(here()=> self.#other.rows(#key)));
        let forget = unmatched.map(|store| {
            let store = e.store_field(store);
            let other_is_left = !self.left;
            let removed = e.or_reject(quote_spanned! {here()=>
                self.#store.remove(at, #other_is_left, #key)
            });
            quote_spanned!(here()=> #removed;)
        });
        let call =
            self.call(e, node, &vars, value.clone(), Some(quote_spanned!(here()=> &partner)));
        let later = quote_spanned!(here()=> ::core::cmp::Ord::max(#timestamp, at));
        let matched = self.give(e, key.clone(), call, later);
        let lonely = unmatched.filter(|_| kept).map(|store| {
            let store = e.store_field(store);
            let on = alone(e);
            let either = format_ident!("{}", if self.left { "Left" } else { "Right" });
            let put = e.or_reject(quote_spanned! {here()=>
                self.#store.put(
                    #timestamp,
                    ::streams::__private::to_owned(#key),
                    ::streams::store::Either::#either(::streams::__private::to_owned(#value)),
                )
            });
            let at_once = if kafka { ahead } else { ahead.saturating_add(grace_ms) };
            quote_spanned! {here()=>
                if partners.is_empty() {
                    if ::core::cmp::Ord::max(#timestamp.saturating_add(#at_once), 0) < self.#clock {
                        #on
                    } else {
                        #put;
                    }
                }
            }
        });
        quote_spanned! {here()=>
            self.#clock = ::core::cmp::Ord::max(self.#clock, #timestamp);
            #null_value
            #null_key
            #closed
            #late
            self.#this.observe(#timestamp);
            if #timestamp > self.#this.horizon() {
                let number = self.#this.next_number();
                let span = ::streams::store::WindowSpan { start: #timestamp, number };
                #rows.put(span, ::streams::__private::to_owned(#value), #timestamp);
            }
            let from = ::core::cmp::Ord::max(#timestamp.saturating_sub(#back), 0);
            let to = ::core::cmp::Ord::max(#timestamp.saturating_add(#ahead), 0);
            let partners: ::std::vec::Vec<_> = #partners
                .range(
                    ::streams::store::WindowSpan { start: from, number: 0 },
                    ::streams::store::WindowSpan { start: to, number: u32::MAX },
                )
                .map(|(span, partner, _)| (span.start, ::core::clone::Clone::clone(partner)))
                .collect();
            #lonely
            for (at, partner) in partners {
                #forget
                #matched
            }
        }
    }
}

impl Operator for Joined {
    fn word(&self) -> &'static str {
        "joined"
    }

    fn is_method(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        // The sides call its method themselves.
        let _ = vars;
        e.method(node);
        TokenStream::new()
    }
}
