//! `kafka_name = "views-by-region"`: what a store, a join or a repartition is called in topics and on
//! disk, where its name in the language is not that.

use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit};

use super::build::Builder;

/// Kafka's limit for names of topics, less the application id and the longest of our endings.
const LONGEST: usize = 150;

/// Reads the text, which has to be part of a topic's name.
pub(crate) fn read(value: &Expr) -> syn::Result<String> {
    let text = match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = |text: &String| (1..=LONGEST).contains(&text.len()) && text.chars().all(allowed);
    text.filter(fits).ok_or_else(|| {
        let message = format!(
            "`kafka_name` is part of a topic's name: a text of up to {LONGEST} letters, digits, `.`, `_` and `-`"
        );
        syn::Error::new(value.span(), message)
    })
}

impl Builder<'_> {
    /// What an operator's or store's name is in topics.
    pub(crate) fn kafka_name_of(&self, ident: &Ident) -> String {
        if let Some(name) = &self.kafka_name {
            return name.clone();
        }
        match self.store_named(ident) {
            Some(store) => self.graph.store(store).name.clone(),
            None => ident.to_string(),
        }
    }
}
