//! `topology.lock`: written, compared, refused. The messages are in `ui-tests/fail/lock`.

use std::fs;

use streams::lock::{self, Effect};
use streams::prelude::*;
use streams::runtime::cli::write_lock;

#[topology]
mod counted {
    topology! {
        source orders: stream<String, i64> = "orders";
        sink out: stream<String, i64> = "out";

        orders.group_by_key().count(per_account).to_stream().to(out);
    }
}

mod later {
    use streams::prelude::*;

    #[topology]
    pub mod counted {
        topology! {
            source orders: stream<String, i64> = "orders";
            sink out: stream<String, i64> = "out";

            orders.group_by_key().count(by_account).to_stream().to(out);
        }
    }
}

mod other {
    use streams::prelude::*;

    #[topology]
    pub mod copied {
        topology! {
            source input: stream<String, i64> = "in";
            sink out: stream<String, i64> = "out";

            input.to(out);
        }
    }
}

#[test]
fn a_lock_is_refused_where_data_would_be_lost_until_somebody_says_that_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(lock::FILE);
    let told = write_lock::<counted::Topology>(&path, false).unwrap();
    assert!(told.ends_with("has topology `counted` as it is now: commit it"), "{told}");
    let written = fs::read_to_string(&path).unwrap();
    assert!(write_lock::<counted::Topology>(&path, false).unwrap().ends_with("is up to date"));

    let refused = write_lock::<later::counted::Topology>(&path, false).unwrap_err().to_string();
    assert!(refused.contains("was not changed"), "{refused}");
    assert!(refused.contains("store `per_account` is gone"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), written);

    let told = write_lock::<later::counted::Topology>(&path, true).unwrap();
    assert!(told.starts_with("store `per_account` is gone\n"), "{told}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(lock::changes::<later::counted::Topology>(&text).unwrap(), []);
}

#[test]
fn several_topologies_share_a_file_and_one_that_is_not_in_it_is_free() {
    let (text, _) = lock::write::<counted::Topology>(None).unwrap();
    assert_eq!(lock::changes::<other::copied::Topology>(&text).unwrap(), []);
    let (text, changes) = lock::write::<other::copied::Topology>(Some(&text)).unwrap();
    assert_eq!(changes, []);
    assert_eq!(lock::changes::<counted::Topology>(&text).unwrap(), []);
    let changes = lock::changes::<later::counted::Topology>(&text).unwrap();
    let effects: Vec<Effect> = changes.iter().map(|change| change.effect).collect();
    assert_eq!(effects, [Effect::Orphans, Effect::Harmless]);
}

#[test]
fn a_file_that_is_no_lock_is_named_with_the_place_of_the_mistake() {
    for (text, part) in [
        ("{\n  \"about\": \"\",", "line 2"),
        ("{}", "missing field `about`"),
        (r#"{"about":"","version":9,"topologies":{}}"#, "version 9, and this program knows 1"),
    ] {
        let error = lock::changes::<counted::Topology>(text).unwrap_err().to_string();
        assert!(error.starts_with("topology.lock cannot be read: "), "{error}");
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_generated_test_passes_where_there_is_no_lock_and_fails_where_it_differs() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().to_str().unwrap();
    lock::assert_locked::<counted::Topology>(at);
    write_lock::<counted::Topology>(&dir.path().join(lock::FILE), false).unwrap();
    lock::assert_locked::<counted::Topology>(at);
    let failed = std::panic::catch_unwind(|| lock::assert_locked::<later::counted::Topology>(at));
    let said = failed.unwrap_err().downcast::<String>().unwrap();
    assert!(said.starts_with("topology `counted` is not as topology.lock has it:"), "{said}");
}
