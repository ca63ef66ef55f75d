use streams::prelude::*;

use crate::s;

#[topology]
mod enrich {
    #[derive(Clone, Serialize, Deserialize)]
    pub struct User {
        pub name: String,
    }

    topology! {
        format = json;
        source clicks: stream<String, String> = "clicks";
        source ids: stream<i64, String> = "ids";
        table users: table<String, User> = "users";
        sink named: stream<String, String> = "named";
        sink maybe: stream<String, String> = "maybe";
        sink rekeyed: stream<String, String> = "rekeyed";

        clicks.join(users, |page, user| format!("{} on {page}", user.name)).to(named);
        clicks
            .left_join(users, |k, page, user| {
                format!("{k}:{} on {page}", user.map_or("?", |u| u.name.as_str()))
            })
            .to(maybe);
        ids.select_key(|_, v| -> String { v.clone() })
            .join(users, |_, user| user.name.clone(), name = by_user)
            .to(rekeyed);
    }
}

#[test]
fn a_stream_joins_the_table_as_it_stands() {
    let mut driver = enrich::test_driver();
    let user = |name: &str| enrich::User { name: s(name) };
    driver.clicks().pipe(s("u"), s("/1"), 1).unwrap();
    driver.users().pipe(s("u"), user("Ann"), 9).unwrap();
    driver.clicks().pipe(s("u"), s("/2"), 3).unwrap();
    driver.users().pipe(s("u"), user("Bea"), 2).unwrap();
    driver.clicks().pipe(s("u"), s("/3"), 4).unwrap();
    driver.users().pipe(s("u"), None, 5).unwrap();
    driver.users().pipe(None, user("nobody"), 5).unwrap();
    driver.clicks().pipe(s("u"), s("/4"), 6).unwrap();
    let named = driver.named().read().unwrap();
    let got: Vec<_> = named.iter().map(|r| (r.value.as_deref().unwrap(), r.timestamp)).collect();
    assert_eq!(got, [("Ann on /2", 3), ("Bea on /3", 4)], "the last to arrive counts");
    let maybe = driver.maybe().read_key_values().unwrap();
    let got: Vec<_> = maybe.iter().map(|r| r.1.as_str()).collect();
    assert_eq!(got, ["u:? on /1", "u:Ann on /2", "u:Bea on /3", "u:? on /4"]);
    assert_eq!(driver.counters().dropped_null, 1);
}

#[test]
fn a_stream_with_a_changed_key_is_repartitioned_before_the_join() {
    let mut driver = enrich::test_driver();
    driver.users().pipe(s("u"), enrich::User { name: s("Ann") }, 0).unwrap();
    driver.ids().pipe(7, s("u"), 1).unwrap();
    assert_eq!(driver.rekeyed().read_key_values().unwrap(), [(s("u"), s("Ann"))]);
    let internal = driver.description().topics.iter().filter(|t| t.is_internal());
    let names: Vec<_> = internal.map(|t| t.name).collect();
    assert!(names.contains(&"by_user-repartition"), "{names:?}");
}

#[topology]
mod nulls {
    topology! {
        source clicks: stream<Option<String>, Option<String>> = "clicks";
        table users: table<String, String> = "users";
        sink seen: stream<Option<String>, String> = "seen";
        sink rekeyed: stream<Option<String>, String> = "rekeyed";

        clicks.left_join(users, |page, user| format!("{page}{}", user.map_or("?", |u| u))).to(seen);
        clicks
            .filter(|page| page.is_some())
            .select_key(|_, page| -> Option<String> { page.as_ref().filter(|p| p.len() > 1).cloned() })
            .left_join(users, |page, user| format!("{page}{}", user.map_or("?", |u| u)), name = by_page)
            .to(rekeyed);
    }
}

#[test]
fn a_left_join_keeps_records_without_a_key() {
    let mut driver = nulls::test_driver();
    driver.users().pipe(s("u1"), s("Ann"), 0).unwrap();
    driver.clicks().pipe(None, s("/"), 1).unwrap();
    driver.clicks().pipe(s("u1"), s("u1"), 2).unwrap();
    driver.clicks().pipe(s("u1"), None, 3).unwrap();
    let read = driver.seen().read().unwrap();
    let got: Vec<_> = read.iter().map(|r| (r.key.as_deref(), r.value.as_deref())).collect();
    assert_eq!(got, [(None, Some("/?")), (Some("u1"), Some("u1Ann"))]);
    // Through the repartition topic, too.
    let read = driver.rekeyed().read().unwrap();
    let got: Vec<_> = read.iter().map(|r| (r.key.as_deref(), r.value.as_deref())).collect();
    assert_eq!(got, [(None, Some("/?")), (Some("u1"), Some("u1Ann"))]);
}
