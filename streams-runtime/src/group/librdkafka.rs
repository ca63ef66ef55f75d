//! librdkafka's own member of the classic group protocol, with the `range` assignor.
//!
//! Eager: a rebalance revokes everything, then assigns anew. `range` gives partitions of the same
//! number of all topics to the same member as long as the topics have equally many, which is what
//! tasks need.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Membership, MembershipEvent};
use crate::broker::TopicPartition;
use crate::broker::kafka::ffi::{Handle, Rebalance};
use crate::error::{Error, ErrorKind, Result};

/// A consumer's place in its group.
///
/// An [`Assigned`](MembershipEvent::Assigned) is answered by the client's `assign`, a revocation
/// or loss by [`acknowledge_revoked`](Membership::acknowledge_revoked); librdkafka waits for it,
/// with heartbeats going on.
pub(crate) struct Librdkafka {
    handle: Arc<Handle>,
    leave_timeout: Duration,
    names: BTreeMap<String, Arc<str>>,
}

impl Librdkafka {
    pub(crate) fn new(handle: Arc<Handle>, leave_timeout: Duration) -> Self {
        Self { handle, leave_timeout, names: BTreeMap::new() }
    }

    /// In order; names are shared.
    fn partitions(&mut self, partitions: Vec<(String, i32)>) -> Vec<TopicPartition> {
        let mut all: Vec<TopicPartition> = partitions
            .into_iter()
            .map(|(topic, partition)| {
                let name = self.names.entry(topic).or_insert_with_key(|t| Arc::from(t.as_str()));
                TopicPartition { topic: Arc::clone(name), partition }
            })
            .collect();
        all.sort();
        all
    }
}

impl Membership for Librdkafka {
    fn event(&mut self) -> Result<Option<MembershipEvent>> {
        Ok(self.handle.next_rebalance().map(|news| match news {
            Rebalance::Assigned(all) => MembershipEvent::Assigned(self.partitions(all)),
            Rebalance::Revoked(all) => MembershipEvent::Revoked(self.partitions(all)),
            Rebalance::Lost(all) => MembershipEvent::Lost(self.partitions(all)),
            Rebalance::Overtaken => MembershipEvent::Overtaken,
        }))
    }

    fn acknowledge_revoked(&mut self) -> Result<()> {
        self.handle.unassign().map_err(|failure| {
            Error::new(ErrorKind::Rejoin, format!("letting go of revoked partitions: {failure}"))
        })
    }

    fn leave(&mut self) -> Result<()> {
        match self.handle.close(self.leave_timeout) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::new(
                ErrorKind::Retry,
                format!(
                    "leaving the group took longer than {:?}: the others wait for the session \
                     timeout; is the cluster up?",
                    self.leave_timeout
                ),
            )),
            Err(failure) => {
                Err(Error::new(ErrorKind::Retry, format!("leaving the group: {failure}")))
            }
        }
    }
}
