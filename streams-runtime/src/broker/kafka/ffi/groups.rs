//! Admin requests about consumer groups.

use std::time::Duration;

use rdkafka::bindings as c;
use rdkafka::bindings::rd_kafka_admin_op_t as op;

use super::admin::Answer;
use super::list::entries;
use super::{Code, Entry, Failure, Handle, List, c_string};

impl Handle {
    /// How many members a group has; none of one that does not exist.
    pub(crate) fn group_members(&self, group: &str, timeout: Duration) -> Answer<usize> {
        let group = c_string(group)?;
        let mut names = [group.as_ptr()];
        // SAFETY: live arguments, which the request copies; the result is read while it lives.
        let answer = unsafe {
            self.request(
                op::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
                timeout,
                |options, queue| {
                    let (names, count) = (names.as_mut_ptr(), names.len());
                    c::rd_kafka_DescribeConsumerGroups(self.raw(), names, count, options, queue);
                },
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_DescribeConsumerGroups_result(event);
                    let groups =
                        c::rd_kafka_DescribeConsumerGroups_result_groups(result, &raw mut count);
                    let mut members = 0;
                    for i in 0..count {
                        let group = *groups.add(i);
                        match Failure::peek(c::rd_kafka_ConsumerGroupDescription_error(group)) {
                            Err(failure) if failure.code == Code::GROUP_ID_NOT_FOUND => {}
                            other => other?,
                        }
                        members += c::rd_kafka_ConsumerGroupDescription_member_count(group);
                    }
                    Ok(members)
                },
            )
        };
        Ok(answer.and_then(|read| read))
    }

    /// Commits offsets for a group without members; gives the outcome of each partition.
    pub(crate) fn alter_group_offsets<'a>(
        &self,
        group: &str,
        offsets: impl IntoIterator<Item = (&'a str, i32, i64)>,
        timeout: Duration,
    ) -> Answer<Vec<Entry>> {
        let group = c_string(group)?;
        let list = List::new(offsets)?;
        // SAFETY: live arguments, which the requests copy; the result is read while it lives.
        let answer = unsafe {
            let mut wanted =
                [c::rd_kafka_AlterConsumerGroupOffsets_new(group.as_ptr(), list.as_ptr())];
            let answer = self.request(
                op::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS,
                timeout,
                |options, queue| {
                    let (pointers, count) = (wanted.as_mut_ptr(), wanted.len());
                    c::rd_kafka_AlterConsumerGroupOffsets(
                        self.raw(),
                        pointers,
                        count,
                        options,
                        queue,
                    );
                },
                |event| {
                    let mut count = 0;
                    let result = c::rd_kafka_event_AlterConsumerGroupOffsets_result(event);
                    let groups =
                        c::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &raw mut count);
                    of_groups(groups, count)
                },
            );
            wanted.iter().for_each(|w| c::rd_kafka_AlterConsumerGroupOffsets_destroy(*w));
            answer
        };
        Ok(answer.and_then(|read| read))
    }
}

/// The partitions of all groups of a result; the first failure of a group is the result.
///
/// # Safety
/// `groups` has `count` elements, which are part of a live event.
unsafe fn of_groups(
    groups: *mut *const c::rd_kafka_group_result_t,
    count: usize,
) -> Result<Vec<Entry>, Failure> {
    let mut all = Vec::new();
    for i in 0..count {
        // SAFETY: the caller's promise; errors and lists are copied.
        unsafe {
            let group = *groups.add(i);
            Failure::peek(c::rd_kafka_group_result_error(group))?;
            all.extend(entries(c::rd_kafka_group_result_partitions(group)));
        }
    }
    Ok(all)
}
