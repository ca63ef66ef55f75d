//! Tokens as a person writes them. The compiler's own way to print them changes from version to version;
//! this one does not, so it can be kept in files.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The text of tokens.
pub(crate) fn written(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => word(&name.to_string(), text),
            TokenTree::Literal(literal) => word(&literal.to_string(), text),
            TokenTree::Punct(punct) => {
                let c = punct.as_char();
                let operator = matches!(c, '=' | '-' | '+' | '|')
                    && text.ends_with(|c: char| {
                        c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '>')
                    });
                // A lifetime stands apart from the word before it.
                let apart = c == '\'' && text.ends_with(char::is_alphanumeric);
                let begins = wants_space(text)
                    && !matches!(c, ',' | ';' | '>' | '=' | '|')
                    && !(c == ':' && text.ends_with(':'));
                if operator || apart || begins {
                    text.push(' ');
                }
                text.push(punct.as_char());
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                if wants_space(text) || (open == "{ " && !text.is_empty() && !text.ends_with(' ')) {
                    text.push(' ');
                }
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
        }
    }
}

fn word(word: &str, text: &mut String) {
    let after_word =
        text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '}' | '"'));
    if after_word || wants_space(text) {
        text.push(' ');
    }
    text.push_str(word);
}

/// True behind what is followed by a space: a comma, a lone colon, an arrow, an equals sign.
fn wants_space(text: &str) -> bool {
    text.ends_with([',', ';', '=', '+', '|'])
        || (text.ends_with(':') && !text.ends_with("::"))
        || text.ends_with("->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_people_do() {
        for text in [
            "HashMap<String, Vec<u8>>",
            "&[u8]",
            "[u8; 4]",
            "Option<(String, i64)>",
            "&'a str",
            "&mut i64",
            "::std::string::String",
            "Box<dyn Fn(i64) -> i64>",
            "(i64, &str)",
            "Map<String, ::std::vec::Vec<u8>>",
        ] {
            let tokens: TokenStream = text.parse().unwrap_or_default();
            assert_eq!(written(tokens), text);
        }
    }
}
