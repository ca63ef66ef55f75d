//! The operators of the language, one file each: how it is called, what it needs, what it gives on,
//! and the code that it becomes.

mod aggregate;
mod aggregation;
mod branch;
mod call;
mod cogroup;
mod count;
mod drop_nulls;
mod filter;
mod flat_map;
mod for_each;
mod foreign_key_join;
mod global_join;
mod group_by;
mod join;
mod join_grace;
mod keyed_state;
mod map;
mod map_values;
mod merge;
mod on_close;
mod on_commit;
mod peek;
mod process;
mod reduce;
mod repartition;
mod select_key;
mod source;
mod span_aggregate;
mod stream_join;
mod suppress;
mod table;
mod table_aggregate;
mod table_filter;
mod table_group_by;
mod table_join;
mod table_map_values;
mod to;
mod to_stream;
mod to_table;
mod to_topic;
mod transform;
mod window;
mod window_aggregate;

use proc_macro2::TokenStream;
use syn::{Expr, Ident};

pub(crate) use aggregation::State;
pub(crate) use drop_nulls::DropNulls;
pub(crate) use keyed_state::observed_field;
pub(crate) use merge::merge;
pub(crate) use on_commit::{field as unsent_field, forward};
pub(crate) use repartition::RepartitionWrite;
pub(crate) use source::Source;
pub(crate) use table::TableSource;

use crate::check;
use crate::check::order::{self, grouped, stream, table};
use crate::diagnostic::suggestion;
use crate::emit::{Emitter, Vars};
use crate::model::{
    Builder, Flow, GlobalId, Graph, NodeId, OnError, SinkId, StoreId, TopicId, Written,
    read_kafka_name,
};
use crate::parse::{Arg, Call};
use crate::rewrite::Function;

/// A node's code.
pub(crate) trait Operator {
    /// Its word, for `describe`.
    fn word(&self) -> &'static str;

    /// The stores that it reads or writes.
    fn stores(&self) -> Vec<StoreId> {
        Vec::new()
    }

    /// The store that needs the operator's largest timestamp beside it (windows).
    fn observes(&self) -> Option<StoreId> {
        None
    }

    /// Where an aggregation over a group keeps what it makes.
    fn state(&self) -> Option<&State> {
        None
    }

    /// The store of what it gives on, a table's updates.
    fn keeps(&self) -> Option<StoreId> {
        self.state().filter(|state| state.clock.is_none()).map(|state| state.store)
    }

    /// What it keeps in the task beside its stores.
    fn fields(&self, graph: &Graph) -> Vec<Field> {
        self.state().and_then(|state| on_close::field(graph, state)).into_iter().collect()
    }

    /// True if it needs what a key of the table before it had before an update.
    fn wants_old(&self) -> bool {
        false
    }

    /// True if it gives on what a key had before, where it is told.
    fn passes_old(&self) -> bool {
        false
    }

    /// True if it cannot tell what a key had before an update.
    fn lacks_old(&self) -> bool {
        false
    }

    /// The global table that it looks rows up in.
    fn global(&self) -> Option<GlobalId> {
        None
    }

    /// The sinks that it writes.
    fn sinks(&self) -> Vec<SinkId> {
        Vec::new()
    }

    /// The repartition topic that it writes.
    fn topic(&self) -> Option<TopicId> {
        None
    }

    /// The field that knows its schedules, if it has such, and the body of the method that is called
    /// when one is due.
    fn punctuation(&self, e: &mut Emitter<'_>, node: NodeId) -> Option<(Ident, TokenStream)> {
        let _ = (e, node);
        None
    }

    /// The field of its calls, if it makes such, and the name and body of the method that takes their
    /// results in.
    fn completion(&self, e: &mut Emitter<'_>, node: NodeId) -> Option<(Ident, Ident, TokenStream)> {
        let _ = (e, node);
        None
    }

    /// True if it is a method that its producers call, since there are several.
    fn is_method(&self) -> bool {
        false
    }

    /// True if its method takes a table's update: an `Option` of the value, and, if it
    /// [passes old values on](Self::passes_old) and one is needed, what the key had before.
    fn takes_update(&self) -> bool {
        false
    }

    /// The code inside of its method, if it is one.
    fn emit_method(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        e.consumers(node, vars)
    }

    /// The code for one record, with that of its consumers inside.
    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream;
}

/// A field of the task beside its stores.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: TokenStream,
    /// An expression of its first value.
    pub(crate) init: TokenStream,
    /// True if it has a method `memory()`.
    pub(crate) memory: bool,
}

type Build = fn(&mut Builder<'_>, Flow, Call) -> Option<Flow>;

const OPERATORS: &[(&str, Build)] = &[
    ("aggregate", aggregate::build),
    ("branch", branch::build),
    ("call", call::build),
    ("cogroup", cogroup::build),
    ("count", count::build),
    ("filter", filter::build),
    ("filter_not", filter::build),
    ("flat_map", flat_map::build),
    ("flat_map_values", flat_map::build),
    ("for_each", for_each::build),
    ("group_by", group_by::build),
    ("group_by_key", group_by::build),
    ("join", join::build),
    ("left_join", join::build),
    ("outer_join", join::build),
    ("map", map::build),
    ("map_values", map_values::build),
    ("peek", peek::build),
    ("process", process::build),
    ("process_values", process::build),
    ("reduce", reduce::build),
    ("repartition", repartition::build),
    ("select_key", select_key::build),
    ("suppress", suppress::build),
    ("to", to::build),
    ("to_stream", to_stream::build),
    ("to_table", to_table::build),
    ("to_topic", to_topic::build),
    ("transform", transform::build),
    ("window", window::build),
];

fn words() -> impl Iterator<Item = (&'static str, Build)> {
    OPERATORS.iter().copied()
}

/// Reports a call of an operator that does not exist.
pub(crate) fn check_word(builder: &mut Builder<'_>, call: &Call) -> bool {
    let name = call.name.to_string();
    let known = words().any(|(word, _)| word == name);
    if !known {
        let hint = suggestion(&name, words().map(|(word, _)| word));
        builder.errors.error(call.span(), format!("there is no operator `{name}`{hint}"));
    }
    known
}

/// Applies an operator to what is before it.
pub(crate) fn build(builder: &mut Builder<'_>, flow: Flow, mut call: Call) -> Flow {
    if !check_word(builder, &call) {
        return Flow::Broken;
    }
    if let Flow::End = flow {
        order::after_the_end(builder.errors, &call);
        return Flow::Broken;
    }
    let arms = call.arms.is_some();
    if arms != (call.name == "branch") {
        let message = if arms {
            format!("`{}` takes its arguments in parentheses: `{}(…)`", call.name, call.name)
        } else {
            "`branch` takes arms in braces: `branch { pattern => sink, … }`".to_owned()
        };
        builder.errors.error(call.span(), message);
        return Flow::Broken;
    }
    let found = words().find(|(word, _)| call.name == word);
    let (on_error, kafka_name) = (on_error(builder, &mut call), kafka_name(builder, &mut call));
    let outer = (
        std::mem::replace(&mut builder.on_error, on_error),
        std::mem::replace(&mut builder.kafka_name, kafka_name),
    );
    let flow = found.and_then(|(_, build)| build(builder, flow, call)).unwrap_or(Flow::Broken);
    (builder.on_error, builder.kafka_name) = outer;
    flow
}

/// Takes a named argument out that many operators have.
fn take_argument(call: &mut Call, name: &str) -> Option<Arg> {
    let found = call.args.iter().position(|a| a.name.as_ref().is_some_and(|n| n == name))?;
    Some(call.args.remove(found))
}

/// Takes the argument `kafka_name = "…"`, which operators with stores or topics have.
fn kafka_name(builder: &mut Builder<'_>, call: &mut Call) -> Option<String> {
    const WITHOUT: [&str; 18] = [
        "branch",
        "call",
        "filter_not",
        "flat_map",
        "flat_map_values",
        "for_each",
        "group_by",
        "group_by_key",
        "map",
        "peek",
        "process",
        "process_values",
        "select_key",
        "to",
        "to_stream",
        "to_topic",
        "transform",
        "window",
    ];
    let argument = take_argument(call, "kafka_name")?;
    let word = call.name.to_string();
    if WITHOUT.contains(&word.as_str()) {
        let message = format!(
            "`{word}` has no `kafka_name`: a declared store has (`store … , kafka_name = \"…\"`), and the \
             operators that make stores or topics"
        );
        let span = argument.name.map_or(call.span(), |n| n.span());
        builder.errors.error(span, message);
        return None;
    }
    read_kafka_name(&argument.value).map_err(|error| builder.errors.push(error)).ok()
}

/// Takes the argument `on_error = …`, which every operator with code of the user's has.
fn on_error(builder: &mut Builder<'_>, call: &mut Call) -> Option<OnError> {
    let argument = take_argument(call, "on_error")?;
    let word = call.name.to_string();
    let advice = match word.as_str() {
        "to" => ": it is the sink's (`sink … = \"topic\", on_error = skip;`)",
        "group_by_key" | "to_stream" | "window" => ", since nothing fails there",
        _ => "",
    };
    if !advice.is_empty() {
        let span = argument.name.map_or(call.span(), |n| n.span());
        builder.errors.error(span, format!("`{word}` has no `on_error`{advice}"));
        return None;
    }
    match Written::read("on_error", &argument.value) {
        Ok(written) => Some(builder.policy(&written)),
        Err(error) => {
            builder.errors.push(error);
            None
        }
    }
}

/// Exactly these many positional arguments.
fn positional<const N: usize>(
    builder: &mut Builder<'_>,
    call: &Call,
    usage: &str,
) -> Option<[Expr; N]> {
    let values: Vec<Expr> =
        call.args.iter().filter(|a| a.name.is_none()).map(|a| a.value.clone()).collect();
    match values.try_into() {
        Ok(values) => Some(values),
        Err(_) => {
            builder.errors.error(call.span(), format!("`{}` is written `{usage}`", call.name));
            None
        }
    }
}

/// The named argument `name = value`; others are reported by [`no_other_names`].
fn named<'c>(call: &'c Call, name: &str) -> Option<&'c Arg> {
    call.args.iter().find(|a| a.declared.is_none() && a.name.as_ref().is_some_and(|n| n == name))
}

/// Reports named arguments that the operator does not have.
fn no_other_names(builder: &mut Builder<'_>, call: &Call, known: &[&str]) {
    for arg in &call.args {
        if let Some(name) = &arg.name
            && !known.iter().any(|k| name == k)
        {
            let hint = suggestion(&name.to_string(), known.iter().copied());
            let message = format!("`{}` has no argument `{name}`{hint}", call.name);
            builder.errors.error(name.span(), message);
        }
    }
}

/// A closure or function that takes these values, or a key before and a context after them.
fn function(
    builder: &mut Builder<'_>,
    call: &Call,
    value: Expr,
    required: &[&str],
) -> Option<Function> {
    let read = Function::read(value, builder.siblings)
        .and_then(|f| f.check_arity(&call.name.to_string(), required).map(|()| f));
    match read {
        Ok(function) => Some(function),
        Err(error) => {
            builder.errors.push(error);
            None
        }
    }
}

/// An identifier that names what is declared by it alone: a join, a repartition topic, a buffer.
fn label(builder: &mut Builder<'_>, value: &Expr, what: &str) -> Option<Ident> {
    let label = ident(builder, value, what)?;
    builder.graph.labels.push(label.clone());
    Some(label)
}

/// An identifier where one is needed, as a store's or sink's name.
fn ident(builder: &mut Builder<'_>, value: &Expr, what: &str) -> Option<Ident> {
    let name = match value {
        Expr::Path(p) => p.path.get_ident().cloned(),
        _ => None,
    };
    if name.is_none() {
        check::stable_names::not_a_name(builder.errors, value, what);
    }
    name
}
