//! `cargo xtask setup`: what a Debian with only Rust on it lacks.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{At, Failure, Result};

/// What a command needs beside Rust.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compiling RocksDB, OpenSSL and librdkafka.
    Build,
    /// Running Apache Kafka, and Java's Kafka Streams beside ours.
    Broker,
    /// Counting instructions.
    Valgrind,
}

impl Need {
    pub(crate) const ALL: [Self; 3] = [Self::Build, Self::Broker, Self::Valgrind];
}

struct Tool {
    need: Need,
    name: &'static str,
    /// Debian's package.
    package: &'static str,
    is_present: fn() -> bool,
}

const TOOLS: [Tool; 8] = [
    // `.cargo/config.toml` names clang; bindgen, which RocksDB's crate runs, needs its library.
    Tool {
        need: Need::Build,
        name: "clang",
        package: "clang",
        is_present: || in_path("clang") && in_path("clang++"),
    },
    Tool { need: Need::Build, name: "libclang", package: "libclang-dev", is_present: has_libclang },
    Tool { need: Need::Build, name: "make", package: "make", is_present: || in_path("make") },
    // OpenSSL's Configure is a Perl script.
    Tool { need: Need::Build, name: "perl", package: "perl", is_present: || in_path("perl") },
    Tool {
        need: Need::Build,
        name: "pkg-config",
        package: "pkg-config",
        is_present: || in_path("pkg-config"),
    },
    Tool {
        need: Need::Broker,
        name: "JDK 17",
        package: "default-jdk-headless",
        is_present: has_jdk,
    },
    Tool { need: Need::Broker, name: "Maven", package: "maven", is_present: || in_path("mvn") },
    Tool {
        need: Need::Valgrind,
        name: "valgrind",
        package: "valgrind",
        is_present: || in_path("valgrind"),
    },
];

/// Kafka 4's brokers run on Java 17 and newer.
const MIN_JAVA: u32 = 17;

pub(crate) fn run() -> Result<()> {
    ensure(&Need::ALL)?;
    println!("everything is there: {}", names(&TOOLS.iter().collect::<Vec<_>>()));
    Ok(())
}

/// Installs what is missing, or stops with the command that would.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    if !in_path("apt-get") {
        return Err(Failure::new(format!(
            "missing: {}. Install them with this system's package manager (Debian's packages: {})",
            names(&missing),
            packages.join(" ")
        )));
    }
    if !is_root() {
        return Err(Failure::new(format!(
            "missing: {}. Install them, then start again:\n  sudo apt-get update && \
             sudo apt-get install -y --no-install-recommends {}",
            names(&missing),
            packages.join(" ")
        )));
    }
    eprintln!("installing {} with apt-get: {}", names(&missing), packages.join(" "));
    apt_get(&["update", "-q"])?;
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(&packages);
    apt_get(&install)?;
    match self::missing(needs) {
        still if still.is_empty() => Ok(()),
        still => {
            Err(Failure::new(format!("apt-get installed, but still missing: {}", names(&still))))
        }
    }
}

fn missing(needs: &[Need]) -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| needs.contains(&tool.need) && !(tool.is_present)()).collect()
}

fn names(tools: &[&Tool]) -> String {
    tools.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", ")
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // What this command prints is not mixed with apt's.
        .stdout(std::io::stderr())
        .status()
        .running("apt-get")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("`apt-get {}` failed ({status})", arguments.join(" "))))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Where clang-sys, which loads the library at run time, looks on Linux.
fn has_libclang() -> bool {
    let mut dirs: Vec<PathBuf> =
        env::var_os("LIBCLANG_PATH").map(PathBuf::from).into_iter().collect();
    dirs.extend(["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from));
    for (parent, below) in [("/usr/lib", ""), ("/usr/lib", "lib"), ("/usr/local", "lib")] {
        // /usr/lib/x86_64-linux-gnu, /usr/lib/llvm-14/lib
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        dirs.extend(entries.map(|entry| entry.path().join(below)));
    }
    dirs.iter().any(|dir| holds_libclang(dir))
}

fn holds_libclang(dir: &Path) -> bool {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).any(|name| is_libclang(&name))
}

fn is_libclang(name: &str) -> bool {
    // libclang.so, libclang-14.so.14; not libclang-cpp.so.14, which has another interface.
    name.starts_with("libclang") && name.contains(".so") && !name.starts_with("libclang-cpp")
}

fn has_jdk() -> bool {
    // A JRE has no javac, and the peer benchmark compiles.
    let Ok(output) = Command::new("javac").arg("-version").output() else {
        return false;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    java_major(&text).is_some_and(|major| major >= MIN_JAVA)
}

/// `javac 17.0.19`, `javac 21`, `javac 1.8.0_412` (major version 1, old enough).
fn java_major(text: &str) -> Option<u32> {
    let version = text.split_whitespace().nth(1)?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_java_is_read() {
        assert_eq!(java_major("javac 17.0.19\n"), Some(17));
        assert_eq!(java_major("javac 24-ea"), Some(24));
        assert_eq!(java_major("javac 1.8.0_412"), Some(1));
        assert_eq!(java_major("nothing"), None);
    }

    #[test]
    fn libclang_is_told_from_its_cpp_sibling() {
        assert!(is_libclang("libclang.so"));
        assert!(is_libclang("libclang-14.so.14.0.6"));
        assert!(!is_libclang("libclang-cpp.so.14"));
        assert!(!is_libclang("libclangAST.a"));
    }
}
