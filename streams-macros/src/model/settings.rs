//! The topology-wide settings.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::format::Format;
use super::on_error::{Written, WrittenInvalidTime, WrittenOnErrors};
use crate::diagnostic::{Diagnostics, suggestion_or};
use crate::parse::Setting;

/// Whose semantics, where Kafka Streams' are a fault: see the book.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Semantics {
    /// What is right.
    #[default]
    Right,
    /// Kafka Streams', fault by fault.
    KafkaStreams,
}

/// What a topology asks of the log that it runs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guarantee {
    ExactlyOnce,
    AtLeastOnce,
}

/// When the updates of kept results are given on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Emit {
    /// Each.
    #[default]
    Update,
    /// The last of each key, at each commit.
    Commit,
    /// The last of each window, when it closes.
    Close,
}

impl Emit {
    /// What the word stands for.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "on_update" => Some(Self::Update),
            "on_commit" => Some(Self::Commit),
            "on_close" => Some(Self::Close),
            _ => None,
        }
    }

    /// The value of an `emit = …`; only windows close.
    pub(super) fn read(value: &Expr) -> syn::Result<Self> {
        match word(value).as_deref().and_then(Self::named) {
            Some(Self::Close) => Err(syn::Error::new(
                value.span(),
                "only windows close: `window(…, emit(on_close))`; `emit` is `on_update` or `on_commit` here",
            )),
            Some(emit) => Ok(emit),
            None => Err(syn::Error::new(
                value.span(),
                "`emit` is `on_update` (every update is given on) or `on_commit` (the last of each key)",
            )),
        }
    }
}

/// What `name = value;` items say.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) format: Option<Format>,
    pub(crate) key_format: Option<Format>,
    pub(crate) on_error: WrittenOnErrors,
    pub(crate) semantics: Semantics,
    pub(crate) emit: Emit,
    /// True if every repartition topic must be written.
    pub(crate) explicit_repartitions: bool,
    /// What is asked for, and where.
    pub(crate) guarantee: Option<(Guarantee, Span)>,
}

const NAMES: [&str; 11] = [
    "emit",
    "format",
    "key_format",
    "on_error",
    "on_deserialization_error",
    "on_processing_error",
    "on_production_error",
    "invalid_time",
    "semantics",
    "repartitions",
    "guarantee",
];

impl Settings {
    pub(crate) fn read(settings: Vec<Setting>, errors: &mut Diagnostics) -> Self {
        let mut read = Self::default();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for Setting { name, value } in settings {
            if let Some(first) = seen.insert(name.to_string(), name.span()) {
                let message = format!("`{name}` is set twice: keep one");
                errors.error_with(name.span(), message, first, "first set here");
                continue;
            }
            if let Err(error) = read.set(&name, &value) {
                errors.push(error);
            }
        }
        read
    }

    fn set(&mut self, name: &Ident, value: &Expr) -> syn::Result<()> {
        match name.to_string().as_str() {
            "format" => {
                // Types without a format of their own are not errors as well.
                self.format = Some(Format::unknown());
                self.format = Some(Format::named(value)?);
            }
            "key_format" => {
                self.key_format = Some(Format::unknown());
                self.key_format = Some(Format::named(value)?);
            }
            "on_error" => self.on_error.all = Some(Written::read("on_error", value)?),
            word @ "on_deserialization_error" => {
                self.on_error.deserialization = Some(Written::read(word, value)?);
            }
            word @ "on_processing_error" => {
                self.on_error.processing = Some(Written::read(word, value)?);
            }
            word @ "on_production_error" => {
                self.on_error.production = Some(Written::read(word, value)?);
            }
            "invalid_time" => {
                self.on_error.invalid_time = Some(WrittenInvalidTime::read(value)?);
            }
            "emit" => self.emit = Emit::read(value)?,
            "semantics" => self.semantics = semantics(value)?,
            "repartitions" => self.explicit_repartitions = explicit(value)?,
            "guarantee" => self.guarantee = Some((guarantee(value)?, value.span())),
            other => {
                let known = format!("the settings are {}", NAMES.join(", "));
                let hint = suggestion_or(other, NAMES, &known);
                let message = format!("there is no setting `{other}`{hint}");
                return Err(syn::Error::new(name.span(), message));
            }
        }
        Ok(())
    }
}

/// The value of an option or setting that is one word.
pub(super) fn word(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(p) => p.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

fn explicit(value: &Expr) -> syn::Result<bool> {
    match word(value).as_deref() {
        Some("explicit") => Ok(true),
        Some("implicit") => Ok(false),
        _ => Err(syn::Error::new(
            value.span(),
            "`repartitions` is `implicit` (one is put in where a key changed before a join or state) or \
             `explicit` (that is an error, and you write it)",
        )),
    }
}

fn guarantee(value: &Expr) -> syn::Result<Guarantee> {
    match word(value).as_deref() {
        Some("exactly_once") => Ok(Guarantee::ExactlyOnce),
        Some("at_least_once") => Ok(Guarantee::AtLeastOnce),
        _ => Err(syn::Error::new(value.span(), "`guarantee` is `exactly_once` or `at_least_once`")),
    }
}

fn semantics(value: &Expr) -> syn::Result<Semantics> {
    match word(value).as_deref() {
        Some("kafka_streams") => Ok(Semantics::KafkaStreams),
        _ => Err(syn::Error::new(
            value.span(),
            "`semantics` is `kafka_streams` (its known faults too), or left out",
        )),
    }
}
