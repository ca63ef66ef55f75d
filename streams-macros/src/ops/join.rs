//! `join(table, |left, right| value)`: each record with the table's value of its key, dropped where
//! there is none; `left_join(table, |left, right: Option<&R>| value)`: with `None` there (Kafka
//! Streams' stream–table `join` and `leftJoin`). The table is as it stands when the record is
//! processed; only the stream's records make results, with their timestamps. A versioned table is as it
//! was at the record's time; with `grace(d)` records wait for it ([`join_grace`]).
//!
//! Null values of the stream are dropped; a null key is dropped by `join`, and joined with nothing
//! by `left_join`, whose results keep it.
//!
//! Other joins: of a stream with a global table ([`global_join`]), of two streams ([`stream_join`]), of two tables by one key ([`table_join`])
//! and by a foreign key ([`foreign_key_join`]).

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::join_grace::{self, Grace};
use super::keyed_state;
use super::{
    Operator, foreign_key_join, function, global_join, ident, label, named, no_other_names,
    positional, stream_join, table_join,
};
use crate::check::join_keys;
use crate::emit::{Emitter, Operand, Vars, here};
use crate::model::{Builder, Flow, NodeId, Nulls, StoreId, StreamFlow, TableFlow, option_of};
use crate::parse::Call;
use crate::rewrite::Function;

struct StreamTableJoin {
    store: StoreId,
    joiner: Function,
    left: bool,
    /// Keys may be null, and such a record is joined with nothing.
    null_keys: bool,
    /// Records wait in a buffer.
    grace: Option<Grace>,
}

pub(super) fn build(builder: &mut Builder<'_>, flow: Flow, call: Call) -> Option<Flow> {
    if !matches!(flow, Flow::Stream(_) | Flow::Table(_)) {
        let message =
            format!("`{}` is for a stream or a table, and this is {}", call.name, flow.what());
        builder.errors.error(call.span(), message);
        return None;
    }
    let first = call.args.iter().find(|a| a.name.is_none()).map(|a| a.value.clone());
    let Some(first) = first else {
        let usage = usage(&call);
        builder.errors.error(call.span(), format!("`{}` is written `{usage}`", call.name));
        return None;
    };
    let other = ident(builder, &first, "a table or a stream")?;
    match (flow, builder.lookup(&other)) {
        (Flow::Stream(left), Flow::Stream(right)) => {
            stream_join::build(builder, left, right, &other, &call)
        }
        (Flow::Stream(left), Flow::Global(right)) => {
            global_join::build(builder, left, right, &other, &call)
        }
        (Flow::Stream(left), Flow::Table(right)) => with_table(builder, left, &right, &other, call),
        (Flow::Table(left), Flow::Table(right)) if positionals(&call) > 2 => {
            foreign_key_join::build(builder, &left, &right, &other, &call)
        }
        (Flow::Table(left), Flow::Table(right)) => {
            table_join::build(builder, left, right, &other, &call)
        }
        (_, Flow::Broken) => None,
        (Flow::Table(_), Flow::Global(_)) => {
            let message = format!(
                "a global table is joined by a stream: go over to one with `.to_stream()` first, or declare \
                 `{other}` as a `table`"
            );
            builder.errors.error(other.span(), message);
            None
        }
        (Flow::Table(_), found) => {
            let message = format!(
                "a table is joined with a table, and `{other}` is {}: put a stream before the table \
                 (`{other}.{}(…)`), or make a table of it with `.to_table(store)`",
                found.what(),
                call.name
            );
            builder.errors.error(other.span(), message);
            None
        }
        (_, found) => {
            let message = format!(
                "`{}` is with a table or a stream, and `{other}` is {}",
                call.name,
                found.what()
            );
            builder.errors.error(other.span(), message);
            None
        }
    }
}

fn positionals(call: &Call) -> usize {
    call.args.iter().filter(|a| a.name.is_none()).count()
}

fn usage(call: &Call) -> String {
    format!("{}(table, |left, right| value)", call.name)
}

fn with_table(
    builder: &mut Builder<'_>,
    stream: StreamFlow,
    table: &TableFlow,
    table_name: &Ident,
    mut call: Call,
) -> Option<Flow> {
    no_other_names(builder, &call, &["name"]);
    let grace = join_grace::take(builder, &mut call)?;
    let call = &call;
    let [_, joiner] = positional(builder, call, &usage(call))?;
    let joiner = function(builder, call, joiner, &["left", "right"])?;
    if call.name == "outer_join" {
        join_keys::outer_with_table(builder.errors, call, table_name);
        return None;
    }
    if table.window.is_some() {
        join_keys::windowed(builder.errors, table_name);
        return None;
    }
    let Some(store) = table.store else {
        let message = format!(
            "the rows of `{table_name}` are not kept, and a join looks them up: give the operator that makes it a \
             store (`filter(…, name = {table_name}_rows)`)"
        );
        builder.errors.error(table_name.span(), message);
        return None;
    };
    let left = call.name == "left_join";
    let name = match named(call, "name") {
        Some(arg) => label(builder, &arg.value, "the join")?,
        None => quote::format_ident!("{}_join", table_name, span = table_name.span()),
    };
    let nulls = Nulls { keep_keys: left, keep_values: false };
    let topic = builder.kafka_name_of(&name);
    let mut stream = builder.partitioned_with(stream, &topic, table.key.as_ref(), nulls, &name)?;
    let null_keys = stream.key.as_ref().is_some_and(|k| option_of(k).is_some());
    let keys = (stream.key.as_ref(), table.key.as_ref());
    if !join_keys::one_type(builder.errors, call.span(), keys, ("table", table_name)) {
        return None;
    }
    let grace = match &grace {
        None => None,
        Some((ms, argument)) => {
            let grace = (*ms, argument);
            Some(join_grace::build(builder, grace, &stream, table, table_name, &name)?)
        }
    };
    stream.value = joiner.returned();
    let operator = Box::new(StreamTableJoin { store, joiner, left, null_keys, grace });
    let (key, value) = (stream.key.clone(), stream.value.clone());
    stream.node = builder.add_after(stream.node, call, operator, key, value);
    Some(Flow::Stream(stream))
}

impl StreamTableJoin {
    /// The table's value of the record's key: an `Option<&V>`.
    fn find(&self, e: &Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let (field, timestamp) = (e.store_field(self.store), &vars.timestamp);
        let lookup = |e: &Emitter<'_>, key: TokenStream| {
            e.or_reject(match keyed_state::is_versioned(e, self.store) {
                true => quote_spanned!(here()=> self.#field.as_of(#key, #timestamp)),
                false => quote_spanned!(here()=> self.#field.get(#key)),
            })
        };
        if !self.null_keys {
            let found = lookup(e, keyed_state::key_argument(e, node, vars, self.store));
            return quote_spanned!(here()=> #found.map(|(right, _)| right));
        }
        let key = match keyed_state::has_borrowed_key(e.graph(), node) {
            true => quote_spanned!(here()=> *key),
            false => quote_spanned!(here()=> key),
        };
        let found = lookup(e, key);
        let key = vars.key.reference();
        quote_spanned! {here()=>
            match ::core::option::Option::as_ref(#key) {
                ::core::option::Option::Some(key) => #found.map(|(right, _)| right),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        }
    }
}

impl Operator for StreamTableJoin {
    fn word(&self) -> &'static str {
        if self.left { "left_join" } else { "join" }
    }

    fn stores(&self) -> Vec<StoreId> {
        std::iter::once(self.store).chain(self.grace.as_ref().map(|g| g.buffer)).collect()
    }

    fn emit(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        match &self.grace {
            None => self.join(e, node, vars),
            Some(grace) => grace.emit(e, vars, self.null_keys, |e, vars| self.join(e, node, vars)),
        }
    }
}

impl StreamTableJoin {
    /// Joins the record.
    fn join(&self, e: &mut Emitter<'_>, node: NodeId, vars: &Vars) -> TokenStream {
        let found = self.find(e, node, vars);
        let label = e.label();
        let right = quote_spanned!(here()=> right);
        let missing = if self.left {
            TokenStream::new()
        } else {
            quote_spanned! {here()=>
                let ::core::option::Option::Some(right) = right else { break #label };
            }
        };
        let call = e.call(&self.joiner, node, vars, vec![vars.value.reference(), right]);
        let value = vars.value.ident.clone();
        let vars = Vars { value: Operand { ident: value.clone(), by_ref: false }, ..vars.clone() };
        let rest = e.consumers(node, &vars);
        quote_spanned! {here()=>
            let right = #found;
            #missing
            let #value = #call;
            #rest
        }
    }
}
