//! What peek and for_each are called with, reported as outputs of pseudo topics.

use std::cell::RefCell;

use serde_json::{Value, json};

thread_local! {
    static SEEN: RefCell<Vec<(&'static str, Value, Value)>> = const { RefCell::new(Vec::new()) };
}

/// Notes a call.
pub(crate) fn note<K: serde::Serialize, V: serde::Serialize>(
    topic: &'static str,
    key: &K,
    value: &V,
) {
    SEEN.with_borrow_mut(|seen| seen.push((topic, json!(key), json!(value))));
}

/// The calls since this was last asked.
pub(crate) fn take() -> Vec<(&'static str, Value, Value)> {
    SEEN.take()
}
