//! Durations: `250ms`, `30s`, `5m`, `24h`, `7d`.

use syn::spanned::Spanned;
use syn::{Expr, Lit};

const UNITS: [(&str, i64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// The milliseconds of a duration, at least 0.
pub(crate) fn milliseconds(value: &Expr) -> syn::Result<i64> {
    // What a macro by example has put in comes in a group without delimiters.
    if let Expr::Group(group) = value {
        return milliseconds(&group.expr);
    }
    let wrong = |message: String| Err(syn::Error::new(value.span(), message));
    let Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) = value else {
        return wrong(
            "a duration is a number with its unit: `250ms`, `30s`, `5m`, `24h`, `7d`".into(),
        );
    };
    let unit = number.suffix();
    let Some((_, factor)) = UNITS.iter().find(|(u, _)| *u == unit) else {
        let digits = number.base10_digits();
        let what =
            if unit.is_empty() { "lacks its unit".into() } else { format!("has no unit `{unit}`") };
        return wrong(format!(
            "a duration {what}: write `{digits}ms`, `{digits}s`, `{digits}m`, `{digits}h` or `{digits}d`"
        ));
    };
    match number.base10_parse::<i64>().ok().and_then(|n| n.checked_mul(*factor)) {
        Some(ms) => Ok(ms),
        None => wrong("the duration is more than 292 million years".into()),
    }
}
