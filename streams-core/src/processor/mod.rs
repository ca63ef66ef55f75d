//! Processors: code of one's own with stores, forwarding and punctuation (Kafka Streams' Processor
//! API).
//!
//! A [`Processor`] is a type; `process(Type, store, …)` in a topology puts one into each task, made
//! by `Default`, and connects it with stores of the topology. Their types are
//! [`Processor::Stores`]: the module of a topology has an alias for each store, `stores::name`, so
//! that a processor that is given another store does not compile.

mod context;
mod node;
mod schedule;

pub use context::{FixedKeyContext, Forwarded, ProcessorContext, TaskHandle};
pub use node::{Forward, Input, ProcessorNode};
pub use schedule::{Punctuation, PunctuationType, ScheduleId};

use crate::op::BoxError;

/// What a processor's functions return: an error makes the record one for `on_error`.
pub type Processed = std::result::Result<(), BoxError>;

/// Takes records one by one, and forwards any number of records for each, with any key (Kafka
/// Streams' `Processor`).
///
/// Types are owned ones: `String` and not `&str`. A key or value that may be null is an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a processor",
    label = "does not implement `Processor`",
    note = "implement `streams::processor::Processor` for it, with `process` and the types that it takes and forwards"
)]
pub trait Processor: Send + 'static {
    /// Keys that it takes.
    type KeyIn;
    /// Values that it takes.
    type ValueIn;
    /// Keys that it forwards. `()` for keys and values: it forwards nothing and ends its chain.
    type KeyOut;
    /// Values that it forwards.
    type ValueOut;
    /// Its stores, in the order of `process(Type, store, …)`: `()` for none, `&'s mut stores::one`,
    /// or a tuple of those.
    type Stores<'s>;

    /// Takes one record. What it forwards goes on when it returns, also if it returns an error.
    ///
    /// # Errors
    /// What makes the record one for `on_error`. Stores keep what was put into them.
    fn process(
        &mut self,
        key: &Self::KeyIn,
        value: &Self::ValueIn,
        stores: Self::Stores<'_>,
        cx: &mut ProcessorContext<'_, Self::KeyOut, Self::ValueOut>,
    ) -> Processed;

    /// A schedule is due: see [`PunctuationType`]. Called between two records, never during one.
    ///
    /// # Errors
    /// As [`process`](Self::process); there is no record then, so that a dead letter is empty.
    fn punctuate(
        &mut self,
        punctuation: Punctuation,
        stores: Self::Stores<'_>,
        cx: &mut ProcessorContext<'_, Self::KeyOut, Self::ValueOut>,
    ) -> Processed {
        let _ = (punctuation, stores, cx);
        Ok(())
    }
}

/// A processor that keeps the keys of its records, so that no repartition is needed behind it (Kafka
/// Streams' `FixedKeyProcessor`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a processor of values",
    label = "does not implement `FixedKeyProcessor`",
    note = "implement `streams::processor::FixedKeyProcessor` for it, with `process` and the types that it takes and forwards"
)]
pub trait FixedKeyProcessor: Send + 'static {
    /// Keys of its records.
    type Key;
    /// Values that it takes.
    type ValueIn;
    /// Values that it forwards. `()`: it forwards nothing and ends its chain.
    type ValueOut;
    /// Its stores: as [`Processor::Stores`].
    type Stores<'s>;

    /// Takes one record: as [`Processor::process`].
    ///
    /// # Errors
    /// As [`Processor::process`].
    fn process(
        &mut self,
        key: &Self::Key,
        value: &Self::ValueIn,
        stores: Self::Stores<'_>,
        cx: &mut FixedKeyContext<'_, Self::ValueOut>,
    ) -> Processed;

    /// A schedule is due: as [`Processor::punctuate`]. Nothing can be forwarded, since there is no
    /// key then.
    ///
    /// # Errors
    /// As [`Processor::punctuate`].
    fn punctuate(
        &mut self,
        punctuation: Punctuation,
        stores: Self::Stores<'_>,
        cx: &mut TaskHandle<'_>,
    ) -> Processed {
        let _ = (punctuation, stores, cx);
        Ok(())
    }
}
