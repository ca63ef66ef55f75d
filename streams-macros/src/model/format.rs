//! Which format writes a type.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type};

use super::types::{option_of, reference_of, session_of, text, windowed_of};
use crate::diagnostic::suggestion_or;

const BUILT_IN: [&str; 4] = ["json", "utf8", "big_endian", "bytes"];

/// A format: the path of its type, and its name for `describe`.
#[derive(Clone)]
pub(crate) struct Format {
    pub(crate) tokens: TokenStream,
    pub(crate) name: String,
}

impl Format {
    fn built_in(name: &str, ty: &str, span: Span) -> Self {
        let ty = syn::Ident::new(ty, span);
        Self { tokens: quote_spanned!(span=> ::streams::format::#ty), name: name.to_owned() }
    }

    /// The format that an expression names: a word of the language, or a path to a type.
    pub(crate) fn named(value: &Expr) -> syn::Result<Self> {
        let Expr::Path(path) = value else {
            let message =
                "a format is `json`, `utf8`, `big_endian`, `bytes`, or the path of a type of yours";
            return Err(syn::Error::new(value.span(), message));
        };
        let word = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let span = value.span();
        Ok(match word.as_str() {
            "json" => Self::built_in("json", "Json", span),
            "utf8" => Self::built_in("utf8", "Utf8", span),
            "big_endian" => Self::built_in("big_endian", "BigEndian", span),
            "bytes" => Self::built_in("bytes", "Bytes", span),
            word if word.starts_with(|c: char| c.is_ascii_lowercase()) => {
                let hint = suggestion_or(
                    word,
                    BUILT_IN,
                    "the formats are json, utf8, big_endian and bytes, or the path of a type that \
                     implements `Encode` and `Decode`",
                );
                let message = format!("there is no format `{word}`{hint}");
                return Err(syn::Error::new(span, message));
            }
            _ => Self { tokens: quote!(#path), name: quote!(#path).to_string().replace(' ', "") },
        })
    }

    /// The format of a type: its own if it is a primitive one, otherwise `default`.
    pub(crate) fn of(ty: &Type, default: Option<&Format>) -> Option<Self> {
        if let Some(inner) = option_of(ty) {
            return Self::of(inner, default);
        }
        if let Some(inner) = windowed_of(ty) {
            let Format { tokens, name } = Self::of(inner, default)?;
            let tokens = quote!(::streams::format::TimeWindowed<#tokens>);
            return Some(Self { tokens, name: format!("windowed {name}") });
        }
        if let Some(inner) = session_of(ty) {
            let Format { tokens, name } = Self::of(inner, default)?;
            let tokens = quote!(::streams::format::Sessions<#tokens>);
            return Some(Self { tokens, name: format!("session {name}") });
        }
        let span = ty.span();
        let primitive = match reference_of(ty).unwrap_or(ty) {
            Type::Slice(slice) if text(&slice.elem) == "u8" => Some(("bytes", "Bytes")),
            Type::Array(array) if text(&array.elem) == "u8" => Some(("bytes", "Bytes")),
            other => match text(other).as_str() {
                "String" | "str" | "std::string::String" => Some(("utf8", "Utf8")),
                "Vec<u8>" => Some(("bytes", "Bytes")),
                "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128"
                | "f32" | "f64" => Some(("big_endian", "BigEndian")),
                _ => None,
            },
        };
        match primitive {
            Some((name, ty)) => Some(Self::built_in(name, ty, span)),
            None => default.map(|format| format.at(ty)),
        }
    }

    /// Bytes as they are.
    pub(crate) fn bytes(span: Span) -> Self {
        Self::built_in("bytes", "Bytes", span)
    }

    /// What stands in for a format with an error.
    pub(crate) fn unknown() -> Self {
        Self { tokens: quote!(::streams::__private::NoFormat), name: "unknown".to_owned() }
    }

    /// True if it stands in for one with an error.
    pub(crate) fn is_unknown(&self) -> bool {
        self.name.ends_with("unknown")
    }

    /// A built-in format at the place of the type that it writes, so that rustc shows there what it
    /// cannot write. The path of a user's type stays where it is written.
    pub(crate) fn at(&self, ty: &Type) -> Self {
        let mut format = self.clone();
        if BUILT_IN.contains(&self.name.as_str()) {
            let span = ty.span();
            let at = |token: TokenTree| {
                let mut token = token;
                token.set_span(span);
                token
            };
            format.tokens = format.tokens.into_iter().map(at).collect();
        }
        format
    }

    /// What to say where a built-in format certainly does not write a type. A type that is not
    /// known by its name alone may be an alias, and is left to rustc.
    pub(crate) fn cannot_write(&self, ty: &Type) -> Option<String> {
        let ty = option_of(ty).unwrap_or(ty);
        let ty = windowed_of(ty).or(session_of(ty)).unwrap_or(ty);
        let own = Self::of(ty, None);
        let writes = match self.name.as_str() {
            "utf8" => "text (`String`, `&str`)",
            "big_endian" => "numbers (`i64`, `f64`, …)",
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
            _ => "bytes",
        });
        wrong.then(|| {
            let name = &self.name;
            format!("`{name}` writes {writes}, not `{}`: choose `{better}`", text(ty))
        })
    }
}

/// True for types of the language and the standard library that only a format like json writes.
fn is_compound(ty: &Type) -> bool {
    match ty {
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            matches!(
                name.as_str(),
                "bool"
                    | "char"
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
