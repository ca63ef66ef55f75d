//! Windows: they have a length, lie so that every record is in one, and are kept at least as long as
//! they take records.

use syn::Ident;

use crate::diagnostic::Diagnostics;
use crate::model::{Emit, WindowKind, WindowSpec};
use crate::parse::Call;

/// The windows of a table whose results are held back until they close.
pub(crate) fn closing(
    errors: &mut Diagnostics,
    call: &Call,
    window: Option<WindowSpec>,
) -> Option<WindowSpec> {
    let message = match window {
        None => {
            "`until_close` is for a table that is keyed by windows, whose results come when they close: of \
             another table hold updates back for a time (`suppress(until(10s))`)"
        }
        Some(WindowSpec { kind: WindowKind::Unlimited { .. }, .. }) => {
            "an unlimited window never closes: hold its updates back for a time (`suppress(until(10s))`)"
        }
        Some(WindowSpec { emit: Emit::Close, .. }) => {
            "the windows give their results when they close already (`emit(on_close)`): take `suppress` out"
        }
        Some(window) => return Some(window),
    };
    errors.error(call.span(), message);
    None
}

/// The parts of one `window(…)` agree. False after an error.
pub(crate) fn agree(
    errors: &mut Diagnostics,
    (kind, word): (WindowKind, &Ident),
    grace: Option<&(i64, Ident)>,
    retention: Option<&(i64, Ident)>,
    on_close: Option<&Ident>,
) -> bool {
    let size = match kind {
        WindowKind::Tumbling { size_ms } | WindowKind::Hopping { size_ms, .. } => Some(size_ms),
        WindowKind::Session { gap_ms } => Some(gap_ms),
        WindowKind::Sliding { difference_ms } => Some(difference_ms.saturating_mul(2).max(1)),
        WindowKind::Unlimited { .. } => None,
    };
    if size == Some(0) {
        let message = "a window of no length holds nothing: give it one, as `tumbling(5m)`";
        errors.error(word.span(), message);
        return false;
    }
    if let WindowKind::Hopping { size_ms, advance_ms } = kind
        && !(1..=size_ms).contains(&advance_ms)
    {
        let message = format!(
            "windows of {size_ms} ms that start every {advance_ms} ms: the advance is at least 1 ms and \
             at most the size, or records would lie in no window"
        );
        errors.error(word.span(), message);
        return false;
    }
    if let (None, Some((_, word))) = (size, grace) {
        errors.error(word.span(), "an unlimited window never closes: leave `grace` out");
        return false;
    }
    if let (None, Some(word)) = (size, on_close) {
        errors.error(word.span(), "an unlimited window never closes: leave `emit(on_close)` out");
        return false;
    }
    let open = size.map(|size| size.saturating_add(grace.map_or(0, |(ms, _)| *ms)));
    if let (Some(open), Some((ms, word))) = (open, retention)
        && *ms < open
    {
        let message = format!(
            "windows are kept for {ms} ms, but stay open for size + grace = {open} ms: leave `retention` \
             out, or make it at least that"
        );
        errors.error(word.span(), message);
        return false;
    }
    true
}
