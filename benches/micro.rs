//! Chains in the test driver: what an operator costs without a broker. `cargo bench --bench micro`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use streams::RecordRef;
use streams::prelude::*;
use streams::test_driver::Driver;

#[topology]
mod stateless {
    topology! {
        source input: stream<&str, i64> = "in";
        sink out: stream<&str, i64> = "out";

        input.filter(|v| v % 3 != 0).map_values(|v| v * 2).filter(|v| *v > 0).to(out);
    }
}

#[topology]
mod counted {
    topology! {
        source input: stream<String, i64> = "in";
        sink out: stream<String, i64> = "out";

        input.group_by_key().count(counts).to_stream().to(out);
    }
}

#[topology]
mod windowed {
    topology! {
        source input: stream<String, i64> = "in";
        sink out: stream<Windowed<String>, i64> = "out";

        input.group_by_key().window(tumbling(1m), grace(1m)).count(counts).to_stream().to(out);
    }
}

/// Makes a fresh instance of a topology.
type Fresh = fn() -> Driver;

const RECORDS: i64 = 10_000;

fn pipe(driver: &mut Driver, time: &mut i64) {
    for n in 0..RECORDS {
        let key = format!("k{:06}", (n * 7919) % 5_000);
        *time += 1;
        let record =
            RecordRef::new(0, *time, Some(key.as_bytes()), Some(&[0, 0, 0, 0, 0, 0, 0, 7]));
        if let Err(e) = driver.pipe("in", &record) {
            panic!("{e}");
        }
    }
    driver.clear_outputs();
}

fn chains(c: &mut Criterion) {
    let mut group = c.benchmark_group("records");
    group.throughput(Throughput::Elements(RECORDS.unsigned_abs()));
    let chains: [(&str, Fresh); 3] = [
        ("stateless", Driver::new::<stateless::Topology>),
        ("count", Driver::new::<counted::Topology>),
        ("windowed count", Driver::new::<windowed::Topology>),
    ];
    for (name, driver) in chains {
        let (mut driver, mut time) = (driver(), 0);
        group.bench_function(name, |b| b.iter(|| pipe(&mut driver, &mut time)));
    }
    group.finish();
}

criterion_group!(benches, chains);
criterion_main!(benches);
