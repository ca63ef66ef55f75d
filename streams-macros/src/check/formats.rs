//! Formats: what crosses a boundary as bytes has one, and it can write the type. What the macro
//! cannot see (whether a type is `Serialize`) rustc says at the type.

use syn::Type;
use syn::spanned::Spanned;

use crate::diagnostic::Diagnostics;
use crate::model::{Format, text};

/// A type that is read or written has a format.
pub(crate) fn missing(errors: &mut Diagnostics, ty: &Type, option: &str) {
    let message = format!(
        "no format for `{}`: set one for the topology (`format = json;`), or here (`{option} = json`)",
        text(ty)
    );
    errors.error(ty.span(), message);
}

/// A format that is named for a type can write it. False after an error.
pub(crate) fn writes(errors: &mut Diagnostics, format: &Format, ty: &Type) -> bool {
    match format.cannot_write(ty) {
        None => true,
        Some(message) => {
            errors.error(ty.span(), message);
            false
        }
    }
}
