//! A chain of operators: `head.operator(…).operator(…)`.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Token, Type};

use super::comma_separated;
use super::recover::{self, Cut};

/// A chain.
pub(crate) struct Chain {
    pub(crate) head: Head,
    pub(crate) calls: Vec<Call>,
    /// Where reading stopped before its end.
    pub(crate) cut: Option<Cut>,
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
    /// What could not be read in it: no more is said of it.
    pub(crate) cut: Option<Cut>,
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
        let (calls, cut) = calls(input);
        Ok(Chain { head, calls, cut })
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

/// The calls of a chain; those before an error, and the error.
fn calls(input: ParseStream<'_>) -> (Vec<Call>, Option<Cut>) {
    let mut calls = Vec::new();
    while input.peek(Token![.]) {
        let dot_and_call = |input: ParseStream<'_>| {
            input.parse::<Token![.]>()?;
            Call::parse(input)
        };
        match dot_and_call(input) {
            Ok(call) => calls.push(call),
            Err(error) => {
                return (calls, Some(Cut::at(error, input)));
            }
        }
    }
    (calls, None)
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse().map_err(|e| {
            syn::Error::new(
                e.span(),
                "expected an operator after the dot: `filter(…)`, `map(…)`, `to(…)`, …",
            )
        })?;
        let mut call = Call { name, args: Vec::new(), arms: None, cut: None };
        if input.peek(Token![::]) {
            let message = format!(
                "an operator takes no type arguments: give the closure of `{}` a return type (`|v| -> Type {{ … }}`)",
                call.name
            );
            let error = input.error(message);
            input.parse::<Token![::]>()?;
            input.parse::<syn::AngleBracketedGenericArguments>()?;
            call.cut = Some(Cut { error, mentioned: BTreeSet::new() });
        }
        let content;
        if input.peek(syn::token::Brace) {
            syn::braced!(content in input);
            let (arms, cut) = parse_arms(&content);
            call.arms = Some(arms);
            call.cut = call.cut.or(cut);
        } else if input.peek(syn::token::Paren) {
            syn::parenthesized!(content in input);
            let (args, cut) = arguments(&content);
            call.args = args;
            call.cut = call.cut.or(cut);
        } else if call.cut.is_none() {
            let message = format!("an operator has parentheses: `{}()`", call.name);
            let error = syn::Error::new(call.name.span(), message);
            call.cut = Some(Cut { error, mentioned: BTreeSet::new() });
        }
        Ok(call)
    }
}

/// What stands between the parentheses of an operator: up to an error, with what can be read of the
/// argument that has it.
fn arguments(input: ParseStream<'_>) -> (Vec<Arg>, Option<Cut>) {
    let mut args = Vec::new();
    while !input.is_empty() {
        let (mut arg, cut) = recover::one(input, Arg::parse);
        if let (Some(Arg { value: Expr::Closure(closure), .. }), Some(_)) = (&mut arg, &cut) {
            closure.attrs.push(syn::parse_quote!(#[half_read]));
        }
        args.extend(arg);
        if cut.is_some() {
            return (args, cut);
        }
        if !input.is_empty()
            && let Err(error) = input.parse::<Token![,]>()
        {
            return (args, Some(Cut::at(error, input)));
        }
    }
    (args, None)
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Some(value) = punctuate(input)? {
            return Ok(Arg { name: None, declared: None, value });
        }
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

/// `punctuate(clock every duration)`, as a call with two arguments.
fn punctuate(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    let ahead = input.fork();
    let found: Option<Ident> = ahead.parse().ok();
    if found.is_none_or(|word| word != "punctuate") || !ahead.peek(syn::token::Paren) {
        return Ok(None);
    }
    let word: Ident = input.parse()?;
    let content;
    syn::parenthesized!(content in input);
    let usage = |span| {
        let message = "a schedule is written `punctuate(stream_time every 10s)` or \
                       `punctuate(wall_clock every 1s)`";
        syn::Error::new(span, message)
    };
    let clock: Ident = content.parse().map_err(|e| usage(e.span()))?;
    let every: Ident = content.parse().map_err(|e| usage(e.span()))?;
    if every != "every" {
        return Err(usage(every.span()));
    }
    let duration: Expr = content.parse()?;
    if !content.is_empty() {
        return Err(usage(content.span()));
    }
    Ok(Some(syn::parse_quote!(#word(#clock, #duration))))
}

/// The arms of `branch`: up to an error.
fn parse_arms(input: ParseStream<'_>) -> (Vec<Arm>, Option<Cut>) {
    let mut arms = Vec::new();
    while !input.is_empty() {
        let (arm, cut) = recover::one(input, arm);
        arms.extend(arm);
        if cut.is_some() {
            return (arms, cut);
        }
        if !input.is_empty()
            && let Err(error) = input.parse::<Token![,]>()
        {
            let message = "expected `,` between the arms of `branch`";
            let error = syn::Error::new(error.span(), message);
            return (arms, Some(Cut::at(error, input)));
        }
    }
    (arms, None)
}

fn arm(input: ParseStream<'_>) -> syn::Result<Arm> {
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
        let (calls, cut) = calls(input);
        match cut {
            Some(cut) => return Err(cut.error),
            None => ArmTarget::Calls(calls),
        }
    } else {
        ArmTarget::Sink(input.parse().map_err(|e| {
            syn::Error::new(
                e.span(),
                "an arm of `branch` goes to a sink, or on with `.operator(…)`",
            )
        })?)
    };
    Ok(Arm { pattern, guard, target })
}

impl Chain {
    /// The errors of reading it, each once.
    pub(super) fn errors(&self) -> Vec<syn::Error> {
        let mut errors = Vec::new();
        take_errors(&self.calls, &mut errors);
        errors.extend(self.cut.as_ref().map(|cut| cut.error.clone()));
        errors
    }
}

fn take_errors(calls: &[Call], errors: &mut Vec<syn::Error>) {
    for call in calls {
        errors.extend(call.cut.as_ref().map(|cut| cut.error.clone()));
        for arm in call.arms.iter().flatten() {
            if let ArmTarget::Calls(calls) = &arm.target {
                take_errors(calls, errors);
            }
        }
    }
}

impl Call {
    /// The place of the operator's name.
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}
