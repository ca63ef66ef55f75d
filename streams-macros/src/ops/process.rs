//! `process(Type, store, …, punctuate(stream_time every 10s))`: gives each record to a processor of the
//! user's, with any number of stores (Kafka Streams' `process`); `process_values(Type, …)` where it
//! keeps the keys (`processValues`). `Type` implements `streams::processor::Processor`, or
//! `FixedKeyProcessor`; a task makes one by `Default`, or as in `process(Type = Type::new(5), …)`.
//!
//! Stores are of any kind and may belong to other operators and processors, too: what shares a store
//! is in one sub-topology. The processor's `Stores` are `&mut stores::name`, or a tuple of them.
//! What it forwards goes on when it returns, with the record's timestamp and headers unless it says
//! otherwise. `punctuate(wall_clock every 1s)` calls it by the clock; both may stand several times.
//!
//! Null keys and values reach it, where the stream's types have them. Behind a change of the key, a
//! processor with stores reads through a repartition topic, which takes no null keys; behind
//! `process` the key counts as changed, behind `process_values` it does not.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, Ident, Type};

use super::{Field, Operator, ident, keyed_state, stream};
use crate::emit::{Emitter, Vars, here};
use crate::model::{
    Builder, Flow, Graph, NodeId, StoreId, StreamFlow, borrowed_to_owned, milliseconds,
};
use crate::parse::{Arg, Call};

struct Process {
    /// Where it is kept in the task.
    field: Ident,
    /// The processor's type.
    ty: ExprPath,
    /// How it is made, if not by `Default`.
    made: Option<Expr>,
    stores: Vec<(StoreId, Ident)>,
    schedules: Vec<(Clock, i64)>,
    /// The keys stay.
    values: bool,
}

#[derive(Clone, Copy)]
enum Clock {
    StreamTime,
    WallClock,
}

/// What comes behind a processor, from where it is called for records and for punctuations.
struct Forwarded;

const USAGE: &str = "process(Type, store, punctuate(stream_time every 10s))";

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut stream = stream(builder, flow, &call)?;
    let values = call.name == "process_values";
    let mut args = call.args.iter();
    let Some((ty, made)) = args.next().and_then(processor) else {
        let usage = USAGE.replacen("process", &call.name.to_string(), 1);
        builder.errors.error(call.span(), format!("`{}` is written `{usage}`", call.name));
        return None;
    };
    let (mut stores, mut schedules, mut unknown) = (Vec::new(), Vec::new(), false);
    for arg in args {
        if let Expr::Call(punctuate) = &arg.value {
            schedules.extend(schedule(builder, punctuate));
        } else if let Some(name) = &arg.name {
            let message = format!("`{}` has no argument `{name}`", call.name);
            builder.errors.error(name.span(), message);
        } else if let Some(name) = ident(builder, &arg.value, "a store, or `punctuate(…)`") {
            let store = builder.share_store(&name);
            unknown |= store.is_none();
            stores.extend(store.map(|id| (id, name)));
        }
    }
    if unknown {
        return None;
    }
    if let Some((store, at)) = stores.first()
        && stream.rekeyed.is_some()
    {
        let (topic, at) = (builder.graph.store(*store).name.clone(), at.clone());
        stream = builder.partitioned(stream, &topic, None, false, &at)?;
    }
    let types = ty.path.get_ident().and_then(|t| builder.siblings.processor(t, values)).cloned();
    let ends = types
        .as_ref()
        .is_some_and(|t| is_unit(t.value.as_ref()) && (values || is_unit(t.key.as_ref())));
    let at = here().located_at(ty.span());
    let projected = |part: &str| -> Type {
        let (part, of) = (Ident::new(part, at), trait_of(values, at));
        syn::parse_quote_spanned!(at=> <#ty as #of>::#part)
    };
    let out_key = projected(if values { "Key" } else { "KeyOut" });
    let out_value = projected("ValueOut");
    let field = format_ident!("processor_{}", builder.graph.nodes.len(), span = here());
    let operator = Box::new(Process { field, ty, made, stores, schedules, values });
    let node = builder.add_after(stream.node, &call, operator, None, None);
    if ends {
        return Some(Flow::End);
    }
    let forwarded = format!("{}-forwarded", builder.graph.node(node).name);
    let (key, value) = (Some(out_key), Some(out_value));
    let node = builder.add(forwarded, call.span(), Box::new(Forwarded), vec![node], key, value);
    let known = types.unwrap_or_default();
    Some(Flow::Stream(match values {
        true => {
            let key = stream.key.as_ref().map(borrowed_to_owned);
            StreamFlow { node, key, value: known.value, ..stream }
        }
        false => {
            StreamFlow { node, key: known.key, value: known.value, rekeyed: Some(call.span()) }
        }
    }))
}

/// `Type`, or `Type = expression`.
fn processor(arg: &Arg) -> Option<(ExprPath, Option<Expr>)> {
    if let Some(name) = &arg.name {
        return Some((syn::parse_quote!(#name), Some(arg.value.clone())));
    }
    match &arg.value {
        Expr::Path(path) => Some((path.clone(), None)),
        _ => None,
    }
}

/// The trait that the processor's type implements.
fn trait_of(values: bool, at: Span) -> TokenStream {
    match values {
        true => quote_spanned!(at=> ::streams::processor::FixedKeyProcessor),
        false => quote_spanned!(at=> ::streams::processor::Processor),
    }
}

fn is_unit(ty: Option<&Type>) -> bool {
    matches!(ty, Some(Type::Tuple(tuple)) if tuple.elems.is_empty())
}

/// `punctuate(stream_time every 10s)`, which is read as a call with two arguments.
fn schedule(builder: &mut Builder<'_>, call: &syn::ExprCall) -> Option<(Clock, i64)> {
    let word = |e: &Expr| match e {
        Expr::Path(p) => p.path.get_ident().map(ToString::to_string),
        _ => None,
    };
    let mut args = call.args.iter();
    let (Some("punctuate"), Some(clock), Some(every), None) =
        (word(&call.func).as_deref(), args.next(), args.next(), args.next())
    else {
        builder.errors.error(call.span(), format!("a processor is written `{USAGE}`"));
        return None;
    };
    let clock = match word(clock).as_deref() {
        Some("stream_time") => Clock::StreamTime,
        Some("wall_clock") => Clock::WallClock,
        _ => {
            let message = "a processor punctuates by `stream_time` (which records move) or by \
                           `wall_clock`";
            builder.errors.error(clock.span(), message);
            return None;
        }
    };
    match milliseconds(every) {
        Ok(0) => {
            builder.errors.error(every.span(), "a punctuation needs an interval of at least `1ms`");
            None
        }
        Ok(ms) => Some((clock, ms)),
        Err(error) => {
            builder.errors.push(error);
            None
        }
    }
}

impl Process {
    /// Where rustc shows that the type is no processor, or takes something else.
    fn at(&self) -> Span {
        here().located_at(self.ty.span())
    }

    fn call(&self) -> Ident {
        Ident::new(if self.values { "call_values" } else { "call" }, self.at())
    }

    /// What the processor is given as its stores.
    fn stores_argument(&self, e: &Emitter<'_>) -> TokenStream {
        let one = |(store, at): &(StoreId, Ident)| {
            let (field, at) = (e.store_field(*store), here().located_at(at.span()));
            quote_spanned!(at=> &mut self.#field)
        };
        match self.stores.as_slice() {
            [] => quote_spanned!(self.at()=> ()),
            [only] => one(only),
            several => {
                let several = several.iter().map(one);
                quote_spanned!(self.at()=> (#(#several),*))
            }
        }
    }

    /// Sends what was forwarded on, then deals with the error that the processor returned.
    fn onwards(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let field = &self.field;
        let (operator, policy, label) = (e.graph().node(node).name.clone(), e.policy(), e.label());
        let timestamp = &vars.timestamp;
        let each = e.graph().node(node).consumers.first().map(|behind| {
            let method = e.method(*behind);
            let key = match self.values {
                true => vars.key.reference(),
                false => quote_spanned!(here()=> &forward.key),
            };
            quote_spanned! {here()=>
                for forward in &forwards {
                    self.#method(#key, &forward.value, forward.timestamp, source, &forward.record(record), cx)?;
                }
            }
        });
        quote_spanned! {here()=>
            let forwards = self.#field.take_forwards();
            #each
            self.#field.give_back(forwards);
            if let ::core::result::Result::Err(error) = processed {
                cx.failed(source, &record.at(#timestamp), #operator, error, #policy)?;
                break #label;
            }
        }
    }
}

impl Operator for Process {
    fn word(&self) -> &'static str {
        if self.values { "process_values" } else { "process" }
    }

    fn stores(&self) -> Vec<StoreId> {
        self.stores.iter().map(|(store, _)| *store).collect()
    }

    fn fields(&self, _: &Graph) -> Vec<Field> {
        let (ty, at) = (&self.ty, self.at());
        let of = trait_of(self.values, at);
        let key = match self.values {
            true => quote_spanned!(at=> ()),
            false => quote_spanned!(at=> <#ty as #of>::KeyOut),
        };
        let made = match &self.made {
            Some(made) => quote!(#made),
            // At the type: rustc shows there that it has no default.
            None => quote_spanned!(self.at()=> ::core::default::Default::default()),
        };
        let schedules = self.schedules.iter().map(|(clock, ms)| {
            let clock = match clock {
                Clock::StreamTime => quote!(StreamTime),
                Clock::WallClock => quote!(WallClock),
            };
            quote!((::streams::processor::PunctuationType::#clock, #ms))
        });
        vec![Field {
            name: self.field.clone(),
            ty: quote_spanned! {at=>
                ::streams::processor::ProcessorNode<#ty, #key, <#ty as #of>::ValueOut>
            },
            init: quote!(::streams::processor::ProcessorNode::new(#made, &[#(#schedules),*])),
            memory: false,
        }]
    }

    fn punctuation(&self, e: &mut Emitter<'_>, node: NodeId) -> Option<(Ident, TokenStream)> {
        let field = &self.field;
        let stores = self.stores_argument(e);
        let vars = Vars::new();
        let call = self.call();
        let onwards = match self.values {
            // There is no key, and nothing can have been forwarded.
            true => {
                let (operator, policy) = (e.graph().node(node).name.clone(), e.policy());
                quote_spanned! {here()=>
                    if let ::core::result::Result::Err(error) = processed {
                        cx.failed(source, record, #operator, error, #policy)?;
                    }
                }
            }
            false => self.onwards(e, node, &vars),
        };
        let body = quote_spanned! {here()=>
            let input = ::streams::processor::Input::Due(punctuation_type, timestamp);
            let context = cx.closure_context(source, record, timestamp);
            let processed = self.#field.#call(input, #stores, context, cx);
            #onwards
        };
        Some((field.clone(), body))
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let field = &self.field;
        let stores = self.stores_argument(e);
        // A processor's types are those of a program, not of a record.
        let (own, vars) = &keyed_state::owned_record(e, node, vars);
        let (key, value) = (vars.key.reference(), vars.value.reference());
        let timestamp = &vars.timestamp;
        let call = self.call();
        // One identifier each, at the type: rustc shows there what it does not take.
        let one = |name| Ident::new(name, self.at());
        let (its_key, its_value, input) = (one("its_key"), one("its_value"), one("input"));
        let onwards = self.onwards(e, node, vars);
        quote_spanned! {here()=>
            #own
            let its_key = #key;
            let its_value = #value;
            let context = cx.closure_context(source, record, #timestamp);
            let input = ::streams::processor::Input::Record(#its_key, #its_value);
            let processed = self.#field.#call(#input, #stores, context, cx);
            #onwards
        }
    }
}

impl Operator for Forwarded {
    fn word(&self) -> &'static str {
        "forwarded"
    }

    fn is_method(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, _: &Vars) -> TokenStream {
        // The processor calls its method itself.
        e.method(node);
        TokenStream::new()
    }
}
