//! Configuration of an instance, and its start.

use std::ffi::{c_char, c_int};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::bindings as c;

use super::rebalance::{Rebalances, on_rebalance};
use super::{Handle, TEXT, buffer_text, text};
use crate::error::Result;

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A consumer of a group.
    Consumer,
    /// A consumer outside of any group.
    Reader,
    /// One who knows a group and never joins it.
    Onlooker,
    Producer,
    /// A producer of transactions.
    Transactional,
    /// A producer that produces nothing: librdkafka's admin requests need some instance.
    Admin,
}

/// Why a property was not taken.
#[derive(Debug)]
pub(crate) enum Unset {
    /// librdkafka has no such property.
    Unknown,
    /// It does not take this value; its message may repeat the value.
    Invalid(String),
}

/// A configuration under construction.
pub(crate) struct Conf(NonNull<c::rd_kafka_conf_t>);

impl Conf {
    pub(crate) fn new() -> Self {
        // SAFETY: no arguments; librdkafka aborts the process where memory runs out, so the result
        // is not null (and `expect` would say so).
        let conf = unsafe { c::rd_kafka_conf_new() };
        match NonNull::new(conf) {
            Some(conf) => Self(conf),
            None => unreachable!("rd_kafka_conf_new never returns null"),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<Result<(), Unset>> {
        let (c_name, c_value) = (super::c_string(name)?, super::c_string(value)?);
        let mut errors: [c_char; TEXT] = [0; TEXT];
        // SAFETY: a live configuration, two NUL-terminated strings and a buffer of that size.
        let result = unsafe {
            c::rd_kafka_conf_set(
                self.0.as_ptr(),
                c_name.as_ptr(),
                c_value.as_ptr(),
                errors.as_mut_ptr(),
                TEXT,
            )
        };
        Ok(match result {
            c::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            c::rd_kafka_conf_res_t::RD_KAFKA_CONF_UNKNOWN => Err(Unset::Unknown),
            c::rd_kafka_conf_res_t::RD_KAFKA_CONF_INVALID => {
                Err(Unset::Invalid(buffer_text(&errors)))
            }
        })
    }

    /// Starts the instance. It connects in the background; a wrong combination of properties is an
    /// error here.
    pub(crate) fn start(self, kind: Kind) -> Result<Arc<Handle>, String> {
        let conf = self.0.as_ptr();
        let rebalances = (kind == Kind::Consumer).then(Box::<Rebalances>::default);
        // Delivery reports as events and not as callbacks: rd_kafka_flush then waits on a condition,
        // where it would otherwise poll by 10 ms. Errors of the others go to the log: nobody would
        // fetch their events.
        let events = match kind {
            Kind::Producer | Kind::Transactional => c::RD_KAFKA_EVENT_DR | c::RD_KAFKA_EVENT_ERROR,
            Kind::Consumer | Kind::Reader | Kind::Onlooker | Kind::Admin => 0,
        };
        let mut errors: [c_char; TEXT] = [0; TEXT];
        // SAFETY: `conf` is live and belongs to the instance once rd_kafka_new succeeded (it is
        // forgotten then); the opaque pointer is a box that the handle keeps at its address until
        // the instance is destroyed; the callbacks have the types that librdkafka asks for.
        let instance = unsafe {
            c::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            if events != 0 {
                c::rd_kafka_conf_set_events(conf, events);
            }
            if let Some(rebalances) = &rebalances {
                let opaque = std::ptr::from_ref::<Rebalances>(rebalances).cast_mut();
                c::rd_kafka_conf_set_opaque(conf, opaque.cast());
                c::rd_kafka_conf_set_rebalance_cb(conf, Some(on_rebalance));
            }
            let instance = match kind {
                Kind::Consumer | Kind::Reader | Kind::Onlooker => {
                    c::rd_kafka_type_t::RD_KAFKA_CONSUMER
                }
                Kind::Producer | Kind::Transactional | Kind::Admin => {
                    c::rd_kafka_type_t::RD_KAFKA_PRODUCER
                }
            };
            c::rd_kafka_new(instance, conf, errors.as_mut_ptr(), TEXT)
        };
        match NonNull::new(instance) {
            None => Err(buffer_text(&errors)),
            Some(instance) => {
                std::mem::forget(self);
                Ok(Arc::new(Handle::new(instance, kind, rebalances)))
            }
        }
    }
}

impl Drop for Conf {
    fn drop(&mut self) {
        // SAFETY: live, and not given to an instance (that forgets it).
        unsafe { c::rd_kafka_conf_destroy(self.0.as_ptr()) }
    }
}

/// librdkafka's log lines go where ours go. Levels are syslog's.
unsafe extern "C" fn on_log(
    rk: *const c::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    line: *const c_char,
) {
    // SAFETY: librdkafka passes live strings, and an instance or null.
    let (client, facility, line) = unsafe {
        let name = if rk.is_null() { String::new() } else { text(c::rd_kafka_name(rk)) };
        (name, text(facility), text(line))
    };
    let level = match level {
        0..=4 if !OUTAGE.contains(&facility.as_str()) || outage_is_news() => level,
        5 | 6 => level,
        _ => DEBUG,
    };
    match level {
        0..=3 => tracing::error!(target: "librdkafka", client, facility, "{line}"),
        4 => tracing::warn!(target: "librdkafka", client, facility, "{line}"),
        5 | 6 => tracing::info!(target: "librdkafka", client, facility, "{line}"),
        _ => tracing::debug!(target: "librdkafka", client, facility, "{line}"),
    }
}

/// The syslog level that is not shown by default.
const DEBUG: c_int = 7;

/// What librdkafka says with every attempt to connect, of every instance, while a broker is away.
const OUTAGE: [&str; 2] = ["ERROR", "FAIL"];

/// True if an outage was not told of lately: the rest goes to the debug level.
fn outage_is_news() -> bool {
    /// Often enough to see that it goes on.
    const EVERY: Duration = Duration::from_secs(5);
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let news = last.is_none_or(|at| at.elapsed() >= EVERY);
    if news {
        *last = Some(Instant::now());
    }
    news
}
