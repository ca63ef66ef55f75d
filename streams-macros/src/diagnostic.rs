//! Errors, collected over all passes.

extern crate proc_macro;

use proc_macro2::{Span, TokenStream};

/// All errors of one expansion.
#[derive(Default)]
pub(crate) struct Diagnostics(Vec<syn::Error>);

impl Diagnostics {
    /// Adds an error at a place.
    pub(crate) fn error(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Adds an error, and a second place that matters.
    pub(crate) fn error_with(
        &mut self,
        span: Span,
        message: impl std::fmt::Display,
        other: Span,
        label: impl std::fmt::Display,
    ) {
        self.error_with_all(span, message, &[(other, label)]);
    }

    /// Adds an error, and the other places that matter.
    pub(crate) fn error_with_all(
        &mut self,
        span: Span,
        message: impl std::fmt::Display,
        others: &[(Span, impl std::fmt::Display)],
    ) {
        let mut error = syn::Error::new(span, message);
        for (other, label) in others {
            error.combine(syn::Error::new(*other, label));
        }
        self.0.push(error);
    }

    /// Adds syn's error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// True if there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of errors so far, for [`truncate`](Self::truncate).
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes back what came after the first `len`: it follows from an error that has been reported.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The `compile_error!`s, in the order of the text.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        self.0.sort_by_key(|error| place(error.span()));
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// True if both are one place in the text.
pub(crate) fn same_place(a: Span, b: Span) -> bool {
    // The compiler says no more of a span than this.
    format!("{a:?}") == format!("{b:?}")
}

/// Line and column, where the compiler tells them.
fn place(span: Span) -> (usize, usize) {
    if !proc_macro::is_available() {
        return (0, 0);
    }
    let span = span.unwrap();
    (span.line(), span.column())
}

/// `; did you mean …?`, where one of `known` is close to `name`.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(name, known).map_or_else(String::new, |k| format!("; did you mean `{k}`?"))
}

/// The one of `known` that `name` was probably meant for.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (d, k) = known.into_iter().map(|k| (distance(name, k), k)).min()?;
    (d <= 1 + name.chars().count() / 4).then_some(k)
}

/// As [`suggestion`], or `; ` and other advice, where nothing is close.
pub(crate) fn suggestion_or<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    let hint = suggestion(name, known);
    if hint.is_empty() { format!("; {otherwise}") } else { hint }
}

/// Levenshtein's distance, with a swap of neighbours as one step.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let at = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX / 2);
            let above = rows.last().map_or(&[][..], Vec::as_slice);
            let mut best = (at(above, j) + usize::from(x != y)).min(at(above, j + 1) + 1);
            best = best.min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x);
            if let Some(two) = rows.len().checked_sub(2).and_then(|r| rows.get(r))
                && swapped
            {
                best = best.min(at(two, j - 1) + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|r| r.last()).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(suggestion("fliter", ["filter", "map"]), "; did you mean `filter`?");
        assert_eq!(suggestion("withdrawls", ["withdrawals"]), "; did you mean `withdrawals`?");
        assert_eq!(suggestion("frobnicate", ["filter", "map"]), "");
    }
}
