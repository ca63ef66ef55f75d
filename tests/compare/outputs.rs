//! The topologies do what COMPARE.md says.

use crate::topologies::{enrich, latest, matched, spending, word_count};

fn s(text: &str) -> String {
    text.to_owned()
}

#[test]
fn words_are_counted() {
    let mut driver = word_count::test_driver();
    driver.lines().pipe(s("1"), s("To be or not to be"), 0).unwrap();
    let counts = driver.counts().read_key_values().unwrap();
    assert_eq!(counts[4..], [(s("to"), 2), (s("be"), 2)]);
}

#[test]
fn an_account_that_spends_much_within_five_minutes_is_an_alert() {
    let mut driver = spending::test_driver();
    for (cents, time) in [(60_000, 0), (50_000, 1000), (99_000, 300_000), (-5, 300_001)] {
        driver.payments().pipe(s("ann"), cents, time).unwrap();
    }
    let alerts = driver.alerts().read_key_values().unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].0.window.start, alerts[0].1), (0, 110_000));
}

#[test]
fn orders_of_unknown_customers_go_their_own_way() {
    let mut driver = enrich::test_driver();
    driver.customers().pipe(s("ann"), s("Ann"), 0).unwrap();
    driver.orders().pipe(s("ann"), s("tea"), 1).unwrap();
    driver.orders().pipe(s("bo"), s("ale"), 2).unwrap();
    assert_eq!(driver.known().read_key_values().unwrap(), [(s("ann"), s("Ann: tea"))]);
    assert_eq!(driver.unknown().read_key_values().unwrap(), [(s("bo"), s("?"))]);
}

#[test]
fn a_payment_within_ten_minutes_finds_its_order() {
    let mut driver = matched::test_driver();
    driver.orders().pipe(s("x"), s("o1 tea"), 0).unwrap();
    driver.payments().pipe(s("o1"), 250, 600_000).unwrap();
    driver.payments().pipe(s("o1"), 250, 600_001).unwrap();
    assert_eq!(driver.paid().read_key_values().unwrap(), [(s("o1"), s("o1 tea paid 250"))]);
}

#[test]
fn changes_of_a_sensor_are_told() {
    let mut driver = latest::test_driver();
    for (reading, time) in [(20, 0), (20, 1), (23, 2)] {
        driver.readings().pipe(s("cellar"), reading, time).unwrap();
    }
    assert_eq!(driver.changes().read_key_values().unwrap(), [(s("cellar"), 3)]);
}
