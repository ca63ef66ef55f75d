//! `map_values` of a table (Kafka Streams' `KTable.mapValues`): a new value for each row. A closure
//! with `-> Option<V>` deletes the row with `None`. With `name = store` the new rows are kept in a
//! store of that name.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Type;

use super::aggregation::key_onwards;
use super::{Operator, function, ident, keyed_state, named, no_other_names, on_commit, positional};
use crate::check::stores;
use crate::emit::{Emitter, Vars, here};
use crate::model::{
    Builder, Flow, NodeId, StoreId, StoreKind, TableFlow, borrowed_to_owned, option_of,
};
use crate::parse::Call;
use crate::rewrite::Function;

struct TableMapValues {
    function: Function,
    /// The closure gives an `Option`.
    optional: bool,
    nullable: bool,
    store: Option<StoreId>,
}

pub(super) fn build(builder: &mut Builder<'_>, table: TableFlow, call: &Call) -> Option<Flow> {
    no_other_names(builder, call, &["name"]);
    let [value] = positional(builder, call, "map_values(|key, value| new_value)")?;
    let function = function(builder, call, value, &["value"])?;
    let returned = function.returned();
    let inner = returned.as_ref().and_then(option_of).cloned();
    let optional = inner.is_some();
    let value = inner.or(returned);
    let store = named_store(builder, call, &table.key, &value)?;
    let nullable = table.nullable;
    let operator = Box::new(TableMapValues { function, optional, nullable, store });
    let node = builder.add_after(table.node, call, operator, None, value.clone());
    let key = key_onwards(builder, node, table.key.as_ref(), store);
    let versioned = keeps_versions(builder, &table, store);
    Some(Flow::Table(TableFlow { node, key, value, store, nullable: true, versioned, ..table }))
}

/// True if a table made from another, kept in this store, has updates of before the latest.
pub(super) fn keeps_versions(
    builder: &Builder<'_>,
    before: &TableFlow,
    store: Option<StoreId>,
) -> bool {
    let kind = store.map(|store| builder.graph.store(store).kind);
    kind.map_or(before.versioned, |kind| matches!(kind, StoreKind::Versioned { .. }))
}

/// The store of `name = store`, if the call has it: `None` inside, and outside for an error.
pub(super) fn named_store(
    builder: &mut Builder<'_>,
    call: &Call,
    key: &Option<Type>,
    value: &Option<Type>,
) -> Option<Option<StoreId>> {
    let Some(argument) = named(call, "name") else { return Some(None) };
    let name = ident(builder, &argument.value, "a store")?;
    if builder.store_named(&name).is_some() {
        let store = builder.claim_store(&name)?;
        let kind = builder.graph.store(store).kind;
        return stores::of_a_table(builder.errors, &name, kind, &call.name).then_some(Some(store));
    }
    let (Some(key), Some(value)) = (key, value) else {
        let message = format!(
            "the types of store `{name}` are not written anywhere before it: give the closure a return \
             type (`|v| -> Order {{ … }}`)"
        );
        builder.errors.error(name.span(), message);
        return None;
    };
    let (key, value) = (borrowed_to_owned(key), value.clone());
    let kind = StoreKind::KeyValue;
    Some(Some(builder.declare_store_in_place(&name, kind, key, value, name.span())))
}

/// Gives an update on: its new value, an expression of type `Option<V>`, kept in the store if there
/// is one; and the old one, made from what the table before had, where somebody needs it. An update
/// that changes nothing from nothing to nothing is not worth it then.
pub(super) fn give_on(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    value: TokenStream,
    store: Option<StoreId>,
    old_of: &dyn Fn(&Emitter<'_>, TokenStream) -> TokenStream,
) -> TokenStream {
    if let Some(store) = store.filter(|store| keyed_state::is_versioned(e, *store)) {
        return keyed_state::keep_version(e, node, vars, store, &value, true);
    }
    let needs_old = e.needs_old(node);
    let given = vars.old.clone();
    // A store of latest values takes every update for the latest.
    let latest = vars.latest.clone().filter(|_| store.is_none());
    let needless = latest.is_none();
    let onwards = Vars { latest, ..vars.with_value(false).with_old(needs_old) };
    let (name, label) = (&vars.value.ident, e.label());
    let timestamp = &vars.timestamp;
    let old = onwards.old.clone().map(|old| {
        let ident = &old.ident;
        let made = match (store, given) {
            // What is kept is what was given on before.
            (Some(_), _) => quote_spanned!(here()=> ::core::clone::Clone::clone(&slot.value)),
            (None, Some(given)) => {
                let given = &given.ident;
                old_of(e, quote_spanned!(here()=> ::core::option::Option::as_ref(&#given)))
            }
            (None, None) => quote_spanned!(here()=> ::core::option::Option::None),
        };
        let needless = needless.then(|| {
            quote_spanned! {here()=>
                if ::core::option::Option::is_none(&#ident)
                    && ::core::option::Option::is_none(&#name)
                {
                    break #label;
                }
            }
        });
        quote_spanned!(here()=> let #ident = #made; #needless)
    });
    let slot = store.map(|store| keyed_state::slot(e, node, vars, store));
    let keep = store.map(|_| {
        quote_spanned! {here()=>
            slot.value = ::core::clone::Clone::clone(&#name);
            slot.timestamp = #timestamp;
        }
    });
    let before = store.and_then(|_| on_commit::before(e, node, vars));
    let waits = store.and_then(|store| {
        let key = keyed_state::key_argument(e, node, vars, store);
        on_commit::after(e, node, &onwards, true, &key)
    });
    let rest = waits.unwrap_or_else(|| e.consumers(node, &onwards));
    quote_spanned! {here()=>
        let #name = #value;
        #slot
        #before
        #old
        #keep
        #rest
    }
}

impl Operator for TableMapValues {
    fn word(&self) -> &'static str {
        "map_values"
    }

    fn stores(&self) -> Vec<StoreId> {
        self.store.into_iter().collect()
    }

    fn keeps(&self) -> Option<StoreId> {
        self.store
    }

    fn passes_old(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let mapped = |e: &Emitter<'_>, row: TokenStream| {
            keyed_state::map_row(e, node, vars, &self.function, self.optional, row)
        };
        let value = mapped(e, keyed_state::as_option(vars, self.nullable));
        give_on(e, node, vars, value, self.store, &|e, old| mapped(e, old))
    }
}
