//! Group membership: who runs which partitions.
//!
//! One interface, so that the librdkafka group of today can give way to our own member of the
//! classic protocol, or to KIP-1071, without the worker noticing.

mod librdkafka;
mod solo;

pub(crate) use librdkafka::Librdkafka;
pub use solo::Solo;

use crate::broker::TopicPartition;
use crate::error::Result;

/// News of a member's assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MembershipEvent {
    /// The member's partitions are now exactly these.
    Assigned(Vec<TopicPartition>),
    /// These partitions go to another member: the worker commits, lets go of them and calls
    /// [`Membership::acknowledge_revoked`]; until then the group waits.
    Revoked(Vec<TopicPartition>),
    /// These partitions belong to another member already (the member was thrown out of the group):
    /// nothing of them may be committed.
    Lost(Vec<TopicPartition>),
    /// Comes before an [`Assigned`](Self::Assigned): another member may have worked on what was
    /// revoked before, so that nothing that was kept of it is true any more.
    Overtaken,
}

/// A worker's place in the group. Events come while its client is polled.
pub trait Membership {
    /// The next event, if there is one.
    fn event(&mut self) -> Result<Option<MembershipEvent>>;

    /// The worker has let go of what was revoked or lost.
    fn acknowledge_revoked(&mut self) -> Result<()>;

    /// Leaves the group at once, so that the others need not wait for a timeout.
    fn leave(&mut self) -> Result<()>;
}
