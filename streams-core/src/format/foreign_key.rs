//! What the two tables of a foreign-key join tell each other, as Kafka Streams'
//! `SubscriptionWrapperSerde` and `SubscriptionResponseWrapperSerde` write it.

use std::marker::PhantomData;

use super::{Decode, Encode, decode_error};
use crate::op::{ForeignRow, Instruction, Subscription, ValueHash};
use crate::{Error, Result};

/// A left row's subscription, on its way to the table of the foreign key:
///
/// - version 1, with the highest bit set if there is no hash (the row is gone);
/// - instruction (1 byte);
/// - hash of the left row's value (16 bytes), if there is one;
/// - the left row's key;
/// - its partition (4 bytes, big endian), which version 0 lacks.
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions;

/// The answer to a [`Subscription`], with values in the format `F`:
///
/// - version 0, with the highest bit set if there is no hash;
/// - hash of the left row's value (16 bytes), if there is one;
/// - the foreign row's value; nothing if there is none.
#[derive(Clone, Copy, Debug)]
pub struct ForeignRows<F>(PhantomData<F>);

const NO_HASH: u8 = 0x80;
const SUBSCRIPTION_VERSION: u8 = 1;
const ROW_VERSION: u8 = 0;

fn begin(version: u8, hash: Option<ValueHash>, between: &[u8], out: &mut Vec<u8>) {
    out.push(if hash.is_some() { version } else { version | NO_HASH });
    out.extend_from_slice(between);
    out.extend_from_slice(hash.as_ref().map_or(&[], |h| &h.0));
}

/// The hash at the front, if the version says that there is one.
fn hash(version: u8, bytes: &[u8]) -> Option<(Option<ValueHash>, &[u8])> {
    if version & NO_HASH != 0 {
        return Some((None, bytes));
    }
    let (hash, rest) = bytes.split_first_chunk::<16>()?;
    Some((Some(ValueHash(*hash)), rest))
}

fn newer(version: u8) -> Error {
    decode_error(format_args!(
        "a message of a foreign-key join of version {}: a newer program wrote it",
        version & !NO_HASH
    ))
}

impl Encode<Subscription<'_>> for Subscriptions {
    fn encode(subscription: &Subscription<'_>, out: &mut Vec<u8>) -> Result<()> {
        let Subscription { hash, instruction, primary_key, partition } = subscription;
        let version = partition.map_or(0, |_| SUBSCRIPTION_VERSION);
        begin(version, *hash, &[*instruction as u8], out);
        out.extend_from_slice(primary_key);
        if let Some(partition) = partition {
            out.extend_from_slice(&partition.to_be_bytes());
        }
        Ok(())
    }
}

impl<'a> Decode<'a, Subscription<'a>> for Subscriptions {
    fn decode(bytes: &'a [u8]) -> Result<Subscription<'a>> {
        let truncated = || decode_error("a subscription of a foreign-key join that is cut short");
        let (&version, rest) = bytes.split_first().ok_or_else(truncated)?;
        if version & !NO_HASH > SUBSCRIPTION_VERSION {
            return Err(newer(version));
        }
        let (&number, rest) = rest.split_first().ok_or_else(truncated)?;
        let instruction = Instruction::from_number(number).ok_or_else(|| {
            decode_error(format_args!("a subscription with the unknown instruction {number}"))
        })?;
        let (hash, rest) = hash(version, rest).ok_or_else(truncated)?;
        let (primary_key, partition) = match version & !NO_HASH {
            0 => (rest, None),
            _ => {
                let (key, partition) = rest.split_last_chunk::<4>().ok_or_else(truncated)?;
                (key, Some(i32::from_be_bytes(*partition)))
            }
        };
        Ok(Subscription { hash, instruction, primary_key, partition })
    }
}

impl<V, F: Encode<V>> Encode<ForeignRow<V>> for ForeignRows<F> {
    fn encode(row: &ForeignRow<V>, out: &mut Vec<u8>) -> Result<()> {
        begin(ROW_VERSION, row.hash, &[], out);
        row.value.as_ref().map_or(Ok(()), |value| F::encode(value, out))
    }
}

impl<F> ForeignRows<F> {
    /// As [`encode`](Encode::encode), of a value that is encoded already.
    pub(crate) fn encode_bytes(hash: Option<ValueHash>, value: Option<&[u8]>, out: &mut Vec<u8>) {
        begin(ROW_VERSION, hash, &[], out);
        out.extend_from_slice(value.unwrap_or(&[]));
    }
}

impl<'a, V, F: Decode<'a, V>> Decode<'a, ForeignRow<V>> for ForeignRows<F> {
    fn decode(bytes: &'a [u8]) -> Result<ForeignRow<V>> {
        let truncated = || decode_error("an answer of a foreign-key join that is cut short");
        let (&version, rest) = bytes.split_first().ok_or_else(truncated)?;
        if version & !NO_HASH != ROW_VERSION {
            return Err(newer(version));
        }
        let (hash, value) = hash(version, rest).ok_or_else(truncated)?;
        let value = if value.is_empty() { None } else { Some(F::decode(value)?) };
        Ok(ForeignRow { hash, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Utf8;
    use proptest::prelude::*;

    fn hashes() -> impl Strategy<Value = Option<ValueHash>> {
        prop::option::of(any::<[u8; 16]>().prop_map(ValueHash))
    }

    #[test]
    fn bytes_are_kafka_streams_own() {
        let mut out = Vec::new();
        let subscription = Subscription {
            hash: Some(ValueHash([7; 16])),
            instruction: Instruction::PropagateOnlyIfForeign,
            primary_key: b"k",
            partition: Some(258),
        };
        assert!(Subscriptions::encode(&subscription, &mut out).is_ok());
        assert_eq!(out, [&[1, 3][..], &[7; 16], b"k", &[0, 0, 1, 2]].concat());
        out.clear();
        let gone = Subscription { hash: None, instruction: Instruction::Delete, ..subscription };
        assert!(Subscriptions::encode(&gone, &mut out).is_ok());
        assert_eq!(out, [0x81, 0, b'k', 0, 0, 1, 2]);
        out.clear();
        let row = ForeignRow { hash: None, value: Some("v".to_owned()) };
        assert!(ForeignRows::<Utf8>::encode(&row, &mut out).is_ok());
        assert_eq!(out, [0x80, b'v']);
    }

    proptest! {
        #[test]
        fn messages_come_back(
            hash in hashes(), number in 0..4u8, key: Vec<u8>, partition: Option<i32>, value: Option<String>,
        ) {
            let instruction = Instruction::from_number(number).unwrap_or(Instruction::Delete);
            let sent = Subscription { hash, instruction, primary_key: &key, partition };
            let mut out = Vec::new();
            prop_assert!(Subscriptions::encode(&sent, &mut out).is_ok());
            prop_assert_eq!(Subscriptions::decode(&out).ok(), Some(sent));
            // An empty text is as good as none: Kafka Streams' bytes do not tell them apart.
            let value = value.filter(|v| !v.is_empty());
            let row = ForeignRow { hash, value };
            out.clear();
            prop_assert!(ForeignRows::<Utf8>::encode(&row, &mut out).is_ok());
            prop_assert_eq!(ForeignRows::<Utf8>::decode(&out).ok(), Some(row));
        }

        #[test]
        fn any_bytes_decode_or_fail(bytes: Vec<u8>) {
            let _ = Subscriptions::decode(&bytes);
            let _: Result<ForeignRow<String>> = ForeignRows::<Utf8>::decode(&bytes);
        }
    }
}
