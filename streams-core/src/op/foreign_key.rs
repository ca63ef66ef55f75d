//! Joins of tables by a foreign key: what a left row tells the table of its foreign key, and what it
//! is answered (Kafka Streams' `SubscriptionSendProcessorSupplier`, `SubscriptionJoinProcessorSupplier`
//! and `ForeignTableJoinProcessorSupplier`).

use crate::format::{Encode, ForeignRows};
use crate::murmur3;
use crate::output::TopicIndex;
use crate::store::SubscriptionStore;
use crate::{Headers, Output, Result};

/// The hash of a left row's value: an answer counts only while the row has the value that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueHash(pub [u8; 16]);

/// What the table of the foreign key is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Instruction {
    /// Forget the left row.
    Delete = 0,
    /// Forget the left row, and answer that there is no foreign row.
    DeleteAndPropagate = 1,
    /// Remember the left row, and answer in any case.
    Propagate = 2,
    /// Remember the left row, and answer if there is a foreign row.
    PropagateOnlyIfForeign = 3,
}

impl Instruction {
    /// The instruction of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Delete),
            1 => Some(Self::DeleteAndPropagate),
            2 => Some(Self::Propagate),
            3 => Some(Self::PropagateOnlyIfForeign),
            _ => None,
        }
    }

    /// True if the left row is to be forgotten.
    pub fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteAndPropagate)
    }
}

/// A left row, as the table of the foreign key knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// Of the row's value; `None` if the row is gone.
    pub hash: Option<ValueHash>,
    /// What is to be done.
    pub instruction: Instruction,
    /// The row's key, encoded.
    pub primary_key: &'a [u8],
    /// The partition that the answer goes to; `None` leaves it to the partitioner.
    pub partition: Option<i32>,
}

impl Subscription<'_> {
    /// True if it is answered, given whether there is a foreign row.
    pub fn is_answered(&self, foreign: bool) -> bool {
        match self.instruction {
            Instruction::Delete => false,
            Instruction::DeleteAndPropagate | Instruction::Propagate => true,
            Instruction::PropagateOnlyIfForeign => foreign,
        }
    }

    /// True if the answer has the foreign row's value in it.
    pub fn takes_value(&self) -> bool {
        !self.instruction.deletes()
    }
}

/// The answer to a [`Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignRow<V> {
    /// Of the left row's value that asked.
    pub hash: Option<ValueHash>,
    /// The foreign row's value, if there is one.
    pub value: Option<V>,
}

/// A left row's update: whether there is a row now and was one before, and their foreign keys, encoded
/// (a row may have none).
#[derive(Clone, Copy, Debug)]
pub struct ForeignKeys<'a> {
    /// True if there is a row.
    pub row: bool,
    /// Its foreign key.
    pub key: Option<&'a [u8]>,
    /// True if there was one before.
    pub old_row: bool,
    /// Its foreign key.
    pub old_key: Option<&'a [u8]>,
}

/// To whom a subscription goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The foreign key that the row has now.
    Key,
    /// The one that it had before.
    OldKey,
}

/// What a left row's update sends, in order. Every update is answered, also a deletion and one without a
/// foreign key: the answer to the row's last value is always the last one that counts.
pub fn subscriptions(keys: ForeignKeys<'_>) -> Sent {
    if !keys.row && !keys.old_row {
        return [None, None];
    }
    let forget = keys.old_key.filter(|old| keys.key != Some(old));
    [forget.map(|_| (To::OldKey, Instruction::Delete)), Some((To::Key, Instruction::Propagate))]
}

/// What an inner join's left update sends in Kafka Streams, in order. Updates that may have no result
/// are not answered. If they overtake each other and a deletion of the foreign row, every answer is for
/// a value that is no more, and an old result stays for ever.
pub fn inner_subscriptions_as_kafka_streams(keys: ForeignKeys<'_>) -> Sent {
    match (keys.key, keys.old_key) {
        (None, None) => [None, None],
        (None, Some(_)) => [Some((To::OldKey, Instruction::DeleteAndPropagate)), None],
        (Some(new), Some(old)) if new != old => {
            [Some((To::OldKey, Instruction::Delete)), Some((To::Key, Instruction::Propagate))]
        }
        (Some(_), _) => [Some((To::Key, Instruction::PropagateOnlyIfForeign)), None],
    }
}

/// Up to two subscriptions.
pub type Sent = [Option<(To, Instruction)>; 2];

/// The bytes of a value or key.
///
/// # Errors
/// If it cannot be encoded.
pub fn encoded<F: Encode<T>, T: ?Sized>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    F::encode(value, &mut bytes)?;
    Ok(bytes)
}

/// The hash of a left row's value; `None` for a row that is gone.
///
/// # Errors
/// If the value cannot be encoded.
pub fn value_hash<F: Encode<V>, V>(value: Option<&V>) -> Result<Option<ValueHash>> {
    let hash = |value| encoded::<F, V>(value).map(|bytes| ValueHash(murmur3::hash128(&bytes)));
    value.map(hash).transpose()
}

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    /// The topic.
    pub topic: TopicIndex,
    /// The answers' timestamp.
    pub timestamp: i64,
    /// The headers of the record that is answered.
    pub headers: Headers<'a>,
}

/// Answers one subscription.
///
/// # Errors
/// If the value cannot be encoded.
pub fn answer<F: Encode<V>, V>(
    output: &mut Output,
    answers: Answers<'_>,
    subscription: &Subscription<'_>,
    value: Option<&V>,
) -> Result<()> {
    let value = value.map(encoded::<F, V>).transpose()?;
    write(output, answers, subscription, value.as_deref())
}

/// Answers everybody who has subscribed to a foreign key, which is encoded: its row has changed.
///
/// # Errors
/// If the value cannot be encoded, or the disk cannot be read.
pub fn answer_all<F: Encode<V>, V>(
    output: &mut Output,
    answers: Answers<'_>,
    subscribers: &SubscriptionStore,
    foreign_key: &[u8],
    value: Option<&V>,
) -> Result<()> {
    let value = value.map(encoded::<F, V>).transpose()?;
    subscribers
        .of(foreign_key, &mut |subscription| write(output, answers, subscription, value.as_deref()))
}

fn write(
    output: &mut Output,
    answers: Answers<'_>,
    subscription: &Subscription<'_>,
    value: Option<&[u8]>,
) -> Result<()> {
    output.write(
        answers.topic,
        subscription.partition,
        answers.timestamp,
        answers.headers,
        |out| {
            out.extend_from_slice(subscription.primary_key);
            Ok(true)
        },
        |out| {
            ForeignRows::<()>::encode_bytes(subscription.hash, value, out);
            Ok(true)
        },
    )
}
