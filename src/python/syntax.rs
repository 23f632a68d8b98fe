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
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(problem) => return (String::from_utf8_lossy(bytes).into_owned(), Err(problem)),
    };
    let parsed = parse_unchecked(
        &text,
        ParseOptions::from(Mode::Module).with_target_version(version),
    );
    let line_of = |offset: usize| {
        u32::try_from(text[..offset.min(text.len())].matches('\n').count() + 1).unwrap_or(u32::MAX)
    };
    if !parsed.errors().is_empty()
        && let Some(problem) = mixed_tabs(&text)
    {
        return (text, Err(problem));
    }
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

/// Text of a source file: UTF-8, or what a cookie in one of its first two lines says (PEP 263).
fn decode(bytes: &[u8]) -> Result<String, SyntaxProblem> {
    let cookie = bytes.split(|b| *b == b'\n').take(2).find_map(cookie);
    let name = cookie.unwrap_or_default().to_lowercase().replace('_', "-");
    match name.as_str() {
        "" | "utf-8" | "utf8" | "utf-8-sig" | "ascii" | "us-ascii" => {}
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "iso-latin-1" => {
            return Ok(bytes.iter().map(|b| char::from(*b)).collect());
        }
        // Encodings that Python has and this program does not: only ASCII is read exactly.
        known if PYTHON_ENCODINGS.iter().any(|e| known.starts_with(e)) => {
            return Ok(String::from_utf8_lossy(bytes).into_owned());
        }
        unknown => {
            return Err(SyntaxProblem {
                kind: "SyntaxError",
                message: format!("unknown encoding: {unknown}"),
                line: None,
            });
        }
    }
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        let before = &bytes[..at];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let byte = bytes.get(at).copied().unwrap_or_default();
        let reason = match error.error_len() {
            None => "unexpected end of data",
            Some(_) if (0xc2..=0xf4).contains(&byte) => "invalid continuation byte",
            Some(_) => "invalid start byte",
        };
        SyntaxProblem {
            kind: "SyntaxError",
            message: format!(
                "(unicode error) 'utf-8' codec can't decode byte 0x{byte:02x} in position {}: {reason}",
                at - start
            ),
            line: u32::try_from(line).ok(),
        }
    })
}

/// Beginnings of the names of Python's other text encodings.
const PYTHON_ENCODINGS: &[&str] = &[
    "iso-8859",
    "iso8859",
    "latin",
    "cp",
    "windows-",
    "koi8",
    "mac",
    "gb",
    "big5",
    "euc",
    "shift",
    "utf-16",
    "utf-32",
    "utf-7",
    "johab",
    "hz",
    "ptcp",
    "tis-620",
    "kz1048",
    "hp-roman8",
    "iso2022",
    "iso-2022",
    "unicode-escape",
    "raw-unicode-escape",
    "idna",
    "punycode",
    "mbcs",
    "oem",
];

/// The encoding that a line names: `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`.
fn cookie(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let comment = line
        .trim_start_matches([' ', '\t', '\u{c}'])
        .strip_prefix('#')?;
    let rest = comment
        .split("coding")
        .skip(1)
        .find_map(|r| r.strip_prefix([':', '=']))?;
    let name: String = rest
        .trim_start_matches([' ', '\t'])
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// The first line whose indentation depends on the width of a tab, in a file that does not
/// compile. CPython counts twice, with tabs of eight columns and of one (`Parser/tokenizer.c`).
fn mixed_tabs(text: &str) -> Option<SyntaxProblem> {
    let mut stack = vec![(0_usize, 0_usize)];
    for (number, line) in text.lines().enumerate() {
        let body = line.trim_start_matches([' ', '\t']);
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let (mut wide, mut narrow) = (0, 0);
        for c in line[..line.len() - body.len()].chars() {
            (wide, narrow) = match c {
                '\t' => ((wide / 8 + 1) * 8, narrow + 1),
                _ => (wide + 1, narrow + 1),
            };
        }
        while stack.len() > 1 && stack.last().is_some_and(|(w, _)| *w > wide) {
            stack.pop();
        }
        let (top_wide, top_narrow) = stack.last().copied().unwrap_or_default();
        let mixed = if wide == top_wide {
            narrow != top_narrow
        } else {
            narrow <= top_narrow
        };
        if mixed {
            return Some(SyntaxProblem {
                kind: "TabError",
                message: "inconsistent use of tabs and spaces in indentation".to_owned(),
                line: u32::try_from(number + 1).ok(),
            });
        }
        if wide > top_wide {
            stack.push((wide, narrow));
        }
    }
    None
}
