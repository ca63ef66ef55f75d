//! What aggregations over groups share before any code is written: the argument that names the
//! store, the store itself, and the table that comes out.

use syn::{Ident, Type};

use super::{Operator, on_commit};
use crate::check;
use crate::model::{
    Builder, Emit, GroupedFlow, NodeId, StoreId, StoreKind, StreamFlow, TableFlow, WindowKind,
    WindowSpec, borrowed_to_owned, option_of, reference_of,
};
use crate::parse::{Arg, Call};

/// The store that an aggregation names: a declared one, or one that it declares.
pub(super) struct StoreArgument {
    pub(super) name: Ident,
    pub(super) declared: Option<Type>,
}

impl StoreArgument {
    /// The declared store of this name.
    fn existing(&self, builder: &Builder<'_>) -> Option<StoreId> {
        if self.declared.is_none() { builder.store_named(&self.name) } else { None }
    }
}

/// Where an aggregation over a group keeps what it makes, and when it gives that on.
#[derive(Clone, Copy)]
pub(crate) struct State {
    pub(crate) store: StoreId,
    pub(crate) window: Option<WindowSpec>,
    /// Which of the store's clocks it goes by, where there are several.
    pub(crate) part: usize,
    /// The clock of results that come when their window closes.
    pub(crate) clock: Option<StoreId>,
}

impl State {
    pub(super) fn stores(&self) -> Vec<StoreId> {
        [Some(self.store), self.clock].into_iter().flatten().collect()
    }

    /// The store that needs the largest timestamp beside it.
    pub(super) fn observes(&self) -> Option<StoreId> {
        (self.window.is_some() && self.clock.is_none()).then_some(self.store)
    }

    /// Windows whose rows are kept by span.
    pub(super) fn spans(&self) -> Option<WindowSpec> {
        self.window.filter(WindowSpec::is_span)
    }
}

/// Resolves the store of an aggregation over a group: the records are partitioned by the key, and
/// the result is a table in that store.
pub(super) fn aggregation_store(
    builder: &mut Builder<'_>,
    grouped: GroupedFlow,
    call: &Call,
    argument: &StoreArgument,
    value: Option<Type>,
    drop_nulls_in_windows: bool,
) -> Option<(StreamFlow, State)> {
    let GroupedFlow { stream, window } = grouped;
    let topic = builder.kafka_name_of(&argument.name);
    let stream = grouped_stream(builder, stream, window, argument, &topic, drop_nulls_in_windows)?;
    let state = state(builder, stream.key.as_ref(), window, call, argument, value)?;
    Some((stream, state))
}

/// The store and, where results come when their window closes, the clock.
pub(super) fn state(
    builder: &mut Builder<'_>,
    key: Option<&Type>,
    mut window: Option<WindowSpec>,
    call: &Call,
    argument: &StoreArgument,
    value: Option<Type>,
) -> Option<State> {
    let store = state_store(builder, key, window, call, argument, value)?;
    let on_close = window.is_some_and(|w| w.emit == Emit::Close);
    let clock = on_close.then(|| builder.clock_store(&argument.name));
    if let Some(window) = &mut window {
        let store = builder.graph.store_mut(store);
        // A declared store says it for its operator, too.
        if store.on_commit && window.emit == Emit::Update {
            window.emit = Emit::Commit;
        }
        store.on_commit = window.emit == Emit::Commit;
    }
    Some(State { store, window, part: 0, clock })
}

/// A group's records, partitioned by its key and without the nulls that it does not take.
pub(super) fn grouped_stream(
    builder: &mut Builder<'_>,
    stream: StreamFlow,
    window: Option<WindowSpec>,
    argument: &StoreArgument,
    topic: &str,
    drop_nulls_in_windows: bool,
) -> Option<StreamFlow> {
    let hint = argument.existing(builder).map(|id| builder.graph.store(id).key.clone());
    let sliding = window.is_some_and(|w| matches!(w.kind, WindowKind::Sliding { .. }));
    let drop_values = window.is_none() || drop_nulls_in_windows || sliding;
    builder.partitioned(stream, topic, hint.as_ref(), drop_values, &argument.name)
}

/// The store that keeps what an aggregation makes, for keys of this type.
fn state_store(
    builder: &mut Builder<'_>,
    key: Option<&Type>,
    window: Option<WindowSpec>,
    call: &Call,
    argument: &StoreArgument,
    value: Option<Type>,
) -> Option<StoreId> {
    let name = &argument.name;
    if argument.existing(builder).is_some() {
        let id = builder.claim_store(name)?;
        let kind = builder.graph.store(id).kind;
        return match window {
            Some(window) => keep_windows(builder, id, name, &window, &call.name),
            None => check::stores::of_a_table(builder.errors, name, kind, &call.name).then_some(id),
        };
    }
    let Some(value) = argument.declared.clone().or(value) else {
        builder.errors.error(
            name.span(),
            format!("the type that store `{name}` keeps is not known: write `{name}: Type = …`"),
        );
        return None;
    };
    let Some(key) = key else {
        let message = format!(
            "the type of the key is not written anywhere before `{}`: give the closure that makes it a \
             return type (`|_, v| -> String {{ … }}`), or declare `store {name}: kv<K, V>;`",
            call.name
        );
        builder.errors.error(call.span(), message);
        return None;
    };
    let kind = match window {
        None => StoreKind::KeyValue,
        Some(w) => kind_for(&w, w.retention_ms(builder.graph.settings.semantics)),
    };
    let key = borrowed_to_owned(key);
    Some(builder.declare_store_in_place(name, kind, key, value, name.span()))
}

fn kind_for(window: &WindowSpec, retention_ms: i64) -> StoreKind {
    match window.kind {
        WindowKind::Sliding { .. } => StoreKind::Sliding { retention_ms },
        WindowKind::Session { .. } => StoreKind::Session { retention_ms },
        _ => StoreKind::Window { retention_ms },
    }
}

/// A declared store for windows like these: of their kind, and for as long as they need.
fn keep_windows(
    builder: &mut Builder<'_>,
    id: StoreId,
    name: &Ident,
    window: &WindowSpec,
    operator: &Ident,
) -> Option<StoreId> {
    let needed = window.retention_ms(builder.graph.settings.semantics);
    let declared = builder.graph.store(id).kind;
    let session = matches!(window.kind, WindowKind::Session { .. });
    let kept_ms = match declared {
        StoreKind::Window { retention_ms } if !session => retention_ms,
        StoreKind::Session { retention_ms } if session => retention_ms,
        _ => {
            let word = if session { "session" } else { "window" };
            check::stores::declared_for_windows(
                builder.errors,
                (name, declared),
                operator,
                (word, needed),
            );
            return None;
        }
    };
    if kept_ms < needed {
        check::stores::shorter_than_windows(builder.errors, name, kept_ms, needed);
        return None;
    }
    builder.graph.store_mut(id).kind = kind_for(window, kept_ms);
    Some(id)
}

/// The table that an aggregation makes.
fn table_of(builder: &Builder<'_>, node: NodeId, stream: &StreamFlow, state: &State) -> TableFlow {
    let kept = builder.graph.store(state.store);
    let key = &kept.key;
    let key = match state.window.map(|w| w.kind) {
        Some(WindowKind::Session { .. }) => {
            Some(syn::parse_quote!(::streams::window::Session<#key>))
        }
        Some(_) => Some(syn::parse_quote!(::streams::window::Windowed<#key>)),
        None => stream.key.as_ref().map(|of| updates_key(builder, node, of, key)),
    };
    // A session can be swallowed by another; what comes when a window closes is never nothing.
    let spans = state.spans().is_some();
    TableFlow {
        node,
        key,
        value: Some(kept.value.clone()),
        store: Some(state.store),
        nullable: (kept.optional || spans) && state.clock.is_none(),
        window: state.window,
        versioned: matches!(kept.kind, StoreKind::Versioned { .. }),
    }
}

/// The type of the keys of a table's updates: as the stream has them, which may be borrowed, or of those in the
/// store, if they wait there.
fn updates_key(builder: &Builder<'_>, node: NodeId, stream: &Type, kept: &Type) -> Type {
    let given = option_of(stream).unwrap_or(stream);
    let waits = on_commit::store(&builder.graph, node).is_some();
    if !waits && reference_of(given).is_some() { given.clone() } else { kept.clone() }
}

/// The keys of the updates of a table that is made of such keys, perhaps kept in this store; says so of its node, too.
pub(super) fn key_onwards(
    builder: &mut Builder<'_>,
    node: NodeId,
    given: Option<&Type>,
    store: Option<StoreId>,
) -> Option<Type> {
    let key = match (given, store) {
        (Some(given), Some(store)) => {
            Some(updates_key(builder, node, given, &builder.graph.store(store).key))
        }
        (given, _) => given.cloned(),
    };
    builder.graph.node_mut(node).key.clone_from(&key);
    key
}

/// Adds the operator of an aggregation; gives its table.
pub(super) fn add(
    builder: &mut Builder<'_>,
    stream: &StreamFlow,
    call: &Call,
    state: &State,
    operator: Box<dyn Operator>,
) -> TableFlow {
    let node = builder.add_after(stream.node, call, operator, None, None);
    let table = table_of(builder, node, stream, state);
    builder.graph.node_mut(node).key = table.key.clone();
    builder.graph.node_mut(node).value = table.value.clone();
    table
}

/// `store` or `store: Type = init` as the first argument.
pub(super) fn store_argument(
    builder: &mut Builder<'_>,
    call: &Call,
    usage: &str,
) -> Option<(StoreArgument, Option<syn::Expr>)> {
    let Some(first) = call.args.first() else {
        builder.errors.error(call.span(), format!("`{}` is written `{usage}`", call.name));
        return None;
    };
    match first {
        Arg { name: Some(name), declared, value } => {
            let argument = StoreArgument { name: name.clone(), declared: declared.clone() };
            Some((argument, Some(value.clone())))
        }
        Arg { name: None, value, .. } => {
            let name = super::ident(builder, value, "a store")?;
            Some((StoreArgument { name, declared: None }, None))
        }
    }
}
