//! Topologies with state on the embedded log, with threads and several partitions: the results of each
//! key are those of one partition, in the same order.

use conformance::{CaseFile, PerKey, golden, run_on_partitions};

/// Those whose state is by the key that the records have. All that is compared is per key, so the
/// cases need no order between keys; late records are late by a task's own stream time, which with
/// more partitions moves on more slowly, so that windows are compared where nothing is late.
const TOPOLOGIES: [(&str, &[u32]); 14] = [
    ("count", &[0, 1, 4]),
    ("count_in_memory", &[4]),
    ("reduce_sum", &[1, 4]),
    ("reduce_delete", &[1, 4]),
    ("aggregate_concat", &[1, 4]),
    ("table_source", &[1, 4]),
    ("table_filter_materialized", &[1, 4]),
    ("table_map_values", &[1, 4]),
    ("to_table", &[1, 4]),
    ("process_values_count", &[1, 4]),
    ("bank_withdrawal_limit", &[1, 4]),
    ("tumbling_count", &[0]),
    ("session_count", &[0]),
    ("stream_table_join", &[0]),
];

fn results(topology: &str, number: u32, partitions: i32) -> PerKey {
    let path = golden().join(format!("{topology}-{number}.json"));
    let case = CaseFile::find(&[path]).and_then(|files| {
        files.first().ok_or_else(|| "no file".to_owned()).and_then(CaseFile::read)
    });
    match case.and_then(|text| run_on_partitions(&text, partitions)) {
        Ok(results) => results,
        Err(message) => panic!("{topology}-{number} on {partitions} partitions: {message}"),
    }
}

#[test]
fn results_per_key_are_those_of_one_partition() {
    for (topology, numbers) in TOPOLOGIES {
        for number in numbers {
            let one = results(topology, *number, 1);
            assert!(one.values().any(|keys| keys.len() > 1), "{topology}-{number} says little");
            let four = results(topology, *number, 4);
            assert_eq!(one, four, "{topology}-{number} on four partitions");
        }
    }
}
