//! What holds of every format: values come back, and any bytes are a value or an error.

use proptest::prelude::*;

use super::*;
use crate::window::{Session, Window, Windowed};

fn comes_back<F, T>(value: &T) -> Result<(), TestCaseError>
where
    F: Encode<T> + DecodeOwned<T>,
    T: PartialEq + std::fmt::Debug,
{
    let mut bytes = b"before".to_vec();
    let fail = |e: Error| TestCaseError::fail(format!("{e:?}"));
    F::encode(value, &mut bytes).map_err(fail)?;
    let bytes = bytes.strip_prefix(b"before".as_slice());
    let bytes = bytes.ok_or_else(|| TestCaseError::fail("what was there is gone"))?;
    prop_assert_eq!(&F::decode(bytes).map_err(fail)?, value);
    Ok(())
}

/// Decodes, and if that works, writes the same bytes again.
fn is_a_value_or_an_error<F, T>(bytes: &[u8]) -> Result<(), TestCaseError>
where
    F: Encode<T> + DecodeOwned<T>,
{
    match F::decode(bytes) {
        Ok(value) => {
            let mut again = Vec::new();
            F::encode(&value, &mut again).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
            prop_assert_eq!(again, bytes);
        }
        Err(e) => prop_assert_eq!(e.kind(), ErrorKind::Decode),
    }
    Ok(())
}

macro_rules! laws {
    ($($name:ident: $format:ty, $type:ty;)*) => { $(
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn values_come_back(value: $type) {
                    comes_back::<$format, $type>(&value)?;
                }

                #[test]
                fn any_bytes_are_a_value_or_an_error(bytes: Vec<u8>) {
                    is_a_value_or_an_error::<$format, $type>(&bytes)?;
                }
            }
        }
    )* };
}

laws! {
    longs: BigEndian, i64;
    integers: BigEndian, i32;
    shorts: BigEndian, i16;
    bytes_of_a_sign: BigEndian, i8;
    unsigned: BigEndian, u64;
    wide: BigEndian, u128;
    booleans: BigEndian, bool;
    texts: Utf8, String;
    blobs: Bytes, Vec<u8>;
    fixed_blobs: Bytes, [u8; 5];
    lists_of_longs: List<BigEndian>, Vec<i64>;
    lists_of_texts: List<Utf8>, Vec<String>;
    lists_of_booleans: List<BigEndian>, Vec<bool>;
}

/// Without NaN, which is not equal to itself.
fn number() -> impl Strategy<Value = f64> {
    prop::num::f64::NORMAL | prop::num::f64::INFINITE | prop::num::f64::ZERO
}

proptest! {
    #[test]
    fn floats_come_back(value in number()) {
        comes_back::<BigEndian, f64>(&value)?;
        comes_back::<BigEndian, f32>(&(value as f32))?;
    }

    #[test]
    fn any_bytes_are_a_float_or_an_error(bytes: Vec<u8>) {
        is_a_value_or_an_error::<BigEndian, f64>(&bytes)?;
        is_a_value_or_an_error::<BigEndian, f32>(&bytes)?;
    }

    /// A key that ends like a time does not move the window.
    #[test]
    fn windowed_keys_come_back(key: Vec<u8>, start: i64) {
        let size = 1000;
        let window = Window { start, end: start.saturating_add(size) };
        comes_back::<TimeWindowed<Bytes, 1000>, _>(&Windowed { key: key.clone(), window })?;
        let open = Window { start, end: start.saturating_add(i64::MAX) };
        comes_back::<TimeWindowed<Bytes>, _>(&Windowed { key, window: open })?;
    }

    #[test]
    fn sessions_come_back(key: String, start: i64, end: i64) {
        comes_back::<Sessions<Utf8>, _>(&Session { key, start, end })?;
    }

    #[test]
    fn any_bytes_are_a_windowed_key_or_an_error(bytes: Vec<u8>) {
        is_a_value_or_an_error::<TimeWindowed<Bytes>, Windowed<Vec<u8>>>(&bytes)?;
        is_a_value_or_an_error::<TimeWindowed<BigEndian>, Windowed<i64>>(&bytes)?;
        is_a_value_or_an_error::<Sessions<Utf8>, Session<String>>(&bytes)?;
    }

    #[test]
    fn json_comes_back(value: (Option<String>, i64, Vec<bool>), key: String) {
        comes_back::<Json, _>(&std::collections::BTreeMap::from([(key, value)]))?;
    }

    /// JSON has many texts for one value.
    #[test]
    fn any_bytes_are_json_or_an_error(bytes: Vec<u8>) {
        let read: Result<serde_json::Value> = Json::decode(&bytes);
        prop_assert!(read.err().is_none_or(|e| e.kind() == ErrorKind::Decode));
    }
}
