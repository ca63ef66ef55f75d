//! librdkafka's error codes: negative are its own, positive the broker's.

use std::fmt;

use rdkafka::bindings as c;

use super::text;

/// An error code, as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) i32);

impl Code {
    pub(crate) const NONE: Code = Code(0);
    pub(crate) const OFFSET_OUT_OF_RANGE: Code = Code(1);
    pub(crate) const UNKNOWN_TOPIC_OR_PARTITION: Code = Code(3);
    pub(crate) const LEADER_NOT_AVAILABLE: Code = Code(5);
    pub(crate) const NOT_LEADER: Code = Code(6);
    pub(crate) const REQUEST_TIMED_OUT: Code = Code(7);
    pub(crate) const BROKER_NOT_AVAILABLE: Code = Code(8);
    pub(crate) const MSG_SIZE_TOO_LARGE: Code = Code(10);
    pub(crate) const NETWORK_EXCEPTION: Code = Code(13);
    pub(crate) const COORDINATOR_LOADING: Code = Code(14);
    pub(crate) const COORDINATOR_NOT_AVAILABLE: Code = Code(15);
    pub(crate) const NOT_COORDINATOR: Code = Code(16);
    pub(crate) const RECORD_LIST_TOO_LARGE: Code = Code(18);
    pub(crate) const ILLEGAL_GENERATION: Code = Code(22);
    pub(crate) const INCONSISTENT_GROUP_PROTOCOL: Code = Code(23);
    pub(crate) const UNKNOWN_MEMBER_ID: Code = Code(25);
    pub(crate) const REBALANCE_IN_PROGRESS: Code = Code(27);
    pub(crate) const TOPIC_AUTHORIZATION: Code = Code(29);
    pub(crate) const GROUP_AUTHORIZATION: Code = Code(30);
    pub(crate) const CLUSTER_AUTHORIZATION: Code = Code(31);
    pub(crate) const TOPIC_ALREADY_EXISTS: Code = Code(36);
    pub(crate) const INVALID_REPLICATION_FACTOR: Code = Code(38);
    pub(crate) const NOT_CONTROLLER: Code = Code(41);
    pub(crate) const OUT_OF_ORDER_SEQUENCE: Code = Code(45);
    pub(crate) const INVALID_PRODUCER_EPOCH: Code = Code(47);
    pub(crate) const INVALID_TXN_STATE: Code = Code(48);
    pub(crate) const INVALID_PRODUCER_ID_MAPPING: Code = Code(49);
    pub(crate) const INVALID_TXN_TIMEOUT: Code = Code(50);
    pub(crate) const TRANSACTIONAL_ID_AUTHORIZATION: Code = Code(53);
    pub(crate) const STORAGE: Code = Code(56);
    pub(crate) const UNKNOWN_PRODUCER_ID: Code = Code(59);
    pub(crate) const GROUP_ID_NOT_FOUND: Code = Code(69);
    pub(crate) const FENCED_LEADER_EPOCH: Code = Code(74);
    pub(crate) const UNKNOWN_LEADER_EPOCH: Code = Code(75);
    pub(crate) const OFFSET_NOT_AVAILABLE: Code = Code(78);
    pub(crate) const FENCED_INSTANCE_ID: Code = Code(82);
    pub(crate) const UNSTABLE_OFFSET_COMMIT: Code = Code(88);
    pub(crate) const PRODUCER_FENCED: Code = Code(90);
    pub(crate) const FENCED_MEMBER_EPOCH: Code = Code(110);
    pub(crate) const STALE_MEMBER_EPOCH: Code = Code(113);
    pub(crate) const TRANSPORT: Code = Code(-195);
    pub(crate) const RESOLVE: Code = Code(-193);
    pub(crate) const MSG_TIMED_OUT: Code = Code(-192);
    pub(crate) const PARTITION_EOF: Code = Code(-191);
    pub(crate) const UNKNOWN_PARTITION: Code = Code(-190);
    pub(crate) const UNKNOWN_TOPIC: Code = Code(-188);
    pub(crate) const ALL_BROKERS_DOWN: Code = Code(-187);
    pub(crate) const TIMED_OUT: Code = Code(-185);
    pub(crate) const QUEUE_FULL: Code = Code(-184);
    pub(crate) const SSL: Code = Code(-181);
    pub(crate) const WAIT_COORDINATOR: Code = Code(-180);
    pub(crate) const STATE: Code = Code(-172);
    pub(crate) const AUTHENTICATION: Code = Code(-169);
    pub(crate) const TIMED_OUT_QUEUE: Code = Code(-166);
    pub(crate) const FATAL: Code = Code(-150);
    pub(crate) const FENCED: Code = Code(-144);
    pub(crate) const MAX_POLL_EXCEEDED: Code = Code(-147);
    pub(crate) const ASSIGNMENT_LOST: Code = Code(-142);
    pub(crate) const AUTO_OFFSET_RESET: Code = Code(-140);
    pub(crate) const NO_ENTRY: Code = Code(-156);
    pub(crate) const PURGED_IN_QUEUE: Code = Code(-152);
    pub(crate) const PURGED_IN_FLIGHT: Code = Code(-151);
}

impl From<c::rd_kafka_resp_err_t> for Code {
    fn from(code: c::rd_kafka_resp_err_t) -> Self {
        Code(code as i32)
    }
}

impl fmt::Display for Code {
    /// librdkafka's description, or the number where it has none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match c::rd_kafka_resp_err_t::try_from(self.0) {
            // SAFETY: takes an integer and returns a static string.
            Ok(known) => f.write_str(&unsafe { text(c::rd_kafka_err2str(known)) }),
            Err(_) => write!(f, "error code {}", self.0),
        }
    }
}

/// An error code with what librdkafka said about it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(code: Code, text: String) -> Self {
        Self { code, text }
    }

    /// `Err` unless the code is 0.
    pub(crate) fn check(code: impl Into<Code>) -> Result<(), Failure> {
        match code.into() {
            Code::NONE => Ok(()),
            code => Err(code.into()),
        }
    }

    /// Takes over an error object.
    ///
    /// # Safety
    /// `error` is null or an error object that the caller owns.
    pub(super) unsafe fn take(error: *mut c::rd_kafka_error_t) -> Result<(), Failure> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: a valid error object until it is destroyed here, once.
        unsafe {
            let failure = Failure::peek(error);
            c::rd_kafka_error_destroy(error);
            failure
        }
    }

    /// Reads an error object that stays librdkafka's.
    ///
    /// # Safety
    /// `error` is null or a valid error object.
    pub(super) unsafe fn peek(error: *const c::rd_kafka_error_t) -> Result<(), Failure> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: a valid error object; its string lives as long as it.
        let (code, text) = unsafe {
            (c::rd_kafka_error_code(error).into(), text(c::rd_kafka_error_string(error)))
        };
        if code == Code::NONE { Ok(()) } else { Err(Failure { code, text }) }
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self { code, text: code.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() { self.code.fmt(f) } else { f.write_str(&self.text) }
    }
}
