//! Apache Kafka from Maven Central's jars, fetched once.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{At, Failure, Result};
use crate::project;

/// The version that `xtask/kafka/pom.xml` names.
pub(crate) const VERSION: &str = "4.4.0";

/// The directory of the jars; fetches them on the first call.
pub(crate) fn ensure() -> Result<PathBuf> {
    let cache = project::cache_dir()?;
    let jars = cache.join(VERSION);
    if is_complete(&jars) {
        return Ok(jars);
    }
    fs::create_dir_all(&cache).at("creating", &cache)?;
    let lock = cache.join("jars.lock");
    let lock = File::create(&lock).at("creating", &lock)?;
    // Several commands may start at once; one fetches, the others wait.
    lock.lock().at("locking", &cache)?;
    if !is_complete(&jars) {
        fetch(&cache, &jars)?;
    }
    Ok(jars)
}

/// The class path of everything that Kafka ships.
pub(crate) fn class_path(jars: &Path) -> String {
    format!("{}/*", jars.display())
}

fn is_complete(jars: &Path) -> bool {
    // `fetch` renames a whole directory, so one file stands for all.
    jars.join(format!("kafka-streams-{VERSION}.jar")).is_file()
}

fn fetch(cache: &Path, jars: &Path) -> Result<()> {
    let partial = cache.join(format!("{VERSION}.partial"));
    for old in [&partial, &jars.to_path_buf()] {
        if old.exists() {
            fs::remove_dir_all(old).at("removing", old)?;
        }
    }
    let pom = project::root().join("xtask/kafka/pom.xml");
    eprintln!("fetching Apache Kafka {VERSION} from Maven Central into {}", jars.display());
    let status = Command::new("mvn")
        .args(["-q", "-B", "-Dstyle.color=never", "-f"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", partial.display()))
        // Standard output is for the address.
        .stdout(io::stderr())
        .status()
        .running("mvn")?;
    if !status.success() || !is_complete(&partial) {
        return Err(Failure::new(format!(
            "Maven did not fetch Kafka's jars ({status}); is Maven Central reachable? Try:\n  \
             mvn -B -f {} dependency:copy-dependencies -DoutputDirectory={}",
            pom.display(),
            jars.display()
        )));
    }
    fs::rename(&partial, jars).at("renaming", &partial)
}
