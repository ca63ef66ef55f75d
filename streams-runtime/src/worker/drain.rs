//! Results on their way from a task's output to the log.

use streams_core::output::TopicIndex;
use streams_core::partitioner::partition_of;

use super::Running;
use crate::broker::{Append, Client, WriterTopic};
use crate::error::{Error, Result};
use crate::plan::Plan;

/// The client's handles of the topology's topics, asked for once each.
pub(super) struct Writers {
    by_index: Vec<Option<(WriterTopic, i32)>>,
    /// Where records without a key go: on to the next partition with each drain.
    sticky: i32,
}

impl Writers {
    pub(super) fn new(topics: usize) -> Self {
        Self { by_index: vec![None; topics], sticky: 0 }
    }

    #[inline]
    fn find(
        &mut self,
        plan: &Plan,
        client: &mut dyn Client,
        topic: TopicIndex,
    ) -> Result<(WriterTopic, i32)> {
        match self.by_index.get(usize::from(topic.0)) {
            Some(Some(writer)) => Ok(*writer),
            _ => self.ask(plan, client, topic),
        }
    }

    #[cold]
    fn ask(
        &mut self,
        plan: &Plan,
        client: &mut dyn Client,
        topic: TopicIndex,
    ) -> Result<(WriterTopic, i32)> {
        let planned = plan.topic(topic);
        let planned =
            planned.ok_or_else(|| Error::config(format!("the topology has no topic {topic:?}")))?;
        let writer = client.writer(&planned.name)?;
        let index = usize::from(topic.0);
        if let Some(place) = self.by_index.get_mut(index) {
            *place = Some(writer);
        }
        Ok(writer)
    }

    /// Appends everything in the task's output, which is empty then.
    pub(super) fn drain(
        &mut self,
        plan: &Plan,
        client: &mut dyn Client,
        task: &mut Running,
    ) -> Result<()> {
        let output = task.task.output();
        if output.is_empty() {
            return Ok(());
        }
        for record in output.iter() {
            let (topic, partitions) = self.find(plan, client, record.topic)?;
            let partition = match (record.partition, record.partition_key) {
                (Some(partition), _) => partition,
                (None, Some(key)) => partition_of(key, partitions),
                (None, None) => self.sticky % partitions.max(1),
            };
            client.append(Append {
                topic,
                partition,
                timestamp: record.timestamp,
                key: record.key,
                value: record.value,
                headers: record.headers,
            })?;
        }
        output.clear();
        task.wrote = true;
        self.sticky = self.sticky.wrapping_add(1) & i32::MAX;
        Ok(())
    }
}
