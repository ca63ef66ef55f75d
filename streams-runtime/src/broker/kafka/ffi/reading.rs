//! A partition that is read outside of any group.

use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as c;

use super::{Code, Failure, Handle, c_string, millis};
use crate::error::Result;

impl Handle {
    /// Finds the leaders of a topic's partitions. An offset that has to be looked up before they
    /// are known is looked up by a timer of half a second.
    pub(crate) fn find_leaders(
        &self,
        topic: &str,
        timeout: Duration,
    ) -> Result<Result<(), Failure>> {
        let name = c_string(topic)?;
        // SAFETY: a live instance and a string that is copied; topic and metadata are given back.
        Ok(unsafe {
            let topic = c::rd_kafka_topic_new(self.raw(), name.as_ptr(), null_mut());
            if topic.is_null() {
                return Ok(Err(last_error()));
            }
            let mut metadata = std::ptr::null();
            let only_this = 0;
            let code = c::rd_kafka_metadata(
                self.raw(),
                only_this,
                topic,
                &raw mut metadata,
                millis(timeout),
            );
            let mut result = Failure::check(code);
            if !metadata.is_null() {
                if (*metadata).topic_cnt == 1 {
                    let error = &raw const (*(*metadata).topics).err;
                    result = result.and(Failure::check(Code(error.cast::<i32>().read())));
                }
                c::rd_kafka_metadata_destroy(metadata);
            }
            c::rd_kafka_topic_destroy(topic);
            result
        })
    }
}

/// A partition whose records arrive in its instance's [`Inbox`](super::Inbox) until this is
/// dropped.
pub(crate) struct Reading {
    topic: NonNull<c::rd_kafka_topic_t>,
    partition: i32,
    _handle: Arc<Handle>,
}

// SAFETY: owned alone, and librdkafka's topics may be used from any thread.
unsafe impl Send for Reading {}

impl Reading {
    /// Begins at an offset, or at one of librdkafka's names for the beginning and the end.
    pub(crate) fn start(
        handle: &Arc<Handle>,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<Result<Self, Failure>> {
        let name = c_string(topic)?;
        // SAFETY: a live instance and a string that is copied; no configuration of its own.
        let topic = unsafe { c::rd_kafka_topic_new(handle.raw(), name.as_ptr(), null_mut()) };
        let Some(topic) = NonNull::new(topic) else {
            return Ok(Err(last_error()));
        };
        // SAFETY: a live topic and queue of the same instance.
        let started = unsafe {
            c::rd_kafka_consume_start_queue(topic.as_ptr(), partition, offset, handle.queue())
        };
        if started != 0 {
            let failure = last_error();
            // SAFETY: owned, and not used again.
            unsafe { c::rd_kafka_topic_destroy(topic.as_ptr()) };
            return Ok(Err(failure));
        }
        Ok(Ok(Self { topic, partition, _handle: Arc::clone(handle) }))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // SAFETY: started, stopped once, and given back before its instance (the handle is kept).
        // Stopping drops what was fetched and not received.
        unsafe {
            c::rd_kafka_consume_stop(self.topic.as_ptr(), self.partition);
            c::rd_kafka_topic_destroy(self.topic.as_ptr());
        }
    }
}

fn last_error() -> Failure {
    // SAFETY: reads a thread-local number.
    Code::from(unsafe { c::rd_kafka_last_error() }).into()
}
