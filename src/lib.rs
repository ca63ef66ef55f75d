//! Kafka Streams as a compile-time language.
//!
//! A module with [`#[topology]`](macro@topology) holds a `topology! { … }` in a compact stream language; the
//! compiler checks it, and it becomes straight-line Rust with typed keys, values and stores.
//!
//! ```
//! use streams::prelude::*;
//!
//! #[topology]
//! mod words {
//!     topology! {
//!         source lines: stream<String, String> = "lines";
//!         sink counts: stream<String, i64> = "counts";
//!
//!         lines
//!             .flat_map_values(|line| -> Vec<String> {
//!                 line.split_whitespace().map(str::to_lowercase).collect()
//!             })
//!             .group_by(|_, word| -> String { word.clone() })
//!             .count(per_word)
//!             .to_stream()
//!             .to(counts);
//!     }
//! }
//!
//! let mut driver = words::test_driver();
//! driver.lines().pipe("1".to_owned(), "to be or not to be".to_owned(), 0)?;
//! let counts = driver.counts().read_key_values()?;
//! assert_eq!(counts.last(), Some(&("be".to_owned(), 2)));
//! # Ok::<(), streams::Error>(())
//! ```
//!
//! A program that runs it is `words::app().run_from_args()`. Within a larger one it is started, and answers
//! queries of its stores:
//!
//! ```no_run
//! # #[streams::topology]
//! # mod words {
//! #     topology! {
//! #         source lines: stream<String, String> = "lines";
//! #         lines.group_by_key().count(per_word);
//! #     }
//! # }
//! use streams::runtime::{Config, Streams};
//!
//! let streams = Streams::start(&words::app(), Config::default())?;
//! let per_word = streams.queries().store(words::stores::per_word())?;
//! let count: Option<i64> = per_word.get("be")?;
//! let some = per_word.read(|store| store.range("a".."c")?.rows())?;
//! # streams.stop();
//! streams.wait()?;
//! # Ok::<(), streams::runtime::Error>(())
//! ```

pub use streams_core::{
    App, Context, Error, ErrorKind, HeaderBuf, Headers, OnError, Output, OutputRecord, RecordRef,
    Result, Topology, calls, context, dead_letter, format, partitioner, processor, schema, store,
    task, test_driver, time, topology, window,
};
pub use streams_macros::topology;

pub mod lock;

/// The operators, one by one, as the book has them; the examples run as tests.
pub mod operators {
    #![doc = include_str!("../docs/src/operators.md")]
}

/// Running an application: on the embedded log, or on Apache Kafka.
#[cfg(feature = "runtime")]
pub use streams_runtime as runtime;

/// What a topology's module has in scope, and what a program with one needs.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};
    pub use streams_core::processor::{
        FixedKeyContext, FixedKeyProcessor, Processed, Processor, ProcessorContext, Punctuation,
        PunctuationType, TaskHandle,
    };
    pub use streams_core::window::{Session, Window, Windowed};
    pub use streams_macros::topology;

    pub use crate::Context;
    #[cfg(feature = "runtime")]
    pub use streams_runtime::AppExt;
}

/// For code written by `#[topology]` only.
#[doc(hidden)]
pub mod __private {
    pub use streams_core::op::*;
    pub use streams_core::output::TopicIndex;

    /// A driver for tests, whose calls of outside services run on tokio where the runtime is there.
    pub fn driver<T: streams_core::Topology>() -> streams_core::test_driver::Driver {
        let driver = streams_core::test_driver::Driver::new::<T>();
        #[cfg(feature = "runtime")]
        let driver = with_executor(driver);
        driver
    }

    #[cfg(feature = "runtime")]
    fn with_executor(
        mut driver: streams_core::test_driver::Driver,
    ) -> streams_core::test_driver::Driver {
        let mut parts = driver.description().subtopologies.iter().flat_map(|s| s.nodes.iter());
        if parts.any(|node| node.operator == "call")
            && let Ok(executor) = streams_runtime::calls::executor()
        {
            driver.set_executor(&executor);
        }
        driver
    }
}
