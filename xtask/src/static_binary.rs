//! `cargo xtask static`: an example as one static binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::failure::{At, Failure, Result};
use crate::project;
use crate::setup::{self, Need};

#[derive(Args)]
pub(crate) struct Static {
    /// A program of examples/
    example: String,
}

pub(crate) fn run(command: &Static) -> Result<()> {
    setup::ensure(&[Need::Build])?;
    build(&command.example).map(|_| ())
}

/// Builds, copies and verifies; returns `<target directory>/static/<example>`.
pub(crate) fn build(example: &str) -> Result<PathBuf> {
    let status = project::cargo()
        .args(["rustc", "--release", "--package", "streams", "--example", example, "--"])
        .args(["-C", "target-feature=+crt-static", "-C", "strip=symbols"])
        .status()
        .running("cargo")?;
    if !status.success() {
        return Err(Failure::new(format!("the static build of {example} failed ({status})")));
    }
    let target = project::target_dir()?;
    let built = target.join("release/examples").join(example);
    let dir = target.join("static");
    fs::create_dir_all(&dir).at("creating", &dir)?;
    let binary = dir.join(example);
    // A copy over a running program fails; a rename does not.
    let partial = dir.join(format!("{example}.partial"));
    let bytes = fs::copy(&built, &partial).at("copying", &built)?;
    fs::rename(&partial, &binary).at("renaming", &partial)?;
    let verdict = verify(&binary)?;
    println!("{}: {verdict}, {:.1} MB", binary.display(), bytes as f64 / 1e6);
    Ok(binary)
}

/// What `ldd` says about a static binary; anything else is a failure.
fn verify(binary: &Path) -> Result<String> {
    let output = Command::new("ldd").arg(binary).output().running("ldd")?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    if is_static(&said) {
        return Ok(said);
    }
    Err(Failure::new(format!("{} is not static; ldd says:\n{said}", binary.display())))
}

fn is_static(ldd: &str) -> bool {
    // The first for a position-independent binary, the second for one at a fixed address.
    ldd == "statically linked" || ldd.ends_with("not a dynamic executable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_in_the_list_is_not_static() {
        assert!(is_static("statically linked"));
        assert!(is_static("not a dynamic executable"));
        assert!(!is_static("linux-vdso.so.1\n\tlibc.so.6 => /lib/libc.so.6"));
    }
}
