//! What both reports share: runs put together, medians, aligned text.

/// Items with the same key together, in the order of the first ones.
pub(super) fn grouped<T, K: PartialEq>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let key = key(&item);
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, group)) => group.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

/// The median of each measure over the runs that have it.
pub(super) fn medians<const N: usize>(runs: &[[Option<f64>; N]]) -> [Option<f64>; N] {
    std::array::from_fn(|m| median(values(runs, m)))
}

/// The values of one measure, from the least to the greatest.
pub(super) fn values<const N: usize>(runs: &[[Option<f64>; N]], measure: usize) -> Vec<f64> {
    let mut values: Vec<f64> = runs.iter().filter_map(|run| *run.get(measure)?).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: Vec<f64>) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted.get(middle - 1)? + upper) / 2.0)
}

pub(super) fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// Names to the left, numbers to the right.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    const NAME_COLUMNS: usize = 3;
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column < NAME_COLUMNS {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_in_the_order_of_their_first_items() {
        let groups = grouped(["ab", "c", "de", "f"], |text| text.len());
        assert_eq!(groups, [(2, vec!["ab", "de"]), (1, vec!["c", "f"])]);
    }

    #[test]
    fn a_measure_that_no_run_has_has_no_median() {
        let runs = [[Some(4.0), None], [Some(1.0), None], [None, None]];
        assert_eq!(medians(&runs), [Some(2.5), None]);
    }
}
