//! Text to syntax tree: nothing is resolved here.

mod chain;
mod item;
mod module;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};

pub(crate) use chain::{Arg, ArmTarget, Call, Chain, Head};
pub(crate) use item::{Input, InputKind, Item, Let, Opt, Setting, Shape, Sink, Store};
pub(crate) use module::{Module, Siblings, parse_module};

use crate::diagnostic::Diagnostics;

/// The items between the braces of `topology! { … }`. Each is read for itself, so that an error in
/// one hides none in another.
pub(crate) fn parse_items(tokens: TokenStream, errors: &mut Diagnostics) -> Vec<Item> {
    let mut items = Vec::new();
    for piece in split_at_semicolons(tokens) {
        match Item::parse.parse2(piece) {
            Ok(item) => items.push(item),
            Err(error) => errors.push(error),
        }
    }
    items
}

/// The token streams between semicolons, each with its semicolon, where it has one.
fn split_at_semicolons(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = Vec::new();
    let mut piece: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let end = matches!(&token, TokenTree::Punct(p) if p.as_char() == ';');
        piece.push(token);
        if end {
            pieces.push(std::mem::take(&mut piece).into_iter().collect());
        }
    }
    if !piece.is_empty() {
        pieces.push(piece.into_iter().collect());
    }
    pieces
}

/// Reads items separated by commas to the end of the input; a trailing comma is fine.
fn comma_separated<T>(
    input: ParseStream<'_>,
    mut one: impl FnMut(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    let mut all = Vec::new();
    while !input.is_empty() {
        all.push(one(input)?);
        if input.is_empty() {
            break;
        }
        input.parse::<syn::Token![,]>()?;
    }
    Ok(all)
}
