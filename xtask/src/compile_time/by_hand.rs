//! What a person might write in place of a topology, with nothing of what it is for.

use std::fmt::Write;

/// Before the chains: where records go, and the library, whose reading costs the compiler, too.
const BEFORE: &str = "\
use std::collections::HashMap;
use streams::prelude::*;
pub trait Out {
    fn send(&mut self, topic: usize, key: &[u8], value: &[u8]) -> Result<(), String>;
}
";

/// The ten operators of [`topology`](super::topology)'s chain, as two functions on a table in memory: no
/// policies for errors, no times, no changelog, no partitions, no description, no tests.
const CHAIN: &str = "
pub fn inNUMBER(key: &[u8], value: &[u8], out: &mut dyn Out) -> Result<(), String> {
    let _key: String = std::str::from_utf8(key).map_err(|e| e.to_string())?.to_owned();
    let n = i64::from_be_bytes(value.try_into().map_err(|_| \"not eight bytes\".to_owned())?);
    if !(n > 0) {
        return Ok(());
    }
    let n = n + 1;
    if n > 1_000 {
        return Ok(());
    }
    assert!(n > 0);
    for n in vec![n, 2 * n] {
        let key = n.to_string();
        out.send(2 * NUMBER, key.as_bytes(), &n.to_be_bytes())?;
    }
    Ok(())
}
pub fn countsNUMBER(
    counts: &mut HashMap<String, i64>,
    key: &[u8],
    value: &[u8],
    out: &mut dyn Out,
) -> Result<(), String> {
    let key: String = std::str::from_utf8(key).map_err(|e| e.to_string())?.to_owned();
    let _n = i64::from_be_bytes(value.try_into().map_err(|_| \"not eight bytes\".to_owned())?);
    let count = counts.entry(key.clone()).or_insert(0);
    *count += 1;
    let n = *count * 2;
    out.send(2 * NUMBER + 1, key.as_bytes(), &n.to_be_bytes())
}
";

/// A library with the work of so many operators, in chains of ten.
pub(super) fn text(operators: usize) -> String {
    let mut text = BEFORE.to_owned();
    for number in 0..operators / 10 {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}", CHAIN.replace("NUMBER", &number.to_string()));
    }
    text
}
