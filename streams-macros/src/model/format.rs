//! Which format writes a type.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, Type};

use super::graph::TopicId;
use super::types::{option_of, reference_of, session_of, text, windowed_of};
use crate::diagnostic::suggestion_or;

/// The words of the language, each with the type that it stands for.
const BUILT_IN: [(&str, &str); 8] = [
    ("json", "Json"),
    ("utf8", "Utf8"),
    ("big_endian", "BigEndian"),
    ("bytes", "Bytes"),
    ("uuid", "Uuid"),
    ("postcard", "Postcard"),
    ("protobuf", "Protobuf"),
    ("avro", "Avro"),
];

/// The formats that a registry has schemas for.
const WITH_SCHEMA: [&str; 3] = ["avro", "protobuf", "json"];

const USAGE: &str = "a format is `json`, `utf8`, `big_endian`, `bytes`, `uuid`, `postcard`, `protobuf`, \
                     `avro`, `registry(format)`, `list(format)`, or the path of a type of yours";

/// Holes in the tokens of a format with a registry: the topic's number, and whether it is its key.
const TOPIC: &str = "__topic";
const KEY: &str = "__key";

/// A format: the path of its type, and its name for `describe`.
#[derive(Clone)]
pub(crate) struct Format {
    pub(crate) tokens: TokenStream,
    pub(crate) name: String,
    /// With a registry: the format behind the schema's number.
    pub(crate) registered: Option<TokenStream>,
    /// True if every token of the type is ours, so that it may stand where the type that it writes
    /// does.
    ours: bool,
}

impl Format {
    /// A format made of others.
    pub(crate) fn of_tokens(tokens: TokenStream, name: String) -> Self {
        Self { tokens, name, registered: None, ours: false }
    }

    fn built_in(name: &str, ty: &str, span: Span) -> Self {
        let ty = Ident::new(ty, span);
        let tokens = quote_spanned!(span=> ::streams::format::#ty);
        Self { tokens, name: name.to_owned(), registered: None, ours: true }
    }

    /// The format of a type that a value of this format is a part of.
    pub(crate) fn inside(self, ty: &str, name: &str) -> Self {
        let (inner, ty) = (self.tokens, Ident::new(ty, Span::call_site()));
        let tokens = quote!(::streams::format::#ty<#inner>);
        Self { tokens, name: format!("{name} {}", self.name), ours: false, ..self }
    }

    /// The format that an expression names: a word of the language, or a path to a type.
    pub(crate) fn named(value: &Expr) -> syn::Result<Self> {
        let path = match value {
            Expr::Path(path) => path,
            Expr::Call(call) => return Self::around(call),
            _ => return Err(syn::Error::new(value.span(), USAGE)),
        };
        let word = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let span = value.span();
        if let Some((name, ty)) = BUILT_IN.iter().find(|(name, _)| *name == word) {
            return Ok(Self::built_in(name, ty, span));
        }
        if word.starts_with(|c: char| c.is_ascii_lowercase()) {
            let words = BUILT_IN.iter().map(|(name, _)| *name).chain(["registry", "list"]);
            let message = match word.as_str() {
                "registry" | "list" => {
                    format!("`{word}` is written around a format: `{word}(json)`")
                }
                _ => format!("there is no format `{word}`{}", suggestion_or(&word, words, USAGE)),
            };
            return Err(syn::Error::new(span, message));
        }
        let name = quote!(#path).to_string().replace(' ', "");
        Ok(Self::of_tokens(quote!(#path), name))
    }

    /// `registry(format)` or `list(format)`.
    fn around(call: &ExprCall) -> syn::Result<Self> {
        let word = match &*call.func {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        };
        let inner = match (word.as_str(), call.args.first()) {
            ("registry" | "list", Some(inner)) if call.args.len() == 1 => Self::named(inner)?,
            ("registry" | "list", _) => {
                let message = format!("`{word}` takes one format: `{word}(json)`");
                return Err(syn::Error::new(call.span(), message));
            }
            _ => return Err(syn::Error::new(call.func.span(), USAGE)),
        };
        let span = call.func.span();
        let tokens = &inner.tokens;
        let name = format!("{word}({})", inner.name);
        if word == "list" {
            let tokens = quote_spanned!(span=> ::streams::format::List<#tokens>);
            return Ok(Self { tokens, name, registered: None, ours: inner.ours });
        }
        if inner.ours && !WITH_SCHEMA.contains(&inner.name.as_str()) {
            let message = format!(
                "`{}` has no schema that a registry could keep: the formats with schemas are {}",
                inner.name,
                WITH_SCHEMA.join(", ")
            );
            return Err(syn::Error::new(call.args.span(), message));
        }
        let (topic, key) = (Ident::new(TOPIC, span), Ident::new(KEY, span));
        let ours = inner.ours;
        let registered =
            quote_spanned!(span=> ::streams::format::Registered<#tokens, #topic, #key>);
        Ok(Self { tokens: registered, name, registered: Some(inner.tokens), ours })
    }

    /// The format as it is for the key or value of a topic, whose subject in the registry it names.
    pub(crate) fn on(&self, topic: TopicId, key: bool) -> Self {
        if self.registered.is_none() {
            return self.clone();
        }
        Self { tokens: fill(self.tokens.clone(), topic, key), ..self.clone() }
    }

    /// The format itself, where there is no topic and so no subject in a registry.
    pub(crate) fn unregistered(&self) -> Self {
        match &self.registered {
            Some(inner) => Self { tokens: inner.clone(), registered: None, ..self.clone() },
            None => self.clone(),
        }
    }

    /// The format of a type: its own if it is a primitive one, otherwise `default`.
    pub(crate) fn of(ty: &Type, default: Option<&Format>) -> Option<Self> {
        let primitive = |inner: &Type| {
            let own = Self::primitive(inner);
            own.or_else(|| default.map(|format| format.at(inner)))
        };
        Self::around_key(ty, &primitive)
    }

    /// The format of a type for which one was chosen.
    pub(crate) fn chosen(&self, ty: &Type) -> Option<Self> {
        Self::around_key(ty, &|inner| Some(self.at(inner)))
    }

    /// The format of a type whose key, if it has windows, is written as `one` says.
    fn around_key(ty: &Type, one: &dyn Fn(&Type) -> Option<Self>) -> Option<Self> {
        if let Some(inner) = option_of(ty) {
            return Self::around_key(inner, one);
        }
        if let Some(inner) = windowed_of(ty) {
            return Some(Self::around_key(inner, one)?.inside("TimeWindowed", "windowed"));
        }
        if let Some(inner) = session_of(ty) {
            return Some(Self::around_key(inner, one)?.inside("Sessions", "session"));
        }
        one(ty)
    }

    /// The format that a primitive type has without being told.
    fn primitive(ty: &Type) -> Option<Self> {
        let span = ty.span();
        let primitive = match reference_of(ty).unwrap_or(ty) {
            Type::Slice(slice) if text(&slice.elem) == "u8" => Some(("bytes", "Bytes")),
            Type::Array(array) if text(&array.elem) == "u8" => Some(("bytes", "Bytes")),
            other => match text(other).as_str() {
                "String" | "str" | "std::string::String" => Some(("utf8", "Utf8")),
                "Vec<u8>" => Some(("bytes", "Bytes")),
                "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128"
                | "f32" | "f64" | "bool" => Some(("big_endian", "BigEndian")),
                "Uuid" | "uuid::Uuid" => Some(("uuid", "Uuid")),
                _ => None,
            },
        };
        primitive.map(|(name, ty)| Self::built_in(name, ty, span))
    }

    /// Bytes as they are.
    pub(crate) fn bytes(span: Span) -> Self {
        Self::built_in("bytes", "Bytes", span)
    }

    /// What stands in for a format with an error.
    pub(crate) fn unknown() -> Self {
        Self::of_tokens(quote!(::streams::__private::NoFormat), "unknown".to_owned())
    }

    /// True if it stands in for one with an error.
    pub(crate) fn is_unknown(&self) -> bool {
        self.name.ends_with("unknown")
    }

    /// A built-in format at the place of the type that it writes, so that rustc shows there what it
    /// cannot write. The path of a user's type stays where it is written.
    pub(crate) fn at(&self, ty: &Type) -> Self {
        if !self.ours {
            return self.clone();
        }
        let at = |tokens: &TokenStream| respanned(tokens.clone(), ty.span());
        Self {
            tokens: at(&self.tokens),
            registered: self.registered.as_ref().map(at),
            ..self.clone()
        }
    }

    /// What to say where a built-in format certainly does not write a type. A type that is not
    /// known by its name alone may be an alias, and is left to rustc.
    pub(crate) fn cannot_write(&self, ty: &Type) -> Option<String> {
        let ty = option_of(ty).unwrap_or(ty);
        let ty = windowed_of(ty).or(session_of(ty)).unwrap_or(ty);
        let own = Self::of(ty, None);
        let writes = match self.name.as_str() {
            "utf8" => "text (`String`, `&str`)",
            "big_endian" => "numbers (`i64`, `f64`, …) and `bool`",
            "bytes" => "bytes (`Vec<u8>`, `&[u8]`, `[u8; N]`)",
            _ => return None,
        };
        let wrong = match &own {
            Some(own) => own.name != self.name,
            None => is_compound(ty),
        };
        let better = own.map_or("json", |own| match own.name.as_str() {
            "utf8" => "utf8",
            "big_endian" => "big_endian",
            "uuid" => "uuid",
            _ => "bytes",
        });
        wrong.then(|| {
            let name = &self.name;
            format!("`{name}` writes {writes}, not `{}`: choose `{better}`", text(ty))
        })
    }
}

fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let one = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(one).collect()
}

/// Puts the number of a topic into the holes of a format with a registry.
fn fill(tokens: TokenStream, topic: TopicId, key: bool) -> TokenStream {
    let one = |token: TokenTree| match token {
        TokenTree::Ident(hole) if hole == TOPIC => {
            let mut number = Literal::u16_suffixed(topic.0 as u16);
            number.set_span(hole.span());
            TokenTree::Literal(number)
        }
        TokenTree::Ident(hole) if hole == KEY => {
            TokenTree::Ident(Ident::new(if key { "true" } else { "false" }, hole.span()))
        }
        TokenTree::Group(group) => {
            TokenTree::Group(Group::new(group.delimiter(), fill(group.stream(), topic, key)))
        }
        other => other,
    };
    tokens.into_iter().map(one).collect()
}

/// True for types of the language and the standard library that only a format like json writes.
fn is_compound(ty: &Type) -> bool {
    match ty {
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            matches!(
                name.as_str(),
                "char"
                    | "usize"
                    | "isize"
                    | "Vec"
                    | "HashMap"
                    | "BTreeMap"
                    | "HashSet"
                    | "BTreeSet"
            )
        }),
        _ => false,
    }
}
