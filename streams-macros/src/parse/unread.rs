//! An item with a syntax error: what it would have declared, and the names in it. Whoever uses
//! those gets no error that follows from the first.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenTree};

/// See the module.
pub(crate) struct Unread {
    pub(crate) declared: Vec<Ident>,
    pub(crate) mentioned: BTreeSet<String>,
}

impl Unread {
    pub(super) fn new(tokens: Vec<TokenTree>) -> Self {
        let mut declared = Vec::new();
        for pair in tokens.windows(3) {
            if let [TokenTree::Ident(_), TokenTree::Ident(name), TokenTree::Punct(p)] = pair
                && matches!(p.as_char(), ':' | '=')
            {
                declared.push(name.clone());
            }
        }
        let mut mentioned = BTreeSet::new();
        collect(tokens, &mut mentioned);
        Self { declared, mentioned }
    }
}

/// The names in these tokens.
pub(super) fn collect(tokens: impl IntoIterator<Item = TokenTree>, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
