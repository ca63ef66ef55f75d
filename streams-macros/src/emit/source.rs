//! What becomes of a record of a source, up to its first operator.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::emitter::{Emitter, Vars, policy};
use super::names::{self, here};
use crate::model::{Graph, InvalidTime, OnError, SourceId, option_of};
use crate::rewrite::{Function, Parameters};

/// The methods of the sources, and the function of `TaskLogic` that calls them. The only source has none
/// of its own.
pub(super) fn process(e: &mut Emitter<'_>, sources: &[SourceId]) -> (TokenStream, TokenStream) {
    if let [only] = sources {
        let body = source_body(e, 0, *only);
        let process = quote_spanned! {here()=>
            fn process(
                &mut self,
                _: usize,
                record: &::streams::RecordRef<'_>,
                given: ::core::option::Option<i64>,
                cx: &mut ::streams::context::TaskContext,
            ) -> ::streams::Result<()> {
                #body
            }
        };
        return (TokenStream::new(), process);
    }
    let methods = sources.iter().enumerate().map(|(n, s)| source_method(e, n, *s)).collect();
    // The last takes every number that is left: a task is not given others.
    let last = sources.len().saturating_sub(1);
    let numbers = (0..sources.len()).map(|n| if n < last { quote!(#n) } else { quote!(_) });
    let names: Vec<Ident> = sources.iter().map(|s| method_of(e.graph(), *s)).collect();
    let process = quote_spanned! {here()=>
        fn process(
            &mut self,
            source: usize,
            record: &::streams::RecordRef<'_>,
            timestamp: ::core::option::Option<i64>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<()> {
            match source {
                #(#numbers => self.#names(record, timestamp, cx),)*
            }
        }
    };
    (methods, process)
}

fn method_of(graph: &Graph, id: SourceId) -> Ident {
    let source = graph.source(id);
    let name: String =
        source.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format_ident!("source_{}", name, span = here())
}

/// The bindings of a record's key and value.
fn decode(e: &Emitter<'_>, id: SourceId, on_error: &TokenStream) -> TokenStream {
    let graph = e.graph();
    let source = graph.source(id);
    let topic = graph.topic(source.topic);
    let one = |part: &str, ty: &syn::Type, format: &TokenStream, nullable: bool| {
        let name = names::name(part);
        let call = match (option_of(ty), nullable) {
            (Some(inner), _) => quote_spanned! {here()=>
                ::streams::__private::decode_nullable::<#format, #inner>(record.#name)
            },
            (None, true) => quote_spanned! {here()=>
                ::streams::__private::decode_nullable::<#format, #ty>(record.#name)
            },
            (None, false) => {
                let function = format_ident!("decode_{}", part, span = here());
                quote_spanned!(here()=> ::streams::__private::#function::<#format, #ty>(record))
            }
        };
        quote_spanned! {here()=>
            let #name = match #call {
                ::core::result::Result::Ok(decoded) => decoded,
                ::core::result::Result::Err(error) => return #on_error,
            };
        }
    };
    let key = one("key", &topic.key, &topic.key_format.tokens, false);
    let value = one("value", &topic.value, &topic.value_format.tokens, source.table);
    quote_spanned!(here()=> #key #value)
}

/// The call of a source's `time = …`.
fn extract(e: &Emitter<'_>, id: SourceId) -> Option<(TokenStream, bool)> {
    let source = e.graph().source(id);
    let time = source.time.clone()?;
    // Its parameters were checked in the check pass.
    let function = Function::read(time, &crate::parse::Siblings::default()).ok()?;
    let vars = Vars::new();
    let value = vars.value.reference();
    let parameters = Parameters {
        required: vec![value],
        key: vars.key.reference(),
        context: quote_spanned!(here()=> &cx.closure_context(source, record, record.timestamp)),
    };
    let inlined = function.inline(&parameters);
    Some((inlined.tokens, inlined.fallible))
}

fn source_method(e: &mut Emitter<'_>, number: usize, id: SourceId) -> TokenStream {
    let method = method_of(e.graph(), id);
    let body = source_body(e, number, id);
    quote_spanned! {here()=>
        #[inline]
        fn #method(
            &mut self,
            record: &::streams::RecordRef<'_>,
            given: ::core::option::Option<i64>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<()> {
            #body
        }
    }
}

/// What becomes of a record of a source.
fn source_body(e: &mut Emitter<'_>, number: usize, id: SourceId) -> TokenStream {
    let begin = plain(e.graph(), id).unwrap_or_else(|| begin(e, id));
    let saw = e
        .graph()
        .follows_partition_time(id)
        .then(|| quote_spanned!(here()=> cx.advance_partition_time(source, timestamp);));
    let vars = Vars::new();
    let node = e.graph().source(id).node;
    let body = e.block(|e| e.node(node, &vars));
    quote_spanned! {here()=>
        let source: usize = #number;
        #begin
        #saw
        #body
        ::core::result::Result::Ok(())
    }
}

/// Binds key, value and timestamp of a record, or returns. Sources whose records have all of them, and are
/// taken as they are, do it by one call.
fn plain(graph: &Graph, id: SourceId) -> Option<TokenStream> {
    let source = graph.source(id);
    let topic = graph.topic(source.topic);
    let InvalidTime::OnError(invalid) = source.invalid_time else { return None };
    if source.table
        || source.time.is_some()
        || [&topic.key, &topic.value].into_iter().any(|ty| option_of(ty).is_some())
    {
        return None;
    }
    let (on_error, invalid) = (policy(source.on_error), policy(invalid));
    let (key, kf) = (&topic.key, &topic.key_format.tokens);
    let (value, vf) = (&topic.value, &topic.value_format.tokens);
    Some(quote_spanned! {here()=>
        let ::core::option::Option::Some((key, value, timestamp)) =
            ::streams::__private::open::<#kf, #key, #vf, #value>(
                source, record, given, #on_error, #invalid, cx
            )?
        else {
            return ::core::result::Result::Ok(());
        };
    })
}

/// The same for all other sources, written out.
fn begin(e: &Emitter<'_>, id: SourceId) -> TokenStream {
    let on_error = policy(e.graph().source(id).on_error);
    let reject = quote_spanned!(here()=> cx.reject(source, record, error, #on_error));
    let null_key = e.graph().source(id).table.then(|| {
        quote_spanned! {here()=>
            if record.key.is_none() {
                cx.counters.dropped_null += 1;
                return ::core::result::Result::Ok(());
            }
        }
    });
    let decode = decode(e, id, &reject);
    let name = e.graph().node(e.graph().source(id).node).name.clone();
    let (valid, invalid) = match e.graph().source(id).invalid_time {
        InvalidTime::OnError(on_error) => (None, policy(on_error)),
        InvalidTime::PartitionTime => (
            Some(quote_spanned! {here()=>
                let timestamp = cx.or_partition_time(source, timestamp);
            }),
            policy(OnError::Fail),
        ),
    };
    let extracted = match extract(e, id) {
        None => quote_spanned!(here()=> record.timestamp),
        Some((tokens, false)) => quote_spanned!(here()=> { let time: i64 = #tokens; time }),
        Some((tokens, true)) => quote_spanned! {here()=>
            match #tokens {
                ::core::result::Result::Ok(time) => { let time: i64 = time; time }
                ::core::result::Result::Err(error) => {
                    return cx.failed(source, record, #name, error, #on_error);
                }
            }
        },
    };
    quote_spanned! {here()=>
        #null_key
        #decode
        let timestamp: i64 = match given {
            ::core::option::Option::Some(given) => given,
            ::core::option::Option::None => #extracted,
        };
        #valid
        if !cx.begin(source, record, timestamp, #invalid)? {
            return ::core::result::Result::Ok(());
        }
    }
}

/// The method for sources with `time = …`, where there are some.
pub(super) fn timestamp(e: &Emitter<'_>, sources: &[SourceId]) -> Option<TokenStream> {
    let arms = sources.iter().enumerate().filter_map(|(n, s)| timestamp_arm(e, n, *s));
    let arms: Vec<TokenStream> = arms.collect();
    if arms.is_empty() {
        return None;
    }
    Some(quote_spanned! {here()=>
        fn timestamp(
            &mut self,
            source: usize,
            record: &::streams::RecordRef<'_>,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<i64> {
            match source {
                #(#arms)*
                _ => ::core::result::Result::Ok(record.timestamp),
            }
        }
    })
}

fn timestamp_arm(e: &Emitter<'_>, number: usize, id: SourceId) -> Option<TokenStream> {
    let (tokens, fallible) = extract(e, id)?;
    let decode = decode(e, id, &quote_spanned!(here()=> ::core::result::Result::Err(error)));
    let name = e.graph().node(e.graph().source(id).node).name.clone();
    let result = if fallible {
        quote_spanned! {here()=>
            #tokens.map_err(|error| ::streams::__private::processing_error(#name, error))
        }
    } else {
        quote_spanned!(here()=> { let time: i64 = #tokens; ::core::result::Result::Ok(time) })
    };
    Some(quote_spanned! {here()=> #number => { #decode #result } })
}
