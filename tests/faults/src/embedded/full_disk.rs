//! A disk that fills up: a small tmpfs, and a file that takes what is free.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Subject, shares, temporary};
use crate::failure::{Doing, Failure, Result};
use crate::process::Ended;
use crate::random::Random;
use crate::topologies::Name;
use crate::verdict::Verdict;

/// Size of the disk.
const DISK: &str = "size=192m";
/// Events that are given before each filling. RocksDB has allotted some space ahead: the outputs of
/// fewer would fit into that.
const EVENTS: usize = 150_000;
/// Microseconds a record takes while the disk fills up.
const PACE_US: u64 = 4;

pub(crate) fn run(names: &[Name], fills: u32, verdict: &mut Verdict) -> Result<()> {
    let mut random = Random::new(verdict.seed);
    for (name, fills) in names.iter().zip(shares(fills, names.len())) {
        let dir = temporary()?;
        let disk = Disk::mount(dir.path())?;
        let mut subject = Subject::new(*name, verdict.seed, &disk.0)?;
        let application = subject.application(&disk.0);
        let mut noticed = 0;
        for number in 0..fills {
            subject.give(EVENTS)?;
            // Full before it starts, and while it works.
            let (filler, ended) = if number % 2 == 0 {
                let filler = disk.fill()?;
                (filler, application.run_to_end()?)
            } else {
                let running = application.start_to_end(PACE_US)?;
                std::thread::sleep(Duration::from_millis(30 + random.below(150)));
                (disk.fill()?, running.wait()?)
            };
            let Ended { status, log } = ended;
            verdict.faults("full_disks", 1);
            let path = disk.0.display().to_string();
            let error = log.lines().rfind(|line| line.starts_with("error: "));
            match (status.code(), error) {
                // It was through with its work, or what it wrote had its space already.
                (Some(0), _) => {}
                (Some(1), Some(error)) if error.contains(&path) => noticed += 1,
                _ => verdict.trouble(format!(
                    "{name}: on a full disk the application ended with {status}, and not with an \
                     error that names {path}:\n{log}"
                )),
            }
            std::fs::remove_file(&filler).doing(filler.display())?;
            application.must_end_well()?;
        }
        let found = subject.verify()?;
        let what = format!("{name} after {fills} full disks, {noticed} of which ended it");
        verdict.found(what, subject.given.len(), found);
    }
    Ok(())
}

/// A mounted tmpfs; unmounted when it is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Result<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(at);
        let output = mount.output().doing("mount")?;
        if output.status.success() {
            return Ok(Self(at.to_owned()));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("a tmpfs cannot be mounted (are you root?): {}", said.trim())))
    }

    /// Takes all that is free; gives the file that does.
    fn fill(&self) -> Result<PathBuf> {
        let path = self.0.join("filler");
        let mut file = File::create(&path).doing(path.display())?;
        let block = vec![1; 1 << 20];
        let mut size = block.len();
        // Smaller and smaller, to the last byte.
        while size > 0 {
            match file.write_all(block.get(..size).unwrap_or(&[])) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::StorageFull => size /= 2,
                Err(e) => return Err(Failure::new(format!("{}: {e}", path.display()))),
            }
        }
        Ok(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
