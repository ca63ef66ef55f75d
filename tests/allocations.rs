//! A stateless record costs no allocation: decode, filter, map, branch and encode work on the
//! record's own bytes and in the output's arena.
#![allow(missing_docs, unreachable_pub, clippy::expect_used, reason = "tests fail by panicking")]
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait; it only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use streams::prelude::*;
use streams::{RecordRef, test_driver::Driver};

/// Counts what this thread allocates: other threads of the test harness do not disturb it.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // The allocator may run while a thread ends, when its counter is gone.
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call goes to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller's.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as the caller's.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[topology]
mod text {
    topology! {
        source lines: stream<&str, &[u8]> = "lines";
        sink long: stream<&str, &[u8]> = "long";
        sink short: stream<&str, &[u8]> = "short";

        lines
            .filter(|key, line| !key.is_empty() && !line.is_empty())
            .map_values(|line| line.trim_ascii())
            .branch {
                line if line.len() > 10 => long,
                else => .map_values(|line| std::str::from_utf8(line)?.as_bytes()).to(short),
            };
    }
}

#[topology]
mod numbers {
    topology! {
        source readings: stream<u64, i64> = "readings", time = |_, n| n.abs();
        sink even: stream<u64, i64> = "even";
        sink scaled: stream<i64, u64> = "scaled";

        let positive = readings.filter_not(|n| *n < 0);
        positive.filter(|n| n % 2 == 0).map_values(|n| n * 10).to(even);
        positive.map(|key, n| (*n, key + 1)).peek(|_, n| assert!(*n > 0)).to(scaled);
    }
}

#[topology]
mod skipping {
    topology! {
        source values: stream<&str, Option<i64>> = "values";
        source other: stream<&str, i64> = "other";
        sink out: stream<&str, i64> = "out";

        merge(known, other).to(out);
        let known: stream<&str, i64> = values.filter(|n| n.is_some()).map_values(|n| n.unwrap_or(0));
    }
}

const WARM_UP: u64 = 1_000;
const RECORDS: u64 = 10_000;
/// Records between two drains of the output, as a driver of tasks would.
const BATCH: u64 = 500;

/// Allocations over `RECORDS` records, after `WARM_UP` in which the arenas grow to a batch.
fn allocations(
    driver: &mut Driver,
    topic: &str,
    mut fill: impl FnMut(u64, &mut Vec<u8>, &mut Vec<u8>),
) -> u64 {
    let (mut key, mut value) = (Vec::with_capacity(64), Vec::with_capacity(64));
    let mut before = 0;
    for n in 0..WARM_UP + RECORDS {
        if n == WARM_UP {
            before = ALLOCATIONS.get();
        }
        key.clear();
        value.clear();
        fill(n, &mut key, &mut value);
        let record = RecordRef::new(0, n as i64, Some(&key), Some(&value));
        driver.pipe(topic, &record).expect("no record of these fails");
        if n % BATCH == BATCH - 1 {
            driver.clear_outputs();
        }
    }
    ALLOCATIONS.get() - before
}

#[test]
fn borrowed_text_and_bytes_allocate_nothing() {
    let mut driver = text::test_driver();
    let made = allocations(&mut driver, "lines", |n, key, value| {
        key.extend_from_slice(b"key-0123456789");
        let length = usize::try_from(n % 20).expect("small");
        value.extend(std::iter::repeat_n(b'x', length));
    });
    assert_eq!(made, 0);
    assert_eq!(driver.counters().processed, WARM_UP + RECORDS);
}

#[test]
fn numbers_allocate_nothing() {
    let mut driver = numbers::test_driver();
    let made = allocations(&mut driver, "readings", |n, key, value| {
        key.extend_from_slice(&n.to_be_bytes());
        let signed = if n % 3 == 0 { -(n as i64) } else { n as i64 };
        value.extend_from_slice(&signed.to_be_bytes());
    });
    assert_eq!(made, 0);
    assert_eq!(driver.counters().processed, WARM_UP + RECORDS);
}

#[test]
fn a_merge_of_nullable_values_allocates_nothing() {
    let mut driver = skipping::test_driver();
    let made = allocations(&mut driver, "values", |n, key, value| {
        key.extend_from_slice(b"key");
        value.extend_from_slice(&n.to_be_bytes());
    });
    assert_eq!(made, 0);
}

#[test]
fn the_allocator_counts() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(vec![1u8; 100]));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}
