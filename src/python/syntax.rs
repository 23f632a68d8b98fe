//! Does CPython compile a file, and if not, what does it say?
//!
//! Ruff's parser makes the tree. It accepts what Python accepts, nearly, but says other things of
//! what it does not accept; so a text that it refuses is read again the way CPython reads it
//! (`lexer`, `grammar`, `peg`), once, for the words. Knows the syntax of each Python version;
//! knows nothing of what a program means.

mod decode;
mod flow;
mod fstring;
mod grammar;
mod lexer;
mod literals;
mod numbers;
mod old_fstring;
mod patterns;
mod peg;
mod symbols;
mod targets;

use ruff_python_ast::{self as ast, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextSize};

/// Why a file does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// `SyntaxError`, `IndentationError`, `TabError`; `ValueError` for null bytes up to 3.10.
    pub kind: &'static str,
    /// Text of the exception, without the `(file, line n)` that `str()` adds.
    pub message: String,
    /// 1-based line; `None` when CPython names no file and line.
    pub line: Option<u32>,
}

impl SyntaxProblem {
    fn new(message: impl Into<String>, line: Option<u32>) -> Self {
        Self {
            kind: "SyntaxError",
            message: message.into(),
            line,
        }
    }
}

/// Why a tree does not become code, and where.
#[derive(Debug)]
struct Refusal {
    message: String,
    at: TextSize,
}

/// Decodes and parses a file; `whole` also asks what comes after parsing.
pub fn compile(
    bytes: &[u8],
    version: PythonVersion,
    whole: bool,
) -> (String, Result<ast::ModModule, SyntaxProblem>) {
    if bytes.contains(&0) {
        let mut problem = SyntaxProblem::new("source code string cannot contain null bytes", None);
        if version.minor <= 10 {
            problem.kind = "ValueError";
        }
        return (String::from_utf8_lossy(bytes).into_owned(), Err(problem));
    }
    match decode::decode(bytes, version.minor) {
        Ok(text) => {
            let tree = parse(&text, version).and_then(|tree| match whole {
                true => generate(&text, &tree, version).map_or(Ok(tree), Err),
                false => Ok(tree),
            });
            (text, tree)
        }
        Err(problem) => (String::from_utf8_lossy(bytes).into_owned(), Err(problem)),
    }
}

/// The tree of a text, or what CPython says instead.
fn parse(text: &str, version: PythonVersion) -> Result<ast::ModModule, SyntaxProblem> {
    // Brackets that CPython's tokenizer would refuse must not reach a recursive parser.
    if is_suspicious(text)
        && lexer::tokens(&decode::lines(text, version.minor), version.minor)
            .stop
            .is_some()
        && let Some(problem) = judge(text, version)
    {
        return Err(problem);
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(version);
    let parsed = parse_unchecked(text, options);
    let broken = parsed
        .errors()
        .first()
        .map(|e| e.location.start().to_usize());
    let unsupported = parsed
        .unsupported_syntax_errors()
        .first()
        .map(|e| e.range().start().to_usize());
    if let Some(at) = broken.or(unsupported) {
        if let Some(problem) = judge(text, version) {
            return Err(problem);
        }
        // Python 3.8 is read with the grammar of 3.9, which accepts a little more.
        if version.minor < 9 && unsupported.is_some() {
            let before = &text[..at.min(text.len())];
            let line = u32::try_from(before.matches('\n').count() + 1).ok();
            return Err(SyntaxProblem::new("invalid syntax", line));
        }
    }
    match parsed.into_syntax() {
        ast::Mod::Module(module) => Ok(module),
        ast::Mod::Expression(_) => Err(SyntaxProblem::new("invalid syntax", None)),
    }
}

/// What the passes after the parser refuse: future statements, names, code.
fn generate(text: &str, tree: &ast::ModModule, version: PythonVersion) -> Option<SyntaxProblem> {
    let minor = version.minor;
    let (last_future, lazy, refusal) = futures(tree);
    let lazy = lazy || minor >= 14;
    let refusal = refusal
        .or_else(|| symbols::check(tree, minor, lazy))
        .or_else(|| flow::check(tree, minor, lazy, last_future))?;
    let before = &text[..refusal.at.to_usize().min(text.len())];
    let line = before.matches('\n').count() + 1;
    Some(SyntaxProblem::new(
        refusal.message,
        u32::try_from(line).ok(),
    ))
}

/// Future statements (`Python/future.c`): where the last one that counts begins, whether
/// annotations stay unevaluated, and what is wrong.
fn futures(tree: &ast::ModModule) -> (TextSize, bool, Option<Refusal>) {
    let (mut last, mut lazy, mut done) = (TextSize::new(0), false, false);
    for (number, stmt) in tree.body.iter().enumerate() {
        match stmt {
            ast::Stmt::ImportFrom(s)
                if s.level == 0
                    && s.module
                        .as_ref()
                        .is_some_and(|m| m.as_str() == "__future__") =>
            {
                if done {
                    break;
                }
                last = s.start();
                for alias in &s.names {
                    let message = match alias.name.as_str() {
                        "annotations" => {
                            lazy = true;
                            continue;
                        }
                        known if FUTURES.contains(&known) => continue,
                        "braces" => "not a chance".to_owned(),
                        unknown => format!("future feature {unknown} is not defined"),
                    };
                    let at = alias.start();
                    return (last, lazy, Some(Refusal { message, at }));
                }
            }
            ast::Stmt::Expr(e) if e.value.is_string_literal_expr() && number == 0 => {}
            _ => done = true,
        }
    }
    (last, lazy, None)
}

const FUTURES: &[&str] = &[
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
];

fn judge(text: &str, version: PythonVersion) -> Option<SyntaxProblem> {
    peg::judge(&decode::lines(text, version.minor), version.minor)
}

/// No bracket of a text is deeper than this. Counted in blocks, several bytes at a time, as if each
/// block first closed all that it closes and then opened all that it opens.
fn deepest_bound(text: &[u8]) -> i32 {
    let (mut open, mut lowest, mut bound) = (0_i32, 0_i32, 0_i32);
    for block in text.chunks(64) {
        let (mut opened, mut closed) = (0_u8, 0_u8);
        for byte in block {
            opened += u8::from(matches!(byte, b'(' | b'[' | b'{'));
            closed += u8::from(matches!(byte, b')' | b']' | b'}'));
        }
        let (opened, closed) = (i32::from(opened), i32::from(closed));
        lowest = lowest.min(open - closed);
        bound = bound.max(open + opened - lowest);
        open += opened - closed;
    }
    bound
}

/// Does the text hold what Ruff accepts and CPython's tokenizer may not: deep brackets, deep
/// indentation, tabs? Strings and comments are not told apart here. Every byte of every module
/// passes through: no branch depends on one.
fn is_suspicious(text: &str) -> bool {
    const BRACKETS: i32 = 150;
    const INDENT: &str = match std::str::from_utf8(&[b' '; 100]) {
        Ok(spaces) => spaces,
        Err(_) => "",
    };
    const STEPS: [i8; 256] = {
        let mut steps = [0; 256];
        (steps[b'(' as usize], steps[b')' as usize]) = (1, -1);
        (steps[b'[' as usize], steps[b']' as usize]) = (1, -1);
        (steps[b'{' as usize], steps[b'}' as usize]) = (1, -1);
        steps
    };
    let deep = || {
        let (mut open, mut deepest) = (0_i32, 0_i32);
        for byte in text.bytes() {
            open = (open + i32::from(STEPS[usize::from(byte)])).max(0);
            deepest = deepest.max(open);
        }
        deepest > BRACKETS
    };
    (deepest_bound(text.as_bytes()) > BRACKETS && deep())
        || text.as_bytes().contains(&b'\t')
        || text.contains(INDENT)
}

#[cfg(test)]
mod tests {
    use super::deepest_bound;

    #[test]
    fn no_bracket_is_deeper_than_the_bound() {
        let texts = [
            "((()))".to_owned(),
            format!("{}{}", "(".repeat(300), ")".repeat(300)),
            "f(a)[b]{c}\n".repeat(500),
            format!("{}{}", ")".repeat(100), "([{".repeat(60)),
            format!("{}{}", "a = (b)\n".repeat(90), "[".repeat(151)),
        ];
        for text in texts {
            let (mut open, mut deepest) = (0_i32, 0);
            for c in text.chars() {
                match c {
                    '(' | '[' | '{' => open += 1,
                    ')' | ']' | '}' => open = (open - 1).max(0),
                    _ => {}
                }
                deepest = deepest.max(open);
            }
            assert!(deepest_bound(text.as_bytes()) >= deepest, "{text}");
        }
    }

    #[test]
    fn ordinary_code_is_far_below_the_limit() {
        let text = "value = call(table[key], {'a': (1, 2)})\n".repeat(1000);
        assert!(deepest_bound(text.as_bytes()) < 50);
    }
}
