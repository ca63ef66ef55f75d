//! When everything is processed that was there: for `--until-end`. Pure; who asks brings the offsets.
//!
//! A topic has a goal for each partition: the end that it had. A source's is taken at the start; that
//! of a topic which the topology writes, when all that leads to it has reached its goals and so
//! nothing more of that will come. So it ends even while new input arrives, and with several
//! processes.

use streams_core::topology::Reset;

use crate::plan::Plan;

/// See the module.
#[derive(Debug)]
pub(crate) struct UntilEnd {
    topics: Vec<Goal>,
}

#[derive(Debug)]
struct Goal {
    /// The topics that have to be done before the goal can be taken.
    after: Vec<usize>,
    reset: Reset,
    /// For each partition where it began and the offset to reach; `None` before they are taken.
    targets: Option<Vec<(i64, i64)>>,
    /// Records up to the goals that are committed.
    committed: u64,
    done: bool,
}

/// What is known of a partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offsets {
    pub(crate) beginning: i64,
    pub(crate) end: i64,
    pub(crate) committed: Option<i64>,
}

impl UntilEnd {
    /// For the topics that a plan reads, in their order.
    pub(crate) fn new(plan: &Plan) -> Self {
        let after: Vec<Vec<usize>> =
            plan.reads.iter().map(|read| upstream(plan, &read.name)).collect();
        let topics = plan.reads.iter().enumerate().map(|(topic, read)| Goal {
            // What leads back to itself never comes to rest: its end at the start is its goal.
            after: match is_cyclic(&after, topic) {
                true => Vec::new(),
                false => after.get(topic).cloned().unwrap_or_default(),
            },
            reset: read.reset,
            targets: None,
            committed: 0,
            done: false,
        });
        Self { topics: topics.collect() }
    }

    /// The topics whose goals are to be taken now.
    pub(crate) fn to_take(&self) -> Vec<usize> {
        let done = |topic: &usize| self.topics.get(*topic).is_none_or(|g| g.done);
        let ready = |goal: &Goal| goal.targets.is_none() && goal.after.iter().all(done);
        let all = self.topics.iter().enumerate();
        all.filter(|(_, goal)| ready(goal)).map(|(topic, _)| topic).collect()
    }

    /// Takes a topic's goals.
    pub(crate) fn take(&mut self, topic: usize, partitions: &[Offsets]) {
        let Some(goal) = self.topics.get_mut(topic) else { return };
        // A new group that starts at the end has nothing to do with what is there already.
        let skip = |o: &Offsets| o.committed.is_none() && goal.reset == Reset::Latest;
        let target = |o: &Offsets| (o.beginning, if skip(o) { o.beginning } else { o.end });
        goal.targets = Some(partitions.iter().map(target).collect());
    }

    /// The topics that have goals and have not reached them.
    pub(crate) fn pending(&self) -> Vec<usize> {
        let all = self.topics.iter().enumerate();
        all.filter(|(_, goal)| goal.targets.is_some() && !goal.done).map(|(t, _)| t).collect()
    }

    /// The group's offsets of a topic.
    pub(crate) fn observe(&mut self, topic: usize, committed: &[Option<i64>]) {
        let Some(goal) = self.topics.get_mut(topic) else { return };
        let Some(targets) = &goal.targets else { return };
        goal.done = true;
        goal.committed = 0;
        for ((beginning, end), committed) in targets.iter().zip(committed) {
            let at = committed.unwrap_or(*beginning).clamp(*beginning, *end.max(beginning));
            goal.committed += u64::try_from(at - beginning).unwrap_or(0);
            goal.done &= at >= *end;
        }
    }

    /// How many records are committed, of how many that were there at the start.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let sources = self.topics.iter().filter(|goal| goal.after.is_empty());
        sources.fold((0, 0), |(done, total), goal| {
            let spans = goal.targets.iter().flatten().map(|(from, to)| (to - from).max(0) as u64);
            (done + goal.committed, total + spans.sum::<u64>())
        })
    }

    /// True if every topic has reached its goals.
    pub(crate) fn is_reached(&self) -> bool {
        self.topics.iter().all(|goal| goal.done)
    }
}

/// The topics whose records may lead to this one.
fn upstream(plan: &Plan, name: &str) -> Vec<usize> {
    let is = |topic: &crate::plan::PlannedTopic| &*topic.name == name;
    let leads = |read: &crate::plan::ReadTopic| {
        read.leads_to.iter().any(|index| plan.topic(*index).is_some_and(is))
    };
    let all = plan.reads.iter().enumerate();
    all.filter(|(_, read)| leads(read)).map(|(number, _)| number).collect()
}

fn is_cyclic(after: &[Vec<usize>], topic: usize) -> bool {
    let mut seen = vec![false; after.len()];
    let mut next: Vec<usize> = after.get(topic).cloned().unwrap_or_default();
    while let Some(at) = next.pop() {
        if at == topic {
            return true;
        }
        match seen.get_mut(at) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        next.extend(after.get(at).into_iter().flatten());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goals(after: &[&[usize]]) -> UntilEnd {
        let goal = |after: &&[usize]| Goal {
            after: after.to_vec(),
            reset: Reset::Earliest,
            targets: None,
            committed: 0,
            done: false,
        };
        UntilEnd { topics: after.iter().map(goal).collect() }
    }

    fn at(beginning: i64, end: i64, committed: Option<i64>) -> Offsets {
        Offsets { beginning, end, committed }
    }

    #[test]
    fn it_ends_when_sources_and_then_what_they_led_to_are_processed() {
        let mut all = goals(&[&[], &[0]]);
        assert_eq!(all.to_take(), [0]);
        all.take(0, &[at(0, 10, None), at(0, 0, None)]);
        all.observe(0, &[Some(9), None]);
        assert!(all.to_take().is_empty());
        all.observe(0, &[Some(10), None]);
        assert_eq!(all.to_take(), [1]);
        all.take(1, &[at(0, 4, Some(4))]);
        assert!(!all.is_reached());
        assert_eq!(all.pending(), [1]);
        all.observe(1, &[Some(4)]);
        assert!(all.is_reached());
        assert_eq!(all.progress(), (10, 10));
    }

    #[test]
    fn input_that_comes_later_does_not_matter() {
        let mut all = goals(&[&[]]);
        all.take(0, &[at(0, 10, None)]);
        all.observe(0, &[Some(25)]);
        assert!(all.is_reached());
    }

    #[test]
    fn a_partition_whose_records_are_all_deleted_is_done() {
        let mut all = goals(&[&[]]);
        all.take(0, &[at(7, 7, None)]);
        all.observe(0, &[None]);
        assert!(all.is_reached());
    }

    #[test]
    fn a_new_group_that_starts_at_the_latest_has_nothing_to_do() {
        let mut all = goals(&[&[]]);
        if let Some(goal) = all.topics.first_mut() {
            goal.reset = Reset::Latest;
        }
        all.take(0, &[at(0, 7, None)]);
        all.observe(0, &[None]);
        assert!(all.is_reached());
    }

    #[test]
    fn a_topic_that_leads_back_to_itself_is_found() {
        assert!(is_cyclic(&[vec![1], vec![0]], 0));
        assert!(!is_cyclic(&[vec![], vec![0]], 1));
        assert!(!is_cyclic(&[vec![], vec![1], vec![1]], 2));
    }
}
