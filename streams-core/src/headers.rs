//! Record headers, kept in one flat encoding so that passing them on costs a copy of bytes and no
//! allocation.
//!
//! Encoding, repeated: name length (u32, little endian), name, value length (u32; `u32::MAX` is a
//! null value), value.

use std::fmt;

const NULL: u32 = u32::MAX;

/// The headers of a record, in order; names may repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    /// No headers.
    pub const EMPTY: Headers<'static> = Headers(&[]);

    /// Wraps bytes written by a [`HeaderBuf`].
    ///
    /// Bytes from elsewhere are accepted: what does not parse ends the iteration.
    pub fn from_encoded(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The flat encoding.
    pub fn as_encoded(self) -> &'a [u8] {
        self.0
    }

    /// True if there are no headers.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The headers in order: name and value.
    pub fn iter(self) -> HeaderIter<'a> {
        HeaderIter(self.0)
    }

    /// The value of the last header with this name, as Kafka's `lastHeader`.
    pub fn last(self, name: &str) -> Option<Option<&'a [u8]>> {
        self.iter().filter(|(n, _)| *n == name).last().map(|(_, v)| v)
    }

    /// An owned copy.
    pub fn to_buf(self) -> HeaderBuf {
        HeaderBuf(self.0.to_vec())
    }
}

impl Default for Headers<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(n, v)| (n, v.map(String::from_utf8_lossy))))
            .finish()
    }
}

impl<'a> IntoIterator for Headers<'a> {
    type Item = (&'a str, Option<&'a [u8]>);
    type IntoIter = HeaderIter<'a>;
    fn into_iter(self) -> HeaderIter<'a> {
        self.iter()
    }
}

/// Iterator over [`Headers`].
#[derive(Clone, Debug)]
pub struct HeaderIter<'a>(&'a [u8]);

fn split<'a>(bytes: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(n)?;
    *bytes = tail;
    Some(head)
}

fn length(bytes: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(split(bytes, 4)?.try_into().ok()?))
}

impl<'a> Iterator for HeaderIter<'a> {
    type Item = (&'a str, Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let name_length = length(&mut self.0)?;
        let name = std::str::from_utf8(split(&mut self.0, name_length as usize)?).ok()?;
        let value = match length(&mut self.0)? {
            NULL => None,
            n => Some(split(&mut self.0, n as usize)?),
        };
        Some((name, value))
    }
}

/// Owned headers that can be added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderBuf(Vec<u8>);

impl HeaderBuf {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a header.
    pub fn push(&mut self, name: &str, value: Option<&[u8]>) {
        // A name or value of 4 GiB cannot come from a record, whose size is an i32 in Kafka.
        self.0.extend_from_slice(&(name.len() as u32).to_le_bytes());
        self.0.extend_from_slice(name.as_bytes());
        match value {
            None => self.0.extend_from_slice(&NULL.to_le_bytes()),
            Some(v) => {
                self.0.extend_from_slice(&(v.len() as u32).to_le_bytes());
                self.0.extend_from_slice(v);
            }
        }
    }

    /// Takes these headers in place of its own, keeping the allocation.
    pub fn set(&mut self, headers: Headers<'_>) {
        self.0.clear();
        self.0.extend_from_slice(headers.as_encoded());
    }

    /// Removes all headers, keeping the allocation.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// A borrowed view.
    pub fn as_headers(&self) -> Headers<'_> {
        Headers(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_in_order_with_nulls_and_repeats() {
        let mut buf = HeaderBuf::new();
        buf.push("trace", Some(b"1"));
        buf.push("null", None);
        buf.push("trace", Some(b"2"));
        let all: Vec<_> = buf.as_headers().iter().collect();
        assert_eq!(all, [("trace", Some(&b"1"[..])), ("null", None), ("trace", Some(&b"2"[..]))]);
        assert_eq!(buf.as_headers().last("trace"), Some(Some(&b"2"[..])));
        assert_eq!(buf.as_headers().last("absent"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_iterate_without_panic(bytes: Vec<u8>) {
            let _ = Headers::from_encoded(&bytes).iter().count();
        }
    }
}
