//! A left row's update tells the tables of its foreign keys.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Parts;
use crate::emit::{Emitter, Encoded, Operand, Vars, here, name};
use crate::model::{NodeId, TopicId};
use crate::ops::{Operator, keyed_state};
use crate::rewrite::Function;

pub(super) struct Subscribe {
    pub(super) parts: Parts,
    pub(super) foreign_key: Function,
    pub(super) nullable: bool,
}

impl Subscribe {
    /// The foreign key of a row (a name of an `Option<&V>`), encoded: an `Option<Vec<u8>>`.
    fn key_of(&self, e: &Emitter<'_>, node: NodeId, vars: &Vars, row: &str) -> TokenStream {
        let row = name(row);
        let right = e.graph().store(self.parts.right);
        let (ty, format) = (&right.key, &right.key_format.tokens);
        let call = e.call(&self.foreign_key, node, vars, vec![quote_spanned!(here()=> row)]);
        // At the function: rustc shows there what is no key.
        let at = here().located_at(self.foreign_key.span());
        let join_key = quote_spanned!(at=> ::streams::__private::join_key::<#ty, _>(given));
        let encoded = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::encoded::<#format, #ty>(&key)
        });
        quote_spanned! {here()=>
            match #row {
                ::core::option::Option::Some(row) => {
                    let given = #call;
                    match #join_key {
                        ::core::option::Option::Some(key) => ::core::option::Option::Some(#encoded),
                        ::core::option::Option::None => ::core::option::Option::None,
                    }
                }
                ::core::option::Option::None => ::core::option::Option::None,
            }
        }
    }
}

impl Operator for Subscribe {
    fn word(&self) -> &'static str {
        "repartition"
    }

    fn topic(&self) -> Option<TopicId> {
        Some(self.parts.registration)
    }

    fn wants_old(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let (own_key, vars) = &keyed_state::owned_key(e, node, vars);
        let left = e.graph().store(self.parts.left);
        let (kt, kf) = (left.key.clone(), left.key_format.tokens.clone());
        let (vt, vf) = (left.value.clone(), left.value_format.tokens.clone());
        let this = keyed_state::as_option(vars, self.nullable);
        let before = match &vars.old {
            Some(old) => {
                let old = old.reference();
                quote_spanned!(here()=> ::core::option::Option::as_ref(#old))
            }
            None => quote_spanned!(here()=> ::core::option::Option::None::<&#vt>),
        };
        let new_key = self.key_of(e, node, vars, "this");
        let old_key = self.key_of(e, node, vars, "before");
        let sent = match self.parts.left_join || !self.parts.kafka_streams {
            true => quote_spanned!(here()=> ::streams::__private::subscriptions(keys)),
            false => quote_spanned! {here()=>
                ::streams::__private::inner_subscriptions_as_kafka_streams(keys)
            },
        };
        let key = vars.key.reference();
        let primary_key = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::encoded::<#kf, #kt>(#key)
        });
        let hash = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::value_hash::<#vf, #vt>(this)
        });
        let own = |n: &str| Operand { ident: name(n), by_ref: false };
        let onwards = Vars { key: own("to"), value: own("subscription"), ..vars.clone() };
        let topic = e.graph().topic(self.parts.registration);
        let (st, sf) = (topic.value.clone(), topic.value_format.tokens.clone());
        let write = e.block(|e| {
            let key = Encoded {
                ty: quote_spanned!(here()=> ::core::option::Option<&[u8]>),
                reference: quote_spanned!(here()=> &to),
                writer: quote_spanned!(here()=> ::streams::__private::encode_bytes),
            };
            let value = e.encode(&sf, &st, &onwards.value.reference());
            e.write(self.parts.registration, 0, &onwards, key, value)
        });
        let only_latest = keyed_state::only_latest_counted(e, vars);
        quote_spanned! {here()=>
            #only_latest
            #own_key
            let this = #this;
            let before = #before;
            let new_key: ::core::option::Option<::std::vec::Vec<u8>> = #new_key;
            let old_key: ::core::option::Option<::std::vec::Vec<u8>> = #old_key;
            let keys = ::streams::__private::ForeignKeys {
                row: this.is_some(),
                key: new_key.as_deref(),
                old_row: before.is_some(),
                old_key: old_key.as_deref(),
            };
            let primary_key = #primary_key;
            let hash = #hash;
            for (to, instruction) in ::core::iter::Iterator::flatten(
                ::core::iter::IntoIterator::into_iter(#sent),
            ) {
                let to: ::core::option::Option<&[u8]> = match to {
                    ::streams::__private::To::Key => keys.key,
                    ::streams::__private::To::OldKey => keys.old_key,
                };
                let subscription = ::streams::__private::Subscription {
                    hash,
                    instruction,
                    primary_key: &primary_key,
                    partition: ::core::option::Option::Some(cx.partition()),
                };
                #write
            }
        }
    }
}
