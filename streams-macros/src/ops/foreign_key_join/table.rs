//! The right table's side: it remembers who subscribes and answers, and answers again when its row
//! changes.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Parts;
use crate::emit::{Emitter, Vars, here};
use crate::model::{NodeId, StoreId, TopicId};
use crate::ops::{Operator, keyed_state};

/// A subscription comes.
pub(super) struct Join {
    pub(super) parts: Parts,
}

/// The right row changes.
pub(super) struct Update {
    pub(super) parts: Parts,
    pub(super) nullable: bool,
}

impl Parts {
    /// Where answers go, with this timestamp.
    fn answers(self, timestamp: &TokenStream) -> TokenStream {
        let number = self.response.0 as u16;
        quote_spanned! {here()=>
            ::streams::__private::Answers {
                topic: ::streams::__private::TopicIndex(#number),
                timestamp: #timestamp,
                headers: record.headers,
            }
        }
    }
}

impl Operator for Join {
    fn word(&self) -> &'static str {
        self.parts.word()
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.parts.subscribers, self.parts.right]
    }

    fn topic(&self) -> Option<TopicId> {
        Some(self.parts.response)
    }

    fn emit(&self, e: &mut Emitter<'_>, _: NodeId, vars: &Vars) -> TokenStream {
        let (label, timestamp) = (e.label(), &vars.timestamp);
        let right = e.graph().store(self.parts.right);
        let (kt, kf) = (right.key.clone(), right.key_format.tokens.clone());
        let (vt, vf) = (right.value.clone(), right.value_format.tokens.clone());
        let right = e.store_field(self.parts.right);
        let subscribers = e.store_field(self.parts.subscribers);
        let (key, subscription) = (vars.key.reference(), vars.value.reference());
        let bytes = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::encoded::<#kf, #kt>(key)
        });
        let change = e.or_reject(quote_spanned! {here()=>
            self.#subscribers.change(&bytes, subscription, #timestamp)
        });
        let found = e.or_reject(quote_spanned!(here()=> self.#right.get(key)));
        let answers = self.parts.answers(&quote_spanned!(here()=> at));
        let answer = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::answer::<#vf, #vt>(&mut cx.output, answers, subscription, value)
        });
        quote_spanned! {here()=>
            let subscription = #subscription;
            let found = match ::core::option::Option::as_ref(#key) {
                ::core::option::Option::Some(key) => {
                    let bytes = #bytes;
                    #change;
                    #found
                }
                // A row without a foreign key: there is nothing to remember.
                ::core::option::Option::None => ::core::option::Option::None,
            };
            if !subscription.is_answered(found.is_some()) {
                break #label;
            }
            let (value, at) = match found {
                ::core::option::Option::Some((value, at)) => (
                    ::core::option::Option::Some(value).filter(|_| subscription.takes_value()),
                    ::core::cmp::Ord::max(#timestamp, at),
                ),
                ::core::option::Option::None => (::core::option::Option::None, #timestamp),
            };
            let answers = #answers;
            #answer;
        }
    }
}

impl Operator for Update {
    fn word(&self) -> &'static str {
        self.parts.word()
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.parts.subscribers]
    }

    fn topic(&self) -> Option<TopicId> {
        Some(self.parts.response)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let (own_key, vars) = &keyed_state::owned_key(e, node, vars);
        let right = e.graph().store(self.parts.right);
        let (kt, kf) = (right.key.clone(), right.key_format.tokens.clone());
        let (vt, vf) = (right.value.clone(), right.value_format.tokens.clone());
        let subscribers = e.store_field(self.parts.subscribers);
        let (key, timestamp) = (vars.key.reference(), &vars.timestamp);
        let row = keyed_state::as_option(vars, self.nullable);
        let bytes = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::encoded::<#kf, #kt>(#key)
        });
        let answers = self.parts.answers(&quote_spanned!(here()=> #timestamp));
        let answer = e.or_reject(quote_spanned! {here()=>
            ::streams::__private::answer_all::<#vf, #vt>(
                &mut cx.output, answers, &self.#subscribers, &bytes, row,
            )
        });
        let only_latest = keyed_state::only_latest_counted(e, vars);
        quote_spanned! {here()=>
            #only_latest
            #own_key
            let row = #row;
            let bytes = #bytes;
            let answers = #answers;
            #answer;
        }
    }
}
