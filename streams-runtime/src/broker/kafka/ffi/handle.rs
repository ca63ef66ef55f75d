//! An instance of librdkafka, and what a consumer's group can be asked.

use std::ffi::CString;
use std::ptr::{NonNull, null_mut};
use std::time::{Duration, Instant};

use rdkafka::bindings as c;

use super::list::entries;
use super::rebalance::{Rebalance, Rebalances};
use super::{Entry, Failure, Kind, List, millis, text};

/// An instance: threads, connections and queues. Destroyed when the last owner lets go; a consumer
/// that was not [closed](Self::close) then falls out of its group only by its session timeout.
pub(crate) struct Handle {
    instance: NonNull<c::rd_kafka_t>,
    /// A consumer's messages and callbacks, a producer's events.
    queue: NonNull<c::rd_kafka_queue_t>,
    /// The callbacks' target; at a fixed address as long as the instance lives.
    rebalances: Option<Box<Rebalances>>,
}

// SAFETY: librdkafka's instances and queues may be used from any thread at the same time, and the
// callbacks' target is made of a mutex and an atomic.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

/// Which member of which generation a consumer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(super) generation: i32,
    pub(super) id: String,
}

impl Member {
    /// True if no generation of the group has come between the other and this one.
    pub(super) fn follows(&self, other: &Self) -> bool {
        self.id == other.id && self.generation == other.generation.wrapping_add(1)
    }

    /// Who a consumer is in its group at the moment.
    ///
    /// # Safety
    /// `rk` is a live consumer.
    pub(super) unsafe fn of(rk: *mut c::rd_kafka_t) -> Option<Self> {
        // SAFETY: the metadata is owned, its strings live as long as it.
        unsafe {
            let metadata = c::rd_kafka_consumer_group_metadata(rk);
            if metadata.is_null() {
                return None;
            }
            let member = Self {
                generation: c::rd_kafka_consumer_group_metadata_generation_id(metadata),
                id: text(c::rd_kafka_consumer_group_metadata_member_id(metadata)),
            };
            c::rd_kafka_consumer_group_metadata_destroy(metadata);
            Some(member)
        }
    }
}

impl Handle {
    pub(super) fn new(
        instance: NonNull<c::rd_kafka_t>,
        kind: Kind,
        rebalances: Option<Box<Rebalances>>,
    ) -> Self {
        // SAFETY: a live instance; each call gives a reference that `drop` gives back.
        let queue = unsafe {
            match kind {
                Kind::Consumer => {
                    // Errors and callbacks of the instance come through the consumer's queue, too.
                    c::rd_kafka_poll_set_consumer(instance.as_ptr());
                    c::rd_kafka_queue_get_consumer(instance.as_ptr())
                }
                Kind::Reader => c::rd_kafka_queue_new(instance.as_ptr()),
                Kind::Onlooker => c::rd_kafka_queue_get_consumer(instance.as_ptr()),
                Kind::Producer | Kind::Transactional | Kind::Admin => {
                    c::rd_kafka_queue_get_main(instance.as_ptr())
                }
            }
        };
        let Some(queue) = NonNull::new(queue) else {
            unreachable!("an instance has its main queue, and a consumer with a group its own")
        };
        Self { instance, queue, rebalances }
    }

    pub(super) fn raw(&self) -> *mut c::rd_kafka_t {
        self.instance.as_ptr()
    }

    pub(super) fn queue(&self) -> *mut c::rd_kafka_queue_t {
        self.queue.as_ptr()
    }

    /// Makes a call that waits for a message, or the next one, return.
    pub(crate) fn wake(&self) {
        // SAFETY: a live queue.
        unsafe { c::rd_kafka_queue_yield(self.queue()) };
    }

    /// The end of a partition that is being fetched, as its last answer had it.
    pub(crate) fn known_end(&self, topic: &str, partition: i32) -> Option<i64> {
        let topic = CString::new(topic).ok()?;
        let (mut low, mut high) = (0, 0);
        // SAFETY: a live instance; the name and both places outlive the call, which asks nobody.
        let code = unsafe {
            c::rd_kafka_get_watermark_offsets(
                self.raw(),
                topic.as_ptr(),
                partition,
                &raw mut low,
                &raw mut high,
            )
        };
        // Before the first answer it is RD_KAFKA_OFFSET_INVALID.
        Failure::check(code).ok().map(|()| high).filter(|high| *high >= 0)
    }

    /// Joins the group for these topics.
    pub(crate) fn subscribe(&self, topics: &List) -> Result<(), Failure> {
        // SAFETY: a live instance and list; the list is copied.
        Failure::check(unsafe { c::rd_kafka_subscribe(self.raw(), topics.as_ptr()) })
    }

    /// The group's next news.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.as_ref()?.next()
    }

    /// Reads these partitions from their offsets on; answers the group's assignment.
    pub(crate) fn assign(&self, partitions: &List) -> Result<(), Failure> {
        // SAFETY: a live instance and list; the list is copied.
        let assigned =
            Failure::check(unsafe { c::rd_kafka_assign(self.raw(), partitions.as_ptr()) });
        self.settle();
        assigned
    }

    /// Reads nothing; answers the group's revocation.
    pub(crate) fn unassign(&self) -> Result<(), Failure> {
        if let Some(rebalances) = &self.rebalances {
            *rebalances.member() = None;
        }
        // SAFETY: a live instance; null means no partitions.
        let unassigned =
            Failure::check(unsafe { c::rd_kafka_assign(self.raw(), std::ptr::null()) });
        self.settle();
        unassigned
    }

    /// Waits until the fetchers that an assignment stops have stopped.
    ///
    /// librdkafka 2.12 aborts the process (`Assertion rktp->rktp_started failed`) when an
    /// assignment removes a partition whose stop by the one before is still under way: it stops it
    /// twice. Stop, its confirmation and our question are served by one thread from one queue in
    /// order: the first answer comes after the stop, the second after its confirmation.
    fn settle(&self) {
        for _ in 0..2 {
            // SAFETY: a live instance.
            unsafe { Member::of(self.raw()) };
        }
    }

    /// True if the consumer is still the member, of the same generation, that its partitions were
    /// assigned to.
    pub(crate) fn is_member(&self) -> bool {
        self.assigned_member().is_some()
    }

    /// The member that owns the consumer's assignment, if the consumer is still that member.
    pub(crate) fn assigned_member(&self) -> Option<Member> {
        let assigned = self.rebalances.as_ref()?.member().clone()?;
        // SAFETY: a live instance.
        let now = unsafe { Member::of(self.raw()) };
        now.as_ref().is_some_and(|now| *now == assigned).then_some(assigned)
    }

    /// False between a revocation that was answered, or a loss, and the next assignment.
    pub(crate) fn has_assignment(&self) -> bool {
        self.rebalances.as_ref().is_some_and(|r| r.member().is_some())
    }

    /// Stops fetching; what was fetched and not received is dropped (and the library's idea of the
    /// position with it: seek before resuming).
    pub(crate) fn pause(&self, partitions: &List) -> Result<(), Failure> {
        // SAFETY: a live instance and list.
        Failure::check(unsafe { c::rd_kafka_pause_partitions(self.raw(), partitions.as_ptr()) })
    }

    /// Fetches again.
    pub(crate) fn resume(&self, partitions: &List) -> Result<(), Failure> {
        // SAFETY: a live instance and list.
        Failure::check(unsafe { c::rd_kafka_resume_partitions(self.raw(), partitions.as_ptr()) })
    }

    /// Goes on from the list's offsets.
    pub(crate) fn seek(&self, partitions: &List, timeout: Duration) -> Result<(), Failure> {
        // SAFETY: a live instance and list; the error is taken over.
        unsafe {
            Failure::take(c::rd_kafka_seek_partitions(
                self.raw(),
                partitions.as_ptr(),
                millis(timeout),
            ))?;
        }
        partitions.entries().iter().try_for_each(|e| Failure::check(e.code))
    }

    /// Commits offsets as a member of the group; `None` when the time is up (it may be done yet).
    pub(crate) fn commit(
        &self,
        offsets: &List,
        timeout: Duration,
    ) -> Option<Result<Vec<Entry>, Failure>> {
        // SAFETY: a live instance and list (which is copied); without a callback the result comes
        // as an event to the queue. The queue is this call's own, so that a late result of an
        // earlier commit is not taken for this one's; librdkafka keeps its own reference to it.
        unsafe {
            let queue = c::rd_kafka_queue_new(self.raw());
            let code =
                c::rd_kafka_commit_queue(self.raw(), offsets.as_ptr(), queue, None, null_mut());
            let result = Failure::check(code);
            let event = match &result {
                Ok(()) => c::rd_kafka_queue_poll(queue, millis(timeout)),
                Err(_) => null_mut(),
            };
            let answer = match result {
                Err(failure) => Some(Err(failure)),
                Ok(()) if event.is_null() => None,
                Ok(()) => Some(
                    Failure::check(c::rd_kafka_event_error(event))
                        .map(|()| entries(c::rd_kafka_event_topic_partition_list(event))),
                ),
            };
            if !event.is_null() {
                c::rd_kafka_event_destroy(event);
            }
            c::rd_kafka_queue_destroy(queue);
            answer
        }
    }

    /// What the group of this instance has committed; negative where there is nothing. Waits for
    /// transactions that are still open on it.
    ///
    /// Not librdkafka's admin request for any group: an instance without a group of its own takes
    /// the process down (`rd_kafka_cgrp_op` of a null group) when it has to look for the
    /// coordinator anew, as after a broker's start (confluentinc/librdkafka#5040).
    pub(crate) fn group_offsets(
        &self,
        partitions: &List,
        timeout: Duration,
    ) -> Result<Vec<Entry>, Failure> {
        // SAFETY: a live consumer with a group, and a list that the call fills in.
        let code =
            unsafe { c::rd_kafka_committed(self.raw(), partitions.as_ptr(), millis(timeout)) };
        Failure::check(code).map(|()| partitions.entries())
    }

    /// Leaves the group. `false` when the time is up: it goes on in the background as long as the
    /// instance lives.
    pub(crate) fn close(&self, timeout: Duration) -> Result<bool, Failure> {
        /// How often to look whether it is done; events wake us earlier.
        const STEP_MS: i32 = 5;
        let Some(rebalances) = &self.rebalances else {
            return Ok(true);
        };
        rebalances.close();
        let deadline = Instant::now() + timeout;
        // A revocation that nobody has answered would hold up the close.
        self.unassign()?;
        // SAFETY: a live instance. The queue is a new one, since closing forwards the consumer's
        // queue to it; it is given back at the end, librdkafka keeping its own reference.
        unsafe {
            let queue = c::rd_kafka_queue_new(self.raw());
            let started = Failure::take(c::rd_kafka_consumer_close_queue(self.raw(), queue));
            while started.is_ok()
                && c::rd_kafka_consumer_closed(self.raw()) == 0
                && Instant::now() < deadline
            {
                let event = c::rd_kafka_queue_poll(queue, STEP_MS);
                if !event.is_null() {
                    if c::rd_kafka_event_type(event) == c::RD_KAFKA_EVENT_REBALANCE {
                        c::rd_kafka_assign(self.raw(), std::ptr::null());
                    }
                    c::rd_kafka_event_destroy(event);
                }
            }
            let closed = c::rd_kafka_consumer_closed(self.raw()) != 0;
            c::rd_kafka_queue_destroy(queue);
            started.map(|()| closed)
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the last owner; queues and topics are given back before (they hold the handle, or
        // are ours). Without NO_CONSUMER_CLOSE the destruction would wait for a rebalance callback
        // that nobody serves.
        unsafe {
            c::rd_kafka_queue_destroy(self.queue());
            c::rd_kafka_destroy_flags(self.raw(), c::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        }
    }
}
