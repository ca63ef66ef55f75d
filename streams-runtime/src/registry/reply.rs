//! What a registry answers.

use serde::Deserialize;
use streams_core::{Error, ErrorKind, Result};
use ureq::http::StatusCode;

/// The number of a schema.
#[derive(Deserialize)]
pub(super) struct Id {
    pub(super) id: i32,
}

/// A schema.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) schema: String,
    #[serde(default)]
    pub(super) references: Vec<Reference>,
}

/// A schema that another refers to.
#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) subject: String,
    pub(super) version: i32,
}

/// An answer that is not of status 200.
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    pub(super) fn read(status: StatusCode, text: &str) -> Self {
        #[derive(Deserialize)]
        struct Body {
            message: String,
        }
        let body = serde_json::from_str(text).map(|body: Body| body.message);
        Self { status, message: body.unwrap_or_else(|_| text.trim().to_owned()) }
    }

    pub(super) fn into_error(self, registry: &str) -> Error {
        let Self { status, message } = self;
        let why = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "refuses us: set `schema_registry.username` and `schema_registry.password`"
            }
            StatusCode::CONFLICT => {
                "refuses the schema, which does not fit those before it: change the type so that \
                 it does, or the subject's compatibility"
            }
            StatusCode::NOT_FOUND => "has no such schema",
            _ => "refuses the request",
        };
        Error::new(ErrorKind::Config, format!("{registry} {why} ({status}: {message})"))
    }
}

/// Whether a schema would be taken.
#[derive(Deserialize)]
pub(super) struct Compatibility {
    is_compatible: bool,
    #[serde(default)]
    messages: Vec<String>,
}

impl Compatibility {
    pub(super) fn read(text: &str) -> Self {
        let wrong = |e: serde_json::Error| Self {
            is_compatible: false,
            messages: vec![format!("an answer that is not understood: {e}")],
        };
        serde_json::from_str(text).unwrap_or_else(wrong)
    }

    pub(super) fn into_result(self) -> Result<()> {
        if self.is_compatible {
            return Ok(());
        }
        let text = format!(
            "the registry would refuse it, since it does not fit what is there: {}",
            self.messages.join("; ")
        );
        Err(Error::new(ErrorKind::Config, text))
    }
}
