//! What an expansion is like, beside what it does.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;

use super::expand;

const BANK: &str = r#"
    pub mod bank {
        #[derive(Clone, Serialize, Deserialize)]
        pub struct Withdrawal { pub account: String, pub amount: i64 }
        fn decide(account: &String, withdrawal: &Withdrawal, spent: &mut i64) -> i64 { *spent }
        topology! {
            format = json;
            /// All withdrawals.
            source withdrawals: stream<String, Withdrawal> = "withdrawals", partitions = LIMIT;
            table limits: table<String, i64> = LIMITS;
            sink allowed: stream<String, i64> = "allowed";
            sink denied: stream<String, i64> = "denied";
            store spent: kv<String, i64>;
            let valid = withdrawals.filter(|_, withdrawal| withdrawal.amount > 0);
            let decided = valid.group_by(|_, w| -> String { w.account.clone() }).transform(spent, decide);
            decided.join(limits, |total, limit| total - limit).branch {
                left if *left > 0 => allowed,
                else => denied,
            };
            valid.group_by_key().window(tumbling(5m)).count(counts).to_stream().for_each(|key, n| ());
        }
    }
"#;

fn expanded(module: &str) -> String {
    let module: TokenStream = module.parse().unwrap_or_default();
    assert!(!module.is_empty(), "the text is Rust's");
    expand(TokenStream::new(), module).to_string()
}

/// A topology in which `chain` is being typed.
fn typed(chain: &str) -> String {
    expanded(&format!(
        "mod t {{ topology! {{
            source orders: stream<String, Order> = \"orders\";
            sink out: stream<String, i64> = \"out\";
            {chain}
        }} }}"
    ))
}

#[test]
fn two_expansions_of_one_text_are_equal() {
    assert_eq!(expanded(BANK), expanded(BANK));
}

#[test]
fn what_has_no_error_is_told_none() {
    assert!(!expanded(BANK).contains("compile_error"));
}

#[test]
fn every_name_of_the_user_is_in_the_expansion() {
    // Words of the language stand for code, not for things.
    let words = [
        "topology",
        "source",
        "table",
        "sink",
        "store",
        "stream",
        "kv",
        "format",
        "json",
        "partitions",
        "window",
        "tumbling",
        "let",
        "else",
    ];
    let mut given = BTreeSet::new();
    collect(BANK.parse().unwrap_or_default(), &mut given);
    let mut found = BTreeSet::new();
    collect(expanded(BANK).parse().unwrap_or_default(), &mut found);
    let lost: Vec<&String> = given
        .iter()
        .filter(|name| !found.contains(*name) && !words.contains(&name.as_str()))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn a_closure_that_is_being_typed_keeps_its_parameters() {
    // An editor puts a name where the cursor is.
    let text = typed("orders.filter(|_, order| order.intellijRulezz);");
    assert!(text.contains("order . intellijRulezz"), "{text}");
    // And without it, the beginning is what the editor knows the types of.
    let text = typed("orders.filter(|_, order| order.);");
    assert!(text.contains("let order = & value ;"), "{text}");
}

#[test]
fn a_block_that_is_being_typed_keeps_its_statements() {
    let text =
        typed("orders.map_values(|order| { let a = order.amount; let b = order.intellijRulezz });");
    assert!(text.contains("let a = order . amount ; let b = order . intellijRulezz ;"), "{text}");
}

#[test]
fn an_operator_that_is_being_typed_is_one_of_the_operators() {
    for chain in
        ["orders.intellijRulezz;", "orders.filter(|o| o.paid).intellijRulezz", "orders.fil;"]
    {
        let word = chain.rsplit('.').next().unwrap_or_default().trim_end_matches(';');
        let text = typed(chain);
        assert!(text.contains(&format!("operators () . {word} ;")), "{text}");
    }
}

#[test]
fn a_sink_that_is_being_typed_is_one_of_the_names() {
    let text = typed("orders.map_values(|o| o.amount).to(intellijRulezz);");
    assert!(text.contains("TestDriver :: intellijRulezz"), "{text}");
    assert!(text.contains("o . amount"), "{text}");
}

#[test]
fn an_error_in_one_item_leaves_the_code_of_the_others() {
    let text = typed(
        "orders.map_values(|o| o.amount).to(out); orders.fliter(|o| o.paid).to(out); let x = ;",
    );
    assert!(text.contains("there is no operator `fliter`"), "{text}");
    assert!(text.contains("o . amount"), "{text}");
    assert!(text.contains("pub fn out"), "{text}");
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
