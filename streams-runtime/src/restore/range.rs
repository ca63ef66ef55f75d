//! Which part of a changelog a store lacks.

/// Offsets to read: from `from` on, up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: i64,
    pub(crate) end: i64,
}

/// What a store with a position on disk (`None`: an empty one) lacks of a changelog that goes from
/// `beginning` to `end`; and whether its rows must go first, because the changelog is not the one
/// they come from (it was made anew), or no longer has what follows them.
pub(crate) fn range(position: Option<i64>, beginning: i64, end: i64) -> (Range, bool) {
    match position {
        Some(from) if (beginning..=end).contains(&from) => (Range { from, end }, false),
        Some(_) => (Range { from: beginning, end }, true),
        None => (Range { from: beginning, end }, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_reads_on_from_its_position() {
        assert_eq!(range(Some(7), 0, 9), (Range { from: 7, end: 9 }, false));
        assert_eq!(range(Some(9), 3, 9), (Range { from: 9, end: 9 }, false));
    }

    #[test]
    fn an_empty_store_reads_everything() {
        assert_eq!(range(None, 3, 9), (Range { from: 3, end: 9 }, false));
    }

    #[test]
    fn a_position_outside_of_the_changelog_means_that_it_is_another_one() {
        assert_eq!(range(Some(10), 0, 9), (Range { from: 0, end: 9 }, true));
        assert_eq!(range(Some(2), 3, 9), (Range { from: 3, end: 9 }, true));
    }
}
