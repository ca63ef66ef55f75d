//! What is done to an application and its broker.

use std::io::{Error, Result};
use std::thread::sleep;
use std::time::{Duration, Instant};

use streams::runtime::crash::{CRASH_POINTS, CrashPoint};

use crate::broker::Cluster;
use crate::network::{Proxy, Weather};
use crate::process::{Process, Program};
use crate::random::Random;
use crate::topologies::Kind;

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// SIGKILL at random times.
    Kill,
    /// The process dies at each crash point in turn.
    Crash,
    /// SIGSTOP for longer than the session, then SIGCONT.
    Zombie,
    /// SIGKILL of one broker of several, and a start on its data.
    Broker,
    /// Delays, breaks and silence between application and broker.
    Network,
    /// The answer to the end of a transaction is swallowed.
    Swallow,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Kill, Self::Crash, Self::Zombie, Self::Broker, Self::Network, Self::Swallow];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Crash => "crash",
            Self::Zombie => "zombie",
            Self::Broker => "broker",
            Self::Network => "network",
            Self::Swallow => "swallow",
        }
    }

    /// True if application and broker meet through the proxy.
    pub fn needs_proxy(self) -> bool {
        matches!(self, Self::Network | Self::Swallow)
    }
}

/// The session timeout of the members.
pub const SESSION: Duration = Duration::from_secs(3);

/// How long a broker may take until its partitions have all their replicas again.
const SERVED: Duration = Duration::from_secs(180);

/// How often a crash point is tried to reach.
const TRIES: usize = 3;

/// How long a process may take to come to its crash point.
const REACHED: Duration = Duration::from_secs(20);

/// Everything there is to be treated.
pub struct Stage<'a> {
    /// The processes of the application.
    pub processes: Vec<Process>,
    /// How they are started.
    pub program: &'a Program,
    /// The topology.
    pub kind: Kind,
    /// True in transactions.
    pub exactly_once: bool,
    /// Between application and broker, where the scenario asks for it.
    pub proxy: Option<Proxy>,
    /// The brokers, where they may be killed.
    pub cluster: Option<&'a mut Cluster>,
    /// Where chances come from.
    pub random: Random,
    /// Faults so far.
    pub faults: u64,
    /// Crash points that were not come to.
    pub not_reached: u64,
    /// Processes that ended by themselves.
    pub ended: u64,
}

impl Stage<'_> {
    /// Plays so many faults.
    ///
    /// # Errors
    /// If a fault cannot be brought about.
    pub fn play(&mut self, scenario: Scenario, faults: u64) -> Result<()> {
        for number in 0..faults {
            match scenario {
                Scenario::Kill => self.kill()?,
                Scenario::Crash => self.crash(number)?,
                Scenario::Zombie => self.freeze()?,
                Scenario::Broker => self.kill_broker()?,
                Scenario::Network => self.disturb()?,
                Scenario::Swallow => self.swallow()?,
            }
            self.revive()?;
        }
        Ok(())
    }

    /// Starts processes that have ended, which none should have.
    ///
    /// # Errors
    /// If one cannot be started.
    pub fn revive(&mut self) -> Result<()> {
        for process in &mut self.processes {
            if !process.is_running()? {
                self.ended += 1;
                process.restart(None)?;
            }
        }
        Ok(())
    }

    fn one(&mut self) -> usize {
        self.random.of(0..self.processes.len() as u64) as usize
    }

    fn process(&mut self, number: usize) -> Result<&mut Process> {
        self.processes.get_mut(number).ok_or_else(|| Error::other("no process"))
    }

    fn kill(&mut self) -> Result<()> {
        sleep(self.random.millis(100..1200));
        let number = self.one();
        self.process(number)?.kill()?;
        sleep(self.random.millis(0..300));
        self.faults += 1;
        self.process(number)?.restart(None)
    }

    fn crash(&mut self, number: u64) -> Result<()> {
        let points: Vec<(&str, CrashPoint)> =
            CRASH_POINTS.iter().copied().filter(|(_, point)| self.is_on_the_way(*point)).collect();
        let Some((name, point)) = points.get(number as usize % points.len().max(1)).copied() else {
            return Ok(());
        };
        for _ in 0..TRIES {
            if self.crash_at(name, point)? {
                self.faults += 1;
                return Ok(());
            }
            eprintln!("crash point {name} was not reached in {REACHED:?}");
        }
        self.not_reached += 1;
        Ok(())
    }

    /// True if the process came to the point, and died there: which tasks it has is up to the group.
    fn crash_at(&mut self, name: &str, point: CrashPoint) -> Result<bool> {
        let at = self.one();
        let nth = match point {
            CrashPoint::Close | CrashPoint::Revoke | CrashPoint::Restore => 1,
            CrashPoint::Expiry => self.random.of(1..3),
            _ => self.random.of(1..8),
        };
        let process = self.process(at)?;
        process.kill()?;
        if point == CrashPoint::Restore {
            process.forget_state()?;
        }
        process.restart(Some(&format!("{name}:{nth}")))?;
        match point {
            CrashPoint::Close => {
                sleep(self.random.millis(1500..3000));
                self.process(at)?.signal("TERM")?;
            }
            CrashPoint::Revoke => {
                sleep(self.random.millis(1500..3000));
                let other = (at + 1) % self.processes.len();
                let other = self.process(other)?;
                other.kill()?;
                other.restart(None)?;
            }
            _ => {}
        }
        let reached = self.process(at)?.has_ended_within(REACHED)?;
        if !reached {
            self.process(at)?.kill()?;
        }
        self.process(at)?.restart(None)?;
        sleep(self.random.millis(100..500));
        Ok(reached)
    }

    /// False for points that this topology, or this guarantee, never comes to.
    fn is_on_the_way(&self, point: CrashPoint) -> bool {
        let transaction =
            [CrashPoint::BeforeOffsets, CrashPoint::AfterOffsets, CrashPoint::CommitUnanswered];
        match point {
            CrashPoint::Expiry => self.kind == Kind::Windowed,
            CrashPoint::Restore => self.kind != Kind::Pass,
            point if transaction.contains(&point) => self.exactly_once,
            _ => true,
        }
    }

    fn freeze(&mut self) -> Result<()> {
        sleep(self.random.millis(300..1500));
        let number = self.one();
        self.process(number)?.signal("STOP")?;
        sleep(SESSION + self.random.millis(500..2500));
        self.process(number)?.signal("CONT")?;
        self.faults += 1;
        sleep(self.random.millis(500..2000));
        Ok(())
    }

    fn kill_broker(&mut self) -> Result<()> {
        sleep(self.random.millis(500..3000));
        let away = self.random.millis(0..6000);
        let Some(cluster) = &mut self.cluster else {
            return Err(Error::other("the cluster's directory is not known"));
        };
        let number = self.random.of(0..cluster.size() as u64) as usize;
        cluster.kill(number)?;
        sleep(away);
        cluster.start(number)?;
        let deadline = Instant::now() + SERVED;
        while !cluster.is_whole(number) {
            if Instant::now() >= deadline {
                return Err(Error::other(format!("node {number} does not come back")));
            }
            sleep(Duration::from_millis(300));
        }
        self.faults += 1;
        sleep(self.random.millis(2000..4000));
        Ok(())
    }

    fn disturb(&mut self) -> Result<()> {
        sleep(self.random.millis(200..1500));
        let kind = self.random.of(0..3);
        let time = self.random.millis(100..2500);
        let delay = self.random.millis(5..120);
        let proxy = self.proxy()?;
        match kind {
            0 => proxy.set(Weather::Slow(delay)),
            1 => proxy.set(Weather::BlackHole),
            _ => proxy.reset(),
        }
        sleep(time);
        // Now and then what was held is never passed on.
        if kind == 1 && time.as_millis().is_multiple_of(2) {
            proxy.reset();
        }
        proxy.set(Weather::Fair);
        self.faults += 1;
        Ok(())
    }

    fn swallow(&mut self) -> Result<()> {
        sleep(self.random.millis(200..1000));
        let cut = self.random.of(0..4) > 0;
        let proxy = self.proxy()?;
        let before = proxy.swallowed();
        proxy.set(Weather::SwallowEndTxn { cut });
        let deadline = Instant::now() + REACHED;
        while proxy.swallowed() == before && Instant::now() < deadline {
            sleep(Duration::from_millis(1));
        }
        proxy.set(Weather::Fair);
        match proxy.swallowed() > before {
            true => self.faults += 1,
            false => self.not_reached += 1,
        }
        Ok(())
    }

    fn proxy(&self) -> Result<Proxy> {
        self.proxy.clone().ok_or_else(|| Error::other("there is no proxy"))
    }
}
