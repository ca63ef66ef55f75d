//! `table name: table<K, V> = "topic"`: the latest value of each key of a topic (Kafka Streams'
//! `table`). A null value deletes the key; a record with a null key is dropped and counted. The
//! record that arrives last counts, whatever its timestamp.

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

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let _ = self.source;
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
