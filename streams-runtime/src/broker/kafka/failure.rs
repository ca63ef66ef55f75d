//! librdkafka's failures as errors of ours: what happened where, and what to do.

use super::ffi::{Code, Failure};
use crate::error::{Error, ErrorKind, ErrorName};

/// The error for a failure; `doing` says what was tried, with its place.
pub(super) fn error(doing: &str, failure: &Failure) -> Error {
    let (kind, advice) = advice(failure.code);
    let error = Error::new(kind, format!("{doing}: {failure}{advice}"));
    match name(failure.code) {
        Some(name) => error.named(name),
        None => error,
    }
}

fn name(code: Code) -> Option<ErrorName> {
    match code {
        Code::PRODUCER_FENCED | Code::FENCED => Some(ErrorName::ProducerFenced),
        Code::INVALID_PRODUCER_EPOCH
        | Code::OUT_OF_ORDER_SEQUENCE
        | Code::UNKNOWN_PRODUCER_ID
        | Code::INVALID_PRODUCER_ID_MAPPING => Some(ErrorName::ProducerEpochLost),
        Code::COORDINATOR_LOADING | Code::COORDINATOR_NOT_AVAILABLE | Code::NOT_COORDINATOR => {
            Some(ErrorName::CoordinatorMoved)
        }
        Code::TOPIC_AUTHORIZATION
        | Code::GROUP_AUTHORIZATION
        | Code::CLUSTER_AUTHORIZATION
        | Code::TRANSACTIONAL_ID_AUTHORIZATION => Some(ErrorName::AuthorizationFailed),
        code if absent(code) => Some(ErrorName::TopicMissing),
        code if fenced(code) => Some(ErrorName::MemberFenced),
        _ => None,
    }
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
            | Code::STORAGE
            | Code::FENCED_LEADER_EPOCH
            | Code::UNKNOWN_LEADER_EPOCH
            | Code::OFFSET_NOT_AVAILABLE
            | Code::TRANSPORT
            | Code::RESOLVE
            | Code::ALL_BROKERS_DOWN
            | Code::TIMED_OUT
            | Code::TIMED_OUT_QUEUE
            | Code::MSG_TIMED_OUT
            | Code::WAIT_COORDINATOR
            // Partitions that have no leader just now.
            | Code::NO_ENTRY
    )
}

/// True if the topic, or the partition, is not there.
pub(super) fn absent(code: Code) -> bool {
    matches!(code, Code::UNKNOWN_TOPIC_OR_PARTITION | Code::UNKNOWN_TOPIC | Code::UNKNOWN_PARTITION)
}

fn advice(code: Code) -> (ErrorKind, &'static str) {
    match code {
        Code::TOPIC_AUTHORIZATION | Code::GROUP_AUTHORIZATION | Code::CLUSTER_AUTHORIZATION => (
            ErrorKind::Fatal,
            " (the user lacks a right: the command `acl` prints those that are needed)",
        ),
        Code::TRANSACTIONAL_ID_AUTHORIZATION => (
            ErrorKind::Fatal,
            " (the user lacks the right Write on this transactional id: grant it (the command `acl` prints \
             how), or set processing_guarantee = at_least_once)",
        ),
        // The producer has to be replaced; from the last commit on, all goes well again.
        Code::OUT_OF_ORDER_SEQUENCE
        | Code::UNKNOWN_PRODUCER_ID
        | Code::INVALID_PRODUCER_ID_MAPPING
        | Code::INVALID_TXN_STATE
        | Code::STATE
        | Code::FATAL => (ErrorKind::Poisoned, ""),
        Code::INVALID_TXN_TIMEOUT => (
            ErrorKind::Config,
            " (kafka.transaction_timeout_ms is more than the brokers' transaction.max.timeout.ms)",
        ),
        Code::PRODUCER_FENCED | Code::FENCED | Code::INVALID_PRODUCER_EPOCH => (
            ErrorKind::Rejoin,
            " (the transaction took longer than kafka.transaction_timeout_ms, or another process \
             works under the same transactional id: is its state directory a copy of this one's?)",
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a cluster may say at any time, and librdkafka mostly hides by asking again.
    #[test]
    fn failures_have_the_names_that_operators_know_and_say_what_becomes_of_the_worker() {
        use {ErrorKind as Kind, ErrorName as Name};
        for (code, kind, name) in [
            (Code::NOT_COORDINATOR, Kind::Retry, Name::CoordinatorMoved),
            (Code::COORDINATOR_LOADING, Kind::Retry, Name::CoordinatorMoved),
            (Code::COORDINATOR_NOT_AVAILABLE, Kind::Retry, Name::CoordinatorMoved),
            (Code::PRODUCER_FENCED, Kind::Rejoin, Name::ProducerFenced),
            (Code::FENCED, Kind::Rejoin, Name::ProducerFenced),
            (Code::INVALID_PRODUCER_EPOCH, Kind::Rejoin, Name::ProducerEpochLost),
            (Code::INVALID_PRODUCER_ID_MAPPING, Kind::Poisoned, Name::ProducerEpochLost),
            (Code::UNKNOWN_PRODUCER_ID, Kind::Poisoned, Name::ProducerEpochLost),
            (Code::OUT_OF_ORDER_SEQUENCE, Kind::Poisoned, Name::ProducerEpochLost),
            (Code::ILLEGAL_GENERATION, Kind::Rejoin, Name::MemberFenced),
            (Code::UNKNOWN_MEMBER_ID, Kind::Rejoin, Name::MemberFenced),
            (Code::STALE_MEMBER_EPOCH, Kind::Rejoin, Name::MemberFenced),
            (Code::UNKNOWN_TOPIC_OR_PARTITION, Kind::Fatal, Name::TopicMissing),
            (Code::TOPIC_AUTHORIZATION, Kind::Fatal, Name::AuthorizationFailed),
            (Code::TRANSACTIONAL_ID_AUTHORIZATION, Kind::Fatal, Name::AuthorizationFailed),
        ] {
            let e = error("writing orders-3", &Failure::from(code));
            assert_eq!((e.kind(), e.name()), (kind, Some(name)), "{e}");
            let text = e.to_string();
            assert!(text.starts_with("writing orders-3: "), "{text}");
            assert!(text.ends_with(&format!("[{}]", name.as_str())), "{text}");
        }
    }
}
