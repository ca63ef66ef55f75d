//! Lists of partitions with offsets.

use std::ptr::NonNull;

use rdkafka::bindings as c;

use super::{Code, c_string, text};
use crate::error::Result;

/// An owned list.
pub(crate) struct List(NonNull<c::rd_kafka_topic_partition_list_t>);

/// One line of a list, copied out.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) code: Code,
    /// What was committed with the offset.
    pub(crate) metadata: String,
}

// SAFETY: owned alone, and librdkafka keeps nothing of it in a thread.
unsafe impl Send for List {}

impl List {
    /// A list of topic, partition and offset.
    pub(crate) fn new<'a>(entries: impl IntoIterator<Item = (&'a str, i32, i64)>) -> Result<Self> {
        // SAFETY: takes a size hint only.
        let list = unsafe { c::rd_kafka_topic_partition_list_new(0) };
        let Some(list) = NonNull::new(list) else {
            unreachable!("rd_kafka_topic_partition_list_new never returns null")
        };
        let list = Self(list);
        for (topic, partition, offset) in entries {
            let topic = c_string(topic)?;
            // SAFETY: a live list and a string that is copied; the result is an element of the
            // list, valid until the next one is added.
            unsafe {
                let element =
                    c::rd_kafka_topic_partition_list_add(list.as_ptr(), topic.as_ptr(), partition);
                (*element).offset = offset;
            }
        }
        Ok(list)
    }

    /// Says something with the offset of the line with this number.
    pub(crate) fn set_metadata(&mut self, line: usize, metadata: &str) {
        // SAFETY: an owned, live list with `cnt` elements at `elems`; the memory comes from where
        // librdkafka gives it back to when the list goes.
        unsafe {
            let list = self.as_ptr();
            if line >= usize::try_from((*list).cnt).unwrap_or(0) {
                return;
            }
            let element = (*list).elems.add(line);
            c::rd_kafka_mem_free(std::ptr::null_mut(), (*element).metadata);
            let copy = c::rd_kafka_mem_malloc(std::ptr::null_mut(), metadata.len());
            copy.cast::<u8>().copy_from_nonoverlapping(metadata.as_ptr(), metadata.len());
            (*element).metadata = copy;
            (*element).metadata_size = metadata.len();
        }
    }

    pub(super) fn as_ptr(&self) -> *mut c::rd_kafka_topic_partition_list_t {
        self.0.as_ptr()
    }

    /// A list of its own with the same lines.
    pub(crate) fn copy(&self) -> Self {
        // SAFETY: an owned, live list, which is only read.
        let copy = unsafe { c::rd_kafka_topic_partition_list_copy(self.as_ptr()) };
        let Some(copy) = NonNull::new(copy) else {
            unreachable!("rd_kafka_topic_partition_list_copy never returns null")
        };
        Self(copy)
    }

    /// The lines, copied.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        // SAFETY: an owned, live list.
        unsafe { entries(self.as_ptr()) }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: owned, and destroyed once.
        unsafe { c::rd_kafka_topic_partition_list_destroy(self.as_ptr()) }
    }
}

/// The lines of a list that is librdkafka's.
///
/// # Safety
/// `list` is null or a live list.
pub(super) unsafe fn entries(list: *const c::rd_kafka_topic_partition_list_t) -> Vec<Entry> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: a live list has `cnt` elements at `elems`.
    unsafe {
        let count = usize::try_from((*list).cnt).unwrap_or(0);
        (0..count).map(|i| entry((*list).elems.add(i))).collect()
    }
}

/// One element, copied.
///
/// # Safety
/// `element` is a live element.
pub(super) unsafe fn entry(element: *const c::rd_kafka_topic_partition_t) -> Entry {
    // SAFETY: live; the code is read as an integer of the same size, since it may be one that the
    // enum does not know.
    unsafe {
        Entry {
            topic: text((*element).topic),
            partition: (*element).partition,
            offset: (*element).offset,
            code: Code((&raw const (*element).err).cast::<i32>().read()),
            metadata: match (*element).metadata.cast::<u8>() {
                none if none.is_null() => String::new(),
                bytes => {
                    let bytes = std::slice::from_raw_parts(bytes, (*element).metadata_size);
                    String::from_utf8_lossy(bytes).into_owned()
                }
            },
        }
    }
}
