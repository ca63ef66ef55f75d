//! `window(tumbling(5m), grace(10s), retention(1h))`: the group's records by windows of event time
//! (Kafka Streams' `windowedBy`): `tumbling(size)` side by side, `hopping(size, advance)` overlapping,
//! `sliding(difference)` one for each set of records within the difference, `session(gap)` records that
//! follow each other within the gap, `unlimited` one for all time (`unlimited(start)` from a time after 1970 on). Results are keyed by
//! `Windowed<K>`, those of sessions by `Session<K>`. Without `grace`, a window closes at its end; retention is size + grace unless it is
//! given.

use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::grouped;
use crate::check::windows;
use crate::diagnostic::suggestion_or;
use crate::model::{Builder, Flow, WindowKind, WindowSpec, milliseconds};
use crate::parse::Call;

const USAGE: &str =
    "`window` is written `window(tumbling(5m))`, `window(tumbling(5m), grace(10s))`";

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    let mut grouped = grouped(builder, flow, &call)?;
    if grouped.window.is_some() {
        builder.errors.error(call.span(), "the group has its windows already: keep one `window`");
        return None;
    }
    let (mut kind, mut grace, mut retention) = (None, None, None);
    let mut wrong = false;
    for arg in &call.args {
        let Some((word, durations)) = word_and_durations(builder, &arg.value) else {
            wrong = true;
            continue;
        };
        let name = word.to_string();
        let given = match name.as_str() {
            "grace" => grace.is_some(),
            "retention" => retention.is_some(),
            _ => kind.is_some(),
        };
        if given && WORDS.contains(&name.as_str()) {
            let message = match name.as_str() {
                "grace" | "retention" => format!("`{name}` is given twice: keep one"),
                _ => format!(
                    "`window` has one kind of windows: take `{name}` out, or the one before"
                ),
            };
            builder.errors.error(word.span(), message);
            wrong = true;
        }
        match (name.as_str(), durations.as_slice()) {
            ("tumbling", [size_ms]) => {
                kind = Some((WindowKind::Tumbling { size_ms: *size_ms }, word))
            }
            ("hopping", [size_ms, advance_ms]) => {
                let (size_ms, advance_ms) = (*size_ms, *advance_ms);
                kind = Some((WindowKind::Hopping { size_ms, advance_ms }, word));
            }
            ("sliding", [difference_ms]) => {
                kind = Some((WindowKind::Sliding { difference_ms: *difference_ms }, word));
            }
            ("session", [gap_ms]) => kind = Some((WindowKind::Session { gap_ms: *gap_ms }, word)),
            ("unlimited", []) => kind = Some((WindowKind::Unlimited { start_ms: 0 }, word)),
            ("unlimited", [start]) => {
                kind = Some((WindowKind::Unlimited { start_ms: *start }, word));
            }
            ("grace", [ms]) => grace = Some((*ms, word)),
            ("retention", [ms]) => retention = Some((*ms, word)),
            (known, _) if WORDS.contains(&known) => {
                builder.errors.error(word.span(), format!("`{known}` is written {}", usage(known)));
                return None;
            }
            (other, _) => {
                let hint = suggestion_or(other, WORDS, USAGE);
                let message = format!("`window` has no `{other}`{hint}");
                builder.errors.error(word.span(), message);
                return None;
            }
        }
    }
    if wrong {
        return None;
    }
    let Some((kind, word)) = kind else {
        builder.errors.error(call.span(), USAGE);
        return None;
    };
    if !windows::agree(builder.errors, (kind, &word), grace.as_ref(), retention.as_ref()) {
        return None;
    }
    let grace_ms = grace.map_or(0, |(ms, _)| ms);
    let retention_ms = retention.map(|(ms, _)| ms);
    grouped.window = Some(WindowSpec { kind, grace_ms, retention_ms });
    Some(Flow::Grouped(grouped))
}

const WORDS: [&str; 7] =
    ["tumbling", "hopping", "sliding", "session", "unlimited", "grace", "retention"];

fn usage(word: &str) -> &'static str {
    match word {
        "tumbling" => "`tumbling(size)`",
        "hopping" => "`hopping(size, advance)`",
        "sliding" => "`sliding(difference)`",
        "session" => "`session(gap)`",
        "unlimited" => "`unlimited` or `unlimited(start)`",
        "grace" => "`grace(duration)`",
        _ => "`retention(duration)`",
    }
}

/// `word` or `word(duration, …)`.
fn word_and_durations(builder: &mut Builder<'_>, value: &Expr) -> Option<(Ident, Vec<i64>)> {
    let (path, arguments) = match value {
        Expr::Call(call) => (&*call.func, call.args.iter().collect()),
        other => (other, Vec::new()),
    };
    let word = match path {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    };
    let Some(word) = word else {
        builder.errors.error(value.span(), USAGE);
        return None;
    };
    let durations: syn::Result<Vec<i64>> = arguments.into_iter().map(milliseconds).collect();
    match durations {
        Ok(durations) => Some((word, durations)),
        Err(error) => {
            builder.errors.push(error);
            None
        }
    }
}
