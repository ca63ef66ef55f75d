//! What stands between the parentheses of a join of streams.

use syn::Expr;

use crate::model::{Builder, milliseconds};
use crate::ops::function;
use crate::parse::Call;
use crate::rewrite::Function;

const USAGE: &str = "join(other, |left, right| -> Value { … }, within(5m), grace(1m), name = x)";

/// The joiner, before, after and grace.
pub(super) fn arguments(
    builder: &mut Builder<'_>,
    call: &Call,
) -> Option<(Function, i64, i64, i64)> {
    let (mut joiner, mut within, mut grace) = (None, None, None);
    for argument in call.args.iter().filter(|a| a.name.is_none()).skip(1) {
        let Expr::Call(inner) = &argument.value else {
            joiner = Some(argument.value.clone());
            continue;
        };
        let word = match &*inner.func {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        };
        let mut durations = Vec::new();
        for duration in &inner.args {
            // A window may lie wholly before or after: `within(8s, -3s)`.
            let (negative, duration) = match duration {
                Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => (true, &*unary.expr),
                other => (false, other),
            };
            match milliseconds(duration) {
                Ok(ms) => durations.push(if negative { -ms } else { ms }),
                Err(error) => {
                    builder.errors.push(error);
                    return None;
                }
            }
        }
        match (word.as_str(), durations.as_slice()) {
            ("within", [both]) => within = Some((*both, *both)),
            ("within", [before, after]) => within = Some((*before, *after)),
            ("grace", [ms]) => grace = Some(*ms),
            _ => {
                let span = syn::spanned::Spanned::span(&argument.value);
                builder.errors.error(span, format!("a join of streams is written `{USAGE}`"));
                return None;
            }
        }
    }
    let (Some(joiner), Some((before, after))) = (joiner, within) else {
        let message =
            format!("a join of two streams says how far apart in time records may be: `{USAGE}`");
        builder.errors.error(call.span(), message);
        return None;
    };
    if before.saturating_add(after) < 0 {
        let message = "the window ends before it starts: `within(before, after)` counts both from the \
                       left record, one back and one ahead";
        builder.errors.error(call.span(), message);
        return None;
    }
    let joiner = function(builder, call, joiner, &["left", "right"])?;
    Some((joiner, before, after, grace.unwrap_or(0)))
}
