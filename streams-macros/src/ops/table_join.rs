//! `join(table, |left, right| -> Value { … })` of two tables with one key (Kafka Streams'
//! `KTable.join`): a row for each key that both have. `left_join` keeps the rows of the left table
//! without a partner, with `None` in its place; `outer_join` those of both. With `-> Option<Value>`,
//! `None` is no row. With `name = store` the result is kept in a store of that name.
//!
//! An update of either side makes a result, with the later timestamp of its two rows. A deletion is
//! given on where the other side has a row, also if there was no result before. Null keys are dropped by
//! the tables. The row that arrived last counts, whatever its timestamp; of a versioned table the latest
//! one, and an update of before it is left out, and counted.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use std::cell::Cell;
use std::rc::Rc;
use syn::{Ident, Type};

use super::{Operator, function, keyed_state, no_other_names, positional, table_map_values};
use crate::check::join_keys;
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StoreId, TableFlow, borrowed_to_owned, option_of};
use crate::parse::Call;
use crate::rewrite::Function;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Inner,
    Left,
    Outer,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Inner => "join",
            Kind::Left => "left_join",
            Kind::Outer => "outer_join",
        }
    }
}

/// What both sides know.
struct Join {
    kind: Kind,
    joiner: Function,
    /// The joiner gives an `Option`.
    optional: bool,
    value: Type,
    /// Where the results come together.
    out: Cell<NodeId>,
}

/// An update of one side.
struct Side {
    join: Rc<Join>,
    left: bool,
    nullable: bool,
    this: StoreId,
    other: StoreId,
}

/// The results of both sides.
struct Joined {
    kind: Kind,
    store: Option<StoreId>,
}

pub(super) fn build(
    builder: &mut Builder<'_>,
    left: TableFlow,
    right: TableFlow,
    other: &Ident,
    call: &Call,
) -> Option<Flow> {
    no_other_names(builder, call, &["name"]);
    let kind = match call.name.to_string().as_str() {
        "left_join" => Kind::Left,
        "outer_join" => Kind::Outer,
        _ => Kind::Inner,
    };
    let usage = format!("{}(table, |left, right| -> Value {{ … }})", call.name);
    let [_, joiner] = positional(builder, call, &usage)?;
    let joiner = function(builder, call, joiner, &["left", "right"])?;
    let (left_store, right_store) = sides(builder, &left, &right, other, call)?;
    let keys = (left.key.as_ref(), right.key.as_ref());
    if !join_keys::one_type(builder.errors, call.span(), keys, ("table", other)) {
        return None;
    }
    let (value, optional) = result(builder, &joiner)?;
    let (key, value) = (left.key.as_ref().map(borrowed_to_owned), Some(value));
    let store = table_map_values::named_store(builder, call, &key, &value)?;
    let join =
        Rc::new(Join { kind, joiner, optional, value: value.clone()?, out: Cell::new(left.node) });
    let mut side = |flow: &TableFlow, is_left, this, other| {
        let operator =
            Side { join: Rc::clone(&join), left: is_left, nullable: flow.nullable, this, other };
        // What a side gives on has an owned key, as the other side's.
        builder.add_after(flow.node, call, Box::new(operator), key.clone(), None)
    };
    let inputs = vec![
        side(&left, true, left_store, right_store),
        side(&right, false, right_store, left_store),
    ];
    let name = format!("joined-{}", builder.graph.nodes.len());
    let operator = Box::new(Joined { kind, store });
    let node = builder.add(name, call.span(), operator, inputs, key.clone(), value.clone());
    join.out.set(node);
    let (nullable, window, versioned) = (true, None, false);
    Some(Flow::Table(TableFlow { node, key, value, store, nullable, window, versioned }))
}

/// The type of a join's rows, and whether the joiner gives an `Option` of it.
pub(super) fn result(builder: &mut Builder<'_>, joiner: &Function) -> Option<(Type, bool)> {
    let Some(returned) = joiner.returned() else {
        let message = "the type of the joined rows is not written: give the closure a return type \
                       (`|left, right| -> Value { … }`)";
        builder.errors.error(joiner.span(), message);
        return None;
    };
    match option_of(&returned) {
        Some(inner) => Some((inner.clone(), true)),
        None => Some((returned, false)),
    }
}

/// The stores of both tables, which a join looks rows up in.
pub(super) fn sides(
    builder: &mut Builder<'_>,
    left: &TableFlow,
    right: &TableFlow,
    other: &Ident,
    call: &Call,
) -> Option<(StoreId, StoreId)> {
    let before = format!("the table before `{}`", call.name);
    let left_store = kept(builder, left, &before, call.name.span());
    let right_store = kept(builder, right, &format!("`{other}`"), other.span());
    Some((left_store?, right_store?))
}

/// The store of a table, which messages call `what`.
fn kept(builder: &mut Builder<'_>, table: &TableFlow, what: &str, at: Span) -> Option<StoreId> {
    let made = builder.graph.node(table.node).span;
    if table.window.is_some() {
        let message =
            format!("{what} is keyed by windows: tables are joined by a key of their own");
        builder.errors.error_with(at, message, made, "made here");
        return None;
    }
    if table.store.is_none() {
        let message = format!(
            "the rows of {what} are not kept, and a join looks them up: give the operator that makes them a \
             store (`name = x`)"
        );
        builder.errors.error_with(at, message, made, "made here");
    }
    table.store
}

impl Side {
    /// True if this side's row may be missing in a result.
    fn optional(&self) -> bool {
        match self.join.kind {
            Kind::Inner => false,
            Kind::Left => !self.left,
            Kind::Outer => true,
        }
    }

    /// True if the other side's row may be missing in a result.
    fn other_optional(&self) -> bool {
        match self.join.kind {
            Kind::Inner => false,
            Kind::Left => self.left,
            Kind::Outer => true,
        }
    }

    /// The joined row of `this` (a name of an `Option<&V>`) and the other side's: an `Option` of it.
    fn joined(&self, e: &Emitter<'_>, node: NodeId, vars: &Vars, this: &str) -> TokenStream {
        let this = crate::emit::name(this);
        let call = |row: TokenStream| {
            let other = quote_spanned!(here()=> other);
            let arguments = if self.left { vec![row, other] } else { vec![other, row] };
            let call = e.call(&self.join.joiner, node, vars, arguments);
            match self.join.optional {
                true => call,
                false => quote_spanned!(here()=> ::core::option::Option::Some(#call)),
            }
        };
        match (self.optional(), self.other_optional()) {
            (false, _) => {
                let some = call(quote_spanned!(here()=> row));
                quote_spanned! {here()=>
                    match #this {
                        ::core::option::Option::Some(row) => #some,
                        ::core::option::Option::None => ::core::option::Option::None,
                    }
                }
            }
            (true, false) => call(quote_spanned!(here()=> #this)),
            (true, true) => {
                let some = call(quote_spanned!(here()=> #this));
                quote_spanned! {here()=>
                    if #this.is_none() && other.is_none() {
                        ::core::option::Option::None
                    } else {
                        #some
                    }
                }
            }
        }
    }
}

impl Operator for Side {
    fn word(&self) -> &'static str {
        self.join.kind.word()
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.this, self.other]
    }

    fn wants_old(&self) -> bool {
        // A deletion of what was not there is nothing, if the other side has nothing either.
        self.other_optional()
    }

    fn passes_old(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let only_latest = keyed_state::only_latest_counted(e, vars);
        let (own_key, vars) = &keyed_state::owned_key(e, node, vars);
        let key = vars.key.reference();
        let field = e.store_field(self.other);
        let found = e.or_reject(quote_spanned!(here()=> self.#field.get(#key)));
        let (label, timestamp) = (e.label(), &vars.timestamp);
        let this = keyed_state::as_option(vars, self.nullable);
        let before = vars.old.as_ref().map(|old| {
            let old = old.reference();
            quote_spanned!(here()=> let before = ::core::option::Option::as_ref(#old);)
        });
        let needless = if self.other_optional() {
            quote_spanned! {here()=>
                if this.is_none() && before.is_none() && other.is_none() {
                    break #label;
                }
            }
        } else {
            quote_spanned! {here()=>
                let ::core::option::Option::Some(other) = other else { break #label };
            }
        };
        let joined = self.joined(e, node, vars, "this");
        let needs_old = e.needs_old(node);
        let was = match needs_old {
            true => self.joined(e, node, vars, "before"),
            false => quote_spanned!(here()=> ::core::option::Option::None),
        };
        let old = needs_old.then(|| quote_spanned!(here()=> was,));
        let method = e.method(self.join.out.get());
        let (key, value) = (vars.key.reference(), &self.join.value);
        let option = quote_spanned!(here()=> ::core::option::Option<#value>);
        quote_spanned! {here()=>
            #only_latest
            #own_key
            let (joined, was, at): (#option, #option, i64) = {
                let found = #found;
                let at = match &found {
                    ::core::option::Option::Some((_, at)) => ::core::cmp::Ord::max(#timestamp, *at),
                    ::core::option::Option::None => #timestamp,
                };
                let other = found.map(|(other, _)| other);
                let this = #this;
                #before
                #needless
                (#joined, #was, at)
            };
            self.#method(#key, &joined, #old at, source, record, cx)?;
        }
    }
}

impl Operator for Joined {
    fn word(&self) -> &'static str {
        self.kind.word()
    }

    fn stores(&self) -> Vec<StoreId> {
        self.store.into_iter().collect()
    }

    fn keeps(&self) -> Option<StoreId> {
        self.store
    }

    fn passes_old(&self) -> bool {
        // What is kept is what was given on before.
        self.store.is_none()
    }

    fn is_method(&self) -> bool {
        true
    }

    fn takes_update(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, _: &Vars) -> TokenStream {
        // The sides call its method themselves.
        e.method(node);
        TokenStream::new()
    }

    fn emit_method(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        match self.store {
            None => e.consumers(node, vars),
            Some(store) => keyed_state::keep_update(e, node, vars, store),
        }
    }
}
