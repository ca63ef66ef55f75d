//! Which format writes a type.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type};

use super::types::{option_of, reference_of, text, windowed_of};
use crate::diagnostic::suggestion;

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
                let hint = suggestion(word, BUILT_IN);
                let message = format!(
                    "there is no format `{word}`{hint}; the formats are json, utf8, big_endian and \
                     bytes, or the path of a type that implements `Encode` and `Decode`"
                );
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
            None => default.cloned(),
        }
    }
}
