//! A chain of operators: `head.operator(…).operator(…)`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Token, Type};

use super::comma_separated;

/// A chain.
pub(crate) struct Chain {
    pub(crate) head: Head,
    pub(crate) calls: Vec<Call>,
}

/// What a chain starts with.
pub(crate) enum Head {
    /// A named stream or table.
    Name(Ident),
    /// `merge(a, b, …)`.
    Merge(Ident, Vec<Ident>),
}

/// `.operator(arguments)`, or `.branch { arms }`.
pub(crate) struct Call {
    pub(crate) name: Ident,
    pub(crate) args: Vec<Arg>,
    pub(crate) arms: Option<Vec<Arm>>,
}

/// `value`, `name = value` or `name: Type = value`.
pub(crate) struct Arg {
    pub(crate) name: Option<Ident>,
    pub(crate) declared: Option<Type>,
    pub(crate) value: Expr,
}

/// `pattern if guard => target`.
pub(crate) struct Arm {
    pub(crate) pattern: syn::Pat,
    pub(crate) guard: Option<Expr>,
    pub(crate) target: ArmTarget,
}

/// Where an arm's records go.
pub(crate) enum ArmTarget {
    Sink(Ident),
    Calls(Vec<Call>),
}

impl Parse for Chain {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse().map_err(|e| {
            syn::Error::new(e.span(), "expected the name of a stream or table, or `merge(…)`")
        })?;
        let head = if name == "merge" && input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Head::Merge(name, comma_separated(&content, merged)?)
        } else {
            Head::Name(name)
        };
        Ok(Chain { head, calls: calls(input)? })
    }
}

/// A stream's name between the parentheses of `merge`.
fn merged(input: ParseStream<'_>) -> syn::Result<Ident> {
    let advice = "`merge` takes names of streams: name the chain first (`let x = …;`)";
    let name = input.parse().map_err(|e| syn::Error::new(e.span(), advice))?;
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error(advice));
    }
    Ok(name)
}

fn calls(input: ParseStream<'_>) -> syn::Result<Vec<Call>> {
    let mut calls = Vec::new();
    while input.parse::<Option<Token![.]>>()?.is_some() {
        calls.push(input.parse()?);
    }
    Ok(calls)
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse().map_err(|e| {
            syn::Error::new(
                e.span(),
                "expected an operator after the dot: `filter(…)`, `map(…)`, `to(…)`, …",
            )
        })?;
        let content;
        if input.peek(syn::token::Brace) {
            syn::braced!(content in input);
            let arms = parse_arms(&content)?;
            return Ok(Call { name, args: Vec::new(), arms: Some(arms) });
        }
        if input.peek(Token![::]) {
            let message = format!(
                "an operator takes no type arguments: give the closure of `{name}` a return type (`|v| -> Type {{ … }}`)"
            );
            return Err(input.error(message));
        }
        if !input.peek(syn::token::Paren) {
            let message = format!("an operator has parentheses: `{name}()`");
            return Err(syn::Error::new(name.span(), message));
        }
        syn::parenthesized!(content in input);
        let args = super::item::arguments(&content)?;
        Ok(Call { name, args, arms: None })
    }
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let named = input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]);
        let typed = input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]);
        if !named && !typed {
            return Ok(Arg { name: None, declared: None, value: input.parse()? });
        }
        let name = input.parse()?;
        let declared = input.parse::<Option<Token![:]>>()?.map(|_| input.parse()).transpose()?;
        if declared.is_some() && !input.peek(Token![=]) {
            return Err(input.error("expected `= initial value` after the type of the store"));
        }
        input.parse::<Token![=]>()?;
        Ok(Arg { name: Some(name), declared, value: input.parse()? })
    }
}

fn parse_arms(input: ParseStream<'_>) -> syn::Result<Vec<Arm>> {
    let mut arms = Vec::new();
    while !input.is_empty() {
        let pattern = if input.peek(Token![else]) {
            let otherwise: Token![else] = input.parse()?;
            syn::parse_quote_spanned!(otherwise.span => _)
        } else {
            input.call(syn::Pat::parse_multi_with_leading_vert)?
        };
        let guard = input.parse::<Option<Token![if]>>()?.map(|_| input.parse()).transpose()?;
        input.parse::<Token![=>]>().map_err(|e| {
            syn::Error::new(e.span(), "expected `=> sink` after the pattern of the arm")
        })?;
        let target = if input.peek(Token![.]) {
            ArmTarget::Calls(calls(input)?)
        } else {
            ArmTarget::Sink(input.parse().map_err(|e| {
                syn::Error::new(
                    e.span(),
                    "an arm of `branch` goes to a sink, or on with `.operator(…)`",
                )
            })?)
        };
        arms.push(Arm { pattern, guard, target });
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(|e| {
                syn::Error::new(e.span(), "expected `,` between the arms of `branch`")
            })?;
        }
    }
    Ok(arms)
}

impl Call {
    /// The place of the operator's name.
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}
