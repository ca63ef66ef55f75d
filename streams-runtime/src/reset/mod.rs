//! Application reset, for reprocessing: inputs are read again from a chosen place, internal topics
//! and local state go.

mod place;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use streams_core::topology::{App, Topology, TopologyDescription};

pub use place::ResetTo;

use crate::broker::{Broker, TopicPartition};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::store::rocksdb::StateDir;
use crate::streams::{application_id, prepare, state_directory};

/// What a reset will do; nothing is changed before [`carry_out`](Self::carry_out).
///
/// Its `Display` says it to a person.
pub struct Reset {
    application_id: Arc<str>,
    broker: Arc<dyn Broker>,
    moves: Vec<Move>,
    topics: Vec<String>,
    state: PathBuf,
}

/// An input partition and its position before and after.
struct Move {
    place: TopicPartition,
    from: Option<i64>,
    to: i64,
}

impl Reset {
    /// Looks at the topics and the group's offsets.
    ///
    /// # Errors
    /// If members of the application are at work; if an input is missing, or does not have an offset
    /// that was asked for; if the log does not answer.
    pub fn plan<T: Topology>(
        app: &App<T>,
        config: &Config,
        broker: Arc<dyn Broker>,
        to: &ResetTo,
    ) -> Result<Self> {
        Self::of(app.description(), config, broker, to)
    }

    fn of(
        topology: &'static TopologyDescription,
        config: &Config,
        broker: Arc<dyn Broker>,
        to: &ResetTo,
    ) -> Result<Self> {
        let plan = prepare(topology, config, &*broker, false)?;
        let application_id = Arc::clone(&plan.application_id);
        refuse_active(&*broker, &application_id)?;
        let inputs: Vec<TopicPartition> =
            plan.reads.iter().filter(|r| !r.repartition).flat_map(Plan::partitions).collect();
        let from = broker.committed(&application_id, &inputs)?;
        let to = to.offsets(&*broker, &inputs, &from)?;
        let moves = inputs.into_iter().zip(from).zip(to);
        let moves = moves.map(|((place, from), to)| Move { place, from, to }).collect();
        let internal: Vec<&str> = topology
            .topics
            .iter()
            .zip(&plan.topics)
            .filter(|(described, _)| described.is_internal())
            .map(|(_, planned)| &*planned.name)
            .collect();
        let topics = broker.topics(&internal)?.into_iter().flatten().map(|t| t.name).collect();
        let state = state_directory(config, self::application_id(config, topology));
        Ok(Self { application_id, broker, moves, topics, state })
    }

    /// Removes state and internal topics, then moves the offsets. Interrupted, it can be carried out
    /// again; until then the application must not run.
    ///
    /// # Errors
    /// If members have come to work meanwhile; if the state is in use or cannot be removed; if the
    /// log does not do its part.
    pub fn carry_out(&self) -> Result<()> {
        refuse_active(&*self.broker, &self.application_id)?;
        StateDir::remove(&self.state)?;
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        self.broker.delete_topics(&topics)?;
        let offsets: Vec<(TopicPartition, i64)> =
            self.moves.iter().map(|m| (m.place.clone(), m.to)).collect();
        self.broker.move_offsets(&self.application_id, &offsets)
    }
}

fn refuse_active(broker: &dyn Broker, application_id: &str) -> Result<()> {
    match broker.active_members(application_id)? {
        0 => Ok(()),
        members => Err(Error::config(format!(
            "application {application_id} has {members} active member(s) on {}: stop all its \
             processes first (one that was killed leaves the group when its session times out)",
            broker.describe()
        ))),
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "reset of application {} on {}", self.application_id, self.broker.describe())?;
        writeln!(f, "  reads:")?;
        for Move { place, from, to } in &self.moves {
            let was = from.map_or_else(|| "nothing committed".to_owned(), |n| format!("was {n}"));
            writeln!(f, "    {place} from offset {to} ({was})")?;
        }
        if !self.topics.is_empty() {
            writeln!(f, "  deletes the internal topics:")?;
        }
        for topic in &self.topics {
            writeln!(f, "    {topic}")?;
        }
        writeln!(f, "  deletes the state in {}", self.state.display())?;
        write!(f, "Outputs stay as they are: what is read again is written again.")
    }
}
