//! Side effects: what acts outside of the topology's topics and stores is not undone when records are
//! processed again. Under `guarantee = exactly_once` it says so: `at_least_once`.

use syn::Expr;

use crate::model::{Builder, Guarantee};
use crate::parse::Call;

const WORD: &str = "at_least_once";

/// Takes the word `at_least_once` out of a call's arguments; an error where it is needed and missing.
pub(crate) fn stated(builder: &mut Builder<'_>, call: &mut Call) {
    let before = call.args.len();
    call.args.retain(|arg| {
        let word = match &arg.value {
            Expr::Path(path) if arg.name.is_none() => path.path.get_ident(),
            _ => None,
        };
        word.is_none_or(|word| word != WORD)
    });
    if call.args.len() < before {
        return;
    }
    if let Some((Guarantee::ExactlyOnce, set)) = builder.graph.settings.guarantee {
        let name = &call.name;
        let message = format!(
            "`{name}` acts outside of the topology: after a failure it runs again for records whose results \
             were taken back. Say that this is meant (`{name}(…, {WORD})`), or write to a sink"
        );
        builder.errors.error_with(call.span(), message, set, "exactly once is asked for here");
    }
}
