//! Bytes that Java's serializers wrote: each is what we write, and what we read.
//!
//! `golden.tsv` was recorded with the jars of Kafka 4.4.0 that `cargo xtask kafka up` fetches:
//!
//! ```console
//! javac -d /tmp/golden -cp "$HOME/.cache/streams-kafka/4.4.0/*" tests/formats/java/Golden.java
//! java -cp "/tmp/golden:$HOME/.cache/streams-kafka/4.4.0/*" Golden > tests/formats/golden.tsv
//! ```
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::fmt::Debug;

use streams::format::{
    BigEndian, Bytes, Changed, Decode, Encode, List, Sessions, TimeWindowed, Utf8, Uuid,
};
use streams::window::{Session, Window, Windowed};

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// Writes and reads a value, and writes again: floats are not all equal to themselves.
fn check<F, T>(value: &T, bytes: &str)
where
    F: Encode<T> + for<'a> Decode<'a, T>,
    T: Debug,
{
    let mut written = Vec::new();
    F::encode(value, &mut written).unwrap();
    assert_eq!(written, hex(bytes), "{value:?}");
    let mut again = Vec::new();
    F::encode(&F::decode(&written).unwrap(), &mut again).unwrap();
    assert_eq!(again, written, "{value:?}");
}

fn number<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn list<T>(text: &str, one: impl Fn(&str) -> T) -> Vec<T> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(one).collect() }
}

fn window(text: &str) -> (&str, i64, i64) {
    let mut parts = text.split(' ');
    let mut next = || parts.next().unwrap();
    (next(), number(next()), number(next()))
}

fn one(ty: &str, text: &str, bytes: &str) {
    match ty {
        "i64" => check::<BigEndian, i64>(&number(text), bytes),
        "i32" => check::<BigEndian, i32>(&number(text), bytes),
        "i16" => check::<BigEndian, i16>(&number(text), bytes),
        "f32" => check::<BigEndian, f32>(&f32::from_bits(number::<i32>(text) as u32), bytes),
        "f64" => check::<BigEndian, f64>(&f64::from_bits(number::<i64>(text) as u64), bytes),
        "bool" => check::<BigEndian, bool>(&number(text), bytes),
        "String" => check::<Utf8, String>(&text.to_owned(), bytes),
        "Uuid" => check::<Uuid, uuid::Uuid>(&number(text), bytes),
        "Vec<u8>" => check::<Bytes, Vec<u8>>(&hex(text), bytes),
        // No format writes a null: there is none of it in the record.
        "null" => assert_eq!(bytes, "null"),
        "list i64" => check::<List<BigEndian>, Vec<i64>>(&list(text, number), bytes),
        "list i16" => check::<List<BigEndian>, Vec<i16>>(&list(text, number), bytes),
        "list bool" => check::<List<BigEndian>, Vec<bool>>(&list(text, number), bytes),
        "list String" => check::<List<Utf8>, Vec<String>>(&list(text, str::to_owned), bytes),
        "list Uuid" => check::<List<Uuid>, Vec<uuid::Uuid>>(&list(text, number), bytes),
        "list null" => {
            let read: streams::Result<Vec<i64>> = List::<BigEndian>::decode(&hex(bytes));
            read.unwrap_err();
            let read: streams::Result<Vec<String>> = List::<Utf8>::decode(&hex(bytes));
            read.unwrap_err();
        }
        "windowed String" => {
            let (key, start, end) = window(text);
            let window = Window { start, end };
            check::<TimeWindowed<Utf8>, _>(&Windowed { key: key.to_owned(), window }, bytes);
        }
        "windowed i64" => {
            let (key, start, end) = window(text);
            let window = Window { start, end };
            check::<TimeWindowed<BigEndian>, _>(
                &Windowed { key: number::<i64>(key), window },
                bytes,
            );
        }
        "session String" => {
            let (key, start, end) = window(text);
            check::<Sessions<Utf8>, _>(&Session { key: key.to_owned(), start, end }, bytes);
        }
        "change String" => {
            let some = |part: &str| (!part.is_empty()).then(|| part.to_owned());
            let (new, old) = text.split_once(',').unwrap();
            let change = streams::__private::Change { new: some(new), old: some(old) };
            check::<Changed<Utf8>, _>(&change, bytes);
        }
        other => panic!("golden.tsv has a type that is not tested: {other}"),
    }
}

#[test]
fn we_write_and_read_what_javas_serializers_wrote() {
    let golden = include_str!("../golden.tsv");
    let mut seen = 0;
    for line in golden.lines() {
        let mut parts = line.split('\t');
        let (ty, text) = (parts.next().unwrap(), parts.next().unwrap());
        one(ty, text, parts.next().unwrap());
        seen += 1;
    }
    assert_eq!(seen, 75);
}
