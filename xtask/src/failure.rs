//! The one error of these commands: a sentence that names the place and says what to do.

use std::fmt;
use std::io;
use std::path::Path;

/// A command stopped; the text is meant for the person who ran it.
#[derive(Debug)]
pub(crate) struct Failure(String);

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says where an I/O error happened.
pub(crate) trait At<T> {
    /// `doing` is a verb in the -ing form: "reading".
    fn at(self, doing: &str, path: &Path) -> Result<T>;
    /// For programs: says which one could not be run, and where it comes from.
    fn running(self, program: &str) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|e| Failure(format!("{doing} {}: {e}", path.display())))
    }

    fn running(self, program: &str) -> Result<T> {
        self.map_err(|e| {
            let advice = if e.kind() == io::ErrorKind::NotFound {
                "; `cargo xtask setup` installs what is missing"
            } else {
                ""
            };
            Failure(format!("cannot run `{program}`: {e}{advice}"))
        })
    }
}
