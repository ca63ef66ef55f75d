#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

fn place(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition }
}

#[test]
fn words_times_and_offsets_are_places() {
    let to = |text: &str| text.parse::<ResetTo>();
    assert_eq!(to("earliest"), Ok(ResetTo::Earliest));
    assert_eq!(to("latest"), Ok(ResetTo::Latest));
    assert_eq!(to("1732480000000"), Ok(ResetTo::Time(1_732_480_000_000)));
    assert_eq!(to("1970-01-01T00:00:01.5Z"), Ok(ResetTo::Time(1500)));
    assert_eq!(to("1970-01-01T01:00:00+01:00"), Ok(ResetTo::Time(0)));
    assert_eq!(
        to("my-orders-0=42, b-1=7"),
        Ok(ResetTo::Offsets(vec![(place("my-orders", 0), 42), (place("b", 1), 7)]))
    );
}

#[test]
fn what_is_no_place_is_refused_with_what_is() {
    for text in ["", "yesterday", "-5", "orders=1", "orders-0=", "orders-x=1", "orders-0=-1"] {
        let refusal = text.parse::<ResetTo>().unwrap_err();
        assert!(refusal.contains("orders-0=42") || refusal.contains("1970"), "{text}: {refusal}");
    }
}
