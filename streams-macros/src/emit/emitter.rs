//! Writes the code of one sub-topology, node by node.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::{Ident, Lifetime, Type};

use super::names::{here, name};
use crate::model::{Graph, NodeId, OnError, StoreId, TopicId, option_of, reference_of};
use crate::ops::observed_field;
use crate::rewrite::{Function, Inlined, Parameters};

/// A value at a place in the code: a local name that holds it, or a reference to it.
#[derive(Clone)]
pub(crate) struct Operand {
    pub(crate) ident: Ident,
    pub(crate) by_ref: bool,
}

impl Operand {
    /// An expression that is a reference to the value.
    pub(crate) fn reference(&self) -> TokenStream {
        let ident = &self.ident;
        if self.by_ref { quote_spanned!(here()=> #ident) } else { quote_spanned!(here()=> &#ident) }
    }
}

/// The record at a place in the code.
#[derive(Clone)]
pub(crate) struct Vars {
    pub(crate) key: Operand,
    pub(crate) value: Operand,
    pub(crate) timestamp: Ident,
    /// In a table's update, what the key had before (an `Option<V>`), where somebody needs it.
    pub(crate) old: Option<Operand>,
    /// In an update of a versioned table, a `bool` that says whether it is the latest of its key.
    pub(crate) latest: Option<Ident>,
}

impl Vars {
    /// Key and value in locals of their own.
    pub(crate) fn new() -> Self {
        Self {
            key: Operand { ident: name("key"), by_ref: false },
            value: Operand { ident: name("value"), by_ref: false },
            timestamp: name("timestamp"),
            old: None,
            latest: None,
        }
    }

    /// The value in a local of its own.
    pub(crate) fn with_value(&self, by_ref: bool) -> Self {
        Self { value: Operand { ident: self.value.ident.clone(), by_ref }, ..self.clone() }
    }

    /// With what the key had before in a local `Option<V>`, if `old` says so.
    pub(crate) fn with_old(&self, old: bool) -> Self {
        let old = old.then(|| Operand { ident: name("old"), by_ref: false });
        Self { old, ..self.clone() }
    }

    /// The same names, holding new values.
    pub(crate) fn owned(&self) -> Self {
        let own = |o: &Operand| Operand { ident: o.ident.clone(), by_ref: false };
        Self { key: own(&self.key), value: own(&self.value), ..self.clone() }
    }
}

/// A key or value that is to be written.
pub(crate) struct Encoded {
    pub(crate) ty: TokenStream,
    /// Expression of a reference to it.
    pub(crate) reference: TokenStream,
    /// What takes the reference and the bytes to append to.
    pub(crate) writer: TokenStream,
}

/// See the module.
pub(crate) struct Emitter<'g> {
    graph: &'g Graph,
    label: Lifetime,
    labels: usize,
    /// The node whose code is being written.
    at: Option<NodeId>,
    /// Methods that were called and are to be written.
    methods: Vec<NodeId>,
    /// Nodes whose updates wait for the commit, and whether those are `Option`s.
    deferred: Vec<(NodeId, bool)>,
}

impl<'g> Emitter<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        let label = Lifetime::new("'record", here());
        Self { graph, label, labels: 0, at: None, methods: Vec::new(), deferred: Vec::new() }
    }

    pub(crate) fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// The label whose block a record leaves when it goes no further.
    pub(crate) fn label(&self) -> Lifetime {
        self.label.clone()
    }

    /// A block with a label of its own around what `inside` writes.
    pub(crate) fn block(&mut self, inside: impl FnOnce(&mut Self) -> TokenStream) -> TokenStream {
        self.labels += 1;
        let label = Lifetime::new(&format!("'r{}", self.labels), here());
        let outer = std::mem::replace(&mut self.label, label.clone());
        let body = inside(self);
        self.label = outer;
        quote_spanned!(here()=> #label: { #body })
    }

    /// The code of a node and all behind it.
    pub(crate) fn node(&mut self, node: NodeId, vars: &Vars) -> TokenStream {
        let outer = self.at.replace(node);
        let code = self.graph.node(node).operator.emit(self, node, vars);
        self.at = outer;
        code
    }

    /// The code inside of a node's method.
    pub(super) fn inside_method(&mut self, node: NodeId, vars: &Vars) -> TokenStream {
        let outer = self.at.replace(node);
        let code = self.graph.node(node).operator.emit_method(self, node, vars);
        self.at = outer;
        code
    }

    /// The body of a node's method for its schedules, if it has such.
    pub(super) fn scheduled(&mut self, node: NodeId) -> Option<(Ident, TokenStream)> {
        let graph = self.graph;
        let outer = self.at.replace(node);
        let mut field = None;
        let block = self.block(|e| match graph.node(node).operator.punctuation(e, node) {
            Some((of, body)) => {
                field = Some(of);
                body
            }
            None => TokenStream::new(),
        });
        self.at = outer;
        field.map(|field| (field, block))
    }

    /// The field of a node's calls, and the name and body of the method that takes their results in.
    pub(super) fn completion(&mut self, node: NodeId) -> Option<(Ident, Ident, TokenStream)> {
        let graph = self.graph;
        let outer = self.at.replace(node);
        let completion = graph.node(node).operator.completion(self, node);
        self.at = outer;
        completion
    }

    /// The code of the nodes behind a node: in line if there is one, otherwise each in a block of
    /// its own, so that one that drops the record does not keep it from the others.
    pub(crate) fn consumers(&mut self, node: NodeId, vars: &Vars) -> TokenStream {
        match self.graph.node(node).consumers.as_slice() {
            [] => TokenStream::new(),
            [only] if !self.graph.is_cut(*only) => self.node(*only, vars),
            several => {
                several.iter().map(|consumer| self.consumer_in_block(*consumer, vars)).collect()
            }
        }
    }

    /// A consumer in a block of its own. What stands before an error is for editors only.
    fn consumer_in_block(&mut self, consumer: NodeId, vars: &Vars) -> TokenStream {
        let block = self.block(|e| e.node(consumer, vars));
        if self.graph.is_cut(consumer) {
            quote_spanned! {here()=>
                #[allow(unexpected_cfgs)]
                {
                    #[cfg(rust_analyzer)]
                    { #block }
                }
            }
        } else {
            block
        }
    }

    /// A block with a label of its own, whose errors are those of `node`.
    pub(crate) fn at(
        &mut self,
        node: NodeId,
        inside: impl FnOnce(&mut Self) -> TokenStream,
    ) -> TokenStream {
        let outer = self.at.replace(node);
        let code = self.block(inside);
        self.at = outer;
        code
    }

    /// The updates of this node are given on by the next commit, as `Option`s if it is `nullable`.
    pub(crate) fn defer(&mut self, node: NodeId, nullable: bool) {
        if !self.deferred.iter().any(|(deferred, _)| *deferred == node) {
            self.deferred.push((node, nullable));
        }
    }

    /// The nodes whose updates are given on by the next commit.
    pub(super) fn deferred(&self) -> Vec<(NodeId, bool)> {
        self.deferred.clone()
    }

    /// The name of the method that gives on what a node has deferred.
    pub(crate) fn forward_method(&self, node: NodeId) -> Ident {
        forward_name(node)
    }

    /// The name of the method of a node with several producers, which is to be written then.
    pub(crate) fn method(&mut self, node: NodeId) -> Ident {
        if !self.methods.contains(&node) {
            self.methods.push(node);
        }
        method_name(node)
    }

    /// A call of the method of a node with several producers, with the record as it is here.
    pub(crate) fn call_method(&mut self, node: NodeId, vars: &Vars) -> TokenStream {
        let method = self.method(node);
        let (key, value) = (vars.key.reference(), vars.value.reference());
        let timestamp = &vars.timestamp;
        let takes_old = self.graph.node(node).operator.passes_old() && self.needs_old(node);
        let old = takes_old.then(|| match &vars.old {
            Some(Operand { ident, .. }) => quote_spanned!(here()=> #ident,),
            None => quote_spanned!(here()=> ::core::option::Option::None,),
        });
        quote_spanned! {here()=>
            self.#method(#key, #value, #old #timestamp, source, record, cx)?;
        }
    }

    /// The next method to write.
    pub(super) fn next_method(&mut self, written: &[NodeId]) -> Option<NodeId> {
        self.methods.iter().find(|m| !written.contains(m)).copied()
    }

    /// True if a call of a method is reached from a node's consumers.
    pub(crate) fn reaches_method(&self, node: NodeId) -> bool {
        self.graph
            .node(node)
            .consumers
            .iter()
            .any(|c| self.graph.node(*c).operator.is_method() || self.reaches_method(*c))
    }

    /// True if somebody behind a table's node needs what a key had before its update.
    pub(crate) fn needs_old(&self, node: NodeId) -> bool {
        self.graph.needs_old(node)
    }

    /// The field with the largest timestamp that a windowed operator has seen.
    pub(crate) fn clock(&self, node: NodeId) -> Ident {
        let operator = &self.graph.node(node).operator;
        match operator.observes() {
            Some(store) => {
                observed_field(&self.store_field(store), operator.state().map_or(0, |s| s.part))
            }
            None => unreachable!("only operators with windows ask for their clock"),
        }
    }

    /// The largest timestamp that a windowed operator has seen.
    pub(crate) fn now(&self, node: NodeId) -> TokenStream {
        match self.graph.node(node).operator.state().and_then(|state| state.clock) {
            Some(clock) => {
                let clock = self.store_field(clock);
                quote_spanned!(here()=> self.#clock.now())
            }
            None => {
                let clock = self.clock(node);
                quote_spanned!(here()=> self.#clock)
            }
        }
    }

    /// The field of a store.
    pub(crate) fn store_field(&self, store: StoreId) -> Ident {
        self.graph.store(store).ident.clone()
    }

    /// The policy for records that cannot be processed by the operator whose code this is.
    pub(crate) fn policy(&self) -> TokenStream {
        let own = self.at.and_then(|node| self.graph.node(node).on_error);
        policy(own.unwrap_or(self.graph.policies.processing))
    }

    /// The policy for its records that cannot be written to a topic of the topology's own.
    fn production_policy(&self) -> OnError {
        let own = self.at.and_then(|node| self.graph.node(node).on_error);
        own.unwrap_or(self.graph.policies.production)
    }

    /// A call of the user's function, in line.
    pub(crate) fn inlined(
        &self,
        function: &Function,
        vars: &Vars,
        required: Vec<TokenStream>,
    ) -> Inlined {
        let timestamp = &vars.timestamp;
        let parameters = Parameters {
            key: vars.key.reference(),
            context: quote_spanned! {here()=>
                &cx.closure_context(source, record, #timestamp)
            },
            required,
        };
        function.inline(&parameters)
    }

    /// The value of a call of the user's function; if it fails, `on_error` decides.
    pub(crate) fn call(
        &self,
        function: &Function,
        node: NodeId,
        vars: &Vars,
        required: Vec<TokenStream>,
    ) -> TokenStream {
        let inlined = self.inlined(function, vars, required);
        let tokens = inlined.tokens;
        if !inlined.fallible {
            return tokens;
        }
        let (operator, policy, label) = (&self.graph.node(node).name, self.policy(), self.label());
        let timestamp = &vars.timestamp;
        quote_spanned! {here()=>
            match #tokens {
                ::core::result::Result::Ok(done) => done,
                ::core::result::Result::Err(error) => {
                    cx.failed(source, &record.at(#timestamp), #operator, error, #policy)?;
                    break #label;
                }
            }
        }
    }

    /// The value of a `streams::Result`; if it is an error, `on_error` decides.
    pub(crate) fn or_reject(&self, result: TokenStream) -> TokenStream {
        self.or(result, &self.policy())
    }

    /// As [`or_reject`](Self::or_reject), for what is part of writing the record.
    pub(crate) fn or_unwritten(&self, result: TokenStream) -> TokenStream {
        self.or(result, &policy(self.production_policy()))
    }

    fn or(&self, result: TokenStream, policy: &TokenStream) -> TokenStream {
        let (label, timestamp) = (self.label(), name("timestamp"));
        quote_spanned! {here()=>
            match ::streams::__private::kept(#result, source, record, #timestamp, #policy, cx)? {
                ::core::option::Option::Some(found) => found,
                ::core::option::Option::None => break #label,
            }
        }
    }

    /// What writes a key or value with a format: a function of the format's and not a closure, so that
    /// all that write one type share the code that does.
    pub(crate) fn encode(
        &self,
        format: &TokenStream,
        ty: &Type,
        reference: &TokenStream,
    ) -> Encoded {
        let writer = match option_of(ty) {
            Some(inner) => {
                quote_spanned!(here()=> ::streams::__private::encode_nullable::<#format, #inner>)
            }
            None => quote_spanned!(here()=> ::streams::__private::encode::<#format, #ty>),
        };
        Encoded { ty: quote_spanned!(here()=> #ty), reference: reference.clone(), writer }
    }

    /// The same for a stream's type, which may be borrowed; the format is that of what owns it.
    pub(crate) fn encode_as_is(
        &self,
        format: &TokenStream,
        ty: &Type,
        reference: &TokenStream,
    ) -> Encoded {
        match reference_of(ty) {
            Some(borrowed) => self.encode(format, borrowed, &quote_spanned!(here()=> *#reference)),
            None => self.encode(format, ty, reference),
        }
    }

    /// Writes a record to a topic; `suffix` bytes at the key's end do not choose the partition.
    pub(crate) fn write(
        &self,
        topic: TopicId,
        suffix: u32,
        vars: &Vars,
        key: Encoded,
        value: Encoded,
    ) -> TokenStream {
        self.write_or(self.production_policy(), topic, suffix, vars, key, value)
    }

    /// As [`write`](Self::write), with a policy for what cannot be written.
    pub(crate) fn write_or(
        &self,
        on_error: OnError,
        topic: TopicId,
        suffix: u32,
        vars: &Vars,
        key: Encoded,
        value: Encoded,
    ) -> TokenStream {
        let number = topic.0 as u16;
        let index = quote_spanned!(here()=> ::streams::__private::TopicIndex(#number));
        self.write_index(on_error, index, suffix, vars, (key, value))
    }

    /// Writes a record to the topic of an index that is known when it is processed.
    pub(crate) fn write_at(
        &self,
        index: TokenStream,
        suffix: u32,
        vars: &Vars,
        key: Encoded,
        value: Encoded,
    ) -> TokenStream {
        self.write_index(self.production_policy(), index, suffix, vars, (key, value))
    }

    fn write_index(
        &self,
        on_error: OnError,
        index: TokenStream,
        suffix: u32,
        vars: &Vars,
        (key, value): (Encoded, Encoded),
    ) -> TokenStream {
        let timestamp = &vars.timestamp;
        let (policy, label) = (policy(on_error), self.label());
        let Encoded { ty: kt, reference: key, writer: write_key } = key;
        let Encoded { ty: vt, reference: value, writer: write_value } = value;
        quote_spanned! {here()=>
            if !cx.send::<#kt, #vt>(
                source, record, #index, #timestamp, #suffix, #key, #write_key, #value, #write_value,
                #policy
            )? {
                break #label;
            }
        }
    }
}

/// A policy in generated code.
pub(super) fn policy(on_error: OnError) -> TokenStream {
    match on_error {
        OnError::Fail => quote_spanned!(here()=> ::streams::OnError::Fail),
        OnError::Skip => quote_spanned!(here()=> ::streams::OnError::Skip),
        OnError::DeadLetter(topic) => {
            let number = topic.0 as u16;
            quote_spanned! {here()=>
                ::streams::OnError::DeadLetter(::streams::__private::TopicIndex(#number))
            }
        }
    }
}

/// The method that gives on what a node has deferred.
pub(super) fn forward_name(node: NodeId) -> Ident {
    format_ident!("forward_{}", node.0, span = here())
}

/// The method of a node with several producers.
pub(super) fn method_name(node: NodeId) -> Ident {
    format_ident!("merge_{}", node.0, span = here())
}
