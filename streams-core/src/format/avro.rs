use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::{LazyLock, Mutex, PoisonError};

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{AvroSchema, from_value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Decode, Encode, decode_error};
use crate::schema::{DecodeWithSchema, EncodeWithSchema, Schema, SchemaType, WrittenSchema};
use crate::{Error, ErrorKind, Result};

/// Apache Avro's binary encoding, by [apache-avro](apache_avro): the datum alone, without a header,
/// by the schema of the type (`#[derive(AvroSchema)]`).
///
/// Without a registry the bytes do not say which schema they were written with, and it is taken to
/// be the reader's. With one (`registry(avro)`), what was written with another version of the schema
/// is read by Avro's rules of resolution.
#[derive(Clone, Copy, Debug)]
pub enum Avro {}

/// A schema with those that it refers to.
struct Parsed {
    schema: apache_avro::Schema,
    references: Vec<apache_avro::Schema>,
}

/// Schemas live as long as the process, since writers and readers borrow from them: there are as many
/// as types, and as versions of them in the registry.
static PARSED: LazyLock<Mutex<HashMap<Vec<String>, &'static Parsed>>> =
    LazyLock::new(Mutex::default);

/// One of each list of texts, the last of which refers to those before it.
fn parsed(texts: Vec<String>) -> Result<&'static Parsed, apache_avro::Error> {
    let mut all = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&texts) {
        return Ok(known);
    }
    let (text, references) = texts.split_last().map_or(("", [].as_slice()), |(t, r)| (t, r));
    let (schema, references) = apache_avro::Schema::parse_str_with_list(text, references)?;
    let known: &'static Parsed = Box::leak(Box::new(Parsed { schema, references }));
    all.insert(texts, known);
    Ok(known)
}

/// What is worked out once for a type and thread.
struct Known {
    schema: &'static apache_avro::Schema,
    text: String,
    writer: GenericDatumWriter<'static>,
    reader: GenericDatumReader<'static>,
}

thread_local! {
    static KNOWN: RefCell<HashMap<TypeId, Rc<Known>>> = RefCell::default();
}

fn known<T: AvroSchema + 'static>() -> Result<Rc<Known>> {
    let key = TypeId::of::<T>();
    if let Some(known) = KNOWN.with_borrow(|all| all.get(&key).cloned()) {
        return Ok(known);
    }
    let known = Rc::new(learn(&T::get_schema()).map_err(|e| {
        let text = format!("{} has no Avro schema: {e}", std::any::type_name::<T>());
        Error::with_source(ErrorKind::Config, text, e)
    })?);
    KNOWN.with_borrow_mut(|all| all.insert(key, Rc::clone(&known)));
    Ok(known)
}

fn learn(schema: &apache_avro::Schema) -> Result<Known, apache_avro::Error> {
    let text = serde_json::to_string(schema).unwrap_or_default();
    let schema = &parsed(vec![text.clone()])?.schema;
    let writer = GenericDatumWriter::builder(schema).human_readable(false).build()?;
    let reader = GenericDatumReader::builder(schema).human_readable(false).build()?;
    Ok(Known { schema, text, writer, reader })
}

impl<T: Serialize + AvroSchema + 'static> Encode<T> for Avro {
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        match known::<T>()?.writer.write_ser(out, value) {
            Ok(_) => Ok(()),
            Err(e) => {
                let text = format!("not writable as Avro: {e}");
                Err(Error::with_source(ErrorKind::Encode, text, e))
            }
        }
    }
}

impl<'a, T: DeserializeOwned + AvroSchema + 'static> Decode<'a, T> for Avro {
    fn decode(bytes: &'a [u8]) -> Result<T> {
        whole(bytes, |rest| known::<T>()?.reader.read_deser(rest).map_err(unreadable))
    }
}

impl<T: Serialize + AvroSchema + 'static> EncodeWithSchema<T> for Avro {
    fn schema() -> Result<Schema> {
        Ok(Schema { schema_type: SchemaType::Avro, text: known::<T>()?.text.clone() })
    }

    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()> {
        <Avro as Encode<T>>::encode(value, out)
    }
}

/// Reads a `T` by a writer's schema.
pub struct AvroReader<T> {
    reader: GenericDatumReader<'static>,
    /// True if the writer's schema is not the type's own.
    resolve: bool,
    of: PhantomData<fn() -> T>,
}

impl<'a, T: DeserializeOwned + AvroSchema + 'static> DecodeWithSchema<'a, T> for Avro {
    type Reader = AvroReader<T>;

    fn reader(written: impl FnOnce() -> Result<WrittenSchema>) -> Result<AvroReader<T>> {
        let WrittenSchema { text, references } = written()?;
        let own = known::<T>()?.schema;
        let make = || {
            let mut texts = references;
            texts.push(text);
            let writer = parsed(texts)?;
            let resolve = writer.schema != *own;
            let all = writer.references.iter().chain([&writer.schema]).collect();
            let reader = GenericDatumReader::builder(&writer.schema)
                .writer_schemata(all)?
                .maybe_reader_schema(resolve.then_some(own))
                .human_readable(false)
                .build()?;
            Ok(AvroReader { reader, resolve, of: PhantomData })
        };
        make().map_err(|e: apache_avro::Error| {
            decode_error(format_args!("the schema that it was written with cannot be read: {e}"))
        })
    }

    fn decode(reader: &AvroReader<T>, bytes: &'a [u8]) -> Result<T> {
        whole(bytes, |rest| match reader.resolve {
            false => reader.reader.read_deser(rest).map_err(unreadable),
            true => {
                let value = reader.reader.read_value(rest).map_err(unreadable)?;
                from_value(&value).map_err(unreadable)
            }
        })
    }
}

impl<T> std::fmt::Debug for AvroReader<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AvroReader").field("resolve", &self.resolve).finish_non_exhaustive()
    }
}

#[cold]
fn unreadable(e: apache_avro::Error) -> Error {
    decode_error(format_args!("not the Avro it should be: {e}"))
}

/// All of the bytes are to be read.
fn whole<T>(bytes: &[u8], read: impl FnOnce(&mut &[u8]) -> Result<T>) -> Result<T> {
    let mut rest = bytes;
    let value = read(&mut rest)?;
    match rest.len() {
        0 => Ok(value),
        more => Err(decode_error(format_args!("{more} bytes after the end of a value"))),
    }
}
