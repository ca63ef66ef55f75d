//! Results that come when their window closes (Kafka Streams' `EmitStrategy.onWindowClose`): which
//! windows are open, in the order in which they close.

use std::collections::BTreeSet;

use crate::Result;
use crate::format::Encode;
use crate::store::{ClockStore, WindowRows};

/// A window's place in the order: its time (the start of a window, the end of a session), a session's
/// start, and its key as it is written: the rows of Kafka Streams' time-ordered stores lie so.
type Place = (i64, i64, Box<[u8]>);

/// The windows of an operator that have not closed yet.
#[derive(Debug, Default)]
pub struct Closing {
    open: BTreeSet<Place>,
    /// True once the rows of an earlier run have been looked through.
    ready: bool,
    bytes: usize,
}

/// A window that has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed<K, V> {
    /// Its start; a session's end.
    pub time: i64,
    /// A session's start.
    pub start: i64,
    /// Its key.
    pub key: K,
    /// What it held at its end.
    pub value: V,
    /// Timestamp of that.
    pub timestamp: i64,
}

impl Closing {
    /// A window has got its first record.
    ///
    /// # Errors
    /// If the key cannot be encoded.
    pub fn opens<KF: Encode<K>, K: ?Sized>(
        &mut self,
        time: i64,
        key: &K,
        start: i64,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        KF::encode(key, &mut bytes)?;
        self.put((time, start, bytes.into()));
        Ok(())
    }

    /// A window is no more: a session that another has swallowed.
    ///
    /// # Errors
    /// If the key cannot be encoded.
    pub fn is_gone<KF: Encode<K>, K: ?Sized>(
        &mut self,
        time: i64,
        key: &K,
        start: i64,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        KF::encode(key, &mut bytes)?;
        if self.open.remove(&(time, start, bytes.into())) {
            self.bytes = self.bytes.saturating_sub(PLACE_BYTES);
        }
        Ok(())
    }

    fn put(&mut self, place: Place) {
        if self.open.insert(place) {
            self.bytes += PLACE_BYTES;
        }
    }

    /// Moves the clock on to a record's timestamp, and takes out the windows that have closed by it,
    /// in the order of their places: those whose time lies `span_ms` or more before it.
    ///
    /// # Errors
    /// If the disk cannot be read.
    pub fn turn<K, V>(
        &mut self,
        store: &mut impl WindowRows<K, V>,
        clock: &mut ClockStore,
        timestamp: i64,
        span_ms: i64,
    ) -> Result<Vec<Closed<K, V>>> {
        if !self.ready {
            // What has closed by the clock was given on before the last commit.
            let given = clock.now().saturating_sub(span_ms);
            store.each_span(&mut |key, time, start| {
                if time > given {
                    self.put((time, start, key.into()));
                }
            })?;
            self.ready = true;
        }
        clock.observe(timestamp);
        let last = clock.now().saturating_sub(span_ms);
        let mut closed = Vec::new();
        while self.open.first().is_some_and(|(time, ..)| *time <= last)
            && let Some((time, start, key)) = self.open.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(PLACE_BYTES);
            if let Some((key, value, timestamp)) = store.row(&key, time, start)? {
                closed.push(Closed { time, start, key, value, timestamp });
            }
        }
        Ok(closed)
    }

    /// Approximate bytes in memory.
    pub fn memory(&self) -> usize {
        self.bytes
    }
}

/// A place with a short key.
const PLACE_BYTES: usize = size_of::<Place>() + 48;
