//! Schedules of processors: a method for each processor, and what the runtime asks of the task.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::Ident;

use super::emitter::Emitter;
use super::names::here;
use crate::model::Graph;

/// The schedules of a sub-topology's processors.
pub(super) struct Punctuation {
    /// The fields of those with schedules, with the names of their methods.
    scheduled: Vec<(Ident, Ident)>,
    /// The methods.
    pub(super) methods: TokenStream,
}

impl Punctuation {
    pub(super) fn new(e: &mut Emitter<'_>, graph: &Graph, subtopology: usize) -> Self {
        let (mut scheduled, mut methods) = (Vec::new(), TokenStream::new());
        for (id, _) in graph.nodes_of(subtopology) {
            if let Some((field, body)) = e.scheduled(id) {
                let name = format_ident!("punctuate_{}", id.0, span = here());
                methods.extend(method(&name, &body));
                scheduled.push((field, name));
            }
        }
        Self { scheduled, methods }
    }

    /// Functions of `TaskLogic`, where there is a schedule.
    pub(super) fn functions(&self) -> Option<TokenStream> {
        if self.scheduled.is_empty() {
            return None;
        }
        let (fields, methods): (Vec<_>, Vec<_>) = self.scheduled.iter().cloned().unzip();
        let numbers = 0..methods.len();
        Some(quote_spanned! {here()=>
            fn punctuates(&self) -> bool {
                true
            }

            fn start(&mut self, now: ::streams::time::WallTime) {
                #(self.#fields.start(now.0);)*
            }

            fn punctuate(
                &mut self,
                punctuation_type: ::streams::processor::PunctuationType,
                now: i64,
                cx: &mut ::streams::context::TaskContext,
            ) -> ::streams::Result<bool> {
                #(self.#fields.admit();)*
                let mut fired = false;
                loop {
                    let due = [#(self.#fields.due(punctuation_type, now)),*];
                    match ::streams::__private::earliest(&due) {
                        #(::core::option::Option::Some(#numbers) => {
                            self.#methods(punctuation_type, now, cx)?;
                        })*
                        _ => return ::core::result::Result::Ok(fired),
                    }
                    fired = true;
                }
            }

            fn next_punctuation(&self) -> ::core::option::Option<::streams::time::WallTime> {
                let wall_clock = ::streams::processor::PunctuationType::WallClock;
                let next = [#(self.#fields.next(wall_clock)),*];
                next.into_iter().flatten().min().map(::streams::time::WallTime)
            }
        })
    }
}

/// The method of one processor: calls the first schedule that is due. There is no record then.
fn method(name: &Ident, body: &TokenStream) -> TokenStream {
    quote_spanned! {here()=>
        fn #name(
            &mut self,
            punctuation_type: ::streams::processor::PunctuationType,
            timestamp: i64,
            cx: &mut ::streams::context::TaskContext,
        ) -> ::streams::Result<()> {
            let source = ::streams::__private::NO_SOURCE;
            let record = &::streams::RecordRef::new(-1, timestamp, ::core::option::Option::None, ::core::option::Option::None);
            #body
            ::core::result::Result::Ok(())
        }
    }
}
