//! Words that a process leaves for the next one on the same directory: that the database was closed
//! well, or that its files are damaged.

use std::path::PathBuf;

use super::directory::{Directory, unusable};
use crate::error::{Error, ErrorKind, Result};

const CLOSED: &str = "CLOSED";
const DAMAGED: &str = "DAMAGED";
/// Where damaged files are set aside.
const ASIDE: &str = "db.damaged";

impl Directory {
    /// Leaves word that the database was closed well, and at which sequence number: RocksDB takes
    /// what is cut off at the end of its files for a crash, and would come back with less.
    pub(crate) fn mark_closed(&self, sequence: u64) -> std::io::Result<()> {
        let text = sequence.to_string();
        let crc = crc32fast::hash(text.as_bytes());
        std::fs::write(self.path().join(CLOSED), format!("{text} {crc}\n"))
    }

    /// The word that was left, which holds for one opening; `None` after a crash.
    pub(crate) fn take_closed(&self) -> Result<Option<u64>> {
        let path = self.path().join(CLOSED);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unusable(&path, "cannot be read", e)),
        };
        let word = std::str::from_utf8(&bytes).ok().and_then(|text| {
            let (sequence, crc) = text.trim_end().split_once(' ')?;
            let whole = crc.parse() == Ok(crc32fast::hash(sequence.as_bytes()));
            whole.then(|| sequence.parse().ok())?
        });
        if word.is_none() {
            return Err(Error::new(
                ErrorKind::Fatal,
                format!(
                    "{} is damaged: what lies beside it may be, too; if you know that it is not, \
                     remove this file",
                    path.display()
                ),
            ));
        }
        Ok(word)
    }

    /// Forgets the word, before anything is written.
    pub(crate) fn forget_closed(&self) -> Result<()> {
        let path = self.path().join(CLOSED);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(unusable(&path, "cannot be removed", e))
            }
            _ => Ok(()),
        }
    }

    /// Leaves word that the files of the database are damaged: the next process sets them aside.
    pub(crate) fn mark_damaged(&self) -> std::io::Result<()> {
        std::fs::write(self.path().join(DAMAGED), "")
    }

    /// True if that word was left.
    pub(crate) fn is_damaged(&self) -> bool {
        self.path().join(DAMAGED).exists()
    }

    /// Moves the files of the database out of the way, in place of any that lie there already; gives
    /// where they are.
    pub(crate) fn set_aside(&self) -> Result<PathBuf> {
        let (database, aside) = (self.database(), self.path().join(ASIDE));
        let missing = |e: &std::io::Error| e.kind() == std::io::ErrorKind::NotFound;
        for (done, path) in [
            (std::fs::remove_dir_all(&aside), &aside),
            (std::fs::rename(&database, &aside), &database),
            (std::fs::remove_file(self.path().join(DAMAGED)), &database),
        ] {
            match done {
                Err(e) if !missing(&e) => return Err(unusable(path, "cannot be set aside", e)),
                _ => {}
            }
        }
        Ok(aside)
    }
}
