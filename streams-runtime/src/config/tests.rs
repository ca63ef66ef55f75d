#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn flags_go_over_the_environment_over_the_file_over_the_defaults() {
    let config = Layers::new()
        .toml("threads = 2\npartitions = 2\ncommit_interval_ms = 2\n", "f")
        .unwrap()
        .environment(variables(&[("STREAMS_THREADS", "3"), ("STREAMS_PARTITIONS", "3")]))
        .unwrap()
        .set("threads", "4", "--threads")
        .unwrap()
        .build()
        .unwrap();
    assert_eq!((config.threads, config.partitions, config.commit_interval_ms()), (4, 3, 2));
    assert_eq!(config.flush_interval_ms, Config::default().flush_interval_ms);
}

#[test]
fn tables_of_properties_are_merged() {
    let config = Layers::new()
        .toml("[kafka.properties]\n\"security.protocol\" = \"SSL\"\n\"a.b\" = 5\n", "f")
        .unwrap()
        .environment(variables(&[("STREAMS_KAFKA_PROPERTIES_SASL_PASSWORD", "hunter2")]))
        .unwrap()
        .build()
        .unwrap();
    let all: Vec<_> = config.kafka.properties.iter().collect();
    assert_eq!(all, [("a.b", "5"), ("sasl.password", "hunter2"), ("security.protocol", "SSL")]);
    let printed = format!("{config:?}");
    assert!(printed.contains("sasl.password") && !printed.contains("hunter2"), "{printed}");
}

#[test]
fn options_of_rocksdb_come_from_every_layer_by_its_own_names() {
    let config = Layers::new()
        .toml("[rocksdb]\nmax_background_jobs = 4\ncompression = \"kNoCompression\"\n", "f")
        .unwrap()
        .environment(variables(&[
            ("STREAMS_ROCKSDB_MAX_OPEN_FILES", "64"),
            ("STREAMS_ROCKSDB_MAX_BYTES", "1048576"),
        ]))
        .unwrap()
        .set("rocksdb.max_background_jobs", "3", "--set")
        .unwrap()
        .build()
        .unwrap();
    let all: Vec<_> = config.rocksdb.iter().collect();
    let wanted =
        [("compression", "kNoCompression"), ("max_background_jobs", "3"), ("max_open_files", "64")];
    assert_eq!(all, wanted);
    assert_eq!(config.rocksdb_max_bytes, 1 << 20);
}

#[test]
fn an_unknown_key_in_a_file_is_named_with_its_line_and_the_nearest_key() {
    let e = Layers::new().toml("threads = 1\ncommit_intervall_ms = 5\n", "app.toml").unwrap_err();
    assert_eq!(
        e.to_string(),
        "app.toml, line 2: there is no key `commit_intervall_ms`; did you mean \
         `commit_interval_ms`?"
    );
}

#[test]
fn a_wrong_value_in_a_file_is_named_with_its_line() {
    let e = Layers::new().toml("\nthreads = \"two\"\n", "app.toml").unwrap_err().to_string();
    assert!(e.starts_with("app.toml, line 2: "), "{e}");
}

#[test]
fn an_unknown_variable_is_refused_unless_it_is_a_tests_or_the_logs() {
    let e = Layers::new().environment(variables(&[("STREAMS_TREADS", "1")])).unwrap_err();
    assert_eq!(
        e.to_string(),
        "environment variable STREAMS_TREADS: there is no key `treads`; did you mean `threads`?"
    );
    let others = variables(&[("STREAMS_TEST_DIR", "x"), ("STREAMS_LOG", "debug"), ("PATH", "")]);
    Layers::new().environment(others).unwrap();
}

#[test]
fn a_variable_that_is_no_number_is_refused() {
    let e = Layers::new().environment(variables(&[("STREAMS_THREADS", "many")])).unwrap_err();
    assert_eq!(
        e.to_string(),
        "environment variable STREAMS_THREADS: `threads` is a whole number, not `many`"
    );
}

#[test]
fn values_out_of_range_are_refused() {
    let build = |key: &str, value: &str| Layers::new().set(key, value, "--set").unwrap().build();
    assert!(build("threads", "0").unwrap_err().to_string().contains("threads = 0"));
    assert!(build("application_id", "a b").is_err());
    let e = Layers::new().set("threads", "-1", "--threads").unwrap_err().to_string();
    assert!(e.starts_with("--threads: "), "{e}");
}

#[test]
fn commits_come_faster_where_results_are_seen_only_then() {
    let mut config = Config::new();
    assert_eq!(config.commit_interval_ms(), 100);
    config.brokers = Some("localhost:9092".to_owned());
    assert_eq!(config.commit_interval_ms(), 100);
    config.processing_guarantee = Guarantee::AtLeastOnce;
    assert_eq!(config.commit_interval_ms(), 1000);
}

#[test]
fn a_commit_interval_beyond_the_transactions_time_is_refused() {
    let text = "brokers = \"localhost:9092\"\ncommit_interval_ms = 10000\n";
    let mut config: Config = toml::from_str(text).unwrap();
    let error = config.validate().unwrap_err().to_string();
    assert!(error.contains("kafka.transaction_timeout_ms = 10000"), "{error}");
    config.processing_guarantee = Guarantee::AtLeastOnce;
    config.validate().unwrap();
}

#[test]
fn a_guarantee_is_named_as_in_kafka_streams() {
    let config: Config = toml::from_str("processing_guarantee = \"at_least_once\"").unwrap();
    assert_eq!(config.processing_guarantee, Guarantee::AtLeastOnce);
    let error = toml::from_str::<Config>("processing_guarantee = \"atmost\"").unwrap_err();
    assert!(error.to_string().contains("exactly_once"), "{error}");
}
