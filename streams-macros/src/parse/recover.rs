//! Half of what was meant: the longest beginning of a text that can be read. What a person is typing
//! keeps its types, and the editor its completion.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};

use super::unread::collect;

/// Where reading stopped.
pub(crate) struct Cut {
    pub(crate) error: syn::Error,
    /// The names in what was left: they are not reported as unused.
    pub(crate) mentioned: BTreeSet<String>,
}

impl Cut {
    /// Takes what is left of the input.
    pub(super) fn at(error: syn::Error, input: ParseStream<'_>) -> Self {
        Self::new(error, rest(input))
    }

    fn new(error: syn::Error, tokens: Vec<TokenTree>) -> Self {
        let mut mentioned = BTreeSet::new();
        collect(tokens, &mut mentioned);
        Self { error, mentioned }
    }
}

/// Reads with `one`. If that fails, everything up to the end is taken, and what is left of it without
/// its end is read; with the error of the whole.
pub(super) fn one<T>(
    input: ParseStream<'_>,
    one: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> (Option<T>, Option<Cut>) {
    let attempt = input.fork();
    match one(&attempt) {
        Ok(read) => {
            input.advance_to(&attempt);
            (Some(read), None)
        }
        Err(error) => {
            let tokens = rest(input);
            let read = |tokens: &[TokenTree]| {
                let tokens: TokenStream = tokens.iter().cloned().collect();
                (|input: ParseStream<'_>| one(input)).parse2(tokens).ok()
            };
            (beginning(tokens.clone(), false, &read), Some(Cut::new(error, tokens)))
        }
    }
}

/// All that is left of the input.
fn rest(input: ParseStream<'_>) -> Vec<TokenTree> {
    let tokens = TokenStream::parse(input);
    tokens.into_iter().flatten().collect()
}

/// What `read` makes of the longest beginning that it takes; the end may lie inside of brackets.
fn beginning<T>(
    mut tokens: Vec<TokenTree>,
    in_block: bool,
    read: &dyn Fn(&[TokenTree]) -> Option<T>,
) -> Option<T> {
    loop {
        if let Some(found) = read(&tokens) {
            return Some(found);
        }
        if in_block {
            // `let x = w` lacks no more than its semicolon.
            tokens.push(Punct::new(';', Spacing::Alone).into());
            if let Some(found) = read(&tokens) {
                return Some(found);
            }
            tokens.pop();
        }
        let last = tokens.pop()?;
        let TokenTree::Group(group) = last else { continue };
        let (delimiter, span) = (group.delimiter(), group.span());
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        if inner.is_empty() {
            continue;
        }
        let shorter = |inner: &[TokenTree]| {
            let mut group = Group::new(delimiter, inner.iter().cloned().collect());
            group.set_span(span);
            let mut whole = tokens.clone();
            whole.push(group.into());
            read(&whole)
        };
        let found = beginning(inner, delimiter == Delimiter::Brace, &shorter);
        if found.is_some() {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, bool) {
        let parse = |input: ParseStream<'_>| Ok(one(input, syn::Expr::parse));
        let (read, error) = match parse.parse_str(text) {
            Ok(both) => both,
            Err(_) => return (String::new(), true),
        };
        let text = read.map(|e| quote::quote!(#e).to_string()).unwrap_or_default();
        (text, error.is_some())
    }

    #[test]
    fn a_whole_expression_is_read_as_it_is() {
        assert_eq!(read("|w| w.amount > 0"), ("| w | w . amount > 0".to_owned(), false));
    }

    #[test]
    fn what_is_being_typed_is_read_up_to_where_it_makes_sense() {
        assert_eq!(read("|w| w."), ("| w | w".to_owned(), true));
        assert_eq!(read("|w| w.amount >"), ("| w | w . amount".to_owned(), true));
        assert_eq!(read("|w| w.max("), (String::new(), true));
    }

    #[test]
    fn a_statement_in_a_block_lacks_no_more_than_its_semicolon() {
        let (text, error) = read("|w| { let a = w.at; let b = w. }");
        assert_eq!((text.as_str(), error), ("| w | { let a = w . at ; let b = w ; }", true));
    }
}
