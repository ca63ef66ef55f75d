//! Aggregations whose state is one place for each key, or for each key and window: tumbling,
//! hopping and unlimited windows. A record is in one window, or in several one after the other.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::aggregation::State;
use super::keyed_state::{key_argument, slot};
use super::on_close;
use crate::emit::{Emitter, Operand, Vars, here, name};
use crate::model::{NodeId, WindowKind, WindowSpec};

/// `let slot = …` for a store with or without windows, and what `body` makes of it; with hopping
/// windows, once for each. A record whose window has closed is dropped and counted. `body` gets the
/// code that makes the result's key, and the variables to go on with.
pub(super) fn with_slot(
    e: &mut Emitter<'_>,
    node: NodeId,
    vars: &Vars,
    state: &State,
    body: impl FnOnce(&mut Emitter<'_>, TokenStream, &Vars) -> TokenStream,
) -> TokenStream {
    let Some(window) = state.window else {
        let slot = slot(e, node, vars, state.store);
        let body = body(e, TokenStream::new(), vars);
        return quote_spanned!(here()=> #slot #body);
    };
    let each = |e: &mut Emitter<'_>| {
        let key = key_argument(e, node, vars, state.store);
        let (label, now) = (e.label(), e.now(node));
        let field = e.store_field(state.store);
        let found = e.or_reject(quote_spanned!(here()=> self.#field.slot(#key, window.start)));
        let windowed = name("key");
        let make_key = state.clock.is_none().then(|| {
            quote_spanned! {here()=>
                let #windowed = ::streams::window::Windowed {
                    key: ::streams::__private::to_owned(#key),
                    window,
                };
            }
        });
        let onwards = Vars { key: Operand { ident: windowed, by_ref: false }, ..vars.clone() };
        let body = body(e, make_key.unwrap_or_default(), &onwards);
        let fresh = state.clock.map(|_| quote_spanned!(here()=> let fresh = slot.value.is_none();));
        let opens = state.clock.map(|_| on_close::opens(e, state, &key));
        quote_spanned! {here()=>
            if windows.is_closed(window, #now) {
                cx.counters.dropped_late += 1;
                break #label;
            }
            let slot = #found;
            #fresh
            #body
            #opens
        }
    };
    on_close::around(e, node, vars, state, |e| in_windows(e, vars, &window, each))
}

/// `windows`, and `each` for every `window` of the record.
fn in_windows(
    e: &mut Emitter<'_>,
    vars: &Vars,
    window: &WindowSpec,
    each: impl FnOnce(&mut Emitter<'_>) -> TokenStream,
) -> TokenStream {
    let (timestamp, grace_ms) = (&vars.timestamp, window.grace_ms);
    match window.kind {
        WindowKind::Tumbling { size_ms } => {
            let each = each(e);
            quote_spanned! {here()=>
                let windows = ::streams::window::Tumbling { size_ms: #size_ms, grace_ms: #grace_ms };
                let window = windows.window(#timestamp);
                #each
            }
        }
        WindowKind::Hopping { size_ms, advance_ms } => {
            let each = e.block(each);
            quote_spanned! {here()=>
                let windows = ::streams::window::Hopping {
                    size_ms: #size_ms, advance_ms: #advance_ms, grace_ms: #grace_ms,
                };
                for window in windows.windows(#timestamp) {
                    #each
                }
            }
        }
        WindowKind::Sliding { .. } | WindowKind::Session { .. } => {
            unreachable!("windows by span have code of their own")
        }
        WindowKind::Unlimited { start_ms } => {
            let label = e.label();
            let each = each(e);
            quote_spanned! {here()=>
                let windows = ::streams::window::Unlimited { start_ms: #start_ms };
                let ::core::option::Option::Some(window) = windows.window(#timestamp) else {
                    break #label;
                };
                #each
            }
        }
    }
}
