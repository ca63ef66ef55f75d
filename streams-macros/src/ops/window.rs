//! `window(tumbling(5m), grace(10s), retention(1h))`: the group's records by windows of event time
//! (Kafka Streams' `windowedBy`): `tumbling(size)` side by side, `hopping(size, advance)` overlapping,
//! `sliding(difference)` one for each set of records within the difference, `session(gap)` records that
//! follow each other within the gap, `unlimited` one for all time (`unlimited(start)` from a time after 1970 on). Results are keyed by
//! `Windowed<K>`, those of sessions by `Session<K>`. Without `grace`, a window closes at its end; retention is size + grace unless it is
//! given.
//!
//! `emit(on_close)` gives one result a window, when no record can come into it any more: its value
//! then, with the headers of the record that closed it, in the order of the windows' starts (of
//! sessions: ends, then starts), then keys (Kafka Streams' `EmitStrategy.onWindowClose`). `emit(on_commit)` gives the
//! last result of each window at each commit, `emit(on_update)` every one; without either, the
//! topology's `emit` counts.

use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::grouped;
use crate::check::windows;
use crate::diagnostic::suggestion_or;
use crate::model::{Builder, Emit, Flow, WindowKind, WindowSpec, milliseconds};
use crate::parse::Call;

const USAGE: &str =
    "`window` is written `window(tumbling(5m))`, `window(tumbling(5m), grace(10s))`";

pub(super) fn build(builder: &mut Builder<'_>, mut flow: Flow, call: Call) -> Option<Flow> {
    let present = match &flow {
        Flow::Cogrouped(cogrouped) => cogrouped.window,
        _ => {
            let group = grouped(builder, flow, &call)?;
            let window = group.window;
            flow = Flow::Grouped(group);
            window
        }
    };
    if present.is_some() {
        builder.errors.error(call.span(), "the group has its windows already: keep one `window`");
        return None;
    }
    let spec = Read::arguments(builder, &call)?.spec(builder, &call)?;
    match &mut flow {
        Flow::Grouped(group) => group.window = Some(spec),
        Flow::Cogrouped(group) => group.window = Some(spec),
        _ => {}
    }
    Some(flow)
}

/// What stands between the parentheses, each with its word.
#[derive(Default)]
struct Read {
    kind: Option<(WindowKind, Ident)>,
    grace: Option<(i64, Ident)>,
    retention: Option<(i64, Ident)>,
    emit: Option<(Emit, Ident)>,
}

impl Read {
    fn arguments(builder: &mut Builder<'_>, call: &Call) -> Option<Self> {
        let mut read = Self::default();
        let mut wrong = false;
        for arg in &call.args {
            wrong |= read.argument(builder, &arg.value).is_none();
        }
        (!wrong).then_some(read)
    }

    fn argument(&mut self, builder: &mut Builder<'_>, value: &Expr) -> Option<()> {
        let (word, arguments) = word_and_arguments(builder, value)?;
        let name = word.to_string();
        let given = match name.as_str() {
            "grace" => self.grace.is_some(),
            "retention" => self.retention.is_some(),
            "emit" => self.emit.is_some(),
            _ => self.kind.is_some(),
        };
        if given && WORDS.contains(&name.as_str()) {
            let message = match name.as_str() {
                "grace" | "retention" | "emit" => format!("`{name}` is given twice: keep one"),
                _ => format!(
                    "`window` has one kind of windows: take `{name}` out, or the one before"
                ),
            };
            builder.errors.error(word.span(), message);
            return None;
        }
        if name == "emit" {
            self.emit = Some((emit(builder, &word, &arguments)?, word));
            return Some(());
        }
        let durations: syn::Result<Vec<i64>> = arguments.into_iter().map(milliseconds).collect();
        let durations = match durations {
            Ok(durations) => durations,
            Err(error) => {
                builder.errors.push(error);
                return None;
            }
        };
        let kind = match (name.as_str(), durations.as_slice()) {
            ("tumbling", [size_ms]) => WindowKind::Tumbling { size_ms: *size_ms },
            ("hopping", [size_ms, advance_ms]) => {
                WindowKind::Hopping { size_ms: *size_ms, advance_ms: *advance_ms }
            }
            ("sliding", [difference_ms]) => WindowKind::Sliding { difference_ms: *difference_ms },
            ("session", [gap_ms]) => WindowKind::Session { gap_ms: *gap_ms },
            ("unlimited", []) => WindowKind::Unlimited { start_ms: 0 },
            ("unlimited", [start_ms]) => WindowKind::Unlimited { start_ms: *start_ms },
            ("grace", [ms]) => {
                self.grace = Some((*ms, word));
                return Some(());
            }
            ("retention", [ms]) => {
                self.retention = Some((*ms, word));
                return Some(());
            }
            (known, _) if WORDS.contains(&known) => {
                builder.errors.error(word.span(), format!("`{known}` is written {}", usage(known)));
                return None;
            }
            (other, _) => {
                let hint = suggestion_or(other, WORDS, USAGE);
                builder.errors.error(word.span(), format!("`window` has no `{other}`{hint}"));
                return None;
            }
        };
        self.kind = Some((kind, word));
        Some(())
    }

    /// The windows, if all of it fits together.
    fn spec(self, builder: &mut Builder<'_>, call: &Call) -> Option<WindowSpec> {
        let Some((kind, word)) = self.kind else {
            builder.errors.error(call.span(), USAGE);
            return None;
        };
        let grace_ms = self.grace.as_ref().map_or(0, |(ms, _)| *ms);
        let retention_ms = self.retention.as_ref().map(|(ms, _)| *ms);
        let closing = self.emit.as_ref().filter(|(emit, _)| *emit == Emit::Close);
        let (grace, retention) = (self.grace.as_ref(), self.retention.as_ref());
        let closing = closing.map(|(_, word)| word);
        if !windows::agree(builder.errors, (kind, &word), grace, retention, closing) {
            return None;
        }
        let emit = self.emit.map_or(builder.graph.settings.emit, |(emit, _)| emit);
        Some(WindowSpec { kind, grace_ms, retention_ms, emit })
    }
}

/// What `emit(…)` says.
fn emit(builder: &mut Builder<'_>, word: &Ident, arguments: &[&Expr]) -> Option<Emit> {
    let found = match arguments {
        [Expr::Path(path)] => path.path.get_ident().and_then(|when| Emit::named(&when.to_string())),
        _ => None,
    };
    if found.is_none() {
        builder.errors.error(word.span(), format!("`emit` is written {}", usage("emit")));
    }
    found
}

const WORDS: [&str; 8] =
    ["tumbling", "hopping", "sliding", "session", "unlimited", "grace", "retention", "emit"];

fn usage(word: &str) -> &'static str {
    match word {
        "tumbling" => "`tumbling(size)`",
        "hopping" => "`hopping(size, advance)`",
        "sliding" => "`sliding(difference)`",
        "session" => "`session(gap)`",
        "unlimited" => "`unlimited` or `unlimited(start)`",
        "grace" => "`grace(duration)`",
        "retention" => "`retention(duration)`",
        _ => "`emit(on_update)`, `emit(on_commit)` or `emit(on_close)`",
    }
}

/// `word` or `word(argument, …)`.
fn word_and_arguments<'e>(
    builder: &mut Builder<'_>,
    value: &'e Expr,
) -> Option<(Ident, Vec<&'e Expr>)> {
    let (path, arguments) = match value {
        Expr::Call(call) => (&*call.func, call.args.iter().collect()),
        other => (other, Vec::new()),
    };
    let word = match path {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    };
    if word.is_none() {
        builder.errors.error(value.span(), USAGE);
    }
    Some((word?, arguments))
}
