//! The definitions of the module's types, as text without what does not change their bytes: comments,
//! derives, lints and visibility. `topology.lock` keeps them.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Item, Visibility};

/// Adds an item's definition, by its name, if it is a type.
pub(super) fn add(item: &Item, definitions: &mut BTreeMap<String, String>) {
    let mut item = item.clone();
    let name = match &item {
        Item::Struct(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Type(i) => &i.ident,
        Item::Union(i) => &i.ident,
        _ => return,
    }
    .to_string();
    Bare.visit_item_mut(&mut item);
    let text = crate::model::written(item.to_token_stream());
    definitions.insert(name, text);
}

struct Bare;

impl VisitMut for Bare {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| {
            let path = attribute.path();
            !IDLE.iter().any(|word| path.is_ident(word))
        });
    }

    fn visit_visibility_mut(&mut self, visibility: &mut Visibility) {
        *visibility = Visibility::Inherited;
        visit_mut::visit_visibility_mut(self, visibility);
    }
}

/// Attributes that do not change what a type looks like as bytes.
const IDLE: [&str; 8] =
    ["doc", "derive", "allow", "expect", "warn", "deny", "must_use", "non_exhaustive"];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(item: Item) -> String {
        let mut definitions = BTreeMap::new();
        add(&item, &mut definitions);
        definitions.into_values().collect()
    }

    #[test]
    fn what_changes_the_bytes_stays_and_nothing_else() {
        let item = syn::parse_quote! {
            /// An order.
            #[derive(Clone, Serialize)]
            #[serde(rename_all = "camelCase")]
            pub struct Order {
                /// Whose.
                pub account: Vec<(String, u64)>,
                #[serde(default)]
                pub(crate) at: i64,
            }
        };
        let expected = "#[serde(rename_all = \"camelCase\")] struct Order { account: Vec<(String, u64)>, \
                        #[serde(default)] at: i64, }";
        assert_eq!(text(item), expected);
    }

    #[test]
    fn functions_are_no_types() {
        assert_eq!(
            text(syn::parse_quote!(
                fn f() {}
            )),
            ""
        );
    }
}
