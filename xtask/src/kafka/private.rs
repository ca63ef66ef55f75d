//! A broker for one command, gone when the command ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::cluster::{self, Lifetime, Options, Setup};
use super::run_dir::RunDir;
use crate::failure::{At, Result};
use crate::project;

const PREFIX: &str = "private-";

/// How many this process has started: each has a directory of its own.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// Stops the broker and removes its data when dropped; if this process is killed, the kernel
/// ends the broker and the next private broker removes its data.
pub(crate) struct PrivateBroker {
    dir: RunDir,
    bootstrap: String,
}

impl PrivateBroker {
    /// Starts so many nodes.
    pub(crate) fn start(nodes: usize, heap: &str, setup: Setup) -> Result<Self> {
        let cache = project::cache_dir()?;
        remove_orphans(&cache);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let dir = RunDir::new(&cache.join(format!("{PREFIX}{}-{number}", process::id())))?;
        let _lock = dir.lock()?;
        let options =
            Options { nodes, heap: heap.to_owned(), setup, lifetime: Lifetime::ThisProcess };
        // Made first: what a failed start leaves is removed as well.
        let mut broker = Self { dir, bootstrap: String::new() };
        broker.bootstrap = cluster::start(&broker.dir, &options)?;
        Ok(broker)
    }

    pub(crate) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Holds the files `bootstrap` and `pids`; what else is written into it is removed as well.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for PrivateBroker {
    fn drop(&mut self) {
        let stopped = self.dir.clear().map(|_| ());
        let removed = fs::remove_dir_all(self.dir.path()).at("removing", self.dir.path());
        if let Err(failure) = stopped.and(removed) {
            eprintln!("warning: {failure}");
        }
    }
}

/// What commands that were killed left behind. A failure here must not stop a command.
fn remove_orphans(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if owner(&path).is_some_and(|pid| !is_alive(pid)) {
            let cleared = RunDir::new(&path).and_then(|dir| dir.clear());
            let removed = fs::remove_dir_all(&path).at("removing", &path);
            if let Err(failure) = cleared.map(|_| ()).and(removed) {
                eprintln!("warning: {failure}");
            }
        }
    }
}

fn owner(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

fn is_alive(pid: u32) -> bool {
    PathBuf::from(format!("/proc/{pid}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_directories_have_an_owner() {
        assert_eq!(owner(Path::new("/c/private-12-0")), Some(12));
        assert_eq!(owner(Path::new("/c/run")), None);
        assert_eq!(owner(Path::new("/c/private-x")), None);
    }
}
