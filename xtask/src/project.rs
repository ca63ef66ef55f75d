//! Where things are: the checkout, cargo, the target directory, the cache.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{At, Failure, Result};

/// Overrides `~/.cache/streams-kafka`, where Kafka's jars and the brokers' data lie.
pub(crate) const CACHE_ENV: &str = "STREAMS_KAFKA_CACHE";

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    // `cargo run` tells at run time: a target directory shared by several checkouts may hold
    // the binary that another one compiled.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
    let xtask = PathBuf::from(xtask);
    xtask.parent().map_or_else(|| xtask.clone(), std::path::Path::to_path_buf)
}

/// A cargo command that finds the same environment as one typed by hand.
///
/// `cargo run` sets variables of the package xtask and of `[env]` in `.cargo/config.toml`; build
/// scripts that watch them would run again, and RocksDB alone takes minutes.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, value) in env::vars_os() {
        let name = name.to_string_lossy();
        if is_set_by_cargo_run(&name, &value.to_string_lossy()) {
            cargo.env_remove(&*name);
        }
    }
    cargo
}

fn is_set_by_cargo_run(name: &str, value: &str) -> bool {
    match name {
        // The nested cargo takes these from the same `[env]` again.
        "CC" => value == "clang",
        "CXX" => value == "clang++",
        "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR" => true,
        _ => name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"),
    }
}

/// Where cargo puts what it builds (`CARGO_TARGET_DIR`, configuration, or `target`).
pub(crate) fn target_dir() -> Result<PathBuf> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .running("cargo metadata")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("cargo metadata failed:\n{text}")));
    }
    serde_json::from_slice::<serde_json::Value>(&output.stdout)
        .ok()
        .and_then(|metadata| Some(PathBuf::from(metadata.get("target_directory")?.as_str()?)))
        .ok_or_else(|| Failure::new("cargo metadata names no target_directory"))
}

/// Kafka's jars, run directories of brokers and locks.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = env::var_os(CACHE_ENV) {
        return Ok(PathBuf::from(dir));
    }
    match env::home_dir() {
        Some(home) => Ok(home.join(".cache").join("streams-kafka")),
        None => Err(Failure::new(format!("HOME is not set: set it, or {CACHE_ENV}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_cargo_run_do_not_reach_the_nested_cargo() {
        for (name, value) in [
            ("CARGO_PKG_NAME", "xtask"),
            ("CARGO_MANIFEST_DIR", "/x/xtask"),
            ("CC", "clang"),
            ("CXX", "clang++"),
        ] {
            assert!(is_set_by_cargo_run(name, value), "{name}");
        }
    }

    #[test]
    fn variables_of_the_user_reach_the_nested_cargo() {
        for (name, value) in
            [("CARGO_TARGET_DIR", "/t"), ("CARGO_HOME", "/c"), ("CC", "gcc"), ("RUSTFLAGS", "-g")]
        {
            assert!(!is_set_by_cargo_run(name, value), "{name}");
        }
    }
}
