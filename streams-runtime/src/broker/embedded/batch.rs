//! The encoding of a batch of records, the unit that the log stores, checks and reads.
//!
//! ```text
//! version u8 | crc32 of what follows u32 | base offset i64 | base timestamp i64 | max timestamp i64
//! | delete horizon i64 | last offset − base offset u32 | number of records u32 | records
//! record = offset − previous offset | timestamp − base timestamp | key | value | headers
//! ```
//! Fixed numbers are little-endian; those of a record are variable-length (LEB128; timestamps in
//! zigzag). A key or value is its length plus one and its bytes, 0 standing for null. Offsets are
//! explicit, so that compaction may leave gaps; the batch still covers its whole range.

use streams_core::{Headers, RecordRef};

/// A batch that has grown to this size takes no more records. One RocksDB entry costs some 5 µs to
/// write and to read: spread over this much, a few nanoseconds a record. Larger ones gained
/// nothing and cost memory for every partition that is read.
pub(super) const BATCH_BYTES: usize = 64 << 10;

/// A key, a value and headers together may be this large: a record is read into memory whole.
pub(super) const RECORD_BYTES: usize = 64 << 20;

/// No delete horizon: the batch has not been compacted since its tombstones were written.
pub(super) const NO_HORIZON: i64 = -1;

const VERSION: u8 = 1;
const CHECKED_FROM: usize = 5;
const HEADER: usize = 45;

/// Why bytes are not a batch. The reader adds topic, partition and offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage(pub(super) &'static str);

/// A batch that is being filled.
#[derive(Debug)]
pub(super) struct BatchBuilder {
    bytes: Vec<u8>,
    count: u32,
    base_timestamp: i64,
    max_timestamp: i64,
    previous: u32,
}

impl BatchBuilder {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; HEADER], count: 0, base_timestamp: 0, max_timestamp: 0, previous: 0 }
    }

    /// Forgets the records, keeping the allocation.
    pub(super) fn clear(&mut self) {
        self.bytes.truncate(HEADER);
        self.count = 0;
        self.previous = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Room for no further record.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES
    }

    /// Adds a record at `delta` offsets after the base; deltas ascend.
    #[inline]
    pub(super) fn append(
        &mut self,
        delta: u32,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: Headers<'_>,
    ) {
        if self.count == 0 {
            self.base_timestamp = timestamp;
            self.max_timestamp = timestamp;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp);
        let out = &mut self.bytes;
        varint(out, u64::from(delta - self.previous));
        varint(out, zigzag(timestamp.wrapping_sub(self.base_timestamp)));
        nullable(out, key);
        nullable(out, value);
        varint(out, headers.as_encoded().len() as u64);
        out.extend_from_slice(headers.as_encoded());
        self.previous = delta;
        self.count += 1;
    }

    /// The encoded batch, of which the last offset is `base_offset + last_delta`.
    pub(super) fn finish(&mut self, base_offset: i64, last_delta: u32, horizon: i64) -> &[u8] {
        let mut header = [0; HEADER];
        let fields: [&[u8]; 8] = [
            &[VERSION],
            &[0; 4],
            &base_offset.to_le_bytes(),
            &self.base_timestamp.to_le_bytes(),
            &self.max_timestamp.to_le_bytes(),
            &horizon.to_le_bytes(),
            &last_delta.to_le_bytes(),
            &self.count.to_le_bytes(),
        ];
        let mut room = &mut header[..];
        for field in fields {
            // Writing into a slice fails only when it is full; HEADER is the sum of the fields.
            let _ = std::io::Write::write(&mut room, field);
        }
        if let Some(place) = self.bytes.first_chunk_mut::<HEADER>() {
            *place = header;
        }
        if let Some((place, checked)) = self.bytes.split_first_chunk_mut::<CHECKED_FROM>() {
            let [_, crc @ ..] = place;
            *crc = crc32fast::hash(checked).to_le_bytes();
        }
        &self.bytes
    }
}

/// The header of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BatchHeader {
    pub(super) base_offset: i64,
    pub(super) last_offset: i64,
    pub(super) max_timestamp: i64,
    pub(super) horizon: i64,
    base_timestamp: i64,
    count: u32,
}

impl BatchHeader {
    /// Reads a header without looking at the checksum: only to choose among batches.
    pub(super) fn peek(bytes: &[u8]) -> Result<Self, Damage> {
        let mut rest = bytes;
        let [version] = take(&mut rest)?;
        if version != VERSION {
            return Err(Damage("is of an unknown version"));
        }
        let _crc: [u8; 4] = take(&mut rest)?;
        let base_offset = i64::from_le_bytes(take(&mut rest)?);
        let base_timestamp = i64::from_le_bytes(take(&mut rest)?);
        let max_timestamp = i64::from_le_bytes(take(&mut rest)?);
        let horizon = i64::from_le_bytes(take(&mut rest)?);
        let last_delta = u32::from_le_bytes(take(&mut rest)?);
        let count = u32::from_le_bytes(take(&mut rest)?);
        let last_offset = base_offset.checked_add(i64::from(last_delta));
        let last_offset = last_offset.ok_or(Damage("has an impossible offset"))?;
        Ok(Self { base_offset, last_offset, max_timestamp, horizon, base_timestamp, count })
    }

    /// Reads a header and checks the batch, which is expected to start at `base_offset`.
    pub(super) fn check(bytes: &[u8], base_offset: i64) -> Result<Self, Damage> {
        let header = Self::peek(bytes)?;
        let (head, checked) = bytes.split_first_chunk::<CHECKED_FROM>().ok_or(CUT_OFF)?;
        let [_, crc @ ..] = head;
        if u32::from_le_bytes(*crc) != crc32fast::hash(checked) {
            return Err(Damage("does not match its checksum"));
        }
        if header.base_offset != base_offset {
            return Err(Damage("lies at the wrong offset"));
        }
        Ok(header)
    }

    /// Where to begin reading the records of the batch.
    pub(super) fn begin(&self) -> Progress {
        Progress {
            at: HEADER,
            remaining: self.count,
            previous: self.base_offset,
            base_timestamp: self.base_timestamp,
            last_offset: self.last_offset,
        }
    }
}

/// How far a batch has been read: kept apart from its bytes, so that both may lie in one struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    at: usize,
    remaining: u32,
    previous: i64,
    base_timestamp: i64,
    last_offset: i64,
}

impl Progress {
    /// The next record of the batch in `bytes`, or `None` at its end.
    #[inline]
    pub(super) fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<RecordRef<'a>>, Damage> {
        if self.remaining == 0 {
            return Ok(None);
        }
        let start = bytes.get(self.at..).ok_or(CUT_OFF)?;
        let mut rest = start;
        let step = i64::try_from(read_varint(&mut rest)?).map_err(|_| BAD_OFFSET)?;
        let offset = self.previous.checked_add(step).ok_or(BAD_OFFSET)?;
        if offset > self.last_offset {
            return Err(BAD_OFFSET);
        }
        let timestamp = self.base_timestamp.wrapping_add(unzigzag(read_varint(&mut rest)?));
        let key = read_nullable(&mut rest)?;
        let value = read_nullable(&mut rest)?;
        let headers = read_varint(&mut rest)?;
        let headers = Headers::from_encoded(split(&mut rest, headers)?);
        self.at += start.len() - rest.len();
        self.remaining -= 1;
        self.previous = offset;
        Ok(Some(RecordRef { offset, timestamp, key, value, headers }))
    }
}

const CUT_OFF: Damage = Damage("is cut off");
const BAD_OFFSET: Damage = Damage("has an impossible offset");

#[inline]
fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

#[inline]
fn read_varint(bytes: &mut &[u8]) -> Result<u64, Damage> {
    let mut n = 0;
    let mut shift = 0;
    loop {
        let (byte, rest) = bytes.split_first().ok_or(CUT_OFF)?;
        *bytes = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Ok(n);
        }
        shift += 7;
        if shift > 63 {
            return Err(Damage("has an overlong number"));
        }
    }
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[inline]
fn nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => out.push(0),
        Some(bytes) => {
            varint(out, bytes.len() as u64 + 1);
            out.extend_from_slice(bytes);
        }
    }
}

#[inline]
fn read_nullable<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Damage> {
    match read_varint(bytes)? {
        0 => Ok(None),
        n => split(bytes, n - 1).map(Some),
    }
}

#[inline]
fn split<'a>(bytes: &mut &'a [u8], n: u64) -> Result<&'a [u8], Damage> {
    let n = usize::try_from(n).map_err(|_| CUT_OFF)?;
    let (head, rest) = bytes.split_at_checked(n).ok_or(CUT_OFF)?;
    *bytes = rest;
    Ok(head)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Damage> {
    let (head, rest) = bytes.split_first_chunk().ok_or(CUT_OFF)?;
    *bytes = rest;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Row {
        step: u32,
        timestamp: i64,
        key: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        headers: Vec<u8>,
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let bytes = || proptest::option::of(vec(any::<u8>(), 0..200));
        let row = (0..300u32, any::<i64>(), bytes(), bytes(), vec(any::<u8>(), 0..20)).prop_map(
            |(step, timestamp, key, value, headers)| Row { step, timestamp, key, value, headers },
        );
        vec(row, 1..40)
    }

    fn encode(base: i64, rows: &[Row]) -> (Vec<u8>, Vec<i64>) {
        let mut builder = BatchBuilder::new();
        let mut delta = 0;
        let mut offsets = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            delta += row.step + u32::from(i > 0);
            offsets.push(base + i64::from(delta));
            let headers = Headers::from_encoded(&row.headers);
            builder.append(delta, row.timestamp, row.key.as_deref(), row.value.as_deref(), headers);
        }
        (builder.finish(base, delta + 7, NO_HORIZON).to_vec(), offsets)
    }

    /// Reads until the end or the damage; `check` must have passed.
    fn drain(bytes: &[u8], header: BatchHeader) -> Result<Vec<(i64, Row)>, Damage> {
        let mut progress = header.begin();
        let mut all = Vec::new();
        while let Some(r) = progress.next(bytes)? {
            let row = Row {
                step: 0,
                timestamp: r.timestamp,
                key: r.key.map(<[u8]>::to_vec),
                value: r.value.map(<[u8]>::to_vec),
                headers: r.headers.as_encoded().to_vec(),
            };
            all.push((r.offset, row));
        }
        Ok(all)
    }

    proptest! {
        #[test]
        fn a_batch_reads_back_as_it_was_written(rows in rows(), base in 0..1i64 << 60) {
            let (bytes, offsets) = encode(base, &rows);
            let header = BatchHeader::check(&bytes, base).unwrap();
            prop_assert_eq!(header.last_offset, offsets.last().unwrap() + 7);
            prop_assert_eq!(header.max_timestamp, rows.iter().map(|r| r.timestamp).max().unwrap());
            let expected: Vec<_> =
                offsets.into_iter().zip(rows).map(|(o, r)| (o, Row { step: 0, ..r })).collect();
            prop_assert_eq!(drain(&bytes, header).unwrap(), expected);
        }

        #[test]
        fn any_flipped_bit_is_found(rows in rows(), at: prop::sample::Index, bit in 0..8u8) {
            let (mut bytes, _) = encode(5, &rows);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(BatchHeader::check(&bytes, 5).is_err());
        }

        #[test]
        fn any_cut_is_found(rows in rows(), at: prop::sample::Index) {
            let (bytes, _) = encode(5, &rows);
            prop_assert!(BatchHeader::check(&bytes[..at.index(bytes.len())], 5).is_err());
        }

        #[test]
        fn any_bytes_are_decoded_or_refused_without_panic(mut bytes: Vec<u8>, valid: bool) {
            if valid && bytes.len() > HEADER {
                bytes[0] = VERSION;
                let crc = crc32fast::hash(&bytes[CHECKED_FROM..]);
                bytes[1..CHECKED_FROM].copy_from_slice(&crc.to_le_bytes());
                let base = i64::from_le_bytes(bytes[5..13].try_into().unwrap());
                if let Ok(header) = BatchHeader::check(&bytes, base) {
                    let _ = drain(&bytes, header);
                }
            }
            let _ = BatchHeader::check(&bytes, 0);
        }

        #[test]
        fn records_of_any_bytes_are_decoded_or_refused_without_panic(
            records: Vec<u8>, base: i64, last_delta: u32, count: u32,
        ) {
            let mut builder = BatchBuilder::new();
            builder.bytes.extend_from_slice(&records);
            builder.count = count;
            let bytes = builder.finish(base, last_delta, NO_HORIZON).to_vec();
            if let Ok(header) = BatchHeader::check(&bytes, base) {
                let _ = drain(&bytes, header);
            }
        }
    }
}
