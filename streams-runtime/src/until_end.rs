//! When everything that was in the sources at the start has been processed.

use crate::broker::TopicPartition;
use crate::error::Result;
use crate::plan::Plan;
use crate::shared::Shared;

/// The ends that are to be reached, as of when this was made.
pub(crate) struct UntilEnd {
    sources: Vec<(TopicPartition, i64)>,
    repartitions: Vec<TopicPartition>,
}

impl UntilEnd {
    pub(crate) fn new(shared: &Shared) -> Result<Self> {
        let plan = &shared.plan;
        let of = |repartition: bool| -> Vec<TopicPartition> {
            let reads = plan.reads.iter().filter(|r| r.repartition == repartition);
            reads.flat_map(Plan::partitions).collect()
        };
        let sources = of(false);
        let ends = shared.broker.end_offsets(&sources)?;
        let beginnings = shared.broker.beginning_offsets(&sources)?;
        let spans = sources.into_iter().zip(ends).zip(beginnings);
        let sources = spans.filter(|((_, end), beginning)| end > beginning).map(|(s, _)| s);
        Ok(Self { sources: sources.collect(), repartitions: of(true) })
    }

    /// Number of records there were, as far as offsets tell.
    pub(crate) fn total(&self, shared: &Shared) -> Result<u64> {
        let places: Vec<TopicPartition> = self.sources.iter().map(|(p, _)| p.clone()).collect();
        let beginnings = shared.broker.beginning_offsets(&places)?;
        let spans = self.sources.iter().zip(beginnings);
        Ok(spans.map(|((_, end), beginning)| (end - beginning).max(0) as u64).sum())
    }

    /// Number of them that are committed, and whether all is done, repartition topics included.
    pub(crate) fn reached(&self, shared: &Shared) -> Result<(u64, bool)> {
        let group = &shared.plan.application_id;
        let places: Vec<TopicPartition> = self.sources.iter().map(|(p, _)| p.clone()).collect();
        let committed = shared.broker.committed(group, &places)?;
        let beginnings = shared.broker.beginning_offsets(&places)?;
        let (mut done, mut all) = (0, true);
        for (((_, end), committed), beginning) in self.sources.iter().zip(committed).zip(beginnings)
        {
            let at = committed.unwrap_or(0).min(*end);
            done += (at - beginning.min(at)).max(0) as u64;
            all &= at >= *end;
        }
        if !all || self.repartitions.is_empty() {
            return Ok((done, all));
        }
        // In this order: what was written before its source's commit is before the end by now.
        let ends = shared.broker.end_offsets(&self.repartitions)?;
        let committed = shared.broker.committed(group, &self.repartitions)?;
        let beginnings = shared.broker.beginning_offsets(&self.repartitions)?;
        let mut each = committed.iter().zip(&ends).zip(&beginnings);
        let drained = each.all(|((c, end), beginning)| c.unwrap_or(*beginning) >= *end);
        Ok((done, drained))
    }
}
