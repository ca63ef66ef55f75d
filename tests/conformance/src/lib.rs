//! Conformance: topologies named as in the recorded cases, and a runner that compares what they
//! make of the inputs, record for record, with what Kafka Streams made of them.

mod case;
mod difference;
mod disk;
mod partitioned;
mod run;
mod schema;
mod side;
mod topologies;
mod value;

pub use case::{CaseFile, golden, own};
pub use disk::Disks;
pub use partitioned::{PerKey, run_on_partitions};
pub use run::{Kept, Outcome, run};
