//! `call(async_fn, concurrency = 8, timeout = 2s, retries = 3)`: asks an outside service for each record, and
//! goes on with what it answers under the record's key. Up to `concurrency` (1 if not said) calls are under
//! way at a time; results go on in the order of the records. Kafka Streams has no such operator.
//!
//! `async fn f(value: V) -> Result<R, E>` or `f(key: K, value: V)` is a function of the module and takes
//! copies. An attempt that gives an error or takes longer than `timeout` is made again up to
//! `retries` times; then the record is one for `on_error`. A commit waits for the calls under way, so
//! that no result is lost; a failure in between makes them again, which `at_least_once` says.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, GenericArgument, Ident, PathArguments, ReturnType, Signature, Type};

use super::{Field, Operator, keyed_state, named, no_other_names, positional, stream};
use crate::check::side_effects;
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, Graph, NodeId, borrowed_to_owned, milliseconds};
use crate::parse::Call;

struct CallService {
    /// Where the calls are kept in the task.
    field: Ident,
    function: ExprPath,
    with_key: bool,
    key: Type,
    result: Type,
    concurrency: Option<Expr>,
    timeout_ms: Option<i64>,
    retries: Option<Expr>,
}

/// What comes behind, called as results come in.
struct Answered;

const USAGE: &str = "call(function, concurrency = 8, timeout = 2s, retries = 3)";

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, mut call: Call) -> Option<Flow> {
    side_effects::stated(builder, &mut call);
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &["concurrency", "timeout", "retries"]);
    let [function] = positional(builder, &call, USAGE)?;
    let (function, signature) = service(builder, function)?;
    let with_key = signature.inputs.len() == 2;
    let Some(result) = result_of(&signature) else {
        let message = format!(
            "`{}` may fail: it returns a `Result<Value, Error>`, whose error is for `on_error`",
            signature.ident
        );
        builder.errors.error(function.span(), message);
        return None;
    };
    let key = stream.key.clone().or_else(|| with_key.then(|| parameter(&signature)).flatten());
    let Some(key) = key else {
        let message = "the type of the key is not written anywhere before `call`: give the closure that makes \
                       it a return type, or take it in the function (`async fn f(key: K, value: V)`)";
        builder.errors.error(call.span(), message);
        return None;
    };
    let key = borrowed_to_owned(&key);
    let timeout_ms = match named(&call, "timeout").map(|a| milliseconds(&a.value)).transpose() {
        Ok(timeout) => timeout,
        Err(error) => {
            builder.errors.push(error);
            None
        }
    };
    let value = |name: &str| named(&call, name).map(|a| a.value.clone());
    let (concurrency, retries) = (value("concurrency"), value("retries"));
    let field = format_ident!("calls_{}", builder.graph.nodes.len(), span = here());
    let operator = Box::new(CallService {
        field,
        function,
        with_key,
        key: key.clone(),
        result: result.clone(),
        concurrency,
        timeout_ms,
        retries,
    });
    let node = builder.add_after(stream.node, &call, operator, None, None);
    let answered = format!("{}-answered", builder.graph.node(node).name);
    let (key, result) = (Some(key), Some(result));
    stream.node = builder.add(
        answered,
        call.span(),
        Box::new(Answered),
        vec![node],
        key.clone(),
        result.clone(),
    );
    (stream.key, stream.value) = (key, result);
    Some(Flow::Stream(stream))
}

/// The function, which has to be an `async` one of the module that takes a value, or a key and a value.
fn service(builder: &mut Builder<'_>, function: Expr) -> Option<(ExprPath, Signature)> {
    let found = match function {
        Expr::Path(path) => {
            let signature = builder.siblings.get(&path.path).cloned();
            signature
                .filter(|s| s.asyncness.is_some())
                .map(|s| (path.clone(), s))
                .ok_or(path.span())
        }
        other => Err(other.span()),
    };
    let (path, signature) = match found {
        Ok(found) => found,
        Err(span) => {
            let message = "`call` takes the name of an `async fn` of this module: \
                           `async fn ask(key: K, value: V) -> Result<Answer, Error>`";
            builder.errors.error(span, message);
            return None;
        }
    };
    let owned = |input: &syn::FnArg| matches!(input, syn::FnArg::Typed(t) if !matches!(*t.ty, Type::Reference(_)));
    if !(1..=2).contains(&signature.inputs.len()) || !signature.inputs.iter().all(owned) {
        let message = format!(
            "`{}` is called with copies that it may keep: it takes `(value: V)` or `(key: K, value: V)`, not \
             references",
            signature.ident
        );
        builder.errors.error(path.span(), message);
        return None;
    }
    Some((path, signature))
}

/// The type of the first parameter.
fn parameter(signature: &Signature) -> Option<Type> {
    match signature.inputs.first()? {
        syn::FnArg::Typed(typed) => Some((*typed.ty).clone()),
        syn::FnArg::Receiver(_) => None,
    }
}

/// `R` of `-> Result<R, E>`.
fn result_of(signature: &Signature) -> Option<Type> {
    let ReturnType::Type(_, ty) = &signature.output else { return None };
    let Type::Path(path) = &**ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

impl CallService {
    fn method(&self) -> Ident {
        format_ident!("finish_{}", self.field, span = here())
    }

    /// Where rustc shows what the function does not take.
    fn at(&self) -> Span {
        here().located_at(self.function.span())
    }
}

impl Operator for CallService {
    fn word(&self) -> &'static str {
        "call"
    }

    fn fields(&self, _: &Graph) -> Vec<Field> {
        let (key, result) = (&self.key, &self.result);
        let number = |value: &Option<Expr>, ty: TokenStream, otherwise: TokenStream| match value {
            // With its type written, rustc shows another one at the user's expression.
            Some(value) => quote_spanned!(value.span()=> { let number: #ty = #value; number }),
            None => otherwise,
        };
        let concurrency = number(&self.concurrency, quote!(usize), quote!(1));
        let retries = number(&self.retries, quote!(u32), quote!(0));
        let timeout = match self.timeout_ms {
            Some(ms) => {
                let ms = ms.unsigned_abs();
                quote!(::core::option::Option::Some(::core::time::Duration::from_millis(#ms)))
            }
            None => quote!(::core::option::Option::None),
        };
        vec![Field {
            name: self.field.clone(),
            ty: quote!(::streams::calls::CallNode<#key, #result>),
            init: quote! {
                ::streams::calls::CallNode::new(::streams::calls::CallOptions {
                    concurrency: #concurrency, timeout: #timeout, retries: #retries,
                })
            },
            memory: false,
        }]
    }

    fn completion(&self, e: &mut Emitter<'_>, node: NodeId) -> Option<(Ident, Ident, TokenStream)> {
        let field = &self.field;
        let (operator, policy) = (e.graph().node(node).name.clone(), e.policy());
        let behind = *e.graph().node(node).consumers.first()?;
        let onwards = e.method(behind);
        let body = quote_spanned! {here()=>
            while let ::core::option::Option::Some(outcome) = self.#field.next(wait) {
                let ::streams::calls::Outcome { key, result, place } = outcome;
                let record = &place.record();
                match result {
                    ::core::result::Result::Ok(value) => {
                        self.#onwards(&key, &value, record.timestamp, place.source, record, cx)?;
                    }
                    ::core::result::Result::Err(error) => {
                        cx.failed(place.source, record, #operator, error, #policy)?;
                    }
                }
            }
        };
        Some((field.clone(), self.method(), body))
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let (field, method, function) = (&self.field, self.method(), &self.function);
        let value = keyed_state::owned_value(e, node, vars);
        let (own_key, vars) = &keyed_state::owned_key(e, node, vars);
        let key = vars.key.reference();
        let timestamp = &vars.timestamp;
        let clone = quote_spanned!(here()=> ::core::clone::Clone::clone);
        // At the function's name: rustc shows there what its parameters do not take.
        let at = self.at();
        let called = match self.with_key {
            true => quote_spanned! {at=>
                #function(::core::clone::Clone::clone(&key), ::core::clone::Clone::clone(&value))
            },
            false => quote_spanned!(at=> #function(::core::clone::Clone::clone(&value))),
        };
        quote_spanned! {here()=>
            #own_key
            let attempt = {
                let key = #clone(#key);
                let value = #value;
                move || #called
            };
            self.#field.begin(&cx.executor, #clone(#key), (source, record, #timestamp), attempt);
            self.#method(false, cx)?;
        }
    }
}

impl Operator for Answered {
    fn word(&self) -> &'static str {
        "answered"
    }

    fn is_method(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, _: &Vars) -> TokenStream {
        // The calls' method calls its own itself.
        e.method(node);
        TokenStream::new()
    }
}
