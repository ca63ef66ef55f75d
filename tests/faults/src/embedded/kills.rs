//! SIGKILL at random times.

use std::time::Duration;

use super::{Subject, shares, temporary};
use crate::failure::{Doing, Result};
use crate::random::Random;
use crate::topologies::Name;
use crate::verdict::Verdict;

/// Events that are given before each start: more than a process processes before it is killed.
const EVENTS: usize = 4_000;
/// The longest that a process lives: the start takes some 30 ms of it.
const LIFE_MS: u64 = 160;
/// Microseconds a record takes.
const PACE_US: u64 = 20;

pub(crate) fn run(names: &[Name], kills: u32, verdict: &mut Verdict) -> Result<()> {
    let mut random = Random::new(verdict.seed);
    for (name, kills) in names.iter().zip(shares(kills, names.len())) {
        let dir = temporary()?;
        let mut subject = Subject::new(*name, verdict.seed, dir.path())?;
        let application = subject.application(dir.path());
        let mut killed = 0;
        while killed < kills {
            subject.give(EVENTS)?;
            let running = application.start(PACE_US)?;
            std::thread::sleep(Duration::from_millis(random.below(LIFE_MS)));
            if running.kill()? {
                killed += 1;
            } else {
                verdict.trouble(format!("{name}: the application ended by itself"));
                break;
            }
        }
        application.must_end_well()?;
        verdict.faults("kills", u64::from(killed));
        let found = subject.verify()?;
        verdict.found(format!("{name} after {killed} kills"), subject.given.len(), found);

        // State that comes from the changelogs alone must be what the outputs were made with.
        let state = dir.path().join(name.workload().application()).join("state");
        std::fs::remove_dir_all(&state).doing(state.display())?;
        subject.give(EVENTS)?;
        application.must_end_well()?;
        let found = subject.verify()?;
        verdict.found(format!("{name} restored after them"), subject.given.len(), found);
    }
    Ok(())
}
