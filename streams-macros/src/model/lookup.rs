//! Names in chains and arguments: what they stand for.

use syn::Ident;

use super::build::{Builder, Named};
use super::graph::*;
use super::types::*;
use crate::check;
use crate::diagnostic::{closest, suggestion, suggestion_or};

impl Builder<'_> {
    /// The stream or table of this name, as a chain's head or an operator's argument.
    pub(crate) fn lookup(&mut self, ident: &Ident) -> Flow {
        self.graph.uses.push(ident.clone());
        let name = ident.to_string();
        if let Some(Named::Let { item: None, ident: first }) = self.names.get(&name) {
            check::names::made_from_itself(self.errors, ident, first);
            return Flow::Broken;
        }
        if let Some(Named::Let { .. }) = self.names.get(&name) {
            self.build_let(&name);
        }
        match self.names.get_mut(&name) {
            Some(Named::Flow { flow, used, .. }) => {
                *used = true;
                match flow {
                    Flow::Stream(s) => Flow::Stream(s.clone()),
                    Flow::Table(t) => Flow::Table(t.clone()),
                    Flow::Grouped(g) => Flow::Grouped(g.clone()),
                    Flow::GroupedTable(g) => Flow::GroupedTable(g.clone()),
                    Flow::Cogrouped(g) => Flow::Cogrouped(g.clone()),
                    Flow::Global(g) => Flow::Global(*g),
                    Flow::End | Flow::Broken => Flow::Broken,
                }
            }
            Some(Named::Unknown { .. }) => Flow::Broken,
            Some(other) => {
                let message =
                    format!("`{name}` is {}, where a stream or table is needed", other.what());
                self.errors.error(ident.span(), message);
                Flow::Broken
            }
            None => {
                let known = self
                    .names
                    .iter()
                    .filter(|(_, n)| matches!(n, Named::Flow { .. } | Named::Let { .. }));
                let known: Vec<&str> = known.map(|(k, _)| k.as_str()).collect();
                let hint = suggestion(&name, known.iter().copied());
                self.mentioned.extend(closest(&name, known).map(str::to_owned));
                self.errors
                    .error(ident.span(), format!("there is no stream or table `{name}`{hint}"));
                Flow::Broken
            }
        }
    }

    /// The sink of this name.
    pub(crate) fn lookup_sink(&mut self, ident: &Ident) -> Option<SinkId> {
        self.graph.uses.push(ident.clone());
        let name = ident.to_string();
        match self.names.get(&name) {
            Some(Named::Sink { id, .. }) => {
                let id = *id;
                self.graph.sink_mut(id).written = true;
                Some(id)
            }
            Some(Named::Unknown { .. }) => None,
            Some(other) => {
                let message = format!("`{name}` is {}, where a sink is needed", other.what());
                self.errors.error(ident.span(), message);
                None
            }
            None => {
                let known = self.names.iter().filter(|(_, n)| matches!(n, Named::Sink { .. }));
                let declare = format!("declare it: `sink {name}: stream<K, V> = \"topic\";`");
                let known: Vec<&str> = known.map(|(k, _)| k.as_str()).collect();
                let hint = suggestion_or(&name, known.iter().copied(), &declare);
                self.mentioned.extend(closest(&name, known).map(str::to_owned));
                self.errors.error(ident.span(), format!("there is no sink `{name}`{hint}"));
                None
            }
        }
    }

    /// The declared store of this name, if there is one of it.
    pub(crate) fn store_named(&self, ident: &Ident) -> Option<StoreId> {
        match self.names.get(&ident.to_string()) {
            Some(Named::Store { id, .. }) => Some(*id),
            _ => None,
        }
    }

    /// The store of this name, or the rows of a table, for a processor's use beside others'.
    pub(crate) fn share_store(&mut self, ident: &Ident) -> Option<StoreId> {
        self.graph.uses.push(ident.clone());
        let name = ident.to_string();
        if let Some(Named::Let { item: Some(_), .. }) = self.names.get(&name) {
            self.build_let(&name);
        }
        if let Some(Named::Flow { flow: Flow::Table(table), used, .. }) = self.names.get_mut(&name)
            && let Some(store) = table.store
        {
            *used = true;
            return Some(store);
        }
        let id = self.known_store(ident)?;
        self.graph.store_mut(id).shared = true;
        Some(id)
    }

    /// The declared store of this name, for one operator's use.
    pub(crate) fn claim_store(&mut self, ident: &Ident) -> Option<StoreId> {
        self.graph.uses.push(ident.clone());
        let id = self.known_store(ident)?;
        let store = self.graph.store_mut(id);
        if let Some(first) = store.user.replace(ident.span()) {
            check::stores::two_operators(self.errors, ident, first);
            return None;
        }
        Some(id)
    }

    /// The declared store of this name, or an error.
    fn known_store(&mut self, ident: &Ident) -> Option<StoreId> {
        let name = ident.to_string();
        let Some(id) = self.store_named(ident) else {
            let known = self.names.iter().filter(|(_, n)| matches!(n, Named::Store { .. }));
            let declare = format!("declare it: `store {name}: kv<K, V>;`");
            let known: Vec<&str> = known.map(|(k, _)| k.as_str()).collect();
            let hint = suggestion_or(&name, known.iter().copied(), &declare);
            self.mentioned.extend(closest(&name, known).map(str::to_owned));
            let message = match self.names.get(&name) {
                Some(Named::Unknown { .. }) => return None,
                Some(other) => format!("`{name}` is {}, where a store is needed", other.what()),
                None => format!("there is no store `{name}`{hint}"),
            };
            self.errors.error(ident.span(), message);
            return None;
        };
        Some(id)
    }
}
