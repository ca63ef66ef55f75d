//! Compiles each program of `fail/` and `pass/`.
//!
//! A changed message is accepted with `TRYBUILD=overwrite cargo test -p ui-tests`, after a look at the
//! difference: lower case, the thing's name, what is wrong, what to write in its place, the caret
//! on the user's own token, and nothing that follows from it.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[test]
fn mistakes_are_reported_at_the_users_token() {
    let cases = trybuild::TestCases::new();
    for family in families() {
        cases.compile_fail(format!("fail/{family}/*.rs"));
    }
}

#[test]
fn programs_without_mistakes_build() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.pass("pass/*/*.rs");
}

/// All but `lock`, whose changes are found by a generated test: see `lock.rs`.
fn families() -> Vec<String> {
    let dirs = std::fs::read_dir("fail").unwrap().map(|entry| entry.unwrap());
    let dirs = dirs.filter(|entry| entry.file_type().unwrap().is_dir());
    let names = dirs.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != "lock").collect();
    names.sort();
    names
}
