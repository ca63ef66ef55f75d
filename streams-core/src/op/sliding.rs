//! Sliding windows: for each record the windows that it changes, of one length and both ends
//! included (Kafka Streams' `KStreamSlidingWindowAggregate`). Windows exist where their content
//! differs: one ends at each record, and one starts right behind each that has others within reach.

use super::{BoxError, Step, WindowUpdate};
use crate::store::{Rows, WindowSpan};

struct Sliding<'a, V, I, A> {
    rows: &'a mut Rows<WindowSpan, V>,
    timestamp: i64,
    difference_ms: i64,
    close: i64,
    /// A window's first value counts as what it had before.
    first_is_old: bool,
    init: I,
    add: A,
    updates: &'a mut Vec<WindowUpdate<V>>,
    late: u64,
}

fn at(start: i64) -> WindowSpan {
    WindowSpan { start, number: 0 }
}

/// Takes a record into its windows; gives the number of windows that had closed (`end < close`).
/// `init` makes the value of an empty window, `add` takes the record into one. With `first_is_old`, a
/// window's first value counts as what it had before, as in Kafka Streams.
#[expect(clippy::too_many_arguments, reason = "called by generated code, in one place")]
pub fn sliding<V: Clone>(
    rows: &mut Rows<WindowSpan, V>,
    timestamp: i64,
    difference_ms: i64,
    close: i64,
    first_is_old: bool,
    init: impl Fn() -> Option<V>,
    add: impl FnMut(&mut Option<V>) -> Step,
    updates: &mut Vec<WindowUpdate<V>>,
) -> Result<u64, BoxError> {
    let late = 0;
    let mut s =
        Sliding { rows, timestamp, difference_ms, close, first_is_old, init, add, updates, late };
    if timestamp < difference_ms {
        s.early()?
    } else {
        s.later()?
    }
    Ok(s.late)
}

impl<V: Clone, I: Fn() -> Option<V>, A: FnMut(&mut Option<V>) -> Step> Sliding<'_, V, I, A> {
    /// The windows that may be concerned, in ascending order: start, value, largest timestamp.
    fn windows(&self, from: i64) -> Vec<(i64, V, i64)> {
        let to = self.timestamp.saturating_add(1);
        let windows = self.rows.range(at(from), WindowSpan { start: to, number: u32::MAX });
        windows.map(|(span, value, ts)| (span.start, value.clone(), ts)).collect()
    }

    /// Adds the record to what a window holds, and gives the result on.
    fn update(&mut self, start: i64, held: Option<V>, held_timestamp: i64) -> Step {
        let old = held.clone();
        self.change(start, held, held_timestamp, old)
    }

    /// A window that was not there, starting with a value.
    fn create(&mut self, start: i64, value: Option<V>) -> Step {
        let old = value.clone().filter(|_| self.first_is_old);
        self.change(start, value, self.timestamp, old)
    }

    fn change(&mut self, start: i64, held: Option<V>, held_timestamp: i64, old: Option<V>) -> Step {
        let end = start.saturating_add(self.difference_ms);
        if end < self.close {
            self.late += 1;
            return Ok(());
        }
        let timestamp = match held {
            Some(_) => self.timestamp.max(held_timestamp),
            None => self.timestamp,
        };
        let mut value = held;
        (self.add)(&mut value)?;
        match &value {
            Some(value) => self.rows.put(at(start), value.clone(), timestamp),
            None => {
                self.rows.remove(at(start));
            }
        }
        self.updates.push(WindowUpdate { start, end, value, old, timestamp });
        Ok(())
    }

    /// A window right behind the record, with what lies in its reach.
    fn right_of_record(&mut self, held: V, timestamp: i64) {
        let start = self.timestamp.saturating_add(1);
        let end = start.saturating_add(self.difference_ms);
        self.rows.put(at(start), held.clone(), timestamp);
        self.updates.push(WindowUpdate { start, end, value: Some(held), old: None, timestamp });
    }

    fn later(&mut self) -> Step {
        let (timestamp, difference) = (self.timestamp, self.difference_ms);
        let from = timestamp.saturating_sub(difference.saturating_mul(2)).max(0);
        let windows = self.windows(from);
        let starts: Vec<i64> = windows.iter().map(|w| w.0).collect();
        let (mut left, mut right, mut previous) = (None, None, None);
        let (mut left_exists, mut right_exists) = (false, false);
        for (start, value, newest) in windows.into_iter().rev() {
            let end = start.saturating_add(difference);
            if start == timestamp.saturating_add(1) {
                right_exists = true;
            } else if end > timestamp {
                right.get_or_insert_with(|| (value.clone(), newest));
                self.update(start, Some(value), newest)?;
            } else if end == timestamp {
                left_exists = true;
                self.update(start, Some(value), newest)?;
                if newest >= timestamp {
                    // The record has a twin, whose windows are all there.
                    return Ok(());
                }
                previous = Some(newest);
            } else {
                left = Some(value);
                previous = Some(newest);
                break;
            }
        }
        if let Some(previous) = previous {
            let start: i64 = previous + 1;
            if !starts.contains(&start) && start.saturating_add(difference) >= timestamp {
                let value = (self.init)();
                self.create(start, value)?;
            }
        }
        if !left_exists {
            let start = timestamp - difference;
            let reaches = previous.is_some_and(|previous| start <= previous);
            let value = if reaches { left } else { (self.init)() };
            self.create(start, value)?;
        }
        if let (false, Some((value, newest))) = (right_exists, right)
            && newest > timestamp
        {
            self.right_of_record(value, newest);
        }
        Ok(())
    }

    /// Records within the first window's length of the epoch share the window that starts there.
    fn early(&mut self) -> Step {
        let timestamp = self.timestamp;
        let windows = self.windows(0);
        let starts: Vec<i64> = windows.iter().map(|w| w.0).collect();
        let (mut combined, mut right, mut previous) = (None, None, None);
        let mut right_exists = false;
        for (start, value, newest) in windows {
            if start == 0 {
                previous = (newest < timestamp).then_some(newest);
                combined = Some((value, newest));
            } else if start <= timestamp {
                right = Some((value.clone(), newest));
                self.update(start, Some(value), newest)?;
            } else {
                right_exists = true;
            }
        }
        if let (None, Some((value, newest))) = (&right, &combined)
            && *newest > timestamp
        {
            right = Some((value.clone(), *newest));
        }
        if let (false, Some((value, newest))) = (right_exists, right)
            && newest > timestamp
        {
            self.right_of_record(value, newest);
        }
        if let Some(start) = previous.map(|previous: i64| previous + 1)
            && !starts.contains(&start)
        {
            let value = (self.init)();
            self.create(start, value)?;
        }
        match combined {
            Some((value, newest)) => self.update(0, Some(value), newest),
            None => {
                let value = (self.init)();
                self.create(0, value)
            }
        }
    }
}
