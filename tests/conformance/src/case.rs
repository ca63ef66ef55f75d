//! Case files.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// The project's copy of the recorded cases.
pub fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/public")
}

/// Cases of the project's own, recorded from Kafka Streams 4.4.0 for what the others do not reach.
pub fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/own")
}

/// A file with a case.
#[derive(Debug)]
pub struct CaseFile(PathBuf);

impl CaseFile {
    /// The case files that paths name: themselves, or those in the folder, by name.
    ///
    /// # Errors
    /// A path that cannot be read.
    pub fn find(paths: &[PathBuf]) -> Result<Vec<Self>, String> {
        let mut files = Vec::new();
        for path in paths {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let entries =
                std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let mut found: Vec<PathBuf> = entries
                .filter_map(|e| e.ok().map(|e| e.path()))
                .filter(|p| p.extension().is_some_and(|e| e == "json"))
                .collect();
            found.sort();
            files.extend(found);
        }
        Ok(files.into_iter().map(Self).collect())
    }

    /// The file's name, without its ending.
    pub fn name(&self) -> String {
        self.0.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file's text.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self) -> Result<String, String> {
        std::fs::read_to_string(&self.0).map_err(|e| format!("{}: {e}", self.0.display()))
    }
}

/// A case.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) topology: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) expected: Expected,
}

/// One step of a case.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Input {
    Advance {
        advance_wall_clock_ms: i64,
    },
    Record {
        topic: String,
        key: Value,
        #[serde(default)]
        value: Value,
        raw_value: Option<String>,
        ts: i64,
        #[serde(default)]
        headers: Vec<(String, Value)>,
    },
}

impl Input {
    /// Timestamp of a record.
    pub(crate) fn timestamp(&self) -> Option<i64> {
        match self {
            Input::Advance { .. } => None,
            Input::Record { ts, .. } => Some(*ts),
        }
    }
}

/// What Kafka Streams made of the inputs.
#[derive(Debug, Deserialize)]
pub(crate) struct Expected {
    pub(crate) outputs: serde_json::Map<String, Value>,
    #[serde(default)]
    pub(crate) stores: serde_json::Map<String, Value>,
}
