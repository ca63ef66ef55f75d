//! The test that compares the topology with `topology.lock`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::parse::Siblings;

/// The definitions of the module's types.
pub(super) fn types(siblings: &Siblings) -> TokenStream {
    let all = siblings.types().map(|(name, definition)| {
        quote!(::streams::topology::TypeDescription { name: #name, definition: #definition })
    });
    quote! {
        const TYPES: &'static [::streams::topology::TypeDescription] = &[#(#all),*];
    }
}

/// The test.
pub(super) fn test() -> TokenStream {
    quote! {
        /// The topology is as `topology.lock` beside `Cargo.toml` has it, if there is one.
        #[cfg(test)]
        #[::core::prelude::v1::test]
        fn topology_lock() {
            ::streams::lock::assert_locked::<Topology>(::core::env!("CARGO_MANIFEST_DIR"));
        }
    }
}
