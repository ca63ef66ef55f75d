//! What the demonstration shows at its end.

use std::collections::BTreeMap;

use crate::support::count;
use crate::topology::ads::Ad;

/// Sums over ads.
#[derive(Default)]
pub(crate) struct Report {
    by_page: BTreeMap<String, u64>,
    by_product: BTreeMap<String, u64>,
}

impl Report {
    /// Adds an ad.
    pub(crate) fn add(&mut self, ad: &Ad) {
        *self.by_page.entry(ad.page.clone()).or_default() += 1;
        *self.by_product.entry(ad.product.clone()).or_default() += 1;
    }

    /// Prints the tables.
    pub(crate) fn print(&self) {
        for (title, sums) in [("ads by page", &self.by_page), ("ads by product", &self.by_product)]
        {
            println!("{title}");
            let mut rows: Vec<_> = sums.iter().collect();
            rows.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), *name));
            for (name, n) in rows {
                println!("  {name:<12} {:>12}", count(*n));
            }
            println!();
        }
    }
}
