//! Compiles each program of `fail/` and `pass/`.
//!
//! A changed message is accepted with `TRYBUILD=overwrite cargo test -p ui-tests`, after a look at the
//! difference: lower case, the thing's name, what is wrong, what to write in its place, the caret
//! on the user's own token, and nothing that follows from it.

#[test]
fn mistakes_are_reported_at_the_users_token() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*/*.rs");
}

#[test]
fn programs_without_mistakes_build() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
}
