use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{Schema, SchemaRegistry, WrittenSchema};
use crate::format::decode_error;
use crate::{Error, ErrorKind, Result};

/// A registry in memory, for tests: takes every schema, and gives each text a number of its own,
/// from 1.
#[derive(Debug, Default)]
pub struct MemoryRegistry(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// A schema's number is its place, and 1.
    schemas: Vec<Schema>,
    subjects: BTreeMap<String, Vec<i32>>,
}

impl MemoryRegistry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The numbers of a subject's schemas, oldest first.
    pub fn versions(&self, subject: &str) -> Vec<i32> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.subjects.get(subject).cloned().unwrap_or_default()
    }
}

impl SchemaRegistry for MemoryRegistry {
    fn id(&self, subject: &str, schema: &Schema) -> Result<i32> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.schemas.iter().position(|s| s == schema).unwrap_or_else(|| {
            kept.schemas.push(schema.clone());
            kept.schemas.len() - 1
        });
        let full = |_| Error::new(ErrorKind::Config, "the registry is full");
        let id = i32::try_from(at + 1).map_err(full)?;
        let versions = kept.subjects.entry(subject.to_owned()).or_default();
        if !versions.contains(&id) {
            versions.push(id);
        }
        Ok(id)
    }

    fn schema(&self, id: i32) -> Result<WrittenSchema> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        match at.and_then(|at| kept.schemas.get(at)) {
            Some(schema) => Ok(WrittenSchema { text: schema.text.clone(), references: Vec::new() }),
            None => Err(decode_error(format_args!("the registry has no schema {id}"))),
        }
    }

    fn check(&self, _: &str, _: &Schema) -> Result<()> {
        Ok(())
    }

    fn describe(&self) -> String {
        "the registry in memory".to_owned()
    }
}
