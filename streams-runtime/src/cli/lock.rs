//! `lock`: writes `topology.lock`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use streams_core::lock::{self, Effect};
use streams_core::topology::Topology;

use crate::error::{Error, Result};

#[derive(Args)]
pub(super) struct Lock {
    /// The file; without, topology.lock beside Cargo.toml under `cargo run`, else in this directory.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Also where data would be orphaned or misread.
    #[arg(long)]
    accept: bool,
}

impl Lock {
    pub(super) fn run<T: Topology>(&self) -> Result<()> {
        let path = self.file.clone().unwrap_or_else(|| beside_cargo_toml().join(lock::FILE));
        println!("{}", write_lock::<T>(&path, self.accept)?);
        Ok(())
    }
}

/// Writes a topology into the lock in a file, which is made if it is missing, beside others that are in
/// it; gives what to tell. With `accept`, also where data would be orphaned or misread.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) if the file cannot be read or written, and with what
/// would happen to which data, and the ways on, if a change would cost data and `accept` is not set.
pub fn write_lock<T: Topology>(path: &Path, accept: bool) -> Result<String> {
    let shown = path.display();
    let old = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Error::config(format!("cannot read {shown}: {error}"))),
    };
    let name = T::DESCRIPTION.name;
    let (new, changes) = lock::write::<T>(old.as_deref())?;
    if !accept && changes.iter().any(|change| change.effect != Effect::Harmless) {
        let report = lock::report(name, &changes);
        return Err(Error::config(format!("{shown} was not changed: {report}")));
    }
    if old.as_deref() == Some(new.as_str()) {
        return Ok(format!("{shown} is up to date"));
    }
    write(path, &new)?;
    let told: String = changes.iter().map(|change| format!("{}\n", change.what)).collect();
    Ok(format!("{told}{shown} has topology `{name}` as it is now: commit it"))
}

/// All of the file or nothing.
fn write(path: &Path, text: &str) -> Result<()> {
    let cannot = |error| Error::config(format!("cannot write {}: {error}", path.display()));
    let mut next = path.as_os_str().to_owned();
    next.push(".new");
    std::fs::write(&next, text).map_err(cannot)?;
    std::fs::rename(&next, path).map_err(cannot)
}

/// `cargo run` says where the program's package is.
fn beside_cargo_toml() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}
