//! Escaping for the destination of a text. Everything that came from the target may be hostile:
//! file names and messages with control characters, back-ticks, markup, workflow commands.

use std::fmt::Write as _;

/// Characters that are invisible or turn the direction of the text around them.
fn deceptive(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// One line for a terminal: no control characters, nothing invisible; line ends become blanks.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            '\r' => {}
            c if c.is_control() || deceptive(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// A field of a tab-separated line.
pub fn field(text: &str) -> String {
    terminal(text)
}

/// Text for XML 1.0: what no escape can carry is replaced; the writer escapes markup.
pub fn xml(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' => c,
            '\r' => '\n',
            c if c.is_control() || deceptive(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                '\u{fffd}'
            }
            c => c,
        })
        .collect()
}

/// Message of a GitHub workflow command.
pub fn command_message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            c if c.is_control() || deceptive(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Property of a GitHub workflow command.
pub fn command_property(text: &str) -> String {
    command_message(text)
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// Relative URI reference of a path: percent-encoded, slashes kept.
pub fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Longest run of back-ticks.
fn longest_ticks(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A Markdown code span that survives back-ticks inside.
pub fn code(text: &str) -> String {
    let text = terminal(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_ticks(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// A fenced Markdown block that no line inside can close.
pub fn fenced<S: AsRef<str>>(language: &str, lines: &[S]) -> String {
    let longest = lines
        .iter()
        .map(|l| longest_ticks(l.as_ref()))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let mut out = format!("{fence}{language}\n");
    for line in lines {
        // A CI obeys such lines when the document is printed to its log: one blank disarms them.
        if ["::", "##[", "##vso["]
            .iter()
            .any(|c| line.as_ref().starts_with(c))
        {
            out.push(' ');
        }
        for c in line.as_ref().chars() {
            match c {
                '\t' => out.push('\t'),
                c if c.is_control() || deceptive(c) => out.extend(c.escape_default()),
                c => out.push(c),
            }
        }
        out.push('\n');
    }
    out.push_str(&fence);
    out
}

/// Running Markdown text. Code spans of the check's own text are kept; markup characters
/// outside of them are shown as they are, not obeyed.
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.as_str();
    while let Some(open) = rest.find('`') {
        out.push_str(&markdown_plain(&rest[..open]));
        let after = &rest[open..];
        let ticks = after.chars().take_while(|c| *c == '`').count();
        let fence = &after[..ticks];
        let body = &after[ticks..];
        let Some(close) = closing(body, fence) else {
            out.push_str(&"\\`".repeat(ticks));
            rest = body;
            continue;
        };
        out.push_str(fence);
        out.push_str(&body[..close]);
        out.push_str(fence);
        rest = &body[close + ticks..];
    }
    out.push_str(&markdown_plain(rest));
    out
}

/// Where a run of exactly `fence` starts.
fn closing(body: &str, fence: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = body[from..].find('`') {
        let at = from + found;
        let run = body[at..].chars().take_while(|c| *c == '`').count();
        if run == fence.len() {
            return Some(at);
        }
        from = at + run;
    }
    None
}

fn markdown_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A label inside double quotes of a Mermaid diagram.
pub fn mermaid(text: &str) -> String {
    terminal(text)
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "&#96;")
        .replace('#', "&#35;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_survive_back_ticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
    }

    #[test]
    fn fences_cannot_be_closed_from_inside() {
        assert_eq!(fenced("sh", &["```", "x"]), "````sh\n```\nx\n````");
    }

    #[test]
    fn markup_outside_code_is_shown() {
        let cases = [
            (
                "a <script> & `b<c` *d*",
                "a &lt;script&gt; &amp; `b<c` \\*d\\*",
            ),
            ("one ` tick_", "one \\` tick\\_"),
            ("``a`b`` c", "``a`b`` c"),
            ("x\n# y", "x \\# y"),
        ];
        for (input, expected) in cases {
            assert_eq!(markdown(input), expected, "input: {input}");
        }
    }

    #[test]
    fn commands_and_terminals_get_no_control_characters() {
        assert_eq!(command_message("50%\n::set-output"), "50%25%0A::set-output");
        assert_eq!(command_property("a:b,c"), "a%3Ab%2Cc");
        assert_eq!(
            terminal("a\x1b[31m\u{202e}b\nc"),
            "a\\u{1b}[31m\\u{202e}b c"
        );
        assert_eq!(uri("a b/ü%.py"), "a%20b/%C3%BC%25.py");
        assert_eq!(xml("a\u{0}b\r\n"), "a\u{fffd}b\n\n");
    }
}
