//! Does CPython compile a file, and if not, what does it say?
//!
//! Knows decoding (PEP 263, byte order marks) and the syntax of each Python version; knows
//! nothing of what a program means.

use ruff_python_ast::{self as ast, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

/// Why a file does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// `SyntaxError`, `IndentationError` or `TabError`.
    pub kind: &'static str,
    /// Text of the exception, without the `(file, line n)` that `str()` adds.
    pub message: String,
    /// 1-based line; `None` when CPython names no file and line.
    pub line: Option<u32>,
}

/// Decodes and parses a file.
pub fn compile(
    bytes: &[u8],
    version: PythonVersion,
    _semantic: bool,
) -> (String, Result<ast::ModModule, SyntaxProblem>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        let problem = SyntaxProblem {
            kind: "SyntaxError",
            message: "source code string cannot contain null bytes".to_owned(),
            line: None,
        };
        return (String::from_utf8_lossy(bytes).into_owned(), Err(problem));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let at = error.valid_up_to();
            let problem = SyntaxProblem {
                kind: "SyntaxError",
                message: format!(
                    "(unicode error) 'utf-8' codec can't decode byte 0x{:02x} in position {at}: invalid start byte",
                    bytes.get(at).copied().unwrap_or_default()
                ),
                line: None,
            };
            return (String::from_utf8_lossy(bytes).into_owned(), Err(problem));
        }
    };
    let parsed = parse_unchecked(
        &text,
        ParseOptions::from(Mode::Module).with_target_version(version),
    );
    let line_of = |offset: usize| {
        u32::try_from(text[..offset.min(text.len())].matches('\n').count() + 1).unwrap_or(u32::MAX)
    };
    if let Some(error) = parsed.errors().first() {
        let problem = SyntaxProblem {
            kind: "SyntaxError",
            message: error.error.to_string(),
            line: Some(line_of(error.location.start().to_usize())),
        };
        return (text, Err(problem));
    }
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        let problem = SyntaxProblem {
            kind: "SyntaxError",
            message: "invalid syntax".to_owned(),
            line: Some(line_of(error.range().start().to_usize())),
        };
        return (text, Err(problem));
    }
    let tree = match parsed.into_syntax() {
        ast::Mod::Module(module) => Ok(module),
        ast::Mod::Expression(_) => Err(SyntaxProblem {
            kind: "SyntaxError",
            message: "invalid syntax".to_owned(),
            line: None,
        }),
    };
    (text, tree)
}
