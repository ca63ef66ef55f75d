//! Messages, received in batches.

use std::ffi::CStr;
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;

use rdkafka::bindings as c;
use streams_core::HeaderBuf;

use super::{Code, Handle, text};

/// A consumer's place for one batch.
pub(crate) struct Inbox {
    /// Messages of the batch under way; empty between batches. Before the handle, so that nothing
    /// outlives the instance.
    batch: Vec<NonNull<c::rd_kafka_message_t>>,
    room: Vec<*mut c::rd_kafka_message_t>,
    handle: Arc<Handle>,
}

// SAFETY: between calls the pointers are gone (batch is emptied by `Batch`'s drop, room is only
// written to), and librdkafka's instances may be used from any thread.
unsafe impl Send for Inbox {}

impl Inbox {
    pub(crate) fn new(handle: Arc<Handle>) -> Self {
        Self { batch: Vec::new(), room: Vec::new(), handle }
    }

    /// Takes what has arrived: at most `max`, waiting up to `timeout_ms` *for all of them*, as
    /// rd_kafka_consume_batch_queue does. Serves the group's callbacks meanwhile.
    pub(crate) fn receive(&mut self, timeout_ms: i32, max: usize) -> Batch<'_> {
        if self.room.len() < max {
            self.room.resize(max, null_mut());
        }
        // SAFETY: a live queue of this instance, and room for `max` pointers.
        let count = unsafe {
            c::rd_kafka_consume_batch_queue(
                self.handle.queue(),
                timeout_ms,
                self.room.as_mut_ptr(),
                max,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        self.batch.clear();
        self.batch.extend(self.room.iter().take(count).copied().filter_map(NonNull::new));
        // Popped from the end: the first one has to be there.
        self.batch.reverse();
        Batch { messages: &mut self.batch, handle: &self.handle }
    }
}

/// A batch; what is not taken from it is destroyed with it.
pub(crate) struct Batch<'a> {
    messages: &'a mut Vec<NonNull<c::rd_kafka_message_t>>,
    handle: &'a Arc<Handle>,
}

impl<'a> Iterator for Batch<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        self.messages.pop().map(|message| Message { message, handle: self.handle })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.messages.len(), Some(self.messages.len()))
    }
}

impl ExactSizeIterator for Batch<'_> {}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.by_ref().for_each(drop);
    }
}

/// A message of the batch under way. librdkafka delivers errors and ends of partitions as messages
/// too: see [`code`](Self::code).
pub(crate) struct Message<'a> {
    message: NonNull<c::rd_kafka_message_t>,
    handle: &'a Arc<Handle>,
}

impl Message<'_> {
    /// 0 for a record.
    pub(crate) fn code(&self) -> Code {
        // SAFETY: a live message; the code is read as an integer of the same size.
        Code(unsafe { (&raw const (*self.message.as_ptr()).err).cast::<i32>().read() })
    }

    pub(crate) fn partition(&self) -> i32 {
        // SAFETY: a live message.
        unsafe { (*self.message.as_ptr()).partition }
    }

    pub(crate) fn offset(&self) -> i64 {
        // SAFETY: a live message.
        unsafe { (*self.message.as_ptr()).offset }
    }

    /// Tells topics apart within one batch (0: none). A pointer: it may mean another topic later.
    pub(crate) fn topic_address(&self) -> usize {
        // SAFETY: a live message.
        unsafe { (*self.message.as_ptr()).rkt }.addr()
    }

    pub(crate) fn topic(&self) -> &str {
        // SAFETY: a live message keeps its topic, and that its name.
        unsafe {
            let topic = (*self.message.as_ptr()).rkt;
            if topic.is_null() {
                return "";
            }
            CStr::from_ptr(c::rd_kafka_topic_name(topic)).to_str().unwrap_or("")
        }
    }

    /// `None` is null; an empty key is empty.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: a live message.
        let (bytes, len) =
            unsafe { ((*self.message.as_ptr()).key, (*self.message.as_ptr()).key_len) };
        // SAFETY: `len` bytes of the message, which this borrow keeps.
        (!bytes.is_null()).then(|| unsafe { std::slice::from_raw_parts(bytes.cast(), len) })
    }

    /// `None` is null; an empty value is empty.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: a live message.
        let (bytes, len) =
            unsafe { ((*self.message.as_ptr()).payload, (*self.message.as_ptr()).len) };
        // SAFETY: `len` bytes of the message, which this borrow keeps.
        (!bytes.is_null()).then(|| unsafe { std::slice::from_raw_parts(bytes.cast(), len) })
    }

    /// Milliseconds since the epoch; -1 for none.
    pub(crate) fn timestamp(&self) -> i64 {
        // SAFETY: a live message; the type of the timestamp is not asked for.
        unsafe { c::rd_kafka_message_timestamp(self.message.as_ptr(), null_mut()) }
    }

    /// Appends the headers, if there are any. A name that is not UTF-8 is made so.
    pub(crate) fn headers(&self, into: &mut HeaderBuf) {
        let mut headers = null_mut();
        // SAFETY: a live message; librdkafka parses the headers on the first call and keeps them
        // with the message. Names are NUL-terminated, values have the returned size.
        unsafe {
            let code = c::rd_kafka_message_headers(self.message.as_ptr(), &raw mut headers);
            if code as i32 != 0 {
                return;
            }
            for i in 0.. {
                let (mut name, mut value, mut size) = (null(), null(), 0);
                let code = c::rd_kafka_header_get_all(
                    headers,
                    i,
                    &raw mut name,
                    &raw mut value,
                    &raw mut size,
                );
                if code as i32 != 0 {
                    return;
                }
                let bytes = (!value.is_null())
                    .then(|| std::slice::from_raw_parts(value.cast::<u8>(), size));
                into.push(&CStr::from_ptr(name).to_string_lossy(), bytes);
            }
        }
    }

    /// What an error message says.
    pub(crate) fn error_text(&self) -> String {
        // SAFETY: a live message.
        unsafe { text(c::rd_kafka_message_errstr(self.message.as_ptr())) }
    }

    /// Keeps the message beyond its batch.
    pub(crate) fn hold(self) -> Held {
        let held = Held { message: self.message, handle: Arc::clone(self.handle) };
        std::mem::forget(self);
        held
    }
}

impl Drop for Message<'_> {
    fn drop(&mut self) {
        // SAFETY: owned, and destroyed once; its instance lives (the handle is borrowed).
        unsafe { c::rd_kafka_message_destroy(self.message.as_ptr()) }
    }
}

/// A message that is kept for later.
pub(crate) struct Held {
    message: NonNull<c::rd_kafka_message_t>,
    handle: Arc<Handle>,
}

// SAFETY: owned alone, and librdkafka's messages may be read and destroyed on any thread.
unsafe impl Send for Held {}

impl Held {
    /// Looks at it.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&Message<'_>) -> R) -> R {
        let message =
            std::mem::ManuallyDrop::new(Message { message: self.message, handle: &self.handle });
        look(&message)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: owned, and destroyed once; the handle keeps the instance.
        unsafe { c::rd_kafka_message_destroy(self.message.as_ptr()) }
    }
}
