//! The topology: withdrawals, decided one by one against the account's last 24 hours.

use streams::prelude::*;

/// Decides withdrawals.
#[topology]
pub mod bank {
    use std::collections::VecDeque;

    /// Accounts without a limit of their own may withdraw 1,000.00 in 24 hours.
    pub const DEFAULT_LIMIT: i64 = 100_000;

    /// 24 hours in milliseconds.
    pub const DAY_MS: i64 = 86_400_000;

    /// A request to take money out of an account; the record's key is the account.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Withdrawal {
        /// Identifies the withdrawal.
        pub id: String,
        /// Cents.
        pub amount: i64,
        /// When it happens, in milliseconds since the Unix epoch.
        pub at: i64,
    }

    /// How much may leave an account in 24 hours; the record's key is the account.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Limit {
        /// Cents.
        pub amount: i64,
    }

    /// A withdrawal with the limit that holds for it.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Request {
        withdrawal: Withdrawal,
        limit: i64,
    }

    /// What the bank says.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    pub enum Verdict {
        /// The money may go.
        Allow,
        /// It stays.
        Deny,
    }

    /// The answer to a withdrawal.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Decision {
        /// The withdrawal's.
        pub id: String,
        /// The account.
        pub account: String,
        /// Cents.
        pub amount: i64,
        /// The withdrawal's time, in milliseconds since the Unix epoch.
        pub at: i64,
        /// The answer.
        pub decision: Verdict,
        /// What has been allowed in the 24 hours, in cents, this withdrawal included if it is.
        pub total: i64,
        /// The account's limit, in cents.
        pub limit: i64,
    }

    /// The allowed withdrawals of an account that may still count.
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub struct Spent(VecDeque<(i64, i64)>);

    impl Spent {
        /// Forgets what lies 24 hours or more before `at`, and adds up the rest. Withdrawals that
        /// happen later than `at`, but came earlier, count.
        fn total(&mut self, at: i64) -> i64 {
            self.0.retain(|(when, _)| *when > at - DAY_MS);
            self.0.iter().map(|(_, amount)| amount).sum()
        }
    }

    fn with_limit(withdrawal: &Withdrawal, limit: Option<&Limit>) -> Request {
        let limit = limit.map_or(DEFAULT_LIMIT, |l| l.amount);
        Request { withdrawal: withdrawal.clone(), limit }
    }

    fn decide(account: &str, request: &Request, spent: &mut Spent) -> Decision {
        let Request { withdrawal: Withdrawal { id, amount, at }, limit } = request.clone();
        let before = spent.total(at);
        let after = before.saturating_add(amount);
        let (decision, total) = if amount > 0 && after <= limit {
            spent.0.push_back((at, amount));
            (Verdict::Allow, after)
        } else {
            (Verdict::Deny, before)
        };
        Decision { id, account: account.to_owned(), amount, at, decision, total, limit }
    }

    topology! {
        format = json;

        /// By account, in the order in which the bank hears of them.
        source withdrawals: stream<String, Withdrawal> = "withdrawals", time = |w| w.at;

        /// By account.
        table limits: table<String, Limit> = "limits";

        /// By account.
        sink decisions: stream<String, Decision> = "decisions";

        /// The last 24 hours of each account.
        store spent: kv<String, Spent>;

        withdrawals
            .left_join(limits, with_limit)
            .transform(spent, decide)
            .to(decisions);
    }
}
