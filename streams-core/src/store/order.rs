//! Keys on disk that have something behind them: in the order of their bytes, and so that none is
//! the beginning of another.
//!
//! A byte 0 becomes 0, 255; the end is 0, 0.

/// Appends a key.
pub(super) fn write_key(key: &[u8], out: &mut Vec<u8>) {
    write_prefix(key, out);
    out.extend_from_slice(&[0, 0]);
}

/// Appends what all keys that begin with these bytes begin with.
pub(super) fn write_prefix(key: &[u8], out: &mut Vec<u8>) {
    for part in key.split_inclusive(|b| *b == 0) {
        out.extend_from_slice(part);
        if part.last() == Some(&0) {
            out.push(0xff);
        }
    }
}

/// The key at the beginning, and what is behind it.
pub(super) fn read_key(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut key = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let zero = rest.iter().position(|b| *b == 0)?;
        let (part, after) = rest.split_at_checked(zero)?;
        key.extend_from_slice(part);
        match after {
            [0, 0, behind @ ..] => return Some((key, behind)),
            [0, 0xff, behind @ ..] => {
                key.push(0);
                rest = behind;
            }
            _ => return None,
        }
    }
}

/// How many bytes the key at the beginning takes.
pub(super) fn key_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0)?;
        match bytes.get(at + 1)? {
            0 => return Some(at + 2),
            0xff => at += 2,
            _ => return None,
        }
    }
}

/// The first key after all that begin with `prefix`; `None` where there is no end.
pub(super) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// A time as keys on disk have it: in the order of times, negative ones first.
pub(super) fn time_key(time: i64) -> [u8; 8] {
    (time.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Reads what [`time_key`] wrote.
pub(super) fn read_time(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(key: &[u8], behind: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_key(key, &mut out);
        out.extend_from_slice(behind);
        out
    }

    fn keys() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255)], 0..6)
    }

    proptest! {
        #[test]
        fn keys_come_back_with_what_is_behind(key in keys(), behind in keys()) {
            let bytes = written(&key, &behind);
            prop_assert_eq!(key_length(&bytes), Some(bytes.len() - behind.len()));
            prop_assert_eq!(read_key(&bytes), Some((key, behind.as_slice())));
        }

        #[test]
        fn keys_sort_whatever_is_behind(a in keys(), x in keys(), b in keys(), y in keys()) {
            prop_assert_eq!(
                written(&a, &x).cmp(&written(&b, &y)),
                a.cmp(&b).then(x.cmp(&y))
            );
        }

        #[test]
        fn a_prefix_holds_all_keys_that_begin_with_it(prefix in keys(), key in keys()) {
            let mut from = Vec::new();
            write_prefix(&prefix, &mut from);
            let to = after(&from);
            let bytes = written(&key, &[]);
            let inside = bytes >= from && to.is_none_or(|to| bytes < to);
            prop_assert_eq!(inside, key.starts_with(&prefix));
        }

        #[test]
        fn any_bytes_are_a_key_or_none(bytes: Vec<u8>) {
            prop_assert_eq!(read_key(&bytes).is_some(), key_length(&bytes).is_some());
        }

        #[test]
        fn times_sort_and_come_back(a: i64, b: i64) {
            prop_assert_eq!(time_key(a).cmp(&time_key(b)), a.cmp(&b));
            prop_assert_eq!(read_time(time_key(a)), a);
        }
    }
}
