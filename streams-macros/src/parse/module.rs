//! The module under `#[topology]`: its own items, the `topology! { … }` in it, and what its
//! functions' signatures tell about types.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;

use super::definition;
use crate::diagnostic::Diagnostics;

/// The module, taken apart.
pub(crate) struct Module {
    pub(crate) attributes: Vec<syn::Attribute>,
    pub(crate) visibility: syn::Visibility,
    pub(crate) name: syn::Ident,
    /// The user's items, without `topology! { … }`.
    pub(crate) items: Vec<syn::Item>,
    /// What is between the braces of `topology! { … }`.
    pub(crate) body: TokenStream,
    pub(crate) siblings: Siblings,
}

/// What the module's own items tell: signatures of functions, definitions of types.
#[derive(Default)]
pub(crate) struct Siblings {
    functions: BTreeMap<String, syn::Signature>,
    types: BTreeMap<String, String>,
    processors: BTreeMap<String, Forwards>,
    value_processors: BTreeMap<String, Forwards>,
}

/// What a processor forwards, as written in its implementation.
#[derive(Clone, Default)]
pub(crate) struct Forwards {
    pub(crate) key: Option<syn::Type>,
    pub(crate) value: Option<syn::Type>,
}

impl Siblings {
    /// The signature of the function that a path names, if the module has it.
    pub(crate) fn get(&self, path: &syn::Path) -> Option<&syn::Signature> {
        self.functions.get(&path.get_ident()?.to_string())
    }

    /// The definitions of the module's types, by name.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.types.iter().map(|(name, definition)| (name.as_str(), definition.as_str()))
    }

    /// What the processor of this name forwards, if the module implements it.
    pub(crate) fn processor(&self, name: &syn::Ident, values: bool) -> Option<&Forwards> {
        let of = if values { &self.value_processors } else { &self.processors };
        of.get(&name.to_string())
    }

    fn add(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Fn(f) => {
                self.functions.insert(f.sig.ident.to_string(), f.sig.clone());
            }
            syn::Item::Impl(implementation) => self.add_implementation(implementation),
            _ => {}
        }
    }

    fn add_implementation(&mut self, item: &syn::ItemImpl) {
        let (Some((of, _)), syn::Type::Path(ty)) = (&item.trait_, &*item.self_ty) else { return };
        let (Some(of), Some(ty)) = (of.segments.last(), ty.path.segments.last()) else { return };
        let processors = match of.ident.to_string().as_str() {
            "Processor" => &mut self.processors,
            "FixedKeyProcessor" => &mut self.value_processors,
            _ => return,
        };
        let mut forwards = Forwards::default();
        for item in &item.items {
            if let syn::ImplItem::Type(item) = item {
                match item.ident.to_string().as_str() {
                    "KeyOut" => forwards.key = Some(item.ty.clone()),
                    "ValueOut" => forwards.value = Some(item.ty.clone()),
                    _ => {}
                }
            }
        }
        processors.insert(ty.ident.to_string(), forwards);
    }
}

/// Takes the item under the attribute apart. `None` if it is not a module in place.
pub(crate) fn parse_module(item: TokenStream, errors: &mut Diagnostics) -> Option<Module> {
    let module: syn::ItemMod = match syn::parse2(item) {
        Ok(module) => module,
        Err(e) => {
            errors.error(e.span(), "`#[topology]` goes on a module: `#[topology] mod name { … }`");
            return None;
        }
    };
    let Some((_, items)) = module.content else {
        errors.error(
            module.ident.span(),
            "`#[topology]` must see the module's text: write `mod name { … }` in place of `mod name;`",
        );
        return None;
    };
    let mut body: Option<(Span, TokenStream)> = None;
    let mut kept = Vec::new();
    let mut siblings = Siblings::default();
    for item in items {
        match item {
            syn::Item::Macro(m) if m.mac.path.is_ident("topology") => {
                let span = m.mac.path.span();
                match &body {
                    None => body = Some((span, m.mac.tokens)),
                    Some((first, _)) => errors.error_with(
                        span,
                        "a module holds one `topology! { … }`: put this in the first, or in a module of its own",
                        *first,
                        "the first is here",
                    ),
                }
            }
            item => {
                siblings.add(&item);
                definition::add(&item, &mut siblings.types);
                kept.push(item);
            }
        }
    }
    let body = body.map(|(_, tokens)| tokens).unwrap_or_else(|| {
        errors.error(
            module.ident.span(),
            "the module has no topology: write `topology! { source …; sink …; … }` in it",
        );
        TokenStream::new()
    });
    Some(Module {
        attributes: module.attrs,
        visibility: module.vis,
        name: module.ident,
        items: kept,
        body,
        siblings,
    })
}
