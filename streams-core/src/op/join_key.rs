//! What a function may give as the key of another table's row.

/// A key of type `K`, an `Option` of one, or a reference to one, which is cloned.
#[diagnostic::on_unimplemented(
    message = "a row of the other table is named by a key of type `{K}`, not by `{Self}`",
    label = "not a key of type `{K}`",
    note = "the function gives a `{K}`, or an `Option<{K}>` where there may be none"
)]
pub trait JoinKey<K> {
    /// The key, if there is one.
    fn into_key(self) -> Option<K>;
}

impl<K> JoinKey<K> for K {
    fn into_key(self) -> Option<K> {
        Some(self)
    }
}

impl<K> JoinKey<K> for Option<K> {
    fn into_key(self) -> Option<K> {
        self
    }
}

impl<K: Clone> JoinKey<K> for &K {
    fn into_key(self) -> Option<K> {
        Some(self.clone())
    }
}

impl<K: Clone> JoinKey<K> for Option<&K> {
    fn into_key(self) -> Option<K> {
        self.cloned()
    }
}

impl JoinKey<String> for &str {
    fn into_key(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl JoinKey<String> for Option<&str> {
    fn into_key(self) -> Option<String> {
        self.map(str::to_owned)
    }
}

impl JoinKey<String> for &&str {
    fn into_key(self) -> Option<String> {
        Some((*self).to_owned())
    }
}

impl JoinKey<Vec<u8>> for &[u8] {
    fn into_key(self) -> Option<Vec<u8>> {
        Some(self.to_owned())
    }
}

impl JoinKey<Vec<u8>> for Option<&[u8]> {
    fn into_key(self) -> Option<Vec<u8>> {
        self.map(<[u8]>::to_owned)
    }
}

impl JoinKey<Vec<u8>> for &&[u8] {
    fn into_key(self) -> Option<Vec<u8>> {
        Some((*self).to_owned())
    }
}

/// The key that a function gives.
pub fn join_key<K, T: JoinKey<K>>(given: T) -> Option<K> {
    given.into_key()
}
