//! Topologies of any size, as text.

use std::fmt::Write;

/// A crate with nothing in it.
pub(super) const EMPTY: &str = "";

/// Operators of one whole chain.
const CHAIN: [&str; 10] = [
    ".filter(|n| *n > 0)",
    ".map_values(|n| -> i64 { n + 1 })",
    ".filter_not(|_, n| *n > 1_000)",
    ".peek(|_, n| assert!(*n > 0))",
    ".flat_map_values(|n| -> Vec<i64> { vec![*n, 2 * n] })",
    ".group_by(|_, n| -> String { n.to_string() })",
    ".count(STORE)",
    ".to_stream()",
    ".map_values(|n| -> i64 { n * 2 })",
    ".to(SINK)",
];

/// A library with a topology of so many operators: chains of ten, with a store each, and one of what is
/// left.
pub(super) fn text(operators: usize) -> String {
    let mut declarations = String::new();
    let mut chains = String::new();
    let chain_sizes =
        (0..operators).step_by(CHAIN.len()).map(|at| (operators - at).min(CHAIN.len()));
    for (number, size) in chain_sizes.enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(declarations, "source in{number}: stream<String, i64> = \"in{number}\";");
        let _ = writeln!(declarations, "sink out{number}: stream<String, i64> = \"out{number}\";");
        let _ = write!(chains, "in{number}");
        let ends = if size == CHAIN.len() { &CHAIN[..] } else { &[".to(SINK)"] };
        let first =
            if size == CHAIN.len() { &[][..] } else { CHAIN.get(..size - 1).unwrap_or(&[]) };
        for operator in first.iter().chain(ends) {
            let named = operator
                .replace("STORE", &format!("counts{number}"))
                .replace("SINK", &format!("out{number}"));
            chains.push_str(&named);
        }
        chains.push_str(";\n");
    }
    format!(
        "use streams::prelude::*;\n#[topology]\npub mod generated {{\ntopology! {{\n{declarations}{chains}}}\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topology_has_as_many_operators_as_it_is_asked_for() {
        for operators in [1, 4, 10, 30, 100] {
            let text = text(operators);
            let (_, chains) = text.split_once("\nin0.").unwrap_or_default();
            let more = chains.matches("\nin").count();
            let calls = chains.matches(").").count() + 1 + more;
            assert_eq!(calls, operators, "{text}");
        }
    }
}
