//! Text to syntax tree: nothing is resolved here.

mod chain;
mod definition;
mod item;
mod module;
mod recover;
mod unread;

use proc_macro2::{Punct, Spacing, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};

pub(crate) use chain::{Arg, ArmTarget, Call, Chain, Head};
pub(crate) use item::{Input, InputKind, Item, Let, Opt, Setting, Shape, Sink, Store};
pub(crate) use module::{Module, Siblings, parse_module};
pub(crate) use recover::Cut;
pub(crate) use unread::Unread;

use crate::diagnostic::Diagnostics;

/// The items between the braces of `topology! { … }`. Each is read for itself, so that an error in
/// one hides none in another; what cannot be read is kept as [`Item::Unread`].
pub(crate) fn parse_items(tokens: TokenStream, errors: &mut Diagnostics) -> Vec<Item> {
    let mut items = Vec::new();
    let mut piece: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let end = is_semicolon(&token);
        piece.push(token);
        if end {
            parse_piece(std::mem::take(&mut piece), &mut items, errors);
        }
    }
    if let Some(end) = piece.last().map(TokenTree::span) {
        // With a semicolon of our own, syn misses what is missing at the user's last token, and not
        // at the whole macro call.
        let mut semicolon = Punct::new(';', Spacing::Alone);
        semicolon.set_span(end);
        piece.push(semicolon.into());
        if parse_piece(piece, &mut items, errors) {
            errors.error(end, "the last item ends without `;`: add one after it");
        }
    }
    items
}

/// Reads what stands up to a semicolon: an item, or several that lack theirs. True if all of it
/// could be read.
fn parse_piece(piece: Vec<TokenTree>, items: &mut Vec<Item>, errors: &mut Diagnostics) -> bool {
    let item_and_rest = |input: ParseStream<'_>| {
        let item: Item = input.parse()?;
        Ok((item, input.parse::<TokenStream>()?))
    };
    let mut rest = piece;
    let mut whole_items = true;
    loop {
        let whole = rest.clone();
        let (item, after) = match item_and_rest.parse2(rest.iter().cloned().collect()) {
            Ok(read) => read,
            Err(error) => {
                errors.push(error);
                items.push(Item::Unread(Unread::new(rest)));
                return false;
            }
        };
        let expected = item.next();
        for error in item.errors() {
            whole_items = false;
            errors.push(error);
        }
        items.push(item);
        rest = after.into_iter().collect();
        match rest.as_slice() {
            [] => return whole_items,
            [first, ..] if is_semicolon(first) => return whole_items,
            [first, second, ..] => {
                errors.error(first.span(), format!("expected `;` or {expected} here"));
                let assigned = matches!(second, TokenTree::Punct(p) if p.as_char() == '=');
                if !matches!(first, TokenTree::Ident(_)) || assigned {
                    // What was read so far is only the beginning of what was meant.
                    if let Some(Item::Chain(_)) = items.last() {
                        items.pop();
                    }
                    items.push(Item::Unread(Unread::new(whole)));
                    return false;
                }
            }
            [first] => {
                errors.error(first.span(), format!("expected `;` or {expected} here"));
                return false;
            }
        }
    }
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == ';')
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

/// An error for an item of Rust where one of the language is needed.
fn rust_item(input: ParseStream<'_>) -> syn::Result<()> {
    use syn::Token;
    let is_item = input.peek(Token![fn])
        || input.peek(Token![struct])
        || input.peek(Token![enum])
        || input.peek(Token![use])
        || input.peek(Token![const])
        || input.peek(Token![static])
        || input.peek(Token![type])
        || input.peek(Token![impl])
        || input.peek(Token![mod])
        || input.peek(Token![pub]);
    if is_item {
        return Err(input.error("items of Rust stand in the module, beside `topology! { … }`"));
    }
    Ok(())
}
