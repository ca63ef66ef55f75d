//! When a processor punctuates, by Kafka Streams' rules.

/// Which clock a schedule goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PunctuationType {
    /// The task's stream time, which only records move. Due at the first record, then at multiples of
    /// the interval from there.
    StreamTime,
    /// The wall clock. Due an interval after the start of the task, then at multiples from there;
    /// looked at between records.
    WallClock,
}

/// A schedule that has come due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Punctuation {
    /// The clock that it goes by.
    pub punctuation_type: PunctuationType,
    /// The time of that clock, in milliseconds since the Unix epoch. It is the default timestamp of
    /// what is forwarded.
    pub timestamp: i64,
    /// The schedule.
    pub schedule: ScheduleId,
}

/// A schedule of a processor. Those of `punctuate(…)` in the topology are 0, 1, … in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScheduleId(pub u32);

#[derive(Clone, Copy, Debug)]
struct Schedule {
    id: ScheduleId,
    punctuation_type: PunctuationType,
    interval_ms: i64,
    next: i64,
}

/// The schedules of a processor.
#[derive(Debug)]
pub(super) struct Schedules {
    active: Vec<Schedule>,
    /// Made since the clock was last looked at: they are not due before it is looked at again, so
    /// that a punctuation which makes schedules comes to an end.
    fresh: Vec<Schedule>,
    next_id: u32,
}

impl Schedules {
    pub(super) fn new(declared: &[(PunctuationType, i64)]) -> Self {
        let mut schedules = Self { active: Vec::new(), fresh: Vec::new(), next_id: 0 };
        for (punctuation_type, interval_ms) in declared {
            schedules.add(*punctuation_type, *interval_ms, 0);
        }
        schedules
    }

    /// The task begins at this wall time: what was declared counts from there.
    pub(super) fn start(&mut self, wall_clock: i64) {
        for schedule in self.active.iter_mut().chain(&mut self.fresh) {
            if schedule.punctuation_type == PunctuationType::WallClock {
                schedule.next = wall_clock.saturating_add(schedule.interval_ms);
            }
        }
    }

    pub(super) fn add(
        &mut self,
        punctuation_type: PunctuationType,
        interval_ms: i64,
        wall_clock: i64,
    ) -> ScheduleId {
        let (id, interval_ms) = (ScheduleId(self.next_id), interval_ms.max(1));
        self.next_id += 1;
        let next = match punctuation_type {
            PunctuationType::StreamTime => 0,
            PunctuationType::WallClock => wall_clock.saturating_add(interval_ms),
        };
        self.fresh.push(Schedule { id, punctuation_type, interval_ms, next });
        id
    }

    /// False if there is no such schedule (any more).
    pub(super) fn cancel(&mut self, id: ScheduleId) -> bool {
        let before = self.active.len() + self.fresh.len();
        self.active.retain(|s| s.id != id);
        self.fresh.retain(|s| s.id != id);
        self.active.len() + self.fresh.len() < before
    }

    /// The clocks are looked at.
    pub(super) fn admit(&mut self) {
        self.active.append(&mut self.fresh);
    }

    /// When the next one by this clock is due.
    pub(super) fn next(&self, punctuation_type: PunctuationType) -> Option<i64> {
        let of_clock = |s: &&Schedule| s.punctuation_type == punctuation_type;
        self.active.iter().chain(&self.fresh).filter(of_clock).map(|s| s.next).min()
    }

    /// When the first one that is due at `now` was due.
    pub(super) fn due(&self, punctuation_type: PunctuationType, now: i64) -> Option<i64> {
        let of_clock = |s: &&Schedule| s.punctuation_type == punctuation_type && s.next <= now;
        self.active.iter().filter(of_clock).map(|s| s.next).min()
    }

    /// The first one that is due at `now`; its next time is the first multiple of its interval after
    /// `now`, however many were missed.
    pub(super) fn fire(
        &mut self,
        punctuation_type: PunctuationType,
        now: i64,
    ) -> Option<ScheduleId> {
        let due = |s: &&mut Schedule| s.punctuation_type == punctuation_type && s.next <= now;
        let schedule = self.active.iter_mut().filter(due).min_by_key(|s| (s.next, s.id))?;
        let missed = (now - schedule.next) / schedule.interval_ms;
        let later = schedule.interval_ms.saturating_mul(missed.saturating_add(1));
        // At the end of time there is no later: a schedule that cannot move on is over.
        match schedule.next.checked_add(later) {
            Some(next) => schedule.next = next,
            None => schedule.next = i64::MAX,
        }
        let (id, over) = (schedule.id, schedule.next <= now);
        if over {
            self.cancel(id);
        }
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PunctuationType::{StreamTime, WallClock};

    fn fired(schedules: &mut Schedules, kind: PunctuationType, now: i64) -> usize {
        schedules.admit();
        let mut n = 0;
        while schedules.due(kind, now).is_some() {
            schedules.fire(kind, now);
            n += 1;
        }
        n
    }

    #[test]
    fn stream_time_fires_at_the_first_record_then_at_multiples_and_once_over_a_jump() {
        let mut schedules = Schedules::new(&[(StreamTime, 10)]);
        let times = [3, 9, 10, 19, 20, 55, 59, 60];
        let got = times.map(|now| fired(&mut schedules, StreamTime, now));
        assert_eq!(got, [1, 0, 1, 0, 1, 1, 0, 1]);
    }

    #[test]
    fn the_wall_clock_counts_from_the_start() {
        let mut schedules = Schedules::new(&[(WallClock, 10), (StreamTime, 1)]);
        schedules.start(105);
        assert_eq!(schedules.next(WallClock), Some(115));
        let got = [105, 114, 115, 124, 200, 204, 205].map(|n| fired(&mut schedules, WallClock, n));
        assert_eq!(got, [0, 0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn the_ends_of_time_and_cancelled_schedules_come_to_an_end() {
        let mut schedules = Schedules::new(&[(StreamTime, 10), (StreamTime, i64::MAX)]);
        assert_eq!(fired(&mut schedules, StreamTime, i64::MAX), 2);
        assert_eq!(fired(&mut schedules, StreamTime, i64::MAX), 0);
        let mut schedules = Schedules::new(&[(StreamTime, 10), (StreamTime, 10)]);
        assert!(schedules.cancel(ScheduleId(0)));
        assert!(!schedules.cancel(ScheduleId(0)));
        assert_eq!(fired(&mut schedules, StreamTime, 0), 1);
        let id = schedules.add(WallClock, 0, 7);
        assert_eq!((id, schedules.next(WallClock)), (ScheduleId(2), Some(8)));
    }

    proptest::proptest! {
        #[test]
        fn any_times_fire_at_most_once_and_move_on(
            interval in 1..i64::MAX, times in proptest::collection::vec(0..=i64::MAX, 1..20),
        ) {
            let mut schedules = Schedules::new(&[(StreamTime, interval)]);
            let mut latest = -1;
            for time in times {
                latest = time.max(latest);
                proptest::prop_assert!(fired(&mut schedules, StreamTime, latest) <= 1);
                proptest::prop_assert!(schedules.next(StreamTime).is_none_or(|n| n > latest));
            }
        }
    }
}
