//! Order: each operator stands behind what it works on, and a chain ends where its records are taken.

use syn::Ident;

use crate::diagnostic::Diagnostics;
use crate::model::{Builder, Flow, GroupedFlow, StreamFlow, TableFlow};
use crate::parse::Call;

/// The stream before an operator that needs one.
pub(crate) fn stream(builder: &mut Builder<'_>, flow: Flow, call: &Call) -> Option<StreamFlow> {
    match flow {
        Flow::Stream(stream) => Some(stream),
        other => {
            let advice = match &other {
                Flow::Table(_) => ": go over to one with `.to_stream()` first",
                Flow::Grouped(_) => {
                    ": a group is for `count`, `reduce`, `aggregate` or `transform`"
                }
                Flow::Cogrouped(_) => ": a cogroup is for `aggregate`",
                _ => "",
            };
            let message =
                format!("`{}` is for a stream, and this is {}{advice}", call.name, other.what());
            builder.errors.error(call.span(), message);
            None
        }
    }
}

/// The group before an operator that needs one.
pub(crate) fn grouped(builder: &mut Builder<'_>, flow: Flow, call: &Call) -> Option<GroupedFlow> {
    match flow {
        Flow::Grouped(grouped) => Some(grouped),
        other => {
            let advice = match &other {
                Flow::Cogrouped(_) => "end it in `aggregate(store: State = initial)`",
                _ => "put `.group_by_key()` or `.group_by(…)` before it",
            };
            let message =
                format!("`{}` is for a group, and this is {}: {advice}", call.name, other.what());
            builder.errors.error(call.span(), message);
            None
        }
    }
}

/// The table before an operator that needs one.
pub(crate) fn table(builder: &mut Builder<'_>, flow: Flow, call: &Call) -> Option<TableFlow> {
    match flow {
        Flow::Table(table) => Some(table),
        other => {
            let advice = match &other {
                Flow::Stream(_) if call.name == "to_stream" => ": leave it out",
                _ => "",
            };
            let message =
                format!("`{}` is for a table, and this is {}{advice}", call.name, other.what());
            builder.errors.error(call.span(), message);
            None
        }
    }
}

/// Nothing comes after the end.
pub(crate) fn after_the_end(errors: &mut Diagnostics, call: &Call) {
    let message = format!("nothing comes after the end of a chain: `{}` has no input", call.name);
    errors.error(call.span(), message);
}

/// What a chain gives is taken by somebody.
pub(crate) fn nobody_takes(errors: &mut Diagnostics, last: &Ident, flow: &Flow) {
    let advice = match flow {
        Flow::Stream(_) | Flow::Table(_) => {
            "end it in `.to(sink)`, `.branch { … }` or `.for_each(…)`, or name it with `let x = …`"
        }
        Flow::Cogrouped(_) => "finish it with `aggregate`",
        _ => "finish it with `count`, `reduce`, `aggregate` or `transform`",
    };
    let what = flow.what();
    errors.error(last.span(), format!("the chain ends in {what} that nobody takes: {advice}"));
}

/// A name stands for something.
pub(crate) fn let_of_an_end(errors: &mut Diagnostics, name: &Ident) {
    let message =
        format!("the chain ends before it gives `{name}` anything: leave out `let {name} =`");
    errors.error(name.span(), message);
}
