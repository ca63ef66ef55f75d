//! Typed handles for the topics of a topology under test.

use std::marker::PhantomData;

use super::Driver;
use crate::format::{DecodeOwned, Encode};
use crate::{Error, ErrorKind, HeaderBuf, RecordRef, Result};

/// Names types without holding any of them.
type Types<K, V, KF, VF> = PhantomData<fn(K, V) -> (K, V, KF, VF)>;

/// A record read from a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRecord<K, V> {
    /// Key; `None` is the null key.
    pub key: Option<K>,
    /// Value; `None` is the null value.
    pub value: Option<V>,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// Headers.
    pub headers: HeaderBuf,
}

/// Pipes records into a topic.
#[derive(Debug)]
pub struct InputTopic<'d, K, V, KF, VF> {
    driver: &'d mut Driver,
    topic: &'static str,
    types: Types<K, V, KF, VF>,
}

impl<'d, K, V, KF, VF> InputTopic<'d, K, V, KF, VF> {
    /// For generated code.
    #[doc(hidden)]
    pub fn new(driver: &'d mut Driver, topic: &'static str) -> Self {
        Self { driver, topic, types: PhantomData }
    }
}

impl<K, V, KF: Encode<K>, VF: Encode<V>> InputTopic<'_, K, V, KF, VF> {
    /// Pipes a record in. Key and value are as declared; where the declaration is `Option`, or
    /// for a table's deletion, `None` is null.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    pub fn pipe(
        &mut self,
        key: impl Into<Option<K>>,
        value: impl Into<Option<V>>,
        timestamp: i64,
    ) -> Result<()> {
        self.pipe_with_headers(key, value, timestamp, &HeaderBuf::new())
    }

    /// Pipes a record with headers in.
    ///
    /// # Errors
    /// What `on_error` does not pass over.
    pub fn pipe_with_headers(
        &mut self,
        key: impl Into<Option<K>>,
        value: impl Into<Option<V>>,
        timestamp: i64,
        headers: &HeaderBuf,
    ) -> Result<()> {
        self.driver.enter();
        let encode_key = key.into().map(|k| encode::<KF, K>(&k)).transpose()?;
        let encode_value = value.into().map(|v| encode::<VF, V>(&v)).transpose()?;
        let record = RecordRef {
            offset: 0,
            timestamp,
            key: encode_key.as_deref(),
            value: encode_value.as_deref(),
            headers: headers.as_headers(),
        };
        self.driver.pipe(self.topic, &record)
    }
}

fn encode<F: Encode<T>, T>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    F::encode(value, &mut bytes)?;
    Ok(bytes)
}

/// Reads what a topology wrote to a topic.
#[derive(Debug)]
pub struct OutputTopic<'d, K, V, KF, VF> {
    driver: &'d mut Driver,
    topic: &'static str,
    types: Types<K, V, KF, VF>,
}

impl<'d, K, V, KF, VF> OutputTopic<'d, K, V, KF, VF> {
    /// For generated code.
    #[doc(hidden)]
    pub fn new(driver: &'d mut Driver, topic: &'static str) -> Self {
        Self { driver, topic, types: PhantomData }
    }
}

impl<K, V, KF: DecodeOwned<K>, VF: DecodeOwned<V>> OutputTopic<'_, K, V, KF, VF> {
    /// The records written since this was last asked, in order.
    ///
    /// # Errors
    /// If a record does not decode as declared.
    pub fn read(&mut self) -> Result<Vec<TestRecord<K, V>>> {
        let mut records = Vec::new();
        self.driver.read(self.topic, |_, record| {
            records.push(TestRecord {
                key: record.key.map(KF::decode).transpose()?,
                value: record.value.map(VF::decode).transpose()?,
                timestamp: record.timestamp,
                headers: record.headers.to_buf(),
            });
            Ok(())
        })?;
        Ok(records)
    }

    /// Keys and values only, for records that have both.
    ///
    /// # Errors
    /// If a record does not decode as declared, or is null where that says nothing.
    pub fn read_key_values(&mut self) -> Result<Vec<(K, V)>> {
        self.read()?
            .into_iter()
            .map(|r| Ok((required(r.key, "key")?, required(r.value, "value")?)))
            .collect()
    }
}

fn required<T>(value: Option<T>, what: &str) -> Result<T> {
    value.ok_or_else(|| {
        Error::new(ErrorKind::Decode, format!("a record with a null {what}; use `read`"))
    })
}
