//! `table name: table<K, V> = "topic"`: the latest value of each key of a topic (Kafka Streams'
//! `table`). A null value deletes the key; a record with a null key is dropped and counted. The
//! record that arrives last counts, whatever its timestamp.
//!
//! With `versioned = 1h` the table keeps its history for so long, by the records' timestamps: an update
//! of before the latest goes into its place, and is given on, but changes no aggregation and no join of
//! what is now; one that is older than the history is dropped and counted (KIP-889, KIP-914). A stream
//! joins such a table as it was at the time of its record.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Operator, keyed_state};
use crate::emit::{Emitter, Vars, here};
use crate::model::{NodeId, SourceId, StoreId};

pub(crate) struct TableSource {
    pub(crate) source: SourceId,
    pub(crate) store: StoreId,
}

impl Operator for TableSource {
    fn word(&self) -> &'static str {
        "table"
    }

    fn stores(&self) -> Vec<StoreId> {
        vec![self.store]
    }

    fn keeps(&self) -> Option<StoreId> {
        Some(self.store)
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let _ = self.source;
        if keyed_state::is_versioned(e, self.store) {
            let value = &vars.value.ident;
            let value = quote_spanned!(here()=> #value);
            return keyed_state::keep_version(e, node, vars, self.store, &value, true);
        }
        let slot = keyed_state::slot(e, node, vars, self.store);
        let value = &vars.value.ident;
        let timestamp = &vars.timestamp;
        let (old, vars) = keyed_state::keep_old(e, node, vars);
        let rest = keyed_state::value_onwards(e, node, &vars, true);
        quote_spanned! {here()=>
            #slot
            #old
            slot.value = #value;
            slot.timestamp = #timestamp;
            #rest
        }
    }
}
