//! What flows along a chain, and what can be said of a type by looking at it.

use std::rc::Rc;

use proc_macro2::Span;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

use super::graph::{GlobalId, NodeId, StoreId};
use super::settings::{Emit, Semantics};
use super::written::written;
use crate::rewrite::Function;

/// What an operator is applied to.
pub(crate) enum Flow {
    Stream(StreamFlow),
    Grouped(GroupedFlow),
    Table(TableFlow),
    GroupedTable(Box<GroupedTableFlow>),
    /// For joins of streams only.
    Global(GlobalId),
    Cogrouped(CogroupedFlow),
    /// The chain has ended: `to`, `branch`, `for_each`.
    End,
    /// An error has been reported; nothing more is said about this chain.
    Broken,
}

/// A stream.
#[derive(Clone)]
pub(crate) struct StreamFlow {
    pub(crate) node: NodeId,
    pub(crate) key: Option<Type>,
    pub(crate) value: Option<Type>,
    /// Where the key changed since the records were last partitioned by it.
    pub(crate) rekeyed: Option<Span>,
}

/// A stream, grouped by its key and, perhaps, windows.
#[derive(Clone)]
pub(crate) struct GroupedFlow {
    pub(crate) stream: StreamFlow,
    pub(crate) window: Option<WindowSpec>,
}

/// Groups of several streams with one type of key, on their way to one state.
#[derive(Clone)]
pub(crate) struct CogroupedFlow {
    pub(crate) parts: Vec<CogroupedPart>,
    pub(crate) window: Option<WindowSpec>,
}

/// A group of a cogroup, and the function that takes its records into the state.
#[derive(Clone)]
pub(crate) struct CogroupedPart {
    pub(crate) stream: StreamFlow,
    pub(crate) add: Rc<Function>,
    /// Where it was named.
    pub(crate) span: Span,
}

/// A table.
#[derive(Clone)]
pub(crate) struct TableFlow {
    pub(crate) node: NodeId,
    pub(crate) key: Option<Type>,
    /// Type of the values, without the `Option` of a deletion.
    pub(crate) value: Option<Type>,
    /// Its rows, where they are kept.
    pub(crate) store: Option<StoreId>,
    /// True if a key can lose its value.
    pub(crate) nullable: bool,
    /// The windows of a windowed aggregation's results.
    pub(crate) window: Option<WindowSpec>,
    /// True if updates may be of a time before the latest: they change nothing that is of now.
    pub(crate) versioned: bool,
}

/// A table's updates, on their way to groups.
#[derive(Clone)]
pub(crate) struct GroupedTableFlow {
    pub(crate) table: TableFlow,
    /// The function that gives a row's group and value.
    pub(crate) by: Rc<Function>,
    pub(crate) key: Type,
    pub(crate) value: Type,
    /// Where it was called.
    pub(crate) span: Span,
}

/// `window(…)`.
#[derive(Clone, Copy)]
pub(crate) struct WindowSpec {
    pub(crate) kind: WindowKind,
    pub(crate) grace_ms: i64,
    pub(crate) retention_ms: Option<i64>,
    pub(crate) emit: Emit,
}

/// How event time is cut into windows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowKind {
    Tumbling { size_ms: i64 },
    Hopping { size_ms: i64, advance_ms: i64 },
    Unlimited { start_ms: i64 },
    Sliding { difference_ms: i64 },
    Session { gap_ms: i64 },
}

impl WindowSpec {
    /// True for windows whose rows are kept by span: sliding windows and sessions.
    pub(crate) fn is_span(&self) -> bool {
        matches!(self.kind, WindowKind::Sliding { .. } | WindowKind::Session { .. })
    }

    /// From a window's start to its end; `None` for sessions.
    pub(crate) fn length_ms(&self) -> Option<i64> {
        match self.kind {
            WindowKind::Tumbling { size_ms } | WindowKind::Hopping { size_ms, .. } => Some(size_ms),
            WindowKind::Unlimited { .. } => Some(i64::MAX),
            WindowKind::Sliding { difference_ms } => Some(difference_ms),
            WindowKind::Session { .. } => None,
        }
    }

    /// A window has closed once the clock is so far past its time (its start, a session's end).
    pub(crate) fn span_ms(&self) -> i64 {
        let open_ms = match self.kind {
            WindowKind::Tumbling { size_ms } | WindowKind::Hopping { size_ms, .. } => size_ms,
            WindowKind::Unlimited { .. } => i64::MAX,
            // Their ends belong to them.
            WindowKind::Sliding { difference_ms } => difference_ms.saturating_add(1),
            WindowKind::Session { gap_ms } => gap_ms.saturating_add(1),
        };
        open_ms.saturating_add(self.grace_ms)
    }

    /// How long the store keeps rows: also what has not been given on, and in Kafka Streams' stores that
    /// are ordered by time one millisecond more than in others.
    pub(crate) fn retention_ms(&self, semantics: Semantics) -> i64 {
        match (self.emit, semantics) {
            (Emit::Close, Semantics::Right) => self.kept_ms().max(self.span_ms()),
            (Emit::Close, Semantics::KafkaStreams) => self.kept_ms().saturating_add(1),
            _ => self.kept_ms(),
        }
    }

    /// How long rows are kept: as given, or while a window may still take records.
    pub(crate) fn kept_ms(&self) -> i64 {
        let size = match self.kind {
            WindowKind::Tumbling { size_ms } | WindowKind::Hopping { size_ms, .. } => size_ms,
            WindowKind::Unlimited { .. } => i64::MAX,
            WindowKind::Sliding { difference_ms } => difference_ms.saturating_mul(2),
            WindowKind::Session { gap_ms } => gap_ms,
        };
        // At least a row itself, in a sliding window of one instant.
        self.retention_ms.unwrap_or(size.saturating_add(self.grace_ms).max(1))
    }
}

impl Flow {
    /// The last node of it.
    pub(crate) fn node(&self) -> Option<NodeId> {
        match self {
            Flow::Stream(stream) | Flow::Grouped(GroupedFlow { stream, .. }) => Some(stream.node),
            Flow::Table(table) => Some(table.node),
            Flow::GroupedTable(grouped) => Some(grouped.table.node),
            Flow::Cogrouped(cogrouped) => cogrouped.parts.first().map(|part| part.stream.node),
            Flow::Global(_) | Flow::End | Flow::Broken => None,
        }
    }

    /// For messages: "a stream", "a group", …
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Flow::Stream(_) => "a stream",
            Flow::Grouped(GroupedFlow { window: None, .. }) => "a group",
            Flow::Grouped(_) => "a windowed group",
            Flow::Table(_) => "a table",
            Flow::GroupedTable(_) => "a grouped table",
            Flow::Global(_) => "a global table",
            Flow::Cogrouped(CogroupedFlow { window: None, .. }) => "a cogroup",
            Flow::Cogrouped(_) => "a windowed cogroup",
            Flow::End => "the end of a chain",
            Flow::Broken => "nothing",
        }
    }
}

fn generic<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if last.ident == name && arguments.args.len() == 1 => {
            Some(inner)
        }
        _ => None,
    }
}

/// `T` of `Option<T>`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    generic(ty, "Option")
}

/// `K` of `Windowed<K>`.
pub(crate) fn windowed_of(ty: &Type) -> Option<&Type> {
    generic(ty, "Windowed")
}

/// `T` of `&T` or `&mut T`.
pub(crate) fn reference_of(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(r) => Some(&r.elem),
        _ => None,
    }
}

/// `K` of `Session<K>`.
pub(crate) fn session_of(ty: &Type) -> Option<&Type> {
    generic(ty, "Session")
}

/// What a format writes of a type: `T` of `Option<T>`, `Windowed<T>`, `Session<T>`, `Change<T>` and
/// `ForeignRow<T>`.
pub(crate) fn written_of(ty: &Type) -> &Type {
    let wrapped = ["Option", "Windowed", "Session", "Change", "ForeignRow"];
    match wrapped.iter().find_map(|name| generic(ty, name)) {
        Some(inner) => written_of(inner),
        None => ty,
    }
}

/// True if both are written alike.
pub(crate) fn same(a: &Type, b: &Type) -> bool {
    text(a) == text(b)
}

/// A type as a person writes it.
pub(crate) fn text(ty: &Type) -> String {
    // What owns a borrowed type has the full path.
    let text = written(ty.to_token_stream());
    text.replace("::std::string::String", "String").replace("::std::vec::Vec", "Vec")
}

/// True if `owner` is what [`borrowed_to_owned`] makes of a borrowed type.
pub(crate) fn owns(owner: &Type, borrowed: &Type) -> bool {
    match (option_of(owner), option_of(borrowed)) {
        (Some(owner), Some(borrowed)) => owns(owner, borrowed),
        (None, None) => {
            reference_of(borrowed).is_some() && same(&borrowed_to_owned(borrowed), owner)
        }
        _ => false,
    }
}

/// True of `&T` and `Option<&T>`.
pub(crate) fn is_borrowed(ty: &Type) -> bool {
    reference_of(option_of(ty).unwrap_or(ty)).is_some()
}

/// The type that holds what a borrowed one points to: `String` for `&str`, `Vec<u8>` for `&[u8]`, and the same
/// in an `Option`.
pub(crate) fn borrowed_to_owned(ty: &Type) -> Type {
    if let Some(inner) = option_of(ty).filter(|inner| reference_of(inner).is_some()) {
        let owner = borrowed_to_owned(inner);
        return syn::parse_quote!(::core::option::Option<#owner>);
    }
    match reference_of(ty) {
        Some(Type::Slice(slice)) => {
            let element = &slice.elem;
            syn::parse_quote!(::std::vec::Vec<#element>)
        }
        Some(Type::Path(p)) if p.path.is_ident("str") => syn::parse_quote!(::std::string::String),
        Some(other) => other.clone(),
        None => ty.clone(),
    }
}
