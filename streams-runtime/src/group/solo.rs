//! The static membership of the embedded log: one process, its workers share the partitions.

use super::{Membership, MembershipEvent};
use crate::broker::TopicPartition;
use crate::error::Result;

/// Gives a worker its share once and never takes it back.
#[derive(Debug)]
pub struct Solo {
    assignment: Option<Vec<TopicPartition>>,
}

impl Solo {
    /// A member that owns these partitions.
    pub fn new(assignment: Vec<TopicPartition>) -> Self {
        Self { assignment: Some(assignment) }
    }
}

impl Membership for Solo {
    fn event(&mut self) -> Result<Option<MembershipEvent>> {
        Ok(self.assignment.take().map(MembershipEvent::Assigned))
    }

    fn acknowledge_revoked(&mut self) -> Result<()> {
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        Ok(())
    }
}
