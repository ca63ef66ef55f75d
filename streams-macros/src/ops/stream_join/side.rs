//! What a record of either stream makes: the pairs with the other side's, and, of a side that is
//! kept without a partner, what waits and what has waited long enough.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use std::rc::Rc;

use super::{Join, Kind};
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{NodeId, Semantics, StoreId};
use crate::ops::{Operator, keyed_state};

/// One stream of a join.
pub(super) struct Side {
    pub(super) join: Rc<Join>,
    pub(super) left: bool,
    /// Keys may be null here.
    pub(super) optional_key: bool,
    /// Values may be null here.
    pub(super) optional_value: bool,
}

/// Where the results come together.
pub(super) struct Joined;

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
        // With its type: nothing else tells the joiner what its partner would be.
        let none = |store: StoreId| {
            let value = &e.graph().store(store).value;
            quote_spanned!(here()=> ::core::option::Option::None::<&#value>)
        };
        let (left, right) = match self.left {
            true => (Some(this), other),
            false => (other, Some(this)),
        };
        let kind = self.join.kind;
        let part = |value: Option<TokenStream>, optional: bool, store| match (value, optional) {
            (Some(value), true) => some(&value),
            (Some(value), false) => value,
            (None, _) => none(store),
        };
        let [left_rows, right_rows] = self.join.sides;
        let left = part(left, kind == Kind::Outer, left_rows);
        let right = part(right, kind != Kind::Inner, right_rows);
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
        // The stores keep what owns the record, and the joiner sees both sides alike.
        let (own, vars) = &keyed_state::owned_record(e, node, vars);
        let clock = e.clock(node);
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
            #own
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
