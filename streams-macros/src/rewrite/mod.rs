//! Closures become blocks: what the user wrote stands in the straight-line code as it is, with its
//! own spans, its parameters bound by `let`.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprClosure, ReturnType, Type};

use crate::model::reference_of;
use crate::parse::Siblings;

/// A closure or the path of a function, as an operator's argument.
#[expect(clippy::large_enum_variant, reason = "one an operator, for the time of an expansion")]
pub(crate) enum Function {
    Closure(ExprClosure),
    Path { path: syn::ExprPath, signature: Option<syn::Signature> },
}

/// What the parameters of a function stand for: some that it must take, the key before them and
/// the context after them if it wants.
pub(crate) struct Parameters {
    /// Expressions of what it must take.
    pub(crate) required: Vec<TokenStream>,
    /// Expression of a reference to the key.
    pub(crate) key: TokenStream,
    /// Expression of the context.
    pub(crate) context: TokenStream,
}

/// An expression that stands for a call.
pub(crate) struct Inlined {
    pub(crate) tokens: TokenStream,
    /// True if its type is `Result<T, Box<dyn Error + Send + Sync>>` instead of `T`.
    pub(crate) fallible: bool,
}

impl Function {
    /// Reads an operator's argument.
    pub(crate) fn read(value: Expr, siblings: &Siblings) -> syn::Result<Self> {
        match value {
            Expr::Closure(closure) => {
                if let Some(asyncness) = &closure.asyncness {
                    let message =
                        "a closure of a topology is not `async`: records are processed in place";
                    return Err(syn::Error::new(asyncness.span(), message));
                }
                Ok(Function::Closure(closure))
            }
            Expr::Path(path) => {
                let signature = siblings.get(&path.path).cloned();
                Ok(Function::Path { path, signature })
            }
            other => Err(syn::Error::new(
                other.span(),
                "expected a closure (`|key, value| …`) or the name of a function",
            )),
        }
    }

    /// Number of parameters, if it can be seen.
    pub(crate) fn arity(&self) -> Option<usize> {
        match self {
            Function::Closure(c) => Some(c.inputs.len()),
            Function::Path { signature, .. } => signature.as_ref().map(|s| s.inputs.len()),
        }
    }

    /// Where errors about it belong.
    pub(crate) fn span(&self) -> Span {
        match self {
            Function::Closure(c) => c.inputs_begin.span(),
            Function::Path { path, .. } => path.span(),
        }
    }

    /// The type that it returns, if that is written.
    pub(crate) fn returned(&self) -> Option<Type> {
        let output = match self {
            Function::Closure(c) => &c.output,
            Function::Path { signature, .. } => &signature.as_ref()?.output,
        };
        match output {
            ReturnType::Type(_, ty) => {
                let mut ty = (**ty).clone();
                Unnamed.visit_type_mut(&mut ty);
                Some(ty)
            }
            ReturnType::Default => None,
        }
    }

    /// The type of the parameter at this place, without its reference, if it is written.
    pub(crate) fn parameter(&self, at: usize) -> Option<Type> {
        let ty = match self {
            Function::Closure(c) => match c.inputs.iter().nth(at)? {
                syn::Pat::Type(typed) => (*typed.ty).clone(),
                _ => return None,
            },
            Function::Path { signature, .. } => match signature.as_ref()?.inputs.iter().nth(at)? {
                syn::FnArg::Typed(typed) => (*typed.ty).clone(),
                syn::FnArg::Receiver(_) => return None,
            },
        };
        reference_of(&ty).cloned()
    }

    /// Checks the number of parameters against those that `required` of them, a key before and a
    /// context after, allow.
    pub(crate) fn check_arity(&self, operator: &str, required: &[&str]) -> syn::Result<()> {
        let n = required.len();
        match self.arity() {
            Some(have) if have < n || have > n + 2 => {
                let list = required.join(", ");
                let message = format!(
                    "the function of `{operator}` takes `({list})`, `(key, {list})` or `(key, {list}, \
                     cx)`; this one has {have} parameter{}",
                    if have == 1 { "" } else { "s" }
                );
                Err(syn::Error::new(self.span(), message))
            }
            _ => Ok(()),
        }
    }

    /// The expression that stands for a call with these parameters.
    pub(crate) fn inline(&self, parameters: &Parameters) -> Inlined {
        let required = &parameters.required;
        let n = required.len();
        let mut values: Vec<&TokenStream> = Vec::new();
        let arity = self.arity().unwrap_or(n + 1);
        if arity > n {
            values.push(&parameters.key);
        }
        values.extend(required);
        if arity > n + 1 {
            values.push(&parameters.context);
        }
        match self {
            Function::Path { path, .. } => {
                // At the function's name: rustc shows there what its parameters do not take.
                let values = values.iter().map(|value| located_at((*value).clone(), path.span()));
                Inlined { tokens: quote!(#path(#(#values),*)), fallible: false }
            }
            Function::Closure(closure) => inline_closure(closure, &values),
        }
    }
}

/// The same tokens, seen by the compiler as before, and shown at another place.
fn located_at(tokens: TokenStream, place: Span) -> TokenStream {
    let move_one = |token: TokenTree| {
        let span = token.span().located_at(place);
        let mut token = match token {
            TokenTree::Group(group) => {
                Group::new(group.delimiter(), located_at(group.stream(), place)).into()
            }
            other => other,
        };
        token.set_span(span);
        token
    };
    tokens.into_iter().map(move_one).collect()
}

fn inline_closure(closure: &ExprClosure, values: &[&TokenStream]) -> Inlined {
    let body = &closure.body;
    let bindings: TokenStream = closure
        .inputs
        .iter()
        .zip(values)
        .map(|(pattern, value)| quote_spanned!(pattern.span()=> let #pattern = #value;))
        .collect();
    let returned = match &closure.output {
        ReturnType::Type(_, ty) => quote!(#ty),
        ReturnType::Default => quote!(_),
    };
    let mut exits = Exits::default();
    exits.visit_expr(body);
    let mut body = body.clone();
    if exits.question && exits.returns {
        ReturnsOk.visit_expr_mut(&mut body);
    }
    // Only the beginning of a body that is being typed could be read: it comes to no end, and so has any
    // type. What stands before that is the same with and without.
    let half_read = closure.attrs.iter().any(|attribute| attribute.path().is_ident("half_read"));
    let end = half_read.then(|| quote_spanned!(Span::mixed_site()=> ; loop {}));
    let body = quote!(#body #end);
    let span = Span::mixed_site().located_at(body.span());
    let tokens = if exits.question {
        quote_spanned! {span=> {
            #bindings
            (|| -> ::core::result::Result<#returned, ::streams::__private::BoxError> {
                ::core::result::Result::Ok({ #body })
            })()
        }}
    } else if exits.returns {
        let output = &closure.output;
        quote_spanned!(span=> { #bindings (|| #output { #body })() })
    } else {
        match &closure.output {
            ReturnType::Default => quote_spanned!(span=> { #bindings #body }),
            ReturnType::Type(_, ty) => {
                quote_spanned!(span=> { #bindings let returned: #ty = { #body }; returned })
            }
        }
    };
    Inlined { tokens, fallible: exits.question }
}

/// Takes the names of a function's own lifetimes away, which mean nothing elsewhere.
struct Unnamed;

impl VisitMut for Unnamed {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident != "static") {
            reference.lifetime = None;
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
        if lifetime.ident != "static" {
            lifetime.ident = syn::Ident::new("_", lifetime.ident.span());
        }
    }
}

/// Makes `return value` of a closure with `?` into `return Ok(value)`.
struct ReturnsOk;

impl VisitMut for ReturnsOk {
    fn visit_expr_return_mut(&mut self, node: &mut syn::ExprReturn) {
        visit_mut::visit_expr_return_mut(self, node);
        let value = match node.expr.take() {
            Some(value) => quote!(#value),
            None => quote!(()),
        };
        node.expr = Some(syn::parse_quote!(::core::result::Result::Ok(#value)));
    }

    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}

    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Looks for what leaves a closure early: `?` and `return`, outside of closures and `async` blocks
/// within.
#[derive(Default)]
struct Exits {
    question: bool,
    returns: bool,
}

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_try(&mut self, node: &'ast syn::ExprTry) {
        self.question = true;
        visit::visit_expr_try(self, node);
    }

    fn visit_expr_return(&mut self, node: &'ast syn::ExprReturn) {
        self.returns = true;
        visit::visit_expr_return(self, node);
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
