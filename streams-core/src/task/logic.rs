//! What the macro generates for a sub-topology.

use std::any::Any;

use crate::context::TaskContext;
use crate::processor::PunctuationType;
use crate::store::{Globals, StateStore};
use crate::time::WallTime;
use crate::{RecordRef, Result};

/// A sub-topology: its stores as fields, and straight-line code for
/// each source.
pub trait TaskLogic: Any + Send {
    /// Takes one record of the source with this number through the sub-topology. `timestamp` is
    /// what [`timestamp`](Self::timestamp) gave, if the driver had to ask for it.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    fn process(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        timestamp: Option<i64>,
        cx: &mut TaskContext,
    ) -> Result<()>;

    /// The timestamp of a record of a source with `time = …`, before it is processed.
    ///
    /// # Errors
    /// If the record cannot be decoded.
    fn timestamp(
        &mut self,
        source: usize,
        record: &RecordRef<'_>,
        cx: &mut TaskContext,
    ) -> Result<i64> {
        let _ = (source, cx);
        Ok(record.timestamp)
    }

    /// True if it calls outside services.
    fn calls(&self) -> bool {
        false
    }

    /// Takes in what its calls have answered, in the order of the records; waits for all of them if
    /// `wait` says so. True if none is under way then.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    fn finish_calls(&mut self, wait: bool, cx: &mut TaskContext) -> Result<bool> {
        let _ = (wait, cx);
        Ok(true)
    }

    /// True if calls are under way.
    fn has_calls(&self) -> bool {
        false
    }

    /// True if it has processors, which may punctuate.
    fn punctuates(&self) -> bool {
        false
    }

    /// The task begins at this wall time: schedules by the wall clock count from here.
    fn start(&mut self, now: WallTime) {
        let _ = now;
    }

    /// Calls every schedule that is due by this clock at `now`, in the order in which they were due.
    /// True if there was one.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    fn punctuate(
        &mut self,
        punctuation_type: PunctuationType,
        now: i64,
        cx: &mut TaskContext,
    ) -> Result<bool> {
        let _ = (punctuation_type, now, cx);
        Ok(false)
    }

    /// When a schedule by the wall clock is next due.
    fn next_punctuation(&self) -> Option<WallTime> {
        None
    }

    /// The stores, in the order of the description.
    fn stores(&mut self) -> Vec<&mut dyn StateStore> {
        Vec::new()
    }

    /// Gives on the updates that wait for the commit (`emit = on_commit`).
    ///
    /// # Errors
    /// As [`process`](Self::process).
    fn forward(&mut self, _: &mut TaskContext) -> Result<()> {
        Ok(())
    }

    /// Approximate bytes in memory beside the stores.
    fn held(&self) -> usize {
        0
    }

    /// Gives the task the global tables of its process.
    fn attach(&mut self, globals: &Globals) {
        let _ = globals;
    }
}

impl dyn TaskLogic {
    /// Waits for its calls and gives on what waits for the commit, until nothing is left of either.
    ///
    /// # Errors
    /// As [`process`](TaskLogic::process).
    pub fn settle(&mut self, cx: &mut TaskContext) -> Result<()> {
        loop {
            self.finish_calls(true, cx)?;
            self.forward(cx)?;
            // What was given on may have made calls, and their answers updates.
            if !self.has_calls() {
                return Ok(());
            }
        }
    }
}
