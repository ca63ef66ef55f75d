//! `group_by(|k, v| -> (G, W) { … })` of a table (Kafka Streams' `KTable.groupBy`): the group and the
//! value that each row counts with; with `-> Option<(G, W)>`, `None` counts nowhere. An update takes
//! the old value out of its group and brings the new one into its, through a repartition topic;
//! where both are of one group, it does so at once. An update of a versioned table that is of before the
//! latest is ignored.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use std::rc::Rc;
use syn::Type;

use super::{Operator, function, keyed_state, map, no_other_names, positional};
use crate::check::stores;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{
    Builder, Flow, GroupedTableFlow, NodeId, StreamFlow, TableFlow, TopicId, option_of,
};
use crate::parse::Call;
use crate::rewrite::Function;

pub(super) fn build(builder: &mut Builder<'_>, table: TableFlow, call: &Call) -> Option<Flow> {
    no_other_names(builder, call, &[]);
    let usage = "group_by(|key, value| -> (Group, Value) { … })";
    if call.name == "group_by_key" {
        builder.errors.error(call.span(), format!("a table is grouped by a function: `{usage}`"));
        return None;
    }
    let [value] = positional(builder, call, usage)?;
    let by = function(builder, call, value, &["value"])?;
    let returned = by.returned();
    let pair = returned.as_ref().map(|r| option_of(r).cloned().unwrap_or_else(|| r.clone()));
    let (Some(key), Some(value)) = map::pair(pair) else {
        let message = format!(
            "the types of group and value are not written, and the repartition topic needs them: `{usage}`"
        );
        builder.errors.error(by.span(), message);
        return None;
    };
    let mut owned = |ty| stores::owned(builder.errors, "the grouped table", ty);
    let (key, value) = (owned(&key), owned(&value));
    Some(Flow::GroupedTable(Box::new(GroupedTableFlow {
        table,
        by: Rc::new(by),
        key,
        value,
        span: call.span(),
    })))
}

/// Sends the updates to the groups of this name; gives the reading side, whose values are
/// `Change<V>`.
pub(super) fn repartition(
    builder: &mut Builder<'_>,
    grouped: &GroupedTableFlow,
    at: &syn::Ident,
) -> StreamFlow {
    let topic = builder.kafka_name_of(at);
    let (topic, name) = builder.change_topic(&topic, &grouped.key, &grouped.value);
    let optional = grouped.by.returned().as_ref().is_some_and(|r| option_of(r).is_some());
    let nullable = grouped.table.nullable;
    let operator =
        Box::new(TableRepartition { by: Rc::clone(&grouped.by), topic, optional, nullable });
    let span: Span = grouped.span;
    builder.add(format!("{name}-sink"), span, operator, vec![grouped.table.node], None, None);
    let inner: &Type = &grouped.value;
    let value = syn::parse_quote!(::streams::__private::Change<#inner>);
    builder.read_repartition(name, topic, grouped.key.clone(), value, at)
}

struct TableRepartition {
    by: Rc<Function>,
    topic: TopicId,
    /// The function gives an `Option`.
    optional: bool,
    nullable: bool,
}

impl Operator for TableRepartition {
    fn word(&self) -> &'static str {
        "repartition"
    }

    fn topic(&self) -> Option<TopicId> {
        Some(self.topic)
    }

    fn wants_old(&self) -> bool {
        true
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let pair = |e: &Emitter<'_>, row: TokenStream| {
            keyed_state::map_row(e, node, vars, &self.by, self.optional, row)
        };
        let only_latest = keyed_state::only_latest(e, vars);
        let new = pair(e, keyed_state::as_option(vars, self.nullable));
        let old = match &vars.old {
            Some(old) => {
                let old = &old.ident;
                pair(e, quote_spanned!(here()=> ::core::option::Option::as_ref(&#old)))
            }
            None => quote_spanned!(here()=> ::core::option::Option::None),
        };
        let topic = e.graph().topic(self.topic);
        let (kf, vf) = (&topic.key_format.tokens, &topic.value_format.tokens);
        let (kt, vt) = (topic.key.clone(), topic.value.clone());
        let own = |n: &str| Operand { ident: name(n), by_ref: false };
        let onwards = Vars { key: own("key"), value: own("value"), ..vars.clone() };
        let write = e.block(|e| {
            let key = e.encode(kf, &kt, &onwards.key.reference());
            let value = e.encode(vf, &vt, &onwards.value.reference());
            e.write(self.topic, 0, &onwards, key, value)
        });
        quote_spanned! {here()=>
            #only_latest
            let new = #new;
            let old = #old;
            for (key, value) in ::streams::__private::changes::<#kt, _>(new, old) {
                #write
            }
        }
    }
}
