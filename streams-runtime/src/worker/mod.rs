//! A worker: a thread with a consumer and a producer of its own, that runs the tasks of the
//! partitions it is given.
//!
//! One turn: what the group says; records in, results out; state to restore; a commit when it is
//! time. *Invariant:* between poll and append nothing is locked, no clock is read, and nothing
//! allocated for a record.

mod answer;
mod assignment;
mod commit;
mod drain;
mod observe;
mod process;
mod route;
mod running;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams_core::context::TaskCounters;
use streams_core::topology::Topology;

pub(crate) use running::Running;

use crate::broker::{Client, ClientOptions};
use crate::crash::{self, CrashPoint};
use crate::error::{Error, ErrorKind, ErrorName, Result};
use crate::group::Membership;
use crate::monitoring::State;
use crate::restore::Restorer;
use crate::shared::Shared;
use drain::Writers;
use route::Routes;

/// Makes the task of a name; keeps [`Worker`] free of the topology's type.
type MakeTask = fn(
    streams_core::task::TaskId,
    Arc<str>,
    streams_core::task::TaskOptions,
) -> Option<streams_core::task::Task>;

/// See the module.
pub(crate) struct Worker<'s> {
    shared: &'s Shared,
    number: usize,
    make: MakeTask,
    client: Box<dyn Client>,
    membership: Box<dyn Membership>,
    tasks: Vec<Running>,
    routes: Routes,
    writers: Writers,
    restorer: Restorer,
    clock: Clock,
    /// Records to take in the next poll.
    poll_records: usize,
    /// Bytes that the stores kept when memory was last given back: less may not be possible.
    memory_kept: usize,
    /// Bytes written since the last commit.
    uncommitted_bytes: usize,
    /// Roll-backs since the last commit.
    rolled_back: u32,
    /// Since when the group is to say what becomes of the tasks that a fenced commit closed.
    fenced_at: Option<Instant>,
    /// True once the group has said which tasks it has, until it says otherwise.
    has_joined: bool,
    /// True after its first commit.
    has_committed: bool,
    committed_at: Instant,
    flushed_at: Instant,
    purged_at: Instant,
    /// Of tasks that are closed.
    closed: TaskCounters,
    told: TaskCounters,
    state_told: u64,
    observed_at: Option<Instant>,
}

/// The edge where time is read: once a turn.
struct Clock {
    started: Instant,
    wall_at_start_ms: i64,
}

impl Clock {
    fn new() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let wall_at_start_ms =
            since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        Self { started: Instant::now(), wall_at_start_ms }
    }

    /// Wall time that never goes back.
    fn wall(&self, now: Instant) -> streams_core::time::WallTime {
        let passed = now.duration_since(self.started).as_millis();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        streams_core::time::WallTime(self.wall_at_start_ms.saturating_add(passed))
    }
}

/// A worker that fails this often without a commit in between gives up.
const ATTEMPTS: u32 = 10;

/// Between attempts: doubled each time, up to the second.
const BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Runs the worker of this number until it is asked to stop; after a failure that may pass, it
/// starts anew from the last commit.
pub(crate) fn run<T: Topology>(shared: &Shared, number: usize) {
    let make: MakeTask =
        |id, application, options| streams_core::task::Task::new::<T>(id, application, options);
    // The topology's code is guarded where it processes records; it is called by commits, too, and a
    // worker that is gone must not leave a process that waits for it.
    let ended = catch_unwind(AssertUnwindSafe(|| supervise(shared, number, make)));
    if let Err(panic) = ended {
        shared.fail(Worker::panicked(&format!("worker {number}"), &*panic));
    }
    if let Some(inbox) = shared.inboxes.get(number) {
        inbox.close();
    }
    shared.set_state(number, State::Ended, Instant::now());
}

fn supervise(shared: &Shared, number: usize, make: MakeTask) {
    let mut attempts = 0;
    while !shared.stopping() {
        shared.set_state(number, State::Joining, Instant::now());
        let mut has_committed = false;
        let ended = Worker::new(shared, number, make).and_then(|mut worker| {
            let ended = worker.run();
            has_committed = worker.has_committed;
            ended
        });
        let Err(error) = ended else { return };
        if has_committed {
            attempts = 0;
        }
        attempts += 1;
        if !may_pass(&error) || attempts >= ATTEMPTS {
            shared.fail(error);
            return;
        }
        metrics::counter!("rollback-total").increment(1);
        shared.set_state(number, State::Joining, Instant::now());
        let wait = BACKOFF.saturating_mul(1 << attempts.min(10)).min(MAX_BACKOFF);
        tracing::warn!(
            "worker {number}: {error:?}; starting again from the last commit in {} ms",
            wait.as_millis()
        );
        let until = Instant::now() + wait;
        while Instant::now() < until && !shared.stopping() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// True if a new start of the worker may go better.
fn may_pass(error: &Error) -> bool {
    // The files stay as they are until the process sets them aside, at its next start.
    error.name() != Some(ErrorName::StateDamaged)
        && matches!(error.kind(), ErrorKind::Retry | ErrorKind::Rejoin | ErrorKind::Poisoned)
}

/// The most records taken in one poll; more save nothing.
const POLL_RECORDS: usize = 2048;

/// Before the size of records is known.
const FIRST_POLL_RECORDS: usize = 128;

/// The bytes of records, or of results, that a poll should come to: large records are taken a few at
/// a time, so that memory stays bounded.
const POLL_BYTES: usize = 1 << 20;

/// The longest a worker waits for records before it looks at everything else.
const POLL_WAIT: Duration = Duration::from_millis(50);

/// How long the group may be silent after it refused a commit: a member that was thrown out learns
/// of it by its next heartbeat.
const FENCED_WAIT: Duration = Duration::from_secs(30);

/// A task takes this many queued records before others have their turn.
const RUN_RECORDS: usize = 2048;

impl<'s> Worker<'s> {
    fn new(shared: &'s Shared, number: usize, make: MakeTask) -> Result<Self> {
        let options = ClientOptions {
            application_id: shared.plan.application_id.to_string(),
            worker: number,
            topics: shared.plan.reads.iter().map(|r| r.name.to_string()).collect(),
            transactional_id: shared.transactional_id(number),
        };
        let (client, membership) = shared.broker.client(&options)?;
        if let Some(inbox) = shared.inboxes.get(number) {
            inbox.set_waker(client.waker());
        }
        let now = Instant::now();
        Ok(Self {
            shared,
            number,
            make,
            client,
            membership,
            tasks: Vec::new(),
            routes: Routes::default(),
            writers: Writers::new(shared.plan.topics.len()),
            restorer: Restorer::new(shared.config.restore_listener.clone()),
            clock: Clock::new(),
            poll_records: FIRST_POLL_RECORDS,
            memory_kept: 0,
            uncommitted_bytes: 0,
            rolled_back: 0,
            fenced_at: None,
            has_joined: false,
            has_committed: false,
            committed_at: now,
            flushed_at: now,
            purged_at: now,
            closed: TaskCounters::default(),
            told: TaskCounters::default(),
            state_told: 0,
            observed_at: None,
        })
    }

    fn run(&mut self) -> Result<()> {
        let ended = self.turns();
        if ended.is_err() {
            self.give_up();
        }
        self.tell();
        self.shared.counters.state(self.state_told, 0);
        ended
    }

    fn turns(&mut self) -> Result<()> {
        while !self.shared.stopping() {
            self.turn()?;
        }
        self.close()
    }

    /// After an error nothing is committed, as in Kafka Streams: a record that failed halfway has
    /// changed stores and written results that must not count, and those cannot be told from what
    /// was done before it. The next start goes on from the last commit.
    fn give_up(&mut self) {
        let aborted = self.client.abort();
        let left = self.membership.leave();
        if let Err(e) = aborted.and(left) {
            tracing::debug!("worker {}: giving up: {e}", self.number);
        }
    }

    fn turn(&mut self) -> Result<()> {
        while let Some(event) = self.membership.event()? {
            self.follow(event)?;
        }
        let now = Instant::now();
        if let Some(since) = self.fenced_at
            && now.duration_since(since) > FENCED_WAIT
        {
            return Err(Error::new(
                ErrorKind::Rejoin,
                format!("the group refused a commit and has said nothing for {FENCED_WAIT:?}"),
            ));
        }
        let idle = self.process(now)?;
        if !self.restorer.is_idle() {
            self.restorer.step(self.shared, &mut self.tasks)?;
            self.start_restored()?;
        }
        self.commit_if_due(now, idle)?;
        self.answer();
        self.observe(now);
        Ok(())
    }

    /// Commits, writes the state to disk and leaves the group.
    fn close(&mut self) -> Result<()> {
        crash::at(CrashPoint::Close);
        let committed = self.commit(true);
        if committed.is_ok() {
            self.answer();
        }
        let flushed = committed.and_then(|()| self.shared.state.flush());
        let left = self.membership.leave();
        self.tasks.clear();
        flushed.and(left)
    }

    /// Adds what happened since the last time to the counters of the process.
    fn tell(&mut self) {
        let now = self.tasks.iter().map(|t| t.task.counters()).fold(self.closed, |a, b| a + b);
        self.shared.counters.add(self.told, now);
        self.told = now;
    }

    /// What a panic says.
    fn message(payload: &(dyn std::any::Any + Send)) -> String {
        payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned())
    }

    /// The error of a closure that panicked.
    pub(crate) fn panicked(what: &str, payload: &(dyn std::any::Any + Send)) -> Error {
        let text = Self::message(payload);
        Error::new(ErrorKind::Fatal, format!("{what}: the topology's code panicked: {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_not_read_again_by_the_same_process() {
        let store = |text: &str| Error::new(ErrorKind::Poisoned, text);
        assert!(may_pass(&store("the disk is full")));
        assert!(!may_pass(&store("block checksum mismatch").named(ErrorName::StateDamaged)));
        assert!(may_pass(&Error::new(ErrorKind::Rejoin, "fenced").named(ErrorName::MemberFenced)));
        assert!(!may_pass(&Error::new(ErrorKind::Fatal, "no such topic")));
    }
}
