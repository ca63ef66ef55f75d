//! Sessions: records of a key that follow each other within a gap (Kafka Streams'
//! `KStreamSessionWindowAggregate`).

use super::{BoxError, Step, WindowUpdate};
use crate::store::{Rows, SessionSpan};

/// Takes a record into its session, which swallows those within `gap_ms` of it. Each session that
/// is swallowed is first given on as removed, with its end as timestamp; then the result. `false` if
/// the session has closed: its end lies before `close`.
///
/// `state` is the initial value; `merge` takes a swallowed session's value into it, in the order of
/// the sessions' ends; `add` takes the record into it. A state of `None` removes the session. Sessions
/// that end before `oldest` are not looked at; of those that end at or before `hidden`, which the store has
/// only as a cache of Kafka Streams would, nobody is told that they were there.
#[expect(clippy::too_many_arguments, reason = "called by generated code, in one place each")]
pub fn session<V: Clone>(
    rows: &mut Rows<SessionSpan, V>,
    timestamp: i64,
    gap_ms: i64,
    close: i64,
    oldest: i64,
    hidden: i64,
    mut state: Option<V>,
    mut merge: impl FnMut(&mut Option<V>, &V) -> Step,
    add: impl FnOnce(&mut Option<V>) -> Step,
    updates: &mut Vec<WindowUpdate<V>>,
) -> Result<bool, BoxError> {
    let from = SessionSpan { end: timestamp.saturating_sub(gap_ms).max(oldest), start: i64::MIN };
    let to = SessionSpan { end: i64::MAX, start: i64::MAX };
    let latest_start = timestamp.saturating_add(gap_ms);
    let found: Vec<(SessionSpan, V)> = rows
        .range(from, to)
        .filter(|(span, ..)| span.start <= latest_start)
        .map(|(span, value, _)| (span, value.clone()))
        .collect();
    let alone = SessionSpan { end: timestamp, start: timestamp };
    let mut merged = alone;
    for (span, value) in &found {
        merge(&mut state, value)?;
        merged.start = merged.start.min(span.start);
        merged.end = merged.end.max(span.end);
    }
    if merged.end < close {
        return Ok(false);
    }
    add(&mut state)?;
    if merged != alone {
        for (SessionSpan { start, end }, old) in found {
            rows.remove(SessionSpan { end, start });
            let old = Some(old).filter(|_| end > hidden);
            updates.push(WindowUpdate { start, end, value: None, old, timestamp: end });
        }
    }
    let old = rows.get(merged).map(|(value, _)| value.clone());
    match &state {
        Some(value) => rows.put(merged, value.clone(), merged.end),
        None => {
            rows.remove(merged);
        }
    }
    let SessionSpan { start, end } = merged;
    updates.push(WindowUpdate { start, end, value: state, old, timestamp: end });
    Ok(true)
}
