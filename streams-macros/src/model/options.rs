//! The options of a declaration.

use proc_macro2::Span;
use syn::{Expr, Ident};

use super::duration::milliseconds;
use super::format::Format;
use super::on_error::{Written, WrittenInvalidTime};
use super::settings::{Emit, word};
use crate::check;
use crate::diagnostic::{Diagnostics, suggestion_or};
use crate::parse::Opt;

/// Where the history of a table's store is.
#[derive(Clone, Copy)]
pub(super) enum TableChangelog {
    /// In a topic beside the table's.
    Own,
    /// Nowhere.
    Off,
    /// In the table's own topic.
    Source(Span),
}

/// Reads options by name, and reports those that nothing asked for.
pub(super) struct Options<'e> {
    of: &'static str,
    left: Vec<Opt>,
    known: Vec<&'static str>,
    errors: &'e mut Diagnostics,
}

impl<'e> Options<'e> {
    pub(super) fn new(of: &'static str, left: Vec<Opt>, errors: &'e mut Diagnostics) -> Self {
        Self { of, left, known: Vec::new(), errors }
    }

    pub(super) fn take(&mut self, name: &'static str) -> Option<Opt> {
        self.known.push(name);
        let at = self.left.iter().position(|o| o.name == name)?;
        Some(self.left.remove(at))
    }

    pub(super) fn expr(&mut self, name: &'static str) -> Option<Expr> {
        let option = self.take(name)?;
        if option.value.is_none() {
            let message = format!("`{name}` needs a value: `{name} = …`");
            self.errors.error(option.name.span(), message);
        }
        option.value
    }

    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        let option = self.take(name);
        if let Some(Opt { value: Some(value), .. }) = &option {
            let message = format!("`{name}` stands alone, without a value");
            self.errors.error(syn::spanned::Spanned::span(value), message);
        }
        option.is_some()
    }

    pub(super) fn format(&mut self, name: &'static str) -> Option<Format> {
        match Format::named(&self.expr(name)?) {
            Ok(format) => Some(format),
            Err(error) => {
                self.errors.push(error);
                Some(Format::unknown())
            }
        }
    }

    /// `kafka_name = "text"`.
    pub(super) fn kafka_name(&mut self) -> Option<String> {
        let value = self.expr("kafka_name")?;
        super::kafka_name::read(&value).map_err(|error| self.errors.push(error)).ok()
    }

    /// `on_error = fail | skip | dead_letter(topic)`.
    pub(super) fn on_error(&mut self) -> Option<Written> {
        let value = self.expr("on_error")?;
        Written::read("on_error", &value).map_err(|error| self.errors.push(error)).ok()
    }

    /// `invalid_time = fail | skip | dead_letter(topic) | partition_time`.
    pub(super) fn invalid_time(&mut self) -> Option<WrittenInvalidTime> {
        let value = self.expr("invalid_time")?;
        WrittenInvalidTime::read(&value).map_err(|error| self.errors.push(error)).ok()
    }

    /// `changelog = off`: false then.
    pub(super) fn logged(&mut self) -> bool {
        let Some(value) = self.expr("changelog") else { return true };
        let off = word(&value).as_deref() == Some("off");
        if !off {
            let message =
                "`changelog = off` keeps a store without a changelog; leave it out for one with it";
            self.errors.error(syn::spanned::Spanned::span(&value), message);
        }
        !off
    }

    /// `changelog = off | source` of a table.
    pub(super) fn table_changelog(&mut self) -> TableChangelog {
        let Some(value) = self.expr("changelog") else { return TableChangelog::Own };
        let span = syn::spanned::Spanned::span(&value);
        match word(&value).as_deref() {
            Some("off") => TableChangelog::Off,
            Some("source") => TableChangelog::Source(span),
            _ => {
                let message = "`changelog` is `off` (the table's store has none) or `source` (the \
                               table's own topic is it); leave it out for a topic beside it";
                self.errors.error(span, message);
                TableChangelog::Own
            }
        }
    }

    /// A time for which something is kept, at least a millisecond.
    pub(super) fn retention(&mut self, name: &'static str) -> Option<i64> {
        let value = self.expr(name)?;
        let span = syn::spanned::Spanned::span(&value);
        match milliseconds(&value) {
            Ok(0) => {
                let message = format!(
                    "`{name} = 0` keeps nothing: say how far back in event time lookups go (`{name} = 1h`)"
                );
                self.errors.error(span, message);
                Some(1)
            }
            Ok(ms) => Some(ms),
            Err(error) => {
                self.errors.push(error);
                Some(1)
            }
        }
    }

    /// The `retention` of a store that cannot be without.
    pub(super) fn needed_retention(&mut self, kind: &Ident) -> Option<i64> {
        let found = self.retention("retention");
        if found.is_none() {
            check::stores::without_retention(self.errors, kind);
        }
        found
    }

    /// `emit = on_update | on_commit`: true for on_commit.
    pub(super) fn on_commit(&mut self, topologys: Emit) -> bool {
        let Some(value) = self.expr("emit") else { return topologys == Emit::Commit };
        match Emit::read(&value) {
            Ok(emit) => emit == Emit::Commit,
            Err(error) => {
                self.errors.push(error);
                false
            }
        }
    }

    /// `reset = earliest | latest`: true for latest.
    pub(super) fn reset(&mut self) -> bool {
        let Some(value) = self.expr("reset") else { return false };
        match word(&value).as_deref() {
            Some("earliest") => false,
            Some("latest") => true,
            _ => {
                let span = syn::spanned::Spanned::span(&value);
                self.errors.error(span, "`reset` is `earliest` or `latest`");
                false
            }
        }
    }

    pub(super) fn finish(self) {
        for option in self.left {
            let name = option.name.to_string();
            let message = if self.known.contains(&name.as_str()) {
                format!("`{name}` is given twice: keep one")
            } else {
                let known = format!("its options are {}", self.known.join(", "));
                let hint = suggestion_or(&name, self.known.iter().copied(), &known);
                format!("a {} has no option `{name}`{hint}", self.of)
            };
            self.errors.error(option.name.span(), message);
        }
    }
}
