//! Transactions of a producer. Every call waits for its timeout at most.

use std::ffi::CStr;
use std::ptr::null;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use rdkafka::bindings as c;

use super::handle::Member;
use super::{Code, Failure, Handle, List, c_string, millis, text};
use crate::error::{Error, ErrorKind, Result};

/// How much longer than its own timeout a call may take.
const GRACE: Duration = Duration::from_secs(1);

/// Why a transactional call failed, and what librdkafka allows after it.
#[derive(Clone, Debug)]
pub(crate) struct TransactionFailure {
    pub(crate) failure: Failure,
    /// The producer can do nothing more.
    pub(crate) fatal: bool,
    /// The same call may be made again; it goes on where it was.
    pub(crate) retriable: bool,
    /// The transaction has to be aborted; the producer is good for the next one.
    pub(crate) must_abort: bool,
}

impl TransactionFailure {
    /// Takes over an error object.
    ///
    /// # Safety
    /// `error` is null or an error object that the caller owns.
    unsafe fn take(error: *mut c::rd_kafka_error_t) -> Result<(), Self> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: a valid error object until it is destroyed here, once; its string is copied.
        unsafe {
            let failure = Self {
                failure: Failure::new(
                    c::rd_kafka_error_code(error).into(),
                    text(c::rd_kafka_error_string(error)),
                ),
                fatal: c::rd_kafka_error_is_fatal(error) != 0,
                retriable: c::rd_kafka_error_is_retriable(error) != 0,
                must_abort: c::rd_kafka_error_txn_requires_abort(error) != 0,
            };
            c::rd_kafka_error_destroy(error);
            Err(failure)
        }
    }
}

/// Offsets that are being put into a transaction.
#[must_use = "the transaction must not be ended before"]
pub(crate) struct SendingOffsets {
    told: Receiver<Result<(), TransactionFailure>>,
}

impl SendingOffsets {
    /// What came of it; after `timeout` without a word the producer is to be abandoned.
    pub(crate) fn wait(self, timeout: Duration) -> Result<(), TransactionFailure> {
        self.told.recv_timeout(timeout.saturating_add(GRACE)).unwrap_or_else(|_| {
            tracing::warn!(
                "adding offsets to a transaction: no answer after {timeout:?}; the producer is \
                 abandoned and a new one made"
            );
            let failure = Failure::from(Code::TIMED_OUT);
            Err(TransactionFailure { failure, fatal: true, retriable: false, must_abort: false })
        })
    }

    /// What came of it, if that is known by now.
    pub(crate) fn outcome(&self) -> Option<Result<(), TransactionFailure>> {
        self.told.try_recv().ok()
    }
}

impl Handle {
    /// Makes this producer the only one of its transactional id: another one is fenced, and its
    /// transaction ended (committed where that had been decided, aborted otherwise).
    pub(crate) fn init_transactions(&self, timeout: Duration) -> Result<(), TransactionFailure> {
        // SAFETY: a live instance; the error is taken over.
        unsafe {
            TransactionFailure::take(c::rd_kafka_init_transactions(self.raw(), millis(timeout)))
        }
    }

    /// Begins a transaction; asks nothing of the cluster.
    pub(crate) fn begin_transaction(&self) -> Result<(), TransactionFailure> {
        // SAFETY: as above.
        unsafe { TransactionFailure::take(c::rd_kafka_begin_transaction(self.raw())) }
    }

    /// Begins to put offsets into the transaction, in the name of a member of the group: the
    /// coordinator refuses those of a former member or generation. Records may be written
    /// meanwhile; every other call of the transaction comes after [`SendingOffsets::wait`].
    ///
    /// librdkafka 2.12 may never return from this: it waits for the group's coordinator without
    /// looking at the time (`rd_kafka_coord_req_fsm` never reads its `creq_ts_timeout`), and once the
    /// answer to who that is has failed it asks again only when some connection opens or breaks. So
    /// the call is made on a thread of its own, which is left alone, with the instance, when it
    /// outlasts its time.
    pub(crate) fn start_send_offsets(
        self: &Arc<Self>,
        offsets: &List,
        group: &str,
        member: &Member,
        timeout: Duration,
    ) -> Result<SendingOffsets> {
        let (group, id) = (c_string(group)?, c_string(&member.id)?);
        let (handle, offsets, generation) = (Arc::clone(self), offsets.copy(), member.generation);
        let (tell, told) = sync_channel(1);
        let call = move || {
            let outcome = handle.send_offsets_here(&offsets, &group, generation, &id, timeout);
            // Nobody waits any more if it took too long.
            let _ = tell.send(outcome);
        };
        std::thread::Builder::new().name("send-offsets".to_owned()).spawn(call).map_err(|e| {
            let text = format!("no thread for adding offsets to a transaction: {e}");
            Error::with_source(ErrorKind::Retry, text, e)
        })?;
        Ok(SendingOffsets { told })
    }

    fn send_offsets_here(
        &self,
        offsets: &List,
        group: &CStr,
        generation: i32,
        member: &CStr,
        timeout: Duration,
    ) -> Result<(), TransactionFailure> {
        // SAFETY: strings and list live during the calls and are copied; the metadata is owned and
        // destroyed once; no instance id; the error is taken over.
        unsafe {
            let metadata = c::rd_kafka_consumer_group_metadata_new_with_genid(
                group.as_ptr(),
                generation,
                member.as_ptr(),
                null(),
            );
            let error = c::rd_kafka_send_offsets_to_transaction(
                self.raw(),
                offsets.as_ptr(),
                metadata,
                millis(timeout),
            );
            c::rd_kafka_consumer_group_metadata_destroy(metadata);
            TransactionFailure::take(error)
        }
    }

    /// Commits the transaction. What was produced has to be written already: see
    /// [`flush`](Self::flush).
    pub(crate) fn commit_transaction(&self, timeout: Duration) -> Result<(), TransactionFailure> {
        // SAFETY: a live instance; the error is taken over.
        unsafe {
            TransactionFailure::take(c::rd_kafka_commit_transaction(self.raw(), millis(timeout)))
        }
    }

    /// Aborts the transaction. Nothing may be queued or under way: see [`flush`](Self::flush).
    pub(crate) fn abort_transaction(&self, timeout: Duration) -> Result<(), TransactionFailure> {
        // SAFETY: as above.
        unsafe {
            TransactionFailure::take(c::rd_kafka_abort_transaction(self.raw(), millis(timeout)))
        }
    }
}
