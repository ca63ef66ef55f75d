//! librdkafka's failures as errors of ours: what happened where, and what to do.

use super::ffi::{Code, Failure};
use crate::error::{Error, ErrorKind};

/// The error for a failure; `doing` says what was tried, with its place.
pub(super) fn error(doing: &str, failure: &Failure) -> Error {
    let (kind, advice) = advice(failure.code);
    Error::new(kind, format!("{doing}: {failure}{advice}"))
}

/// True if the group has moved on without this member.
pub(super) fn fenced(code: Code) -> bool {
    matches!(
        code,
        Code::ILLEGAL_GENERATION
            | Code::UNKNOWN_MEMBER_ID
            | Code::REBALANCE_IN_PROGRESS
            | Code::FENCED_INSTANCE_ID
            | Code::FENCED_MEMBER_EPOCH
            | Code::STALE_MEMBER_EPOCH
            | Code::ASSIGNMENT_LOST
    )
}

/// True if it may pass by itself.
pub(super) fn transient(code: Code) -> bool {
    matches!(
        code,
        Code::LEADER_NOT_AVAILABLE
            | Code::NOT_LEADER
            | Code::REQUEST_TIMED_OUT
            | Code::BROKER_NOT_AVAILABLE
            | Code::NETWORK_EXCEPTION
            | Code::COORDINATOR_LOADING
            | Code::COORDINATOR_NOT_AVAILABLE
            | Code::NOT_COORDINATOR
            | Code::NOT_CONTROLLER
            | Code::UNSTABLE_OFFSET_COMMIT
            | Code::TRANSPORT
            | Code::RESOLVE
            | Code::ALL_BROKERS_DOWN
            | Code::TIMED_OUT
            | Code::TIMED_OUT_QUEUE
            | Code::MSG_TIMED_OUT
            | Code::WAIT_COORDINATOR
    )
}

/// True if the topic, or the partition, is not there.
pub(super) fn absent(code: Code) -> bool {
    matches!(code, Code::UNKNOWN_TOPIC_OR_PARTITION | Code::UNKNOWN_TOPIC | Code::UNKNOWN_PARTITION)
}

fn advice(code: Code) -> (ErrorKind, &'static str) {
    match code {
        Code::TOPIC_AUTHORIZATION | Code::GROUP_AUTHORIZATION | Code::CLUSTER_AUTHORIZATION => {
            (ErrorKind::Fatal, " (the user lacks a right: `acl` lists those that are needed)")
        }
        Code::AUTHENTICATION | Code::SSL => (
            ErrorKind::Config,
            " (check security.protocol, the sasl.* and the ssl.* properties against the broker's \
             listener)",
        ),
        Code::MSG_SIZE_TOO_LARGE | Code::RECORD_LIST_TOO_LARGE => (
            ErrorKind::Fatal,
            " (raise max.message.bytes of the topic and the property producer.message.max.bytes, \
             or write smaller records)",
        ),
        Code::INVALID_REPLICATION_FACTOR => {
            (ErrorKind::Config, " (set a replication factor that the cluster has brokers for)")
        }
        code if absent(code) => {
            (ErrorKind::Fatal, " (the topic is missing: create it, or correct its name)")
        }
        code if fenced(code) => (ErrorKind::Rejoin, ""),
        code if transient(code) => (
            ErrorKind::Retry,
            " (is the cluster up, and are its advertised listeners reachable from here?)",
        ),
        _ => (ErrorKind::Fatal, ""),
    }
}
