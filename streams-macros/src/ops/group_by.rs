//! `group_by_key()`: the records by their key; `group_by(|k, v| key)`: by another one, through a
//! repartition topic (Kafka Streams' `groupByKey` and `groupBy`). Records with a null key are
//! dropped and counted.

use super::{function, no_other_names, positional, select_key, stream, table_group_by};
use crate::model::{Builder, Flow, GroupedFlow};
use crate::parse::Call;

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if let Flow::Table(table) = flow {
        return table_group_by::build(builder, table, &call);
    }
    let mut stream = stream(builder, flow, &call)?;
    no_other_names(builder, &call, &[]);
    if call.name == "group_by" {
        let usage = "group_by(|key, value| new_key)";
        let [value] = positional(builder, &call, usage)?;
        let function = function(builder, &call, value, &["value"])?;
        stream = select_key::select_key(builder, stream, &call, function);
    } else {
        let [] = positional(builder, &call, "group_by_key()")?;
    }
    Some(Flow::Grouped(GroupedFlow { stream, window: None }))
}
