//! Names of generated things.

use proc_macro2::Span;
use quote::format_ident;
use syn::Ident;

/// Where generated code stands: its local names are invisible to what the user wrote, and the
/// user's to it.
pub(crate) fn here() -> Span {
    Span::mixed_site()
}

/// A local name of generated code.
pub(crate) fn name(name: &str) -> Ident {
    Ident::new(name, here())
}

/// The type of a sub-topology's task.
pub(super) fn task(subtopology: usize) -> Ident {
    format_ident!("Task{}", subtopology)
}
