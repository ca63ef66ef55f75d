//! Producing, and what became of it.

use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as c;
use rdkafka::bindings::rd_kafka_vtype_t as vtype;
use streams_core::Headers;

use super::{Code, Failure, Handle, c_string, millis, text};
use crate::error::Result;

/// A topic of a producer.
pub(crate) struct Topic {
    topic: NonNull<c::rd_kafka_topic_t>,
    handle: Arc<Handle>,
}

impl Topic {
    /// Prepares a topic; asks nothing of the cluster yet.
    pub(crate) fn new(handle: &Arc<Handle>, name: &str) -> Result<Result<Self, Failure>> {
        let name = c_string(name)?;
        // SAFETY: a live instance and a string that is copied; no configuration of its own.
        let topic = unsafe { c::rd_kafka_topic_new(handle.raw(), name.as_ptr(), null_mut()) };
        Ok(match NonNull::new(topic) {
            Some(topic) => Ok(Self { topic, handle: Arc::clone(handle) }),
            // SAFETY: reads a thread-local number.
            None => Err(Code::from(unsafe { c::rd_kafka_last_error() }).into()),
        })
    }

    /// Queues a copy of a record. `QUEUE_FULL` means try again later.
    pub(crate) fn produce(
        &self,
        partition: i32,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: Headers<'_>,
    ) -> Result<(), Failure> {
        let mut fields = [
            field(vtype::RD_KAFKA_VTYPE_RKT, Union { rkt: self.topic.as_ptr() }),
            field(vtype::RD_KAFKA_VTYPE_PARTITION, Union { i32_: partition }),
            field(vtype::RD_KAFKA_VTYPE_MSGFLAGS, Union { i: c::RD_KAFKA_MSG_F_COPY as c_int }),
            field(vtype::RD_KAFKA_VTYPE_TIMESTAMP, Union { i64_: timestamp }),
            field(vtype::RD_KAFKA_VTYPE_KEY, bytes(key)),
            field(vtype::RD_KAFKA_VTYPE_VALUE, bytes(value)),
            field(vtype::RD_KAFKA_VTYPE_END, Union { i: 0 }),
        ];
        const PLAIN: usize = 6;
        let (mut count, mut list) = (PLAIN, null_mut());
        if !headers.is_empty() {
            list = header_list(headers);
            if let Some(last) = fields.last_mut() {
                *last = field(vtype::RD_KAFKA_VTYPE_HEADERS, Union { headers: list });
                count = PLAIN + 1;
            }
        }
        // SAFETY: a live instance and topic; `count` initialised fields whose unions hold what
        // their types say; key and value are copied during the call (MSG_F_COPY). The header list
        // becomes the message's only if the call succeeds.
        unsafe {
            let error = c::rd_kafka_produceva(self.handle.raw(), fields.as_ptr(), count);
            let result = Failure::take(error);
            if result.is_err() && !list.is_null() {
                c::rd_kafka_headers_destroy(list);
            }
            result
        }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once, before its instance (the handle is kept).
        unsafe { c::rd_kafka_topic_destroy(self.topic.as_ptr()) }
    }
}

type Union = c::rd_kafka_vu_s__bindgen_ty_1;

fn field(vtype: vtype, u: Union) -> c::rd_kafka_vu_t {
    c::rd_kafka_vu_t { vtype, u }
}

/// A null pointer is the null key or value; an empty slice's is not null.
fn bytes(bytes: Option<&[u8]>) -> Union {
    let (ptr, size) = bytes.map_or((null_mut(), 0), |b| (b.as_ptr().cast_mut().cast(), b.len()));
    Union { mem: c::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size } }
}

fn header_list(headers: Headers<'_>) -> *mut c::rd_kafka_headers_t {
    /// Room to begin with; the list grows.
    const ROOM: usize = 8;
    // SAFETY: a size hint only.
    let list = unsafe { c::rd_kafka_headers_new(ROOM) };
    for (name, value) in headers {
        let (bytes, size) = value.map_or((std::ptr::null(), 0), |v| (v.as_ptr().cast(), v.len()));
        // SAFETY: a live list; name and value are copied, with their sizes (which fit: both are in
        // memory).
        unsafe {
            c::rd_kafka_header_add(
                list,
                name.as_ptr().cast(),
                name.len().cast_signed(),
                bytes,
                size.cast_signed(),
            );
        }
    }
    list
}

/// What a producer has to tell.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// A record was not written.
    Failed { topic: String, partition: i32, failure: Failure },
    /// Something is wrong with the connection or (fatally) with the producer.
    Error { failure: Failure, fatal: bool },
}

impl Handle {
    /// Waits until nothing is queued or under way, or the time is up. Failed records count as
    /// queued until [`deliveries`](Self::deliveries) has fetched them.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), Failure> {
        // SAFETY: a live instance.
        Failure::check(unsafe { c::rd_kafka_flush(self.raw(), millis(timeout)) })
    }

    /// Fetches what there is to tell, waiting up to `timeout` for the first of it.
    pub(crate) fn deliveries(&self, timeout: Duration, each: &mut dyn FnMut(Delivery)) {
        let mut wait = millis(timeout);
        loop {
            // SAFETY: a live queue; the event is destroyed below.
            let event = unsafe { c::rd_kafka_queue_poll(self.queue(), wait) };
            if event.is_null() {
                return;
            }
            wait = 0;
            // SAFETY: a live event, whose messages and strings live as long as it.
            unsafe {
                match c::rd_kafka_event_type(event) {
                    c::RD_KAFKA_EVENT_DR => {
                        loop {
                            let message = c::rd_kafka_event_message_next(event);
                            if message.is_null() {
                                break;
                            }
                            let code = Code((&raw const (*message).err).cast::<i32>().read());
                            if code == Code::NONE {
                                continue;
                            }
                            // The broker's own words on this record, where it sent some.
                            let words = text(c::rd_kafka_message_produce_errstr(message));
                            each(Delivery::Failed {
                                topic: text(c::rd_kafka_topic_name((*message).rkt)),
                                partition: (*message).partition,
                                failure: Failure::new(code, words),
                            });
                        }
                    }
                    c::RD_KAFKA_EVENT_ERROR => each(Delivery::Error {
                        failure: Failure::new(
                            c::rd_kafka_event_error(event).into(),
                            text(c::rd_kafka_event_error_string(event)),
                        ),
                        fatal: c::rd_kafka_event_error_is_fatal(event) != 0,
                    }),
                    _ => {}
                }
                c::rd_kafka_event_destroy(event);
            }
        }
    }
}
