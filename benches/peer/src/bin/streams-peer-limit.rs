//! The limit of `pass`: librdkafka alone, through its C interface, without a runtime around it.
//!
//! It receives in batches, flips the bit, and writes with the record's timestamp, as a runtime must;
//! it knows one topic, keeps no state, decodes nothing, and any error ends it. What `streams` takes
//! beyond this is the runtime's own cost. Its command line is that of the benchmark's programs.

#![allow(unsafe_code, reason = "the client's C interface is what is measured")]

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::process::ExitCode;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::bindings as c;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Records of a batch.
const BATCH: usize = 4096;
/// librdkafka's `RD_KAFKA_PARTITION_UA`.
const ANY_PARTITION: i32 = -1;
const POLL_MS: i32 = 20;
const FLUSH_MS: i32 = 20_000;
/// The byte of a value whose lowest bit `pass` flips.
const FLIPPED: usize = 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut options = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        options.insert(name.trim_start_matches('-').to_owned(), words.next().unwrap_or_default());
    }
    let option = |name: &str| options.get(name).cloned().ok_or(format!("--{name} is missing"));
    if (option("workload")?.as_str(), option("guarantee")?.as_str()) != ("pass", "alos") {
        return Err("the limit is measured on pass, alos".into());
    }
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&stop))?;
    let servers = option("bootstrap")?;
    let interval = match options.get("commit-ms") {
        Some(ms) => Duration::from_millis(ms.parse()?),
        None => Duration::from_secs(1),
    };
    let input = CString::new(options.get("input").map_or("in", String::as_str))?;
    let output = CString::new(option("output")?)?;
    let group = option("app-id")?;
    // The settings are the runtime's own.
    let producer = client(
        c::rd_kafka_type_t::RD_KAFKA_PRODUCER,
        &[
            ("bootstrap.servers", &servers),
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("linger.ms", "5"),
            ("batch.size", "1000000"),
            ("queue.buffering.max.messages", "500000"),
            ("partitioner", "murmur2_random"),
            ("delivery.report.only.error", "true"),
        ],
    )?;
    let consumer = client(
        c::rd_kafka_type_t::RD_KAFKA_CONSUMER,
        &[
            ("bootstrap.servers", &servers),
            ("group.id", &group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("queued.max.messages.kbytes", "32768"),
            ("fetch.queue.backoff.ms", "2"),
        ],
    )?;
    // SAFETY: both instances live as long as the loop, with which the process ends.
    unsafe { pass(producer, consumer, &input, &output, interval, &stop) }
}

/// # Safety
/// Live instances, of the kinds that their names say.
unsafe fn pass(
    producer: *mut c::rd_kafka_t,
    consumer: *mut c::rd_kafka_t,
    input: &CStr,
    output: &CStr,
    interval: Duration,
    stop: &AtomicBool,
) -> Result<()> {
    // SAFETY: live instances; the lists are destroyed once, a message is destroyed once and after
    // its last use, and `room` has place for `BATCH` pointers.
    unsafe {
        c::rd_kafka_poll_set_consumer(consumer);
        let topics = c::rd_kafka_topic_partition_list_new(1);
        c::rd_kafka_topic_partition_list_add(topics, input.as_ptr(), ANY_PARTITION);
        check(c::rd_kafka_subscribe(consumer, topics) as i32, "subscribing")?;
        c::rd_kafka_topic_partition_list_destroy(topics);
        let queue = c::rd_kafka_queue_get_consumer(consumer);
        let topic = c::rd_kafka_topic_new(producer, output.as_ptr(), null_mut());
        let mut room = vec![null_mut::<c::rd_kafka_message_t>(); BATCH];
        let mut positions = BTreeMap::new();
        let mut value = Vec::new();
        let mut last = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let received =
                c::rd_kafka_consume_batch_queue(queue, POLL_MS, room.as_mut_ptr(), BATCH);
            for message in room.iter().take(usize::try_from(received).unwrap_or(0)) {
                let record = &**message;
                check(record.err as i32, "reading")?;
                positions.insert(record.partition, record.offset + 1);
                value.clear();
                value.extend_from_slice(std::slice::from_raw_parts(
                    record.payload.cast::<u8>(),
                    record.len,
                ));
                if let Some(byte) = value.get_mut(FLIPPED) {
                    *byte ^= 1;
                }
                write(producer, topic, *message, &mut value)?;
                c::rd_kafka_message_destroy(*message);
            }
            c::rd_kafka_poll(producer, 0);
            if last.elapsed() >= interval && !positions.is_empty() {
                check(c::rd_kafka_flush(producer, FLUSH_MS) as i32, "flushing")?;
                let offsets = c::rd_kafka_topic_partition_list_new(4);
                for (partition, offset) in std::mem::take(&mut positions) {
                    let added =
                        c::rd_kafka_topic_partition_list_add(offsets, input.as_ptr(), partition);
                    (*added).offset = offset;
                }
                check(c::rd_kafka_commit(consumer, offsets, 0) as i32, "committing")?;
                c::rd_kafka_topic_partition_list_destroy(offsets);
                last = Instant::now();
            }
        }
    }
    Ok(())
}

/// # Safety
/// A live instance, a topic of it, and a live message.
unsafe fn write(
    producer: *mut c::rd_kafka_t,
    topic: *mut c::rd_kafka_topic_t,
    message: *mut c::rd_kafka_message_t,
    value: &mut [u8],
) -> Result<()> {
    type Kind = c::rd_kafka_vtype_t;
    type Union = c::rd_kafka_vu_s__bindgen_ty_1;
    type Bytes = c::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1;
    let bytes = |ptr, size| Union { mem: Bytes { ptr, size } };
    // SAFETY: as above; key and value are copied by the call.
    unsafe {
        let arguments = [
            (Kind::RD_KAFKA_VTYPE_RKT, Union { rkt: topic }),
            (Kind::RD_KAFKA_VTYPE_VALUE, bytes(value.as_mut_ptr().cast(), value.len())),
            (Kind::RD_KAFKA_VTYPE_KEY, bytes((*message).key, (*message).key_len)),
            (
                Kind::RD_KAFKA_VTYPE_TIMESTAMP,
                Union { i64_: c::rd_kafka_message_timestamp(message, null_mut()) },
            ),
            (
                Kind::RD_KAFKA_VTYPE_MSGFLAGS,
                Union { i: c::RD_KAFKA_MSG_F_COPY | c::RD_KAFKA_MSG_F_BLOCK },
            ),
        ]
        .map(|(vtype, u)| c::rd_kafka_vu_t { vtype, u });
        let error = c::rd_kafka_produceva(producer, arguments.as_ptr(), arguments.len());
        if error.is_null() {
            return Ok(());
        }
        Err(CStr::from_ptr(c::rd_kafka_error_string(error)).to_string_lossy().into())
    }
}

fn client(kind: c::rd_kafka_type_t, settings: &[(&str, &str)]) -> Result<*mut c::rd_kafka_t> {
    /// Room for librdkafka's words on an error.
    const WORDS: usize = 512;
    let mut words = [0; WORDS];
    // SAFETY: a new configuration, which the new instance takes over; `words` is NUL-terminated by
    // the call that fails.
    unsafe {
        let conf = c::rd_kafka_conf_new();
        for (name, value) in settings {
            let (name, value) = (CString::new(*name)?, CString::new(*value)?);
            let (name, value) = (name.as_ptr(), value.as_ptr());
            let code = c::rd_kafka_conf_set(conf, name, value, words.as_mut_ptr(), WORDS);
            if code as i32 != 0 {
                return Err(CStr::from_ptr(words.as_ptr()).to_string_lossy().into());
            }
        }
        let instance = c::rd_kafka_new(kind, conf, words.as_mut_ptr(), WORDS);
        if instance.is_null() {
            return Err(CStr::from_ptr(words.as_ptr()).to_string_lossy().into());
        }
        Ok(instance)
    }
}

fn check(code: i32, doing: &str) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(format!("{doing}: librdkafka's error {code}").into()) }
}
