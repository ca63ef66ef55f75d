//! `window(tumbling(5m), grace(10s), retention(1h))`: the group's records by windows of event time
//! (Kafka Streams' `windowedBy`). Results are keyed by `Windowed<K>`. Without `grace`, a window closes
//! at its end; retention is size + grace unless it is given.

use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::grouped;
use crate::diagnostic::suggestion_or;
use crate::model::{Builder, Flow, WindowSpec, milliseconds};
use crate::parse::Call;

const USAGE: &str =
    "`window` is written `window(tumbling(5m))`, `window(tumbling(5m), grace(10s))`";

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut grouped = grouped(builder, flow, &call)?;
    if grouped.window.is_some() {
        builder.errors.error(call.span(), "the group has its windows already: keep one `window`");
        return None;
    }
    let (mut size, mut grace, mut retention) = (None, None, None);
    let mut wrong = false;
    for arg in &call.args {
        let Some((ms, word)) = word_and_duration(builder, &arg.value) else {
            wrong = true;
            continue;
        };
        let place = match word.to_string().as_str() {
            "tumbling" => &mut size,
            "grace" => &mut grace,
            "retention" => &mut retention,
            other => {
                let hint = suggestion_or(other, ["tumbling", "grace", "retention"], USAGE);
                let message = format!("`window` has no `{other}`{hint}");
                builder.errors.error(word.span(), message);
                wrong = true;
                continue;
            }
        };
        if place.is_some() {
            builder.errors.error(word.span(), format!("`{word}` is given twice: keep one"));
            wrong = true;
        }
        *place = Some((ms, word));
    }
    if wrong {
        return None;
    }
    let Some((size_ms, word)) = size else {
        builder.errors.error(call.span(), USAGE);
        return None;
    };
    if size_ms == 0 {
        builder.errors.error(
            word.span(),
            "a window of no length holds nothing: give it one, as `tumbling(5m)`",
        );
        return None;
    }
    let grace_ms = grace.map_or(0, |(ms, _)| ms);
    if let Some((ms, word)) = &retention
        && *ms < size_ms.saturating_add(grace_ms)
    {
        let message = format!(
            "windows are kept for {ms} ms, but stay open for size + grace = {} ms: leave `retention` out, or \
             make it at least that",
            size_ms.saturating_add(grace_ms)
        );
        builder.errors.error(word.span(), message);
        return None;
    }
    let retention_ms = retention.map(|(ms, _)| ms);
    grouped.window = Some(WindowSpec { size_ms, grace_ms, retention_ms });
    Some(Flow::Grouped(grouped))
}

fn word_and_duration(builder: &mut Builder<'_>, value: &Expr) -> Option<(i64, Ident)> {
    let call = match value {
        Expr::Call(call) => match (&*call.func, call.args.first()) {
            (Expr::Path(path), Some(argument)) if call.args.len() == 1 => {
                path.path.get_ident().map(|word| (word.clone(), argument))
            }
            _ => None,
        },
        _ => None,
    };
    let Some((word, argument)) = call else {
        builder.errors.error(value.span(), USAGE);
        return None;
    };
    match milliseconds(argument) {
        Ok(ms) => Some((ms, word)),
        Err(error) => {
            builder.errors.push(error);
            None
        }
    }
}
