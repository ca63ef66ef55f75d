//! `grace(d)` in a join of a stream with a versioned table (Kafka Streams' `Joined.withGracePeriod`,
//! KIP-923): the stream's records wait until the stream's time is `d` past theirs, in the order of their
//! timestamps, and are then joined with the table as it was at their time; so updates of the table that
//! come late are there. A record that is more than `d` behind does not wait. Nor does one with a null key,
//! which `left_join` joins with nothing at once (Kafka Streams stops there).

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Type};

use crate::check::stores;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{
    Builder, StoreId, StoreKind, StreamFlow, TableFlow, borrowed_to_owned, milliseconds, option_of,
};
use crate::parse::Call;

/// The buffer of a join.
pub(super) struct Grace {
    pub(super) buffer: StoreId,
    ms: i64,
    /// Types of the stream's records, without the `Option` of a null key.
    key: Type,
    value: Type,
}

/// The duration of `grace(d)` among a call's arguments, and where it stands; without it in the call.
pub(super) fn take(builder: &mut Builder<'_>, call: &mut Call) -> Option<Option<(i64, Expr)>> {
    let is_grace = |value: &Expr| match value {
        Expr::Call(inner) => matches!(&*inner.func, Expr::Path(p) if p.path.is_ident("grace")),
        _ => false,
    };
    let at = call.args.iter().position(|a| a.name.is_none() && is_grace(&a.value));
    let Some(at) = at else { return Some(None) };
    let argument = call.args.remove(at).value;
    let Expr::Call(inner) = &argument else { return Some(None) };
    let duration = match (inner.args.first(), inner.args.len()) {
        (Some(duration), 1) => milliseconds(duration),
        _ => Err(syn::Error::new(argument.span(), "`grace` is written `grace(duration)`")),
    };
    match duration {
        Ok(ms) => Some(Some((ms, argument))),
        Err(error) => {
            builder.errors.push(error);
            None
        }
    }
}

/// Declares the buffer of a join.
pub(super) fn build(
    builder: &mut Builder<'_>,
    (ms, argument): (i64, &Expr),
    stream: &StreamFlow,
    table: &TableFlow,
    table_name: &Ident,
    label: &Ident,
) -> Option<Grace> {
    let kept = table.store.map(|store| builder.graph.store(store).kind);
    match kept {
        Some(StoreKind::Versioned { retention_ms }) if ms > retention_ms => {
            let both = (ms, retention_ms);
            stores::grace_beyond_history(builder.errors, argument.span(), both, table_name);
            return None;
        }
        Some(StoreKind::Versioned { .. }) => {}
        _ => {
            let made = builder.graph.node(table.node).span;
            stores::grace_without_history(builder.errors, argument.span(), table_name, made);
            return None;
        }
    }
    let (Some(key), Some(value)) = (&stream.key, &stream.value) else {
        let message = "records wait in a store, and the types of their keys and values are not written \
                       anywhere before: give the closure that makes them a return type, or name the stream \
                       with its types (`let x: stream<K, V> = …`)";
        builder.errors.error(argument.span(), message);
        return None;
    };
    let key = option_of(key).unwrap_or(key).clone();
    let value = value.clone();
    let names = (format_ident!("{label}_buffer"), format!("{label}-Buffer"));
    let (kept_key, kept_value) = (borrowed_to_owned(&key), borrowed_to_owned(&value));
    let kind = StoreKind::JoinBuffer;
    let buffer = builder.own_store(names, kind, &kept_key, &kept_value, None);
    Some(Grace { buffer, ms, key, value })
}

impl Grace {
    /// The record waits, and `join` is the code for each whose time has come.
    pub(super) fn emit(
        &self,
        e: &mut Emitter<'_>,
        vars: &Vars,
        null_keys: bool,
        join: impl FnOnce(&mut Emitter<'_>, &Vars) -> TokenStream,
    ) -> TokenStream {
        let store = e.graph().store(self.buffer);
        let (kf, vf) = (store.key_format.tokens.clone(), store.value_format.tokens.clone());
        let (kt, vt, ms) = (&self.key, &self.value, self.ms);
        let field = e.store_field(self.buffer);
        let (key, value) = (vars.key.reference(), vars.value.reference());
        let timestamp = &vars.timestamp;
        let key = match null_keys {
            true => quote_spanned!(here()=> ::core::option::Option::as_ref(#key)),
            false => quote_spanned!(here()=> ::core::option::Option::Some(#key)),
        };
        let due = e.or_reject(quote_spanned! {here()=>
            self.#field.offer::<#kt, #kf, #vt, #vf>(
                #key, #value, &cx.closure_context(source, record, #timestamp), #ms,
            )
        });
        let own = |part: &str| Operand { ident: name(part), by_ref: false };
        let onwards = Vars { key: own("key"), value: own("value"), ..vars.clone() };
        let each = e.block(|e| {
            let key = match null_keys {
                true => quote_spanned! {here()=>
                    ::streams::__private::decode_nullable::<#kf, #kt>(record.key)
                },
                false => {
                    quote_spanned!(here()=> ::streams::__private::decode_key::<#kf, #kt>(record))
                }
            };
            let key = e.or_reject(key);
            let value = e.or_reject(quote_spanned! {here()=>
                ::streams::__private::decode_value::<#vf, #vt>(record)
            });
            let (key_name, value_name) = (&onwards.key.ident, &onwards.value.ident);
            let join = join(e, &onwards);
            quote_spanned! {here()=>
                let #key_name = #key;
                let #value_name = #value;
                #join
            }
        });
        quote_spanned! {here()=>
            for waited in #due {
                let #timestamp = waited.timestamp;
                let record = &waited.record();
                #each
            }
        }
    }
}
