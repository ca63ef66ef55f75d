//! `filter` and `filter_not` of a table (Kafka Streams' `KTable.filter` and `filterNot`): a row that
//! does not pass is a deletion, also where it was never there. With `name = store` the rows that pass
//! are kept in a store of that name.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::aggregation::key_onwards;
use super::table_map_values::{self, keeps_versions, named_store};
use super::{Operator, function, keyed_state, no_other_names, positional};
use crate::emit::{Emitter, Vars, here};
use crate::model::{Builder, Flow, NodeId, StoreId, TableFlow};
use crate::parse::Call;
use crate::rewrite::Function;

struct TableFilter {
    keep: Function,
    negated: bool,
    nullable: bool,
    store: Option<StoreId>,
}

pub(super) fn build(builder: &mut Builder<'_>, table: TableFlow, call: &Call) -> Option<Flow> {
    no_other_names(builder, call, &["name"]);
    let [value] = positional(builder, call, "filter(|key, value| condition)")?;
    let keep = function(builder, call, value, &["value"])?;
    let store = named_store(builder, call, &table.key, &table.value)?;
    let (negated, nullable) = (call.name == "filter_not", table.nullable);
    let operator = Box::new(TableFilter { keep, negated, nullable, store });
    let node = builder.add_after(table.node, call, operator, None, table.value.clone());
    let key = key_onwards(builder, node, table.key.as_ref(), store);
    let versioned = keeps_versions(builder, &table, store);
    Some(Flow::Table(TableFlow { node, key, store, nullable: true, versioned, ..table }))
}

impl Operator for TableFilter {
    fn word(&self) -> &'static str {
        if self.negated { "filter_not" } else { "filter" }
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
        let filtered = |e: &Emitter<'_>, option: TokenStream| {
            let reference = quote_spanned!(here()=> row);
            let call = e.call(&self.keep, node, vars, vec![reference]);
            let drop = if self.negated {
                quote_spanned!(here()=> kept)
            } else {
                quote_spanned!(here()=> !kept)
            };
            quote_spanned! {here()=>
                match #option {
                    ::core::option::Option::Some(row) => {
                        let kept: bool = #call;
                        if #drop {
                            ::core::option::Option::None
                        } else {
                            ::core::option::Option::Some(::core::clone::Clone::clone(row))
                        }
                    }
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        };
        let value = filtered(e, keyed_state::as_option(vars, self.nullable));
        table_map_values::give_on(e, node, vars, value, self.store, &|e, old| filtered(e, old))
    }
}
