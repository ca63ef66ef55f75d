//! The keys and values that a registry has schemas for.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Graph, TopicRole, written_of};

/// The constant `SCHEMAS`, where there are any.
pub(super) fn schemas(graph: &Graph) -> Option<TokenStream> {
    let mut boundaries = Vec::new();
    for (number, topic) in graph.topics.iter().enumerate() {
        let number = number as u16;
        let parts = [
            (quote!(Key), &topic.key, &topic.key_format),
            (quote!(Value), &topic.value, &topic.value_format),
        ];
        for (part, ty, format) in parts {
            let Some(format) = &format.registered else { continue };
            let ty = written_of(ty);
            let schema = if topic.role == TopicRole::Source {
                quote!(::core::option::Option::None)
            } else {
                let of = quote_spanned! {ty.span()=>
                    <#format as ::streams::schema::EncodeWithSchema<#ty>>::schema
                };
                quote!(::core::option::Option::Some(#of))
            };
            boundaries.push(quote! {
                ::streams::schema::Boundary {
                    topic: ::streams::__private::TopicIndex(#number),
                    part: ::streams::schema::Part::#part,
                    schema: #schema,
                }
            });
        }
    }
    (!boundaries.is_empty()).then(|| {
        quote! {
            const SCHEMAS: &'static [::streams::schema::Boundary] = &[#(#boundaries),*];
        }
    })
}
