//! A directory that belongs to one process: private, locked, and marked with what it holds.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, ErrorName, Result};

/// What a directory may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents {
    /// For messages and the first word of `VERSION`: `streams-log`, `streams-state`.
    pub(crate) name: &'static str,
    /// The layout that this program reads and writes.
    pub(crate) version: u32,
    /// Another directory for the same purpose, for messages: `choose another one with …`.
    pub(crate) advice: &'static str,
}

/// A claimed directory. The claim ends when this is dropped or the process dies.
///
/// The lock is our own and not RocksDB's, whose refusal is an I/O error like any other: only its
/// English text says that a lock was the matter.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

const VERSION: &str = "VERSION";
const VERSION_DRAFT: &str = "VERSION.new";
const DRAFT: &str = ".new";
const LOCK: &str = "LOCK";
const PROCESS: &str = "PROCESS";
const DATABASE: &str = "db";

/// A process that was killed has its locks until it is gone, and a process that starts another one has
/// given a copy away until that one runs its own program.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_AGAIN: Duration = Duration::from_millis(10);

impl Directory {
    /// Creates the directory (mode 0700) where it is missing, locks it, and checks that it holds
    /// `contents` or nothing.
    pub(crate) fn claim(path: &Path, contents: Contents) -> Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|e| unusable(path, "cannot be created", e))?;
        let marked = check_version(path, contents)?;
        if !marked {
            refuse_other_things(path, contents)?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(|e| unusable(path, "cannot be written", e))?;
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(LOCK_AGAIN),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::config(format!(
                        "{} is in use: stop the process that has it open, or {}",
                        path.display(),
                        contents.advice
                    ))
                    .named(ErrorName::DirectoryLocked));
                }
                Err(TryLockError::Error(e)) => return Err(unusable(path, "cannot be locked", e)),
            }
        }
        if !marked {
            write_version(path, contents).map_err(|e| unusable(path, "cannot be written", e))?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A name that no other directory has, made once: what works on this directory is known by it.
    pub(crate) fn process(&self) -> Result<String> {
        let path = self.path.join(PROCESS);
        match std::fs::read(&path) {
            // Torn by a crash of the machine, or damaged: nothing else is known by it yet, or times
            // out.
            Ok(bytes) => {
                if let Some(name) = std::str::from_utf8(&bytes).ok().map(str::trim)
                    && is_process(name)
                {
                    return Ok(name.to_owned());
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(unusable(&path, "cannot be read", e)),
        }
        // The standard library's only source of randomness: hash tables are keyed with it.
        let name = format!("{:016x}", RandomState::new().build_hasher().finish());
        write_file(&self.path, PROCESS, &name)
            .map_err(|e| unusable(&path, "cannot be written", e))?;
        Ok(name)
    }

    /// Where its RocksDB is.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

pub(super) fn unusable(path: &Path, what: &str, e: std::io::Error) -> Error {
    Error::with_source(ErrorKind::Config, format!("{} {what}: {e}", path.display()), e)
}

/// True if the directory is marked with these contents, false if it is not marked.
fn check_version(path: &Path, contents: Contents) -> Result<bool> {
    let text = match std::fs::read_to_string(path.join(VERSION)) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(unusable(&path.join(VERSION), "cannot be read", e)),
    };
    let found = text.trim();
    if found == format!("{} {}", contents.name, contents.version) {
        return Ok(true);
    }
    Err(Error::config(format!(
        "{} holds `{found}`, this program reads and writes `{} {}`: use the program that wrote it, \
         or {}",
        path.display(),
        contents.name,
        contents.version,
        contents.advice
    )))
}

/// An unmarked directory is fresh, or was left by a process killed before it wrote `VERSION`.
fn refuse_other_things(path: &Path, contents: Contents) -> Result<()> {
    let entries = std::fs::read_dir(path).map_err(|e| unusable(path, "cannot be read", e))?;
    for entry in entries {
        let name = entry.map_err(|e| unusable(path, "cannot be read", e))?.file_name();
        if name != LOCK && name != VERSION_DRAFT {
            return Err(Error::config(format!(
                "{} holds other things ({}) and no {VERSION} file, so it is left alone: {}",
                path.display(),
                name.to_string_lossy(),
                contents.advice
            )));
        }
    }
    Ok(())
}

fn is_process(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

fn write_version(path: &Path, contents: Contents) -> std::io::Result<()> {
    write_file(path, VERSION, &format!("{} {}", contents.name, contents.version))
}

/// Written aside and renamed, so that a crash never leaves half a file.
fn write_file(path: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let draft = path.join(format!("{name}{DRAFT}"));
    let mut file =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&draft, path.join(name))?;
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::unwrap_in_result, reason = "tests fail by panicking")]

    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const LOG: Contents = Contents { name: "streams-log", version: 1, advice: "choose another" };

    #[test]
    fn a_new_directory_is_private_and_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        drop(Directory::claim(&path, LOG).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        Directory::claim(&path, LOG).unwrap();
    }

    #[test]
    fn a_directory_keeps_the_name_of_its_process() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let name = |dir: &Path| Directory::claim(dir, LOG).unwrap().process().unwrap();
        let first = name(one.path());
        assert_eq!(name(one.path()), first);
        assert_ne!(name(two.path()), first);
        std::fs::write(one.path().join(PROCESS), [0xff, 0xfe]).unwrap();
        assert!(is_process(&name(one.path())));
        std::fs::write(one.path().join(PROCESS), "12").unwrap();
        assert!(is_process(&name(one.path())));
    }

    #[test]
    fn a_second_claim_is_refused_until_the_first_ends() {
        let dir = tempfile::tempdir().unwrap();
        let first = Directory::claim(dir.path(), LOG).unwrap();
        let refusal = Directory::claim(dir.path(), LOG).unwrap_err().to_string();
        assert!(refusal.contains("is in use"), "{refusal}");
        assert!(refusal.contains(&*dir.path().to_string_lossy()), "{refusal}");
        drop(first);
        Directory::claim(dir.path(), LOG).unwrap();
    }

    #[test]
    fn other_contents_other_versions_and_other_things_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(Directory::claim(dir.path(), LOG).unwrap());
        let newer = Contents { version: 2, ..LOG };
        let e = Directory::claim(dir.path(), newer).unwrap_err().to_string();
        assert!(e.contains("`streams-log 1`") && e.contains("`streams-log 2`"), "{e}");

        let foreign = tempfile::tempdir().unwrap();
        std::fs::write(foreign.path().join("thesis.tex"), "…").unwrap();
        let e = Directory::claim(foreign.path(), LOG).unwrap_err().to_string();
        assert!(e.contains("thesis.tex"), "{e}");
    }

    #[test]
    fn a_claim_that_was_cut_short_can_be_made_again() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(VERSION_DRAFT), "strea").unwrap();
        std::fs::write(dir.path().join(LOCK), "").unwrap();
        Directory::claim(dir.path(), LOG).unwrap();
    }
}
