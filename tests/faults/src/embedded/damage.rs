//! Damaged files: of a log and a state that were closed well, one file is changed, cut, emptied,
//! lengthened or removed. The next run must say so, or do without the file; what it writes must
//! not be wrong.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use super::{Subject, shares, temporary};
use crate::failure::{Doing, Failure, Result};
use crate::process::Ended;
use crate::random::Random;
use crate::topologies::Name;
use crate::verdict::{Verdict, Violations};

/// Events that are given before the damage, and after it.
const EVENTS: usize = 3_000;

pub(crate) fn run(names: &[Name], mutations: u32, verdict: &mut Verdict) -> Result<()> {
    let mut random = Random::new(verdict.seed);
    for (name, mutations) in names.iter().zip(shares(mutations, names.len())) {
        let dir = temporary()?;
        let whole = dir.path().join("whole");
        let mut subject = Subject::new(*name, verdict.seed, &whole)?;
        subject.give(EVENTS)?;
        subject.application(&whole).must_end_well()?;
        // Read by the damaged runs, so that they need their state.
        subject.give(EVENTS)?;
        let files = files(&whole)?;
        let expected = name.workload().expected(verdict.seed, &subject.given);
        let (mut detected, mut right) = (0, 0);
        for number in 0..mutations {
            let copy = dir.path().join(format!("copy-{number}"));
            copy_all(&whole, &copy)?;
            let Some(file) = random.one_of(&files) else { break };
            let what = Mutation::random(&mut random).apply(&copy.join(file), &mut random)?;
            let what = format!("{name}: {} {what}", file.display());
            verdict.faults("damaged_files", 1);
            subject.dir.clone_from(&copy);
            let Ended { status, log } = match subject.application(&copy).run_to_end() {
                Ok(ended) => ended,
                Err(e) => {
                    verdict.trouble(format!("{what}: {e}"));
                    continue;
                }
            };
            let refusal = log.lines().rfind(|line| line.starts_with("error: "));
            match (status.code(), refusal) {
                (Some(0), _) => match subject.outputs() {
                    Ok(got) => {
                        let found = Violations::between(&expected, &got);
                        if found == Violations::default() {
                            right += 1;
                        } else {
                            verdict.found(&what, subject.given.len(), found);
                        }
                    }
                    // What the application did not need to read.
                    Err(e) if e.to_string().contains(&*copy.to_string_lossy()) => detected += 1,
                    Err(e) => verdict.trouble(format!("{what}: the error names no path: {e}")),
                },
                (Some(1), Some(line)) if line.contains(&*copy.to_string_lossy()) => {
                    // What the state lost, its changelog has: the next start must know that.
                    let state =
                        file.starts_with(Path::new(name.workload().application()).join("state"));
                    if state && !file.ends_with("VERSION") {
                        let Ended { status, log } = subject.application(&copy).run_to_end()?;
                        let found = match status.success() {
                            true => Violations::between(&expected, &subject.outputs()?),
                            false => Violations::default(),
                        };
                        if !status.success() || found != Violations::default() {
                            verdict.trouble(format!("{what}: not rebuilt ({found}):\n{log}"));
                        }
                    }
                    detected += 1;
                }
                _ => verdict.trouble(format!("{what}: ended with {status}:\n{log}")),
            }
            fs::remove_dir_all(&copy).doing(copy.display())?;
        }
        println!(
            "{name}: {mutations} damaged files, of which {detected} refused with their path and \
             {right} done without"
        );
    }
    Ok(())
}

/// What is done to a file.
enum Mutation {
    Flip,
    Zeros,
    Cut,
    Empty,
    Lengthen,
    Remove,
}

impl Mutation {
    fn random(random: &mut Random) -> Self {
        match random.below(10) {
            0..=3 => Self::Flip,
            4 => Self::Zeros,
            5 | 6 => Self::Cut,
            7 => Self::Empty,
            8 => Self::Lengthen,
            _ => Self::Remove,
        }
    }

    /// Says what was done.
    fn apply(&self, path: &Path, random: &mut Random) -> Result<String> {
        let mut bytes = fs::read(path).doing(path.display())?;
        let place = random.below(bytes.len() as u64) as usize;
        let what = match self {
            Self::Flip => {
                let bit = random.below(8);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << bit;
                }
                format!("with bit {bit} of byte {place} flipped")
            }
            Self::Zeros => {
                bytes.iter_mut().skip(place).take(4096).for_each(|byte| *byte = 0);
                format!("with zeros from byte {place}")
            }
            Self::Cut => {
                bytes.truncate(place);
                format!("cut to {place} bytes")
            }
            Self::Empty => {
                bytes.clear();
                "emptied".to_owned()
            }
            Self::Lengthen => {
                bytes.extend((0..100).map(|_| random.below(256) as u8));
                "with 100 bytes more".to_owned()
            }
            Self::Remove => {
                fs::remove_file(path).doing(path.display())?;
                return Ok("removed".to_owned());
            }
        };
        let mut file =
            OpenOptions::new().write(true).truncate(true).open(path).doing(path.display())?;
        std::io::Write::write_all(&mut file, &bytes).doing(path.display())?;
        Ok(what)
    }
}

/// The files below a directory, relative to it. RocksDB's own diary, and the empty lock files, hold
/// nothing.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = vec![PathBuf::new()];
    while let Some(relative) = left.pop() {
        for entry in fs::read_dir(dir.join(&relative)).doing(dir.display())? {
            let entry = entry.doing(dir.display())?;
            let path = relative.join(entry.file_name());
            if entry.path().is_dir() {
                left.push(path);
            } else if entry.file_name() != "LOCK" && entry.file_name() != "LOG" {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::new(format!("{} has no files", dir.display())));
    }
    found.sort();
    Ok(found)
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).doing(to.display())?;
    for entry in fs::read_dir(from).doing(from.display())? {
        let entry = entry.doing(from.display())?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).doing(target.display())?;
        }
    }
    Ok(())
}
