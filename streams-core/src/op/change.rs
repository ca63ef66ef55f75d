//! An update of a table's row: what it was, and what it is now.

/// Old and new value of a key, as a table's update travels to an aggregation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<V> {
    /// What the key has now.
    pub new: Option<V>,
    /// What it had before.
    pub old: Option<V>,
}

/// The updates of groups that an update of a row makes: one where old and new value are of the same
/// group; otherwise the old value leaves its group, and then the new one comes to its.
pub fn changes<K: PartialEq, V>(
    new: Option<(K, V)>,
    old: Option<(K, V)>,
) -> impl Iterator<Item = (K, Change<V>)> {
    let (first, second) = match (new, old) {
        (Some((key, new)), Some((old_key, old))) if key == old_key => {
            (Some((key, Change { new: Some(new), old: Some(old) })), None)
        }
        (new, old) => (
            old.map(|(key, value)| (key, Change { new: None, old: Some(value) })),
            new.map(|(key, value)| (key, Change { new: Some(value), old: None })),
        ),
    };
    first.into_iter().chain(second)
}
