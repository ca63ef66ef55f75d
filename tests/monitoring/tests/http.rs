//! `http.listen` of a running application, asked as Prometheus and Kubernetes ask.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::prelude::*;
use streams::runtime::broker::{Broker, TopicSpec};
use streams::runtime::config::Secret;
use streams::runtime::{Config, Loader, Streams, broker_for};

#[topology]
mod visits {
    topology! {
        source visits: stream<String, String> = "visits";
        sink counts: stream<String, i64> = "counts";
        visits.group_by_key().count(per_page).to_stream().to(counts);
    }
}

fn config(dir: &Path, listen: &str) -> Config {
    let mut config = Config::default();
    config.state_dir = dir.to_owned();
    config.threads = 2;
    config.commit_interval = Some(10);
    config.http.listen = Some(listen.to_owned());
    config
}

fn open(config: &Config) -> Arc<dyn Broker> {
    let broker = broker_for(&visits::app(), config).unwrap();
    let spec = |name: &str| TopicSpec { name: name.to_owned(), partitions: 4, config: [].into() };
    broker.create_topics(&[spec("visits"), spec("counts")]).unwrap();
    broker
}

/// The status and body of a reply.
fn ask(address: SocketAddr, head: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn get(address: SocketAddr, path: &str) -> (u16, String) {
    ask(address, &format!("GET {path} HTTP/1.1"))
}

fn within<R>(what: &str, mut look: impl FnMut() -> Option<R>) -> R {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{what} has not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The value of a metric, summed over its labels.
fn metric(text: &str, name: &str) -> Option<f64> {
    let values = text
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    let values: Vec<f64> =
        values.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[test]
fn an_application_says_how_it_is_and_what_it_has_done() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "127.0.0.1:0");
    let broker = open(&config);
    let mut loader = Loader::new(&*broker).unwrap();
    for n in 0..1000 {
        loader.append("visits", format!("p{}", n % 10).as_bytes(), Some(b"v"), n).unwrap();
    }
    loader.commit().unwrap();
    let streams = Streams::start_on(&visits::app(), config, broker).unwrap();
    let address = streams.http_address().unwrap();

    within("ready", || (get(address, "/ready") == (200, "ok\n".to_owned())).then_some(()));
    assert_eq!(get(address, "/health"), (200, "ok\n".to_owned()));
    let text = within("all records in the metrics", || {
        let (status, text) = get(address, "/metrics");
        assert_eq!(status, 200);
        let is_done = metric(&text, "process_total").is_some_and(|n| n >= 1000.0)
            && metric(&text, "records_lag") == Some(0.0)
            && metric(&text, "state_bytes").is_some_and(|bytes| bytes > 0.0);
        is_done.then_some(text)
    });
    assert!(metric(&text, "commit_latency_count").unwrap() >= 1.0, "{text}");
    assert_eq!(metric(&text, "assigned_tasks"), Some(4.0), "{text}");
    assert_eq!(metric(&text, "restoring_tasks"), Some(0.0));
    assert!(text.contains("# HELP process_total Records processed"), "{text}");
    assert!(text.contains("records_lag{topic=\"visits\",partition=\"3\"} 0"), "{text}");

    let (status, topology) = get(address, "/topology");
    assert_eq!(status, 200);
    assert!(topology.contains("Source: visits"), "{topology}");
    let elsewhere = get(address, "/");
    assert_eq!(elsewhere, (404, "there is /health, /ready, /metrics and /topology\n".to_owned()));
    assert_eq!(ask(address, "POST /metrics HTTP/1.1").0, 405);
    assert_eq!(ask(address, "HEAD /health HTTP/1.1"), (200, String::new()));

    // Half a request holds up neither others nor the end.
    let mut slow = TcpStream::connect(address).unwrap();
    slow.write_all(b"GET /he").unwrap();
    assert_eq!(get(address, "/health").0, 200);
    streams.stop();
    streams.wait().unwrap();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn other_machines_need_a_token_for_all_but_health() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "0.0.0.0:0");
    let refused = Streams::start_on(&visits::app(), config.clone(), open(&config)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "http.listen = 0.0.0.0:0: others than this machine reach this address: set http.token, which \
         they have to give for all but /health and /ready, or listen on 127.0.0.1"
    );
    config.http.token = Some(Secret::new("s3cret"));
    let streams = Streams::start_on(&visits::app(), config.clone(), open(&config)).unwrap();
    let mut address = streams.http_address().unwrap();
    address.set_ip([127, 0, 0, 1].into());
    assert_eq!(get(address, "/health").0, 200);
    for wrong in ["", "\r\nAuthorization: Bearer s3cre", "\r\nAuthorization: Bearer s3cret5"] {
        let (status, body) = ask(address, &format!("GET /topology HTTP/1.1{wrong}"));
        assert_eq!((status, &*body), (401, "the token of http.token is needed\n"));
    }
    let right = "GET /topology HTTP/1.1\r\nAuthorization: Bearer s3cret";
    assert_eq!(ask(address, right).0, 200);
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    for (listen, text) in
        [(&*listen, "Address already in use"), ("here", "an address is HOST:PORT")]
    {
        let config = config(dir.path(), listen);
        let error = Streams::start_on(&visits::app(), config.clone(), open(&config)).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with(&format!("http.listen = {listen}: ")), "{error}");
        assert!(error.contains(text), "{error}");
    }
}

#[test]
#[ignore = "needs a broker: cargo xtask test starts one"]
fn on_kafka_it_is_ready_once_the_group_has_given_it_its_tasks_and_knows_the_ends() {
    let bootstrap = std::env::var("STREAMS_TEST_BOOTSTRAP").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "127.0.0.1:0");
    let id = format!("monitoring-{}", std::process::id());
    for topic in ["visits", "counts"] {
        config.topics.insert(topic.to_owned(), format!("{id}-{topic}"));
    }
    config.application_id = Some(id.clone());
    config.brokers = Some(bootstrap);
    config.create_topics = true;
    let streams = Streams::start(&visits::app(), config.clone()).unwrap();
    let address = streams.http_address().unwrap();
    let broker = broker_for(&visits::app(), &config).unwrap();
    within("ready", || {
        let ready = get(address, "/ready");
        let joins =
            |line: &str| line.starts_with("worker ") && line.ends_with(" waits for its tasks");
        assert!(ready.0 == 200 || ready.0 == 503 && ready.1.lines().all(joins), "{ready:?}");
        (ready.0 == 200).then_some(())
    });
    assert_eq!(get(address, "/health").0, 200);
    let mut loader = Loader::new(&*broker).unwrap();
    for n in 0..1000 {
        let key = format!("p{}", n % 10);
        loader.append(&format!("{id}-visits"), key.as_bytes(), Some(b"v"), n).unwrap();
    }
    loader.commit().unwrap();
    within("no lag", || {
        let text = get(address, "/metrics").1;
        let lag = |p: i32| format!("records_lag{{topic=\"{id}-visits\",partition=\"{p}\"}} 0\n");
        let is_counted = metric(&text, "process_total").is_some_and(|n| n >= 1000.0);
        (is_counted && (0..4).all(|p| text.contains(&lag(p)))).then_some(())
    });
    streams.stop();
    streams.wait().unwrap();
}
