//! A reader of POSIX shell text: simple commands with their words, quotes and variables resolved
//! as far as they are known.
//!
//! Knows no command but the separators. What it cannot know (command substitution, unset
//! variables) stays in the word as written.

use std::collections::BTreeMap;

/// One simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Assignments before the first word.
    pub assigns: Vec<(String, String)>,
    /// Words after expansion.
    pub words: Vec<String>,
    /// 1-based line in the text.
    pub line: u32,
    /// The command as written, without line continuations.
    pub text: String,
}

/// Splits a text into simple commands. `variables` are known before the first one; assignments
/// met on the way are known to the later ones. `arguments` is what `"$@"` stands for.
pub(super) fn commands(
    text: &str,
    variables: &BTreeMap<String, String>,
    arguments: &[String],
) -> Vec<Command> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        variables: variables.clone(),
        arguments,
    };
    let mut out = Vec::new();
    loop {
        let (command, more) = lexer.command();
        let only_assigns = command.words.is_empty();
        let exported = command
            .words
            .first()
            .is_some_and(|w| w == "export" || w == "declare");
        if only_assigns {
            lexer.variables.extend(command.assigns.iter().cloned());
        }
        if exported {
            let named = command.words.iter().skip(1).filter_map(|w| assignment(w));
            lexer.variables.extend(named);
        }
        if !command.words.is_empty() || !command.assigns.is_empty() {
            out.push(command);
        }
        if !more || out.len() > 2_000 {
            return out;
        }
    }
}

/// Words of one command line, in the order of a shell without any variables.
pub(super) fn words(text: &str) -> Vec<String> {
    commands(text, &BTreeMap::new(), &[])
        .into_iter()
        .flat_map(|c| {
            let assigns = c.assigns.into_iter().map(|(n, v)| format!("{n}={v}"));
            assigns.chain(c.words).collect::<Vec<_>>()
        })
        .collect()
}

/// `NAME=value`, when the word is one.
pub(super) fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    is_name(name).then(|| (name.to_owned(), value.to_owned()))
}

/// Expands `$NAME`, `${NAME}`, `${NAME:-default}` and their relatives; what is not known stays.
pub(super) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        variables: variables.clone(),
        arguments: &[],
    };
    let mut out = String::new();
    while let Some(c) = lexer.peek() {
        if c == '$' {
            out.push_str(&lexer.dollar());
        } else {
            lexer.at += 1;
            out.push(c);
        }
    }
    out
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Lexer<'a> {
    chars: Vec<char>,
    at: usize,
    line: u32,
    variables: BTreeMap<String, String>,
    arguments: &'a [String],
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    /// One simple command and whether more text follows.
    fn command(&mut self) -> (Command, bool) {
        let mut command = Command::default();
        let mut start = self.at;
        loop {
            self.blanks();
            if command.words.is_empty() && command.assigns.is_empty() {
                start = self.at;
                command.line = self.line;
            }
            match self.peek() {
                None => {
                    command.text = self.written(start);
                    return (command, false);
                }
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some('\n' | ';' | '&' | '|' | '(' | ')') => {
                    command.text = self.written(start);
                    let first = self.next();
                    if matches!(first, Some('&' | '|' | ';')) && self.peek() == first {
                        self.at += 1;
                    }
                    return (command, true);
                }
                Some('<' | '>') => self.redirection(),
                Some(_) => self.word_into(&mut command),
            }
        }
    }

    fn written(&self, start: usize) -> String {
        let text: String = self.chars[start..self.at].iter().collect();
        text.replace("\\\n", " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.chars.get(self.at + 1) == Some(&'\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                _ => return,
            }
        }
    }

    /// `> file`, `2>&1`, `<<EOF`: consumed with its target. The number before it was a word.
    fn redirection(&mut self) {
        let start = self.at;
        while matches!(self.peek(), Some('<' | '>' | '&' | '-' | '|')) {
            self.at += 1;
        }
        let operator: String = self.chars[start..self.at].iter().collect();
        self.blanks();
        let (words, _) = self.word();
        if operator.starts_with("<<")
            && !operator.starts_with("<<<")
            && let Some(end) = words.first()
        {
            self.here_document(end);
        }
    }

    /// Skips to the line that holds only the end mark.
    fn here_document(&mut self, end: &str) {
        let rest: String = self.chars[self.at..].iter().collect();
        let mut used = 0;
        for (n, line) in rest.split_inclusive('\n').enumerate() {
            used += line.chars().count();
            if n > 0 && line.trim() == end {
                break;
            }
        }
        // The line end after the mark stays: it ends the command.
        for _ in 0..used.saturating_sub(1) {
            self.next();
        }
    }

    fn word_into(&mut self, command: &mut Command) {
        let (words, quoted) = self.word();
        for word in words {
            if command.words.is_empty() {
                if let Some(assigned) = assignment(&word) {
                    command.assigns.push(assigned);
                    continue;
                }
                let reserved = [
                    "then", "else", "do", "{", "!", "if", "while", "elif", "time",
                ];
                if !quoted && (reserved.contains(&word.as_str()) || word == "}") {
                    continue;
                }
            }
            command.words.push(word);
        }
    }

    /// One word; `"$@"` and unquoted variables may give several or none.
    fn word(&mut self) -> (Vec<String>, bool) {
        let mut words = vec![String::new()];
        let mut quoted = false;
        let mut any = false;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    quoted = true;
                    self.at += 1;
                    while let Some(c) = self.next().filter(|c| *c != '\'') {
                        push(&mut words, c);
                    }
                }
                '"' => {
                    quoted = true;
                    self.double_quoted(&mut words);
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') | None => {}
                        Some(c) => push(&mut words, c),
                    }
                }
                '$' if self.at_arguments() => {
                    any = true;
                    self.spread(&mut words);
                }
                '$' => {
                    let value = self.dollar();
                    any = true;
                    let mut pieces = value.split_whitespace();
                    if let Some(first) = pieces.next() {
                        words.last_mut().into_iter().for_each(|w| w.push_str(first));
                    }
                    words.extend(pieces.map(str::to_owned));
                }
                c => {
                    self.next();
                    push(&mut words, c);
                }
            }
        }
        if any && !quoted {
            words.retain(|w| !w.is_empty());
        }
        (words, quoted)
    }

    fn double_quoted(&mut self, words: &mut Vec<String>) {
        self.at += 1;
        let whole = self.at_arguments();
        if whole {
            self.spread(words);
        }
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    if whole {
                        words.retain(|w| !w.is_empty());
                    }
                    return;
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') | None => {}
                        Some(c @ ('$' | '"' | '\\' | '`')) => push(words, c),
                        Some(c) => {
                            push(words, '\\');
                            push(words, c);
                        }
                    }
                }
                '$' => {
                    let value = self.dollar();
                    words
                        .last_mut()
                        .into_iter()
                        .for_each(|w| w.push_str(&value));
                }
                c => {
                    self.next();
                    push(words, c);
                }
            }
        }
    }

    /// Do `$@`, `$*` or `${@}` stand here?
    fn at_arguments(&self) -> bool {
        let rest: String = self.chars[self.at..].iter().take(4).collect();
        rest.starts_with("$@") || rest.starts_with("$*") || rest == "${@}" || rest == "${*}"
    }

    fn spread(&mut self, words: &mut Vec<String>) {
        self.at += if self.chars.get(self.at + 1) == Some(&'{') {
            4
        } else {
            2
        };
        let mut arguments = self.arguments.iter();
        if let Some(first) = arguments.next() {
            words.last_mut().into_iter().for_each(|w| w.push_str(first));
        }
        words.extend(arguments.cloned());
    }

    /// A variable or substitution at `$`; as written when its value is not known.
    fn dollar(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some('{') => self.braced(start),
            Some('(') => {
                let mut depth = 0;
                while let Some(c) = self.next() {
                    match c {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                self.chars[start..self.at].iter().collect()
            }
            Some(c) if c.is_ascii_digit() => {
                self.at += 1;
                let n = c.to_digit(10).unwrap_or(0) as usize;
                let argument = n.checked_sub(1).and_then(|n| self.arguments.get(n));
                argument.cloned().unwrap_or_default()
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                while self
                    .peek()
                    .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
                {
                    self.at += 1;
                }
                let name: String = self.chars[start + 1..self.at].iter().collect();
                let written = || format!("${name}");
                self.variables.get(&name).cloned().unwrap_or_else(written)
            }
            _ => "$".to_owned(),
        }
    }

    fn braced(&mut self, start: usize) -> String {
        let mut depth = 0;
        while let Some(c) = self.next() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let written: String = self.chars[start..self.at].iter().collect();
        let body = written
            .trim_start_matches("${")
            .trim_end_matches('}')
            .to_owned();
        let end = body
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(body.len());
        let (name, operation) = body.split_at(end);
        let value = self.variables.get(name).cloned();
        let (colon, operation) = match operation.strip_prefix(':') {
            Some(rest) => (true, rest),
            None => (false, operation),
        };
        let set = value.filter(|v| !(colon && v.is_empty()));
        match (operation.chars().next(), set) {
            (None | Some('?'), Some(value)) => value,
            (Some('-' | '='), Some(value)) => value,
            // Quotes inside of the braces are taken off as outside of them.
            (Some('-' | '='), None) | (Some('+'), Some(_)) => {
                expand(&operation[1..].replace(['"', '\''], ""), &self.variables)
            }
            (Some('+'), None) => String::new(),
            _ => written,
        }
    }
}

fn push(words: &mut [String], c: char) {
    if let Some(word) = words.last_mut() {
        word.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        let variables = BTreeMap::from([("PORT".to_owned(), "81".to_owned())]);
        let arguments = ["uvicorn".to_owned(), "a:b".to_owned()];
        commands(text, &variables, &arguments)
            .into_iter()
            .map(|c| {
                let assigns = c.assigns.into_iter().map(|(n, v)| format!("{n}:={v}"));
                assigns.chain(c.words).collect()
            })
            .collect()
    }

    #[test]
    fn commands_are_split_as_a_shell_does() {
        for (text, expected) in [
            ("a b 'c d' \"e $PORT\"", vec![vec!["a", "b", "c d", "e 81"]]),
            (
                "a && b || c; d & e",
                vec![vec!["a"], vec!["b"], vec!["c"], vec!["d"], vec!["e"]],
            ),
            ("A=1 B='x y' cmd", vec![vec!["A:=1", "B:=x y", "cmd"]]),
            ("a \\\n  --b # c\nd", vec![vec!["a", "--b"], vec!["d"]]),
            (
                "x ${PORT:-8000} ${NOPE:-8000} ${NOPE} $NOPE",
                vec![vec!["x", "81", "8000", "${NOPE}", "$NOPE"]],
            ),
            (
                "H=${H:-0.0.0.0}\nx $H",
                vec![vec!["H:=0.0.0.0"], vec!["x", "0.0.0.0"]],
            ),
            ("exec \"$@\"", vec![vec!["exec", "uvicorn", "a:b"]]),
            (
                "if [ -f x ]; then run; fi",
                vec![vec!["[", "-f", "x", "]"], vec!["run"], vec!["fi"]],
            ),
            ("a > /dev/null 2>&1 b", vec![vec!["a", "2", "b"]]),
            (
                "cat <<EOF\nnot a command\nEOF\nb",
                vec![vec!["cat"], vec!["b"]],
            ),
            (
                "export A=b\nx $A",
                vec![vec!["export", "A=b"], vec!["x", "b"]],
            ),
            ("x ${A:-\"$PORT:b\"}", vec![vec!["x", "81:b"]]),
            ("x \"\" y", vec![vec!["x", "", "y"]]),
            ("x $(cat y) z", vec![vec!["x", "$(cat", "y)", "z"]]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_counted() {
        let lines: Vec<u32> = commands("a\n\n b \\\n c\nd", &BTreeMap::new(), &[])
            .iter()
            .map(|c| c.line)
            .collect();
        assert_eq!(lines, [1, 3, 5]);
    }
}
