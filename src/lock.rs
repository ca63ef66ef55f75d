//! `topology.lock`, for the test that `#[topology]` generates.

use std::path::Path;

pub use streams_core::lock::*;

use crate::Topology;

/// Compares a topology with the lock in a directory. Without the file, and for a topology that is not
/// in it, there is nothing to compare.
///
/// # Panics
/// With what changed, what it would do to data that is there, and the ways on.
pub fn assert_locked<T: Topology>(directory: &str) {
    let path = Path::new(directory).join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    };
    match changes::<T>(&text) {
        Ok(changes) if changes.is_empty() => {}
        Ok(changes) => panic!("{}", report(T::DESCRIPTION.name, &changes)),
        Err(error) => panic!("{error}"),
    }
}
