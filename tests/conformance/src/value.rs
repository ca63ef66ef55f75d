//! Keys and values between the JSON of a case and the bytes of a topic.

use serde_json::{Value, json};

/// The bytes of a value of this type; `None` is null.
pub(crate) fn encode(ty: &str, value: &Value) -> Result<Option<Vec<u8>>, String> {
    match (ty, value) {
        (_, Value::Null) => Ok(None),
        ("i64", Value::Number(n)) => n
            .as_i64()
            .map(|n| Some(n.to_be_bytes().to_vec()))
            .ok_or_else(|| format!("{n} is no i64")),
        ("string", Value::String(s)) => Ok(Some(s.as_bytes().to_vec())),
        _ => Err(format!("{value} is no {ty}")),
    }
}

/// The bytes of hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Result<Vec<u8>, String> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|p| {
            let text = std::str::from_utf8(p).unwrap_or_default();
            u8::from_str_radix(text, 16).map_err(|e| format!("`{digits}` is not hexadecimal: {e}"))
        })
        .collect()
}

/// The JSON of bytes of this type. `window_ms` is the size of the topology's windows; without one
/// they have no end.
pub(crate) fn decode(
    ty: &str,
    bytes: Option<&[u8]>,
    window_ms: Option<i64>,
) -> Result<Value, String> {
    let Some(bytes) = bytes else { return Ok(Value::Null) };
    let wrong = || format!("{bytes:?} is no {ty}");
    if let Some(inner) = inner(ty, "windowed") {
        let (key, start) = bytes.split_last_chunk::<8>().ok_or_else(wrong)?;
        let start = i64::from_be_bytes(*start);
        let end = window_ms.map_or(i64::MAX, |ms| start.saturating_add(ms));
        let key = decode(inner, Some(key), None)?;
        return Ok(json!({"key": key, "start": start, "end": end}));
    }
    if let Some(inner) = inner(ty, "session") {
        let (rest, start) = bytes.split_last_chunk::<8>().ok_or_else(wrong)?;
        let (key, end) = rest.split_last_chunk::<8>().ok_or_else(wrong)?;
        let (start, end) = (i64::from_be_bytes(*start), i64::from_be_bytes(*end));
        let key = decode(inner, Some(key), None)?;
        return Ok(json!({"key": key, "start": start, "end": end}));
    }
    match ty {
        "string" => String::from_utf8(bytes.to_vec()).map(Value::String).map_err(|_| wrong()),
        "i64" => bytes.try_into().map(|b| json!(i64::from_be_bytes(b))).map_err(|_| wrong()),
        "bytes" => {
            let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            Ok(json!({ "hex": digits }))
        }
        _ => Err(format!("unknown type {ty}")),
    }
}

/// `T` of `name<T>`.
pub(crate) fn inner<'a>(ty: &'a str, name: &str) -> Option<&'a str> {
    ty.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>')
}
