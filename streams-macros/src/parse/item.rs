//! One item of the language: up to its semicolon.

use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Token, Type};

use super::chain::Chain;
use super::recover::{self, Cut};
use super::rust_item;
use super::unread::Unread;
use crate::diagnostic::{suggestion, suggestion_or};

/// An item.
pub(crate) enum Item {
    Setting(Setting),
    Input(Input),
    Sink(Sink),
    Store(Store),
    Let(Let),
    Chain(Chain),
    /// An error has been reported.
    Unread(Unread),
}

impl Item {
    /// Where reading stopped in it: those errors are reported already.
    pub(super) fn errors(&self) -> Vec<syn::Error> {
        let of = |cut: &Option<Cut>| cut.iter().map(|cut| cut.error.clone()).collect();
        match self {
            Item::Input(input) => of(&input.cut),
            Item::Sink(sink) => of(&sink.cut),
            Item::Store(store) => of(&store.cut),
            Item::Let(item) => item.chain.errors(),
            Item::Chain(chain) => chain.errors(),
            Item::Setting(_) | Item::Unread(_) => Vec::new(),
        }
    }

    /// What could follow it, for messages.
    pub(super) fn next(&self) -> &'static str {
        match self {
            Item::Chain(_) | Item::Let(_) => "the next `.operator(…)`",
            Item::Setting(_) => "an operator",
            Item::Input(_) | Item::Sink(_) | Item::Store(_) | Item::Unread(_) => "`, option = …`",
        }
    }
}

/// `format = json;`
pub(crate) struct Setting {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// What opened an input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputKind {
    Source,
    Table,
    Global,
}

/// `stream` or `table` before the types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Stream,
    Table,
}

/// `source name: stream<K, V> = "topic", options;`
pub(crate) struct Input {
    pub(crate) doc: String,
    pub(crate) kind: InputKind,
    pub(crate) name: Ident,
    pub(crate) key: Type,
    pub(crate) value: Type,
    pub(crate) topic: Expr,
    pub(crate) options: Vec<Opt>,
    pub(crate) cut: Option<Cut>,
}

/// `sink name: stream<K, V> = "topic", options;`
pub(crate) struct Sink {
    pub(crate) doc: String,
    pub(crate) name: Ident,
    pub(crate) shape: Shape,
    pub(crate) key: Type,
    pub(crate) value: Type,
    pub(crate) topic: Expr,
    pub(crate) options: Vec<Opt>,
    pub(crate) cut: Option<Cut>,
}

/// `store name: kv<K, V>, options;`
pub(crate) struct Store {
    pub(crate) doc: String,
    pub(crate) name: Ident,
    pub(crate) kind: Ident,
    pub(crate) key: Type,
    pub(crate) value: Type,
    pub(crate) options: Vec<Opt>,
    pub(crate) cut: Option<Cut>,
}

/// `let name: stream<K, V> = chain;`
pub(crate) struct Let {
    pub(crate) doc: String,
    pub(crate) name: Ident,
    pub(crate) declared: Option<(Type, Type)>,
    pub(crate) chain: Chain,
}

/// `name = value`, or a word alone.
pub(crate) struct Opt {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        let value = input.parse::<Option<Token![=]>>()?.map(|_| input.parse()).transpose();
        let value = value.map_err(|e| {
            let message = format!("`{name}` needs a value: `{name} = …`");
            syn::Error::new(e.span(), message)
        })?;
        Ok(Opt { name, value })
    }
}

const KEYWORDS: [&str; 5] = ["source", "table", "global", "sink", "store"];

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let doc = doc_comment(input)?;
        rust_item(input)?;
        let item = if input.peek(Token![let]) {
            parse_let(input, doc)?
        } else if input.peek(Ident) && input.peek2(Token![=]) {
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            Item::Setting(Setting { name, value: input.parse()? })
        } else if input.peek(Ident) && input.peek2(Ident) {
            parse_declaration(input, doc)?
        } else {
            Item::Chain(input.parse()?)
        };
        Ok(item)
    }
}

/// The text of `///` comments, one line each.
fn doc_comment(input: ParseStream<'_>) -> syn::Result<String> {
    let mut lines = Vec::new();
    for attribute in input.call(syn::Attribute::parse_outer)? {
        let text = match &attribute.meta {
            syn::Meta::NameValue(m) if m.path.is_ident("doc") => match &m.value {
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(s), .. }) => Some(s.value()),
                _ => None,
            },
            _ => None,
        };
        match text {
            Some(text) => lines.push(text.trim().to_owned()),
            None => {
                let message = "only doc comments (`///`) may stand before an item";
                return Err(syn::Error::new_spanned(attribute, message));
            }
        }
    }
    Ok(lines.join("\n"))
}

fn parse_declaration(input: ParseStream<'_>, doc: String) -> syn::Result<Item> {
    let keyword: Ident = input.parse()?;
    let word = keyword.to_string();
    if !KEYWORDS.contains(&word.as_str()) {
        let hint = suggestion_or(
            &word,
            KEYWORDS.into_iter().chain(["let"]),
            "an item is `source`, `table`, `global`, `sink`, `store`, `let`, a setting `name = …;` or a chain \
             `stream.operator(…)…;`",
        );
        let message = format!("`{word}` does not open an item{hint}");
        return Err(syn::Error::new(keyword.span(), message));
    }
    let name: Ident = input.parse()?;
    input.parse::<Token![:]>().map_err(|e| {
        let kind = match word.as_str() {
            "store" => "kv",
            "table" | "global" => "table",
            _ => "stream",
        };
        let message =
            format!("expected `: {kind}<K, V>` after `{name}`: the types of key and value");
        syn::Error::new(e.span(), message)
    })?;
    let kind: Ident = input.parse()?;
    let (key, value) = key_and_value(input, &kind)?;
    if word == "store" {
        let (options, cut) = options(input);
        return Ok(Item::Store(Store { doc, name, kind, key, value, options, cut }));
    }
    let shape = shape(&kind)?;
    input.parse::<Token![=]>().map_err(|e| {
        let message = format!("expected `= \"topic\"` after the types of `{name}`");
        syn::Error::new(e.span(), message)
    })?;
    let topic = input.parse()?;
    let (options, cut) = options(input);
    match word.as_str() {
        "sink" => Ok(Item::Sink(Sink { doc, name, shape, key, value, topic, options, cut })),
        _ => {
            let (input_kind, wanted, right) = match word.as_str() {
                "table" => (InputKind::Table, Shape::Table, "table"),
                "global" => (InputKind::Global, Shape::Table, "table"),
                _ => (InputKind::Source, Shape::Stream, "stream"),
            };
            if shape != wanted {
                let message = format!("a `{word}` is declared as `{right}<K, V>`");
                return Err(syn::Error::new(kind.span(), message));
            }
            let kind = input_kind;
            Ok(Item::Input(Input { doc, kind, name, key, value, topic, options, cut }))
        }
    }
}

fn shape(kind: &Ident) -> syn::Result<Shape> {
    match kind.to_string().as_str() {
        "stream" => Ok(Shape::Stream),
        "table" => Ok(Shape::Table),
        other => {
            let hint = suggestion(other, ["stream", "table"]);
            let message = format!("`{other}` is neither `stream<K, V>` nor `table<K, V>`{hint}");
            Err(syn::Error::new(kind.span(), message))
        }
    }
}

fn key_and_value(input: ParseStream<'_>, kind: &Ident) -> syn::Result<(Type, Type)> {
    let missing = |e: syn::Error| {
        let message =
            format!("`{kind}` takes the type of the key and of the value: `{kind}<K, V>`");
        syn::Error::new(e.span(), message)
    };
    input.parse::<Token![<]>().map_err(missing)?;
    let key = input.parse()?;
    input.parse::<Token![,]>().map_err(missing)?;
    let value = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    input.parse::<Token![>]>().map_err(missing)?;
    Ok((key, value))
}

/// `, option, option` up to the semicolon; those before an error, and the error.
fn options(input: ParseStream<'_>) -> (Vec<Opt>, Option<Cut>) {
    let mut all = Vec::new();
    while input.parse::<Option<Token![,]>>().is_ok_and(|comma| comma.is_some()) {
        if input.peek(Token![;]) {
            break;
        }
        let (option, cut) = recover::one(input, Opt::parse);
        all.extend(option.filter(|_| cut.is_none()));
        if cut.is_some() {
            return (all, cut);
        }
    }
    (all, None)
}

fn parse_let(input: ParseStream<'_>, doc: String) -> syn::Result<Item> {
    input.parse::<Token![let]>()?;
    let name = input.parse()?;
    let declared = match input.parse::<Option<Token![:]>>()? {
        None => None,
        Some(_) => {
            let kind: Ident = input.parse()?;
            shape(&kind)?;
            Some(key_and_value(input, &kind)?)
        }
    };
    input.parse::<Token![=]>()?;
    Ok(Item::Let(Let { doc, name, declared, chain: input.parse()? }))
}
