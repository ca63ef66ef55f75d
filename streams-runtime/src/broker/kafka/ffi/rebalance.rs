//! News of the group, as librdkafka tells them.
//!
//! The callback only notes them. librdkafka waits in its state `wait-assign-call` or
//! `wait-unassign-call` until [`assign`](super::Handle::assign) is called, from wherever
//! (`rd_kafka_cgrp_handle_assign_op`), and heartbeats go on meanwhile; that is how its event
//! interface works too. So the worker can commit first.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::bindings as c;

use super::handle::Member;
use super::list::entries;

/// One piece of news: partitions by topic and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rebalance {
    Assigned(Vec<(String, i32)>),
    Revoked(Vec<(String, i32)>),
    /// Revoked, and another member may have them already.
    Lost(Vec<(String, i32)>),
    /// The group has had a generation without this member since the revocation before: another one
    /// may have worked on what was revoked.
    Overtaken,
}

/// What the callback writes to.
#[derive(Debug, Default)]
pub(super) struct Rebalances {
    news: Mutex<VecDeque<Rebalance>>,
    /// While the consumer closes, nobody reacts to news any more: the callback lets go itself.
    closing: AtomicBool,
    /// As whom the partitions were assigned; none after they were lost or given back.
    member: Mutex<Option<Member>>,
    /// As whom partitions were given back last.
    former: Mutex<Option<Member>>,
}

impl Rebalances {
    pub(super) fn next(&self) -> Option<Rebalance> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn push(&self, news: Rebalance) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push_back(news);
    }

    /// The member that owns the assignment.
    pub(super) fn member(&self) -> MutexGuard<'_, Option<Member>> {
        self.member.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the assignment of a member; false if it does not follow at once on the one before.
    fn take(&self, now: Option<Member>) -> bool {
        let former = self.former.lock().unwrap_or_else(PoisonError::into_inner).take();
        let follows = match (&former, &now) {
            // The first assignment.
            (None, _) => true,
            (Some(former), Some(now)) => now.follows(former),
            (Some(_), None) => false,
        };
        *self.member() = now;
        follows
    }

    /// The partitions of this member are given back.
    fn revoke(&self, member: Option<Member>) {
        *self.former.lock().unwrap_or_else(PoisonError::into_inner) = member;
    }

    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }
}

/// librdkafka's rebalance callback; runs on the thread that receives.
pub(super) unsafe extern "C" fn on_rebalance(
    rk: *mut c::rd_kafka_t,
    code: c::rd_kafka_resp_err_t,
    partitions: *mut c::rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    // SAFETY: the opaque pointer was set to the box that the handle keeps (see Conf::start).
    let Some(rebalances) = (unsafe { opaque.cast::<Rebalances>().as_ref() }) else {
        return;
    };
    if rebalances.closing.load(Ordering::Acquire) {
        // SAFETY: a live instance; null means no partitions.
        unsafe { c::rd_kafka_assign(rk, std::ptr::null()) };
        return;
    }
    // SAFETY: a live list and a live instance.
    let (partitions, lost) = unsafe { (entries(partitions), c::rd_kafka_assignment_lost(rk) != 0) };
    let partitions = partitions.into_iter().map(|e| (e.topic, e.partition)).collect();
    let news = match code {
        c::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
            // SAFETY: a live instance.
            if !rebalances.take(unsafe { Member::of(rk) }) {
                rebalances.push(Rebalance::Overtaken);
            }
            Rebalance::Assigned(partitions)
        }
        // A member that was thrown out during a rebalance, or between two polls, is told of a
        // revocation like any other.
        // SAFETY: a live instance.
        _ if lost || *rebalances.member() != unsafe { Member::of(rk) } => {
            *rebalances.member() = None;
            rebalances.revoke(None);
            Rebalance::Lost(partitions)
        }
        _ => {
            let member = rebalances.member().clone();
            rebalances.revoke(member);
            Rebalance::Revoked(partitions)
        }
    };
    rebalances.push(news);
    // The batched receive serves a callback and waits on; make it return, so that the worker sees
    // the news at once and not when its time is up.
    // SAFETY: a live instance; the queue reference is given back.
    unsafe {
        let queue = c::rd_kafka_queue_get_consumer(rk);
        if !queue.is_null() {
            c::rd_kafka_queue_yield(queue);
            c::rd_kafka_queue_destroy(queue);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, generation: i32) -> Option<Member> {
        Some(Member { generation, id: id.to_owned() })
    }

    #[test]
    fn only_the_next_generation_of_the_same_member_follows_on_a_revocation() {
        let cases = [
            (member("a", 7), member("a", 8), true),
            // It sat out a generation, frozen as it was.
            (member("a", 7), member("a", 9), false),
            // It was thrown out and came back.
            (member("a", 7), member("b", 8), false),
            (member("a", 7), None, false),
            (None, member("a", 1), true),
        ];
        for (former, now, follows) in cases {
            let rebalances = Rebalances::default();
            rebalances.revoke(former.clone());
            assert_eq!(rebalances.take(now.clone()), follows, "{former:?}, {now:?}");
            assert_eq!(*rebalances.member(), now);
            assert!(rebalances.take(member("c", 1)), "a revocation counts once");
        }
    }
}
