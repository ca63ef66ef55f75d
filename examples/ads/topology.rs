//! The topology: each user's most expensive purchase, and clicks that meet it.

use streams::prelude::*;

/// Serves ads.
#[topology]
pub mod ads {
    /// A purchase; the record's key is the user.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Purchase {
        /// What was bought.
        pub product: String,
        /// Cents.
        pub price: i64,
        /// When, in milliseconds since the Unix epoch.
        pub at: i64,
    }

    /// A click on a page; the record's key is the user.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Click {
        /// The page.
        pub page: String,
        /// When, in milliseconds since the Unix epoch.
        pub at: i64,
    }

    /// An ad on a page.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Ad {
        /// Who sees it.
        pub user: String,
        /// Where.
        pub page: String,
        /// What it is for: the user's most expensive purchase.
        pub product: String,
        /// When, in milliseconds since the Unix epoch.
        pub at: i64,
    }

    /// The page on which no ads are served.
    pub const HOME: &str = "/home";

    fn dearer(old: &Purchase, new: &Purchase) -> Purchase {
        // Of two that cost the same, the later one.
        if new.price >= old.price { new.clone() } else { old.clone() }
    }

    fn ad(user: &str, click: &Click, purchase: &Purchase) -> Ad {
        let (page, product) = (click.page.clone(), purchase.product.clone());
        Ad { user: user.to_owned(), page, product, at: click.at }
    }

    topology! {
        format = json;

        /// By user.
        source purchases: stream<String, Purchase> = "purchases", time = |p| p.at;

        /// By user.
        source clicks: stream<String, Click> = "clicks", time = |c| c.at;

        /// By user.
        sink served: stream<String, Ad> = "ads";

        /// Each user's most expensive purchase.
        let best = purchases.group_by_key().reduce(profile, dearer);

        clicks
            .filter(|c| c.page != HOME)
            .join(best, ad)
            .to(served);
    }
}
