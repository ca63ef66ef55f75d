//! A bar in the terminal while stores are being restored.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::restore::{RestoreListener, StoreRestore};

/// One bar for all stores; there is none while nothing is restored.
#[derive(Default)]
pub(super) struct RestoreBar(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    bar: Option<ProgressBar>,
    stores: usize,
    /// Offsets passed, of those of all stores.
    passed: u64,
    all: u64,
}

impl Shown {
    fn draw(&mut self) {
        let style = "restoring {msg} {bar:30} {pos}/{len} records, {per_sec}, {eta} left";
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(0);
            bar.set_style(
                ProgressStyle::with_template(style)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        bar.set_length(self.all);
        bar.set_position(self.passed);
        bar.set_message(match self.stores {
            1 => "1 store".to_owned(),
            n => format!("{n} stores"),
        });
        if self.stores == 0 {
            bar.finish_and_clear();
            *self = Self::default();
        }
    }
}

impl RestoreBar {
    fn change(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut shown);
        shown.draw();
    }
}

fn offsets(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

impl RestoreListener for RestoreBar {
    fn on_restore_start(&self, restore: &StoreRestore<'_>) {
        self.change(|shown| {
            shown.stores += 1;
            shown.all += offsets(restore.end - restore.from);
        });
    }

    fn on_batch_restored(&self, _: &StoreRestore<'_>, records: u64) {
        self.change(|shown| shown.passed = (shown.passed + records).min(shown.all));
    }

    fn on_restore_end(&self, restore: &StoreRestore<'_>) {
        self.change(|shown| {
            shown.stores = shown.stores.saturating_sub(1);
            // What compaction and transactions left out.
            let gaps = offsets(restore.end - restore.from).saturating_sub(restore.records);
            shown.passed = (shown.passed + gaps).min(shown.all);
        });
    }

    fn on_restore_suspended(&self, restore: &StoreRestore<'_>) {
        self.change(|shown| {
            shown.stores = shown.stores.saturating_sub(1);
            shown.all = shown.all.saturating_sub(offsets(restore.end - restore.from));
            shown.passed = shown.passed.saturating_sub(restore.records).min(shown.all);
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use streams_core::task::TaskId;

    use super::*;
    use crate::broker::TopicPartition;

    fn restore(changelog: &TopicPartition, records: u64) -> StoreRestore<'_> {
        StoreRestore {
            task: TaskId { subtopology: 0, partition: 0 },
            store: "s",
            changelog,
            from: 10,
            end: 20,
            passed: 0,
            records,
        }
    }

    #[test]
    fn a_bar_is_there_until_the_last_store_is_up_to_date() {
        let bar = RestoreBar::default();
        let changelog = TopicPartition { topic: "c".into(), partition: 0 };
        bar.on_restore_start(&restore(&changelog, 0));
        bar.on_restore_start(&restore(&changelog, 0));
        bar.on_batch_restored(&restore(&changelog, 7), 7);
        bar.on_restore_end(&restore(&changelog, 7));
        {
            let shown = bar.0.lock().unwrap();
            assert_eq!((shown.passed, shown.all, shown.stores), (10, 20, 1));
            assert!(shown.bar.is_some());
        }
        bar.on_restore_suspended(&restore(&changelog, 0));
        assert!(bar.0.lock().unwrap().bar.is_none());
    }
}
