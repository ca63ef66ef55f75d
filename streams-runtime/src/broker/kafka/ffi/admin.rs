//! Admin requests: each sends, waits for its one answer, and reads it.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::time::Duration;

use rdkafka::bindings as c;
use rdkafka::bindings::rd_kafka_admin_op_t as op;

use super::list::{entries, entry};
use super::{Code, Entry, Failure, Handle, List, TEXT, buffer_text, c_string, millis, text};
use crate::error::Result;

/// How much longer than the request's own timeout to wait for its answer, which librdkafka always
/// gives.
const GRACE: Duration = Duration::from_secs(1);

/// Which offsets to list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OffsetSpec {
    Earliest,
    Latest,
    /// Of the first record that is not older, in milliseconds; -1 where there is none.
    Time(i64),
}

/// What the cluster says about a topic.
#[derive(Debug)]
pub(crate) struct TopicInfo {
    pub(crate) name: String,
    pub(crate) error: Result<(), Failure>,
    pub(crate) partitions: i32,
    /// Every partition has a leader.
    pub(crate) led: bool,
}

pub(super) type Answer<T> = Result<Result<T, Failure>>;

impl Handle {
    /// Describes topics; in any order. Creates none.
    pub(crate) fn describe_topics(
        &self,
        names: &[&str],
        timeout: Duration,
    ) -> Answer<Vec<TopicInfo>> {
        let names = names.iter().map(|n| c_string(n)).collect::<Result<Vec<CString>>>()?;
        let mut pointers: Vec<*const c_char> = names.iter().map(|n| n.as_ptr()).collect();
        // SAFETY: as many strings as said; they are copied.
        let topics = unsafe {
            c::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len())
        };
        // SAFETY: live arguments; the result is read while the event lives, the collection is
        // given back after the request has copied it.
        let answer = unsafe {
            self.request(
                op::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
                timeout,
                |options, queue| c::rd_kafka_DescribeTopics(self.raw(), topics, options, queue),
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_DescribeTopics_result(event);
                    let topics = c::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
                    (0..count).map(|i| topic_info(*topics.add(i))).collect()
                },
            )
        };
        // SAFETY: owned, and not used again.
        unsafe { c::rd_kafka_TopicCollection_destroy(topics) };
        Ok(answer)
    }

    /// The configuration of a topic, with what the cluster sets where the topic sets nothing.
    pub(crate) fn topic_config(
        &self,
        name: &str,
        timeout: Duration,
    ) -> Answer<BTreeMap<String, String>> {
        let name = c_string(name)?;
        // SAFETY: live arguments, which the request copies; the result is read while it lives.
        let answer = unsafe {
            let topic = c::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
            let mut wanted = [c::rd_kafka_ConfigResource_new(topic, name.as_ptr())];
            let answer = self.request(
                op::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                timeout,
                |options, queue| {
                    let (pointers, count) = (wanted.as_mut_ptr(), wanted.len());
                    c::rd_kafka_DescribeConfigs(self.raw(), pointers, count, options, queue);
                },
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_DescribeConfigs_result(event);
                    let found =
                        c::rd_kafka_DescribeConfigs_result_resources(result, &raw mut count);
                    (0..count).map(|i| config_entries(*found.add(i))).collect::<Result<Vec<_>, _>>()
                },
            );
            wanted.iter().for_each(|w| c::rd_kafka_ConfigResource_destroy(*w));
            answer
        };
        Ok(answer.flatten().map(|topics| topics.into_iter().flatten().collect()))
    }

    /// Creates topics; gives the outcome of each.
    pub(crate) fn create_topics<'a>(
        &self,
        topics: impl IntoIterator<Item = (&'a str, i32, &'a BTreeMap<String, String>)>,
        replication_factor: i32,
        timeout: Duration,
    ) -> Answer<Vec<(String, Failure)>> {
        let mut new = NewTopics(Vec::new());
        for (name, partitions, config) in topics {
            if let Err(failure) = new.add(name, partitions, replication_factor, config)? {
                return Ok(Err(failure));
            }
        }
        // SAFETY: live arguments, which the request copies; the result is read while it lives.
        Ok(unsafe {
            self.request(
                op::RD_KAFKA_ADMIN_OP_CREATETOPICS,
                timeout,
                |options, queue| {
                    let (topics, count) = (new.0.as_mut_ptr(), new.0.len());
                    c::rd_kafka_CreateTopics(self.raw(), topics, count, options, queue);
                },
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_CreateTopics_result(event);
                    let topics = c::rd_kafka_CreateTopics_result_topics(result, &raw mut count);
                    (0..count).map(|i| topic_result(*topics.add(i))).collect()
                },
            )
        })
    }

    /// Deletes topics; gives the outcome of each.
    pub(crate) fn delete_topics(
        &self,
        names: &[&str],
        timeout: Duration,
    ) -> Answer<Vec<(String, Failure)>> {
        let names = names.iter().map(|n| c_string(n)).collect::<Result<Vec<CString>>>()?;
        // SAFETY: strings that are copied; the objects are given back below.
        let mut topics: Vec<_> =
            names.iter().map(|n| unsafe { c::rd_kafka_DeleteTopic_new(n.as_ptr()) }).collect();
        // SAFETY: live arguments, which the request copies; the result is read while it lives.
        Ok(unsafe {
            let answer = self.request(
                op::RD_KAFKA_ADMIN_OP_DELETETOPICS,
                timeout,
                |options, queue| {
                    let (pointers, count) = (topics.as_mut_ptr(), topics.len());
                    c::rd_kafka_DeleteTopics(self.raw(), pointers, count, options, queue);
                },
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_DeleteTopics_result(event);
                    let topics = c::rd_kafka_DeleteTopics_result_topics(result, &raw mut count);
                    (0..count).map(|i| topic_result(*topics.add(i))).collect()
                },
            );
            topics.iter().for_each(|t| c::rd_kafka_DeleteTopic_destroy(*t));
            answer
        })
    }

    /// Lists offsets of partitions, in one request a broker; in any order.
    pub(crate) fn list_offsets<'a>(
        &self,
        partitions: impl IntoIterator<Item = (&'a str, i32)>,
        spec: OffsetSpec,
        timeout: Duration,
    ) -> Answer<Vec<Entry>> {
        let spec = match spec {
            OffsetSpec::Earliest => c::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_EARLIEST as i64,
            OffsetSpec::Latest => c::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST as i64,
            // Negative numbers are the other two's.
            OffsetSpec::Time(timestamp) => timestamp.max(0),
        };
        let list = List::new(partitions.into_iter().map(|(t, p)| (t, p, spec)))?;
        // SAFETY: live arguments, which the request copies; the result is read while it lives.
        Ok(unsafe {
            self.request(
                op::RD_KAFKA_ADMIN_OP_LISTOFFSETS,
                timeout,
                |options, queue| {
                    c::rd_kafka_ListOffsets(self.raw(), list.as_ptr(), options, queue);
                },
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_ListOffsets_result(event);
                    let infos = c::rd_kafka_ListOffsets_result_infos(result, &raw mut count);
                    (0..count)
                        .map(|i| {
                            entry(c::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(i)))
                        })
                        .collect()
                },
            )
        })
    }

    /// Deletes the records before offsets; gives the outcome of each partition.
    pub(crate) fn delete_records<'a>(
        &self,
        before: impl IntoIterator<Item = (&'a str, i32, i64)>,
        timeout: Duration,
    ) -> Answer<Vec<Entry>> {
        let list = List::new(before)?;
        // SAFETY: live arguments, which the requests copy; the result is read while it lives.
        Ok(unsafe {
            let mut wanted = [c::rd_kafka_DeleteRecords_new(list.as_ptr())];
            let answer = self.request(
                op::RD_KAFKA_ADMIN_OP_DELETERECORDS,
                timeout,
                |options, queue| {
                    let (pointers, count) = (wanted.as_mut_ptr(), wanted.len());
                    c::rd_kafka_DeleteRecords(self.raw(), pointers, count, options, queue);
                },
                |event| {
                    let result = c::rd_kafka_event_DeleteRecords_result(event);
                    entries(c::rd_kafka_DeleteRecords_result_offsets(result))
                },
            );
            wanted.iter().for_each(|w| c::rd_kafka_DeleteRecords_destroy(*w));
            answer
        })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Safety
    /// `send` makes the request that `op` names, once, with these options and this queue; `read`
    /// reads that request's result and keeps nothing of the event.
    pub(super) unsafe fn request<T>(
        &self,
        op: op,
        timeout: Duration,
        send: impl FnOnce(*mut c::rd_kafka_AdminOptions_t, *mut c::rd_kafka_queue_t),
        read: impl FnOnce(*mut c::rd_kafka_event_t) -> T,
    ) -> Result<T, Failure> {
        let mut errors: [c_char; TEXT] = [0; TEXT];
        // SAFETY: a live instance; options, queue and event are this call's own and given back
        // below, librdkafka keeping references of its own to what it still needs.
        unsafe {
            let options = c::rd_kafka_AdminOptions_new(self.raw(), op);
            let queue = c::rd_kafka_queue_new(self.raw());
            let set = Failure::check(c::rd_kafka_AdminOptions_set_request_timeout(
                options,
                millis(timeout),
                errors.as_mut_ptr(),
                TEXT,
            ))
            .map_err(|failure| Failure::new(failure.code, buffer_text(&errors)));
            let answer = match set {
                Err(failure) => Err(failure),
                Ok(()) => {
                    send(options, queue);
                    let event = c::rd_kafka_queue_poll(queue, millis(timeout + GRACE));
                    if event.is_null() {
                        Err(Code::TIMED_OUT.into())
                    } else {
                        let answer = match Code::from(c::rd_kafka_event_error(event)) {
                            Code::NONE => Ok(read(event)),
                            code => {
                                Err(Failure::new(code, text(c::rd_kafka_event_error_string(event))))
                            }
                        };
                        c::rd_kafka_event_destroy(event);
                        answer
                    }
                }
            };
            c::rd_kafka_AdminOptions_destroy(options);
            c::rd_kafka_queue_destroy(queue);
            answer
        }
    }
}

/// Topics to create, owned.
struct NewTopics(Vec<*mut c::rd_kafka_NewTopic_t>);

impl NewTopics {
    fn add(
        &mut self,
        name: &str,
        partitions: i32,
        replication_factor: i32,
        config: &BTreeMap<String, String>,
    ) -> Answer<()> {
        let name = c_string(name)?;
        let mut errors: [c_char; TEXT] = [0; TEXT];
        // SAFETY: a string that is copied, and a buffer of that size.
        let topic = unsafe {
            c::rd_kafka_NewTopic_new(
                name.as_ptr(),
                partitions,
                replication_factor,
                errors.as_mut_ptr(),
                TEXT,
            )
        };
        if topic.is_null() {
            return Ok(Err(Failure::new(Code::NONE, buffer_text(&errors))));
        }
        self.0.push(topic);
        for (key, value) in config {
            let (key, value) = (c_string(key)?, c_string(value)?);
            // SAFETY: a live object and strings that are copied.
            let code =
                unsafe { c::rd_kafka_NewTopic_set_config(topic, key.as_ptr(), value.as_ptr()) };
            if let Err(failure) = Failure::check(code) {
                return Ok(Err(failure));
            }
        }
        Ok(Ok(()))
    }
}

impl Drop for NewTopics {
    fn drop(&mut self) {
        for topic in std::mem::take(&mut self.0) {
            // SAFETY: owned, and destroyed once.
            unsafe { c::rd_kafka_NewTopic_destroy(topic) }
        }
    }
}

/// # Safety
/// `result` is part of a live event.
unsafe fn topic_result(result: *const c::rd_kafka_topic_result_t) -> (String, Failure) {
    // SAFETY: the caller's promise; strings are copied.
    unsafe {
        let code = c::rd_kafka_topic_result_error(result).into();
        let words = text(c::rd_kafka_topic_result_error_string(result));
        (text(c::rd_kafka_topic_result_name(result)), Failure::new(code, words))
    }
}

/// # Safety
/// `resource` is part of a live event.
unsafe fn config_entries(
    resource: *const c::rd_kafka_ConfigResource_t,
) -> Result<BTreeMap<String, String>, Failure> {
    // SAFETY: the caller's promise; strings are copied, the array has `count` elements.
    unsafe {
        let code: Code = c::rd_kafka_ConfigResource_error(resource).into();
        if code != Code::NONE {
            let words = text(c::rd_kafka_ConfigResource_error_string(resource));
            return Err(Failure::new(code, words));
        }
        let mut count = 0;
        let entries = c::rd_kafka_ConfigResource_configs(resource, &raw mut count);
        let entry = |i| {
            let entry = *entries.add(i);
            let value = text(c::rd_kafka_ConfigEntry_value(entry));
            (text(c::rd_kafka_ConfigEntry_name(entry)), value)
        };
        Ok((0..count).map(entry).collect())
    }
}

/// # Safety
/// `topic` is part of a live event.
unsafe fn topic_info(topic: *const c::rd_kafka_TopicDescription_t) -> TopicInfo {
    // SAFETY: the caller's promise; strings are copied, the arrays have `count` elements.
    unsafe {
        let mut count = 0;
        let partitions = c::rd_kafka_TopicDescription_partitions(topic, &raw mut count);
        let led = (0..count)
            .all(|i| !c::rd_kafka_TopicPartitionInfo_leader(*partitions.add(i)).is_null());
        TopicInfo {
            name: text(c::rd_kafka_TopicDescription_name(topic)),
            error: Failure::peek(c::rd_kafka_TopicDescription_error(topic)),
            partitions: i32::try_from(count).unwrap_or(i32::MAX),
            led,
        }
    }
}
