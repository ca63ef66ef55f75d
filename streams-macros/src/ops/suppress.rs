//! `suppress(until_close)` of a windowed table: each window's result once, when the window has closed
//! (Kafka Streams' `suppress(untilWindowCloses)`). `suppress(until(d))` of any table: of the updates of
//! a key only the last, `d` after the first of them (`untilTimeLimit`). Time is that of the updates that
//! come here. What waits is given on in the order of its time (the end of its window, the timestamp of
//! the first update), then key, with the timestamp and headers of the record that made it.
//!
//! `max_records = n` and `max_bytes = n` (as Kafka Streams counts them) limit what waits; `on_full =
//! emit_early` gives on what is due first (the default with `until`), `on_full = shut_down` stops the
//! application (the default, and the only way, with `until_close`).
//!
//! `until_close` drops deletions: of sessions that others have swallowed; what it gives is never a
//! deletion. Sliding windows and sessions close here when their last millisecond and grace have
//! passed; under `semantics = kafka_streams` one millisecond too early, as there, so that a window can come
//! twice. What has closed is closed: an update of it (after a restart, when the windows' operator has forgotten
//! its time) is dropped and counted.
//!
//! A versioned table cannot be suppressed, nor what is made of one and not kept in a store of latest
//! values: its updates of before the latest are updates of their own, and the last to come is not the
//! latest (Kafka Streams refuses it when the topology is built).
//!
//! Where the updates wait: `<table's store>-suppress-store`, with `name = x` in `x-store`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, Ident, Type};

use super::{Field, Operator, ident, keyed_state, named, no_other_names, positional, table};
use crate::check::{stable_names, stores, windows};
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{
    Builder, Flow, Graph, NodeId, Semantics, StoreId, TableFlow, WindowKind, WindowSpec,
    borrowed_to_owned, milliseconds,
};
use crate::parse::Call;

const USAGE: &str = "suppress(until_close)` or `suppress(until(10s), max_records = 1000)";

struct Suppress {
    store: StoreId,
    clock: Option<StoreId>,
    /// `until_close`: the windows.
    windows: Option<WindowSpec>,
    wait_ms: i64,
    most: Most,
    shut_down: bool,
    /// Rows can be deletions.
    nullable: bool,
    /// What a key had before is asked for.
    wants_old: bool,
    value: Type,
}

/// Limits of what waits: expressions of type `usize`.
#[derive(Default)]
struct Most {
    records: Option<Expr>,
    bytes: Option<Expr>,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let table = table(builder, flow, &call)?;
    if table.versioned {
        let made = builder.graph.node(table.node).span;
        stores::suppress_of_history(builder.errors, &call, made);
        return None;
    }
    no_other_names(builder, &call, &["name", "max_records", "max_bytes", "on_full"]);
    let [until] = positional(builder, &call, USAGE)?;
    let until = read_until(builder, &until)?;
    let limit = |name| named(&call, name).map(|argument| argument.value.clone());
    let most = Most { records: limit("max_records"), bytes: limit("max_bytes") };
    let shut_down = on_full(builder, &call, until, &most)?;
    let kafka = builder.graph.settings.semantics == Semantics::KafkaStreams;
    let (windows, wait_ms) = match until {
        Until::Limit(ms) => (None, ms),
        Until::Close => {
            let closing = windows::closing(builder.errors, &call, table.window)?;
            (Some(closing), wait_ms(&closing, kafka))
        }
    };
    let label = label(builder, &table, &call)?;
    let (Some(key), Some(value)) = (table.key.clone(), table.value.clone()) else {
        let message = "the types of key and value are not written anywhere before `suppress`, which keeps \
                       what waits: give the closures before it return types";
        builder.errors.error(call.span(), message);
        return None;
    };
    let length_ms = table.window.and_then(|w| w.length_ms());
    let key = borrowed_to_owned(&key);
    let store = builder.suppress_store(&label, &key, &value, length_ms);
    let clock = (windows.is_some() && !kafka).then(|| builder.clock_store(&label));
    let made = &builder.graph.node(table.node).operator;
    // Where a table is filtered, what a key had before tells needless deletions.
    let wants_old = made.passes_old() || most.bytes.is_some();
    let nullable = table.nullable;
    let operator = Suppress {
        store,
        clock,
        windows,
        wait_ms,
        most,
        shut_down,
        nullable,
        wants_old,
        value: value.clone(),
    };
    let key = Some(key);
    let node = builder.add_after(table.node, &call, Box::new(operator), key.clone(), Some(value));
    let nullable = nullable && windows.is_none();
    Some(Flow::Table(TableFlow { node, key, store: None, nullable, ..table }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Close,
    Limit(i64),
}

fn read_until(builder: &mut Builder<'_>, value: &Expr) -> Option<Until> {
    let is = |path: &Expr, word: &str| matches!(path, Expr::Path(p) if p.path.is_ident(word));
    if is(value, "until_close") {
        return Some(Until::Close);
    }
    if let Expr::Call(call) = value
        && is(&call.func, "until")
        && let Some(duration) = call.args.first()
        && call.args.len() == 1
    {
        return match milliseconds(duration) {
            Ok(ms) => Some(Until::Limit(ms)),
            Err(error) => {
                builder.errors.push(error);
                None
            }
        };
    }
    let span = syn::spanned::Spanned::span(value);
    builder.errors.error(span, format!("`suppress` is written `{USAGE}`"));
    None
}

/// What `on_full` says: true for `shut_down`.
fn on_full(builder: &mut Builder<'_>, call: &Call, until: Until, most: &Most) -> Option<bool> {
    let Some(argument) = named(call, "on_full") else { return Some(until == Until::Close) };
    let word = ident(builder, &argument.value, "what to do: `emit_early` or `shut_down`")?;
    let mut wrong = |message: String| {
        builder.errors.error(word.span(), message);
        None
    };
    if most.records.is_none() && most.bytes.is_none() {
        return wrong(
            "what waits has no limit, so that it is never full: give one (`max_records = 1000`), or leave \
             `on_full` out"
                .to_owned(),
        );
    }
    match (word.to_string().as_str(), until) {
        ("shut_down", _) => Some(true),
        ("emit_early", Until::Limit(_)) => Some(false),
        ("emit_early", Until::Close) => wrong(
            "a window's result comes once, when it has closed, and not early: `on_full = shut_down`"
                .to_owned(),
        ),
        (other, _) => wrong(format!("`on_full` is `emit_early` or `shut_down`, not `{other}`")),
    }
}

/// How long after its end a window's result is given on.
fn wait_ms(window: &WindowSpec, kafka: bool) -> i64 {
    let behind = match window.kind {
        WindowKind::Session { gap_ms } => gap_ms,
        _ => 0,
    };
    // The last millisecond of these belongs to them.
    let last = i64::from(window.is_span() && !kafka);
    behind.saturating_add(window.grace_ms).saturating_add(last)
}

/// The name of the buffer: as given, or after the table's store.
fn label(builder: &mut Builder<'_>, table: &TableFlow, call: &Call) -> Option<Ident> {
    if let Some(argument) = named(call, "name") {
        return super::label(builder, &argument.value, "the buffer");
    }
    let Some(store) = table.store else {
        stable_names::unnamed(builder.errors, call, "suppress(until(10s), name = x)");
        return None;
    };
    let kept = &builder.graph.store(store).ident;
    Some(format_ident!("{kept}_suppress", span = call.span()))
}

impl Suppress {
    fn observed(&self, graph: &Graph) -> Ident {
        format_ident!("observed_{}", graph.store(self.store).ident)
    }

    /// The code that moves the clock on, and the time that it shows then.
    fn time(&self, e: &Emitter<'_>, timestamp: &Ident) -> (TokenStream, TokenStream) {
        match self.clock.map(|clock| e.store_field(clock)) {
            Some(clock) => (
                quote_spanned!(here()=> self.#clock.observe(#timestamp);),
                quote_spanned!(here()=> self.#clock.now()),
            ),
            None => {
                let observed = self.observed(e.graph());
                let observe = quote_spanned! {here()=>
                    self.#observed = ::core::cmp::Ord::max(self.#observed, #timestamp);
                };
                (observe, quote_spanned!(here()=> self.#observed))
            }
        }
    }

    /// The consumers of `update`, which is due.
    fn give(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let own = |n: &str| Operand { ident: name(n), by_ref: false };
        let onwards = Vars { key: own("key"), value: own("value"), ..vars.clone() };
        let onwards = onwards.with_old(e.needs_old(node));
        let (key, value, timestamp) =
            (&onwards.key.ident, &onwards.value.ident, &onwards.timestamp);
        let old = onwards.old.as_ref().map(|old| {
            let old = &old.ident;
            // What was given on before; Kafka Streams says what the key had, given on or not.
            match e.graph().settings.semantics {
                Semantics::Right => quote_spanned!(here()=> let #old = update.prior;),
                Semantics::KafkaStreams => quote_spanned! {here()=>
                    let #old = update.replaced.unwrap_or(update.prior);
                },
            }
        });
        let present = (self.windows.is_some() || !self.nullable).then(|| {
            quote_spanned! {here()=>
                let ::core::option::Option::Some(#value) = #value else { continue };
            }
        });
        let consumers = e.block(|e| e.consumers(node, &onwards));
        quote_spanned! {here()=>
            let #key = update.key;
            let #value = update.value;
            #present
            #old
            let #timestamp = update.timestamp;
            let record = &::streams::RecordRef {
                offset: update.origin.offset,
                timestamp: #timestamp,
                key: ::core::option::Option::None,
                value: ::core::option::Option::None,
                headers: update.origin.headers.as_headers(),
            };
            #consumers
        }
    }
}

impl Operator for Suppress {
    fn word(&self) -> &'static str {
        "suppress"
    }

    fn stores(&self) -> Vec<StoreId> {
        [Some(self.store), self.clock].into_iter().flatten().collect()
    }

    fn fields(&self, graph: &Graph) -> Vec<Field> {
        let field = || Field {
            name: self.observed(graph),
            ty: quote!(i64),
            init: quote!(-1),
            memory: false,
        };
        if self.clock.is_none() { vec![field()] } else { Vec::new() }
    }

    fn wants_old(&self) -> bool {
        self.wants_old
    }

    fn passes_old(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let (own_key, vars) = &keyed_state::owned_key(e, node, vars);
        let (label, timestamp, wait_ms) = (e.label(), &vars.timestamp, self.wait_ms);
        let field = e.store_field(self.store);
        let (observe, now) = self.time(e, timestamp);
        let (key, value) = (vars.key.reference(), keyed_state::as_option(vars, self.nullable));
        let time = match self.windows.map(|w| w.kind) {
            None => quote_spanned!(here()=> #timestamp),
            Some(WindowKind::Session { .. }) => quote_spanned!(here()=> key.end),
            Some(_) => quote_spanned!(here()=> key.window.end),
        };
        let late = self.clock.map(|_| {
            quote_spanned! {here()=>
                if time <= now {
                    cx.counters.dropped_late += ::core::primitive::u64::from(value.is_some());
                    break #label;
                }
            }
        });
        let prior = match &vars.old {
            Some(old) => old.ident.to_token_stream(),
            None => quote_spanned!(here()=> ::core::option::Option::None),
        };
        let put = e.or_reject(quote_spanned!(here()=> self.#field.put(time, update)));
        let ty = &self.value;
        let due = self.give(e, node, vars);
        let full = self.full(e, node, vars, &field);
        quote_spanned! {here()=>
            #own_key
            #observe
            let now: i64 = #now.saturating_sub(#wait_ms);
            {
                let key = #key;
                let value: ::core::option::Option<&#ty> = #value;
                let time: i64 = #time;
                #late
                let update = ::streams::store::Suppressed {
                    key: ::core::clone::Clone::clone(key),
                    value: value.cloned(),
                    prior: #prior,
                    replaced: ::core::option::Option::None,
                    timestamp: #timestamp,
                    origin: cx.origin(source, record),
                };
                #put;
            }
            while let ::core::option::Option::Some(update) = self.#field.due(now) {
                #due
            }
            #full
        }
    }
}

impl Suppress {
    /// What happens when more waits than may.
    fn full(
        &self,
        e: &mut Emitter<'_>,
        node: NodeId,
        vars: &Vars,
        field: &Ident,
    ) -> Option<TokenStream> {
        let Most { records, bytes } = &self.most;
        if records.is_none() && bytes.is_none() {
            return None;
        }
        let limit = |limit: &Option<Expr>| match limit {
            Some(limit) => limit.to_token_stream(),
            None => quote_spanned!(here()=> ::core::primitive::usize::MAX),
        };
        let at = |limit: &Option<Expr>| {
            limit.as_ref().map_or_else(Span::mixed_site, syn::spanned::Spanned::span)
        };
        let (records_ty, bytes_ty) = (
            Ident::new("usize", here().located_at(at(records))),
            Ident::new("usize", here().located_at(at(bytes))),
        );
        let (records, bytes) = (limit(records), limit(bytes));
        let act = match self.shut_down {
            true => quote_spanned! {here()=>
                if self.#field.is_over(most, most_bytes) {
                    return ::core::result::Result::Err(self.#field.full(most, most_bytes));
                }
            },
            false => {
                let early = self.give(e, node, vars);
                quote_spanned! {here()=>
                    while let ::core::option::Option::Some(update) = self.#field.overflow(most, most_bytes) {
                        #early
                    }
                }
            }
        };
        Some(quote_spanned! {here()=>
            let most: #records_ty = #records;
            let most_bytes: #bytes_ty = #bytes;
            #act
        })
    }
}
