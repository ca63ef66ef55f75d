//! Schemas in a registry: what formats ask of one, and who answers.
//!
//! The wire format is that of Confluent's serializers, which Java applications use with Confluent's
//! Schema Registry and the registries that speak its protocol: see
//! [`Registered`](crate::format::Registered).
//!
//! *Invariant:* nothing here talks to a server. A [`SchemaRegistry`] does, which the runtime brings;
//! the test driver has a [`MemoryRegistry`].

mod memory;
mod scope;

pub use memory::MemoryRegistry;
pub use scope::Schemas;
pub(crate) use scope::{id, reader};

use crate::output::TopicIndex;
use crate::{Error, Result};

/// The language that a schema is written in, by the registry's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaType {
    /// Apache Avro.
    Avro,
    /// Protocol Buffers: the text of a `.proto` file.
    Protobuf,
    /// JSON Schema.
    Json,
}

impl SchemaType {
    /// The registry's name for it.
    pub fn name(self) -> &'static str {
        match self {
            SchemaType::Avro => "AVRO",
            SchemaType::Protobuf => "PROTOBUF",
            SchemaType::Json => "JSON",
        }
    }
}

/// A schema to write with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schema {
    /// The language of the text.
    pub schema_type: SchemaType,
    /// The schema.
    pub text: String,
}

/// A schema that records were written with, as a registry gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenSchema {
    /// The schema.
    pub text: String,
    /// Texts of the schemas that it refers to, each after those that it refers to itself.
    pub references: Vec<String>,
}

/// Keeps schemas under subjects, and gives each a number that stands before the bytes of a record.
pub trait SchemaRegistry: Send + Sync {
    /// The number of a schema under this subject; where it is not there yet and may be added, it
    /// is.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a schema that the subject refuses,
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if the registry does not answer.
    fn id(&self, subject: &str, schema: &Schema) -> Result<i32>;

    /// The schema of this number.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if there is none,
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if the registry does not answer.
    fn schema(&self, id: i32) -> Result<WrittenSchema>;

    /// Asks whether the subject would take this schema, without adding it.
    ///
    /// # Errors
    /// As [`id`](Self::id).
    fn check(&self, subject: &str, schema: &Schema) -> Result<()>;

    /// Where it is, for messages.
    fn describe(&self) -> String;
}

/// A format that writes `T` by a schema.
#[diagnostic::on_unimplemented(
    message = "the format `{Self}` has no schema for `{T}`",
    label = "not a type that `{Self}` writes by a schema",
    note = "formats with schemas are avro (`#[derive(AvroSchema)]`), protobuf (a message that \
            implements `ProtobufSchema`) and json (`#[derive(JsonSchema)]`, feature `json-schema`)"
)]
pub trait EncodeWithSchema<T: ?Sized> {
    /// The schema.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the type has none.
    fn schema() -> Result<Schema>;

    /// Appends what stands behind the schema's number.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for a value that the format cannot write.
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<()>;
}

/// A format that reads `T` from what was written by a schema, perhaps another version of it.
#[diagnostic::on_unimplemented(
    message = "the format `{Self}` has no schema for `{T}`",
    label = "not a type that `{Self}` reads by a schema",
    note = "formats with schemas are avro (`#[derive(AvroSchema)]`), protobuf (a message that \
            implements `ProtobufSchema`) and json (`#[derive(JsonSchema)]`, feature `json-schema`)"
)]
pub trait DecodeWithSchema<'a, T> {
    /// What is worked out once for a writer's schema. Its type alone says what it reads: different
    /// ways to read have different types.
    type Reader: 'static;

    /// Prepares to read what was written with a schema, which is asked for if it is needed.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the schema cannot be read, and what
    /// asking for it returns.
    fn reader(written: impl FnOnce() -> Result<WrittenSchema>) -> Result<Self::Reader>;

    /// Reads a value from all of what stands behind the schema's number.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for bytes that are not a `T`.
    fn decode(reader: &Self::Reader, bytes: &'a [u8]) -> Result<T>;
}

/// Key or value of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

impl Part {
    /// The subject of this part of a topic (Confluent's `TopicNameStrategy`): `orders-value`.
    pub fn subject(self, topic: &str) -> String {
        match self {
            Part::Key => format!("{topic}-key"),
            Part::Value => format!("{topic}-value"),
        }
    }
}

/// A key or value of a topology that is written or read by a schema.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    /// The topic.
    pub topic: TopicIndex,
    /// Its key or its value.
    pub part: Part,
    /// The schema to write with; `None` where the topology only reads.
    pub schema: Option<fn() -> Result<Schema>>,
}

impl Boundary {
    /// Brings the schema of what is written under its subject, before the first record is.
    ///
    /// # Errors
    /// As [`SchemaRegistry::id`], with the subject.
    pub fn register(&self, registry: &dyn SchemaRegistry, topic: &str) -> Result<()> {
        self.ask(topic, |subject, schema| registry.id(subject, schema).map(|_| ()))
    }

    /// Asks whether the registry would take the schema of what is written.
    ///
    /// # Errors
    /// As [`SchemaRegistry::check`], with the subject.
    pub fn check(&self, registry: &dyn SchemaRegistry, topic: &str) -> Result<()> {
        self.ask(topic, |subject, schema| registry.check(subject, schema))
    }

    fn ask(&self, topic: &str, ask: impl FnOnce(&str, &Schema) -> Result<()>) -> Result<()> {
        let Some(schema) = self.schema else { return Ok(()) };
        let subject = self.part.subject(topic);
        let at = |e: Error| e.at(|| format!("schema of {subject}"));
        ask(&subject, &schema().map_err(at)?).map_err(at)
    }
}
