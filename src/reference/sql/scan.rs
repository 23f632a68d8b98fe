//! Tokens of SQL (manual section 4.1), as far as they are needed to recognise statements.

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Key word or identifier; unquoted ones in lower case.
    Word(String),
    /// String constant.
    Text(String),
    /// Number.
    Number(String),
    /// `$1`
    Parameter(usize),
    /// Operator or punctuation.
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "::", "<>", "!=", "<=", ">=", "||", "~~", "(", ")", "[", "]", ",", ";", ".", "=", "<", ">",
    "+", "-", "*", "/", "%", "~", ":",
];

/// All tokens; `None` when the text cannot be read (an open quote, an unknown sign).
pub fn scan(sql: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return Some(tokens);
        };
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1;
        } else if first == '\'' {
            let (text, after) = quoted(&rest[1..], '\'')?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if first == '"' {
            let (text, after) = quoted(&rest[1..], '"')?;
            tokens.push(Token::Word(text));
            rest = after;
        } else if first.is_alphabetic() || first == '_' {
            let (word, after) = split_at(rest, |c| c.is_alphanumeric() || c == '_' || c == '$');
            tokens.push(Token::Word(word.to_lowercase()));
            rest = after;
        } else if first.is_ascii_digit() {
            let (number, after) = split_at(rest, |c| c.is_ascii_digit() || c == '.');
            tokens.push(Token::Number(number.to_owned()));
            rest = after;
        } else if let Some(parameter) = rest.strip_prefix('$') {
            let (number, after) = split_at(parameter, |c| c.is_ascii_digit());
            tokens.push(Token::Parameter(number.parse().ok()?));
            rest = after;
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
    }
}

fn split_at(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Content up to the closing quote (a doubled one stands for itself), and what follows.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let end = rest.find(quote)?;
        out.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(more) => {
                out.push(quote);
                rest = more;
            }
            None => return Some((out, rest)),
        }
    }
}

/// Tokens in a form that does not depend on layout: `count(*)`, `pg_class.relname`.
/// The schema `pg_catalog` is left out, since it is always searched.
pub fn canonical(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut glue = true;
    let mut n = 0;
    while let Some(token) = tokens.get(n) {
        let catalog = matches!(token, Token::Word(w) if w == "pg_catalog")
            && tokens.get(n + 1) == Some(&Token::Sign("."));
        if catalog {
            n += 2;
            continue;
        }
        let piece = match token {
            Token::Word(w) => w.clone(),
            Token::Text(t) => format!("'{t}'"),
            Token::Number(t) => t.clone(),
            Token::Parameter(p) => format!("${p}"),
            Token::Sign(s) => (*s).to_owned(),
        };
        let sign = matches!(token, Token::Sign(_));
        if !(glue || sign) {
            out.push(' ');
        }
        out.push_str(&piece);
        glue = sign;
        n += 1;
    }
    out
}

/// The statements between semicolons, empty ones left out.
pub fn statements(tokens: Vec<Token>) -> Vec<Vec<Token>> {
    let all = tokens.split(|token| *token == Token::Sign(";"));
    all.filter(|part| !part.is_empty())
        .map(<[Token]>::to_vec)
        .collect()
}

/// Parts between `separator` outside brackets.
pub fn split(tokens: &[Token], separator: &Token) -> Vec<Vec<Token>> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0i32;
    for token in tokens {
        match token {
            Token::Sign("(" | "[") => depth += 1,
            Token::Sign(")" | "]") => depth -= 1,
            _ => {}
        }
        if depth == 0 && token == separator {
            parts.push(Vec::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(token.clone());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_case_comments_and_catalog_do_not_matter() {
        let cases = [
            ("SELECT  Pg_Catalog.Version ( )", "select version()"),
            ("select/* x */ count( * ) -- y\n", "select count(*)"),
            (
                "SELECT 'It''s', \"Mixed\" , $1::VARCHAR",
                "select 'It's',Mixed,$1::varchar",
            ),
            ("a.b = 'x' and c", "a.b='x' and c"),
        ];
        for (sql, expected) in cases {
            // A blank separates what is neither sign; strings count as words.
            let seen = canonical(&scan(sql).unwrap());
            assert_eq!(seen, expected, "{sql}");
        }
    }

    #[test]
    fn unreadable_text_is_refused() {
        for sql in ["'open", "\"open", "/* open", "a ? b", "$x"] {
            assert_eq!(scan(sql), None, "{sql}");
        }
    }

    #[test]
    fn statements_split_at_semicolons() {
        let parts = statements(scan("a; b ';' c;;").unwrap());
        assert_eq!(parts.len(), 2);
    }
}
