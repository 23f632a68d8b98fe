//! Escapes, sets and groups of a pattern.

use super::parse::{At, Member, Node, Parser, Refusal, flag};
use crate::python::text::str_repr;

/// Groups that a pattern may have.
const MOST_GROUPS: usize = 0x3fff_ffff;

fn is_octal(c: char) -> bool {
    ('0'..='7').contains(&c)
}

fn is_hex(c: char) -> bool {
    c.is_ascii_hexdigit()
}

/// A character by its number. Surrogates are none here.
fn character(number: u32) -> Result<char, Refusal> {
    char::from_u32(number).ok_or(Refusal::Unknown)
}

fn number(digits: &str, radix: u32) -> Result<u32, Refusal> {
    u32::from_str_radix(digits, radix).map_err(|_| Refusal::Unknown)
}

/// `\n` and the like.
fn control(c: char) -> Option<char> {
    Some(match c {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' => '\\',
        _ => return None,
    })
}

pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
}

impl Parser {
    /// `\x41`, `\u0041`, `\U00000041`
    fn numbered(&mut self, escape: &str, digits: usize) -> Result<char, Refusal> {
        let found = self.source.take_while(digits, is_hex);
        if found.len() != digits {
            let whole = format!("{escape}{found}");
            let offset = whole.chars().count();
            let message = format!("incomplete escape {whole}");
            return Err(self.source.error(&message, offset));
        }
        let value = number(&found, 16)?;
        if value > 0x0010_ffff {
            // `chr()` refuses it, and the escape counts as a bad one.
            let whole = format!("{escape}{found}");
            let offset = whole.chars().count();
            let message = format!("bad escape {whole}");
            return Err(self.source.error(&message, offset));
        }
        character(value)
    }

    fn bad_escape(&self, escape: &str) -> Refusal {
        let offset = escape.chars().count();
        self.source.error(&format!("bad escape {escape}"), offset)
    }

    fn octal(&self, escape: &str) -> Result<char, Refusal> {
        let value = number(&escape[1..], 8)?;
        if value > 0o377 {
            let message = format!("octal escape value {escape} outside of range 0-0o377");
            return Err(self.source.error(&message, escape.len()));
        }
        character(value)
    }

    /// `_escape`: outside of sets.
    pub(super) fn escape(&mut self, escape: &str) -> Result<Node, Refusal> {
        let c = escape.chars().nth(1).unwrap_or('\\');
        let at = match c {
            'A' => Some(At::TextBeginning),
            'Z' => Some(At::TextEnd),
            'b' => Some(At::Boundary),
            'B' => Some(At::NoBoundary),
            _ => None,
        };
        if let Some(at) = at {
            return Ok(Node::At(at));
        }
        if matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W') {
            return Ok(Node::Set {
                negate: false,
                items: vec![Member::Class(c)],
            });
        }
        if let Some(c) = control(c) {
            return Ok(Node::Literal(c));
        }
        Ok(Node::Literal(match c {
            'x' => self.numbered(escape, 2)?,
            'u' => self.numbered(escape, 4)?,
            'U' => self.numbered(escape, 8)?,
            'N' => return Err(Refusal::Unknown),
            '0' => {
                let more = self.source.take_while(2, is_octal);
                character(number(&format!("0{more}"), 8)?)?
            }
            c if c.is_ascii_digit() => return self.reference(escape),
            c if c.is_ascii_alphabetic() => return Err(self.bad_escape(escape)),
            c => c,
        }))
    }

    /// `\1`, or three octal digits.
    fn reference(&mut self, escape: &str) -> Result<Node, Refusal> {
        let mut escape = escape.to_owned();
        if self.source.single().is_some_and(|c| c.is_ascii_digit()) {
            escape.push_str(&self.source.get().unwrap_or_default());
            let octal = escape[1..].chars().all(is_octal);
            if octal && self.source.single().is_some_and(is_octal) {
                escape.push_str(&self.source.get().unwrap_or_default());
                return self.octal(&escape).map(Node::Literal);
            }
        }
        let group: usize = escape[1..].parse().map_err(|_| Refusal::Unknown)?;
        if group >= self.widths.len() {
            let message = format!("invalid group reference {group}");
            return Err(self.source.error(&message, escape.len() - 1));
        }
        if !self.is_closed(group) {
            let message = "cannot refer to an open group";
            return Err(self.source.error(message, escape.len()));
        }
        self.check_behind(group)?;
        Ok(Node::Reference(group))
    }

    /// `_class_escape`: inside of a set.
    fn class_escape(&mut self, escape: &str) -> Result<Member, Refusal> {
        let c = escape.chars().nth(1).unwrap_or('\\');
        if let Some(c) = control(c) {
            return Ok(Member::Range(c, c));
        }
        if matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W') {
            return Ok(Member::Class(c));
        }
        let c = match c {
            'x' => self.numbered(escape, 2)?,
            'u' => self.numbered(escape, 4)?,
            'U' => self.numbered(escape, 8)?,
            'N' => return Err(Refusal::Unknown),
            c if is_octal(c) => {
                let more = self.source.take_while(2, is_octal);
                self.octal(&format!("{escape}{more}"))?
            }
            c if c.is_ascii_alphanumeric() => return Err(self.bad_escape(escape)),
            c => c,
        };
        Ok(Member::Range(c, c))
    }

    fn member(&mut self, this: &str) -> Result<Member, Refusal> {
        if this.starts_with('\\') {
            return self.class_escape(this);
        }
        let c = this.chars().next().ok_or(Refusal::Unknown)?;
        Ok(Member::Range(c, c))
    }

    /// `[...]`, after the opening bracket.
    pub(super) fn set(&mut self) -> Result<Node, Refusal> {
        let here = self.source.tell() - 1;
        let negate = self.source.matches('^');
        let mut items = Vec::new();
        loop {
            let Some(this) = self.source.get() else {
                return Err(self.unterminated_set(here));
            };
            if this == "]" && !items.is_empty() {
                break;
            }
            let first = self.member(&this)?;
            if !self.source.matches('-') {
                items.push(first);
                continue;
            }
            let Some(that) = self.source.get() else {
                return Err(self.unterminated_set(here));
            };
            if that == "]" {
                items.push(first);
                items.push(Member::Range('-', '-'));
                break;
            }
            let second = self.member(&that)?;
            match (&first, &second) {
                (Member::Range(low, _), Member::Range(high, _)) if low <= high => {
                    items.push(Member::Range(*low, *high));
                }
                _ => {
                    let offset = this.chars().count() + 1 + that.chars().count();
                    let message = format!("bad character range {this}-{that}");
                    return Err(self.source.error(&message, offset));
                }
            }
        }
        Ok(Node::Set { negate, items })
    }

    fn unterminated_set(&self, here: usize) -> Refusal {
        let offset = self.source.tell() - here;
        self.source.error("unterminated character set", offset)
    }

    fn close(&mut self, start: usize) -> Result<(), Refusal> {
        if self.source.matches(')') {
            return Ok(());
        }
        let offset = self.source.tell() - start;
        Err(self
            .source
            .error("missing ), unterminated subpattern", offset))
    }

    /// `(...)`, after the opening parenthesis. `None` for what leaves no trace.
    pub(super) fn group(
        &mut self,
        verbose: &mut bool,
        depth: u32,
        at_start: bool,
    ) -> Result<Option<Node>, Refusal> {
        let start = self.source.tell() - 1;
        let (mut name, mut capture, mut atomic) = (None, true, false);
        let (mut on, mut off) = (0, 0);
        if self.source.matches('?') {
            let Some(this) = self.source.get() else {
                return Err(self.source.error("unexpected end of pattern", 0));
            };
            match this.as_str() {
                "P" => match self.named(&this)? {
                    Named::Group(found) => name = Some(found),
                    Named::Node(node) => return Ok(Some(node)),
                },
                ":" => capture = false,
                "#" => return self.comment(start).map(|()| None),
                "=" | "!" | "<" => return self.look(&this, start, *verbose, depth).map(Some),
                "(" => return self.conditional(start, *verbose, depth).map(Some),
                ">" if self.version >= (3, 11) => (capture, atomic) = (false, true),
                other if other == "-" || flag_of(other, self.version).is_some() => {
                    match self.inline_flags(&this)? {
                        None => {
                            self.global_flags(at_start, start)?;
                            *verbose = self.flags & flag::VERBOSE != 0;
                            return Ok(None);
                        }
                        Some(found) => (on, off) = found,
                    }
                    capture = false;
                }
                other => {
                    let message = format!("unknown extension ?{other}");
                    let offset = other.chars().count() + 1;
                    return Err(self.source.error(&message, offset));
                }
            }
        }
        let number = if capture {
            Some(self.open(name.as_deref())?)
        } else {
            None
        };
        let inner = (*verbose || on & flag::VERBOSE != 0) && off & flag::VERBOSE == 0;
        let body = self.alternatives(inner, depth + 1)?;
        self.close(start)?;
        if let Some(number) = number {
            let width = self.width(&body);
            if let Some(slot) = self.widths.get_mut(number) {
                *slot = Some(width);
            }
        }
        Ok(Some(if atomic {
            Node::Atomic(body)
        } else {
            Node::Group {
                number,
                on,
                off,
                body,
            }
        }))
    }

    /// Flags for the whole pattern. Before 3.11 they could stand anywhere.
    fn global_flags(&self, at_start: bool, start: usize) -> Result<(), Refusal> {
        if self.version < (3, 11) {
            // Switching to verbose in the middle reads the whole pattern anew.
            return if at_start {
                Ok(())
            } else {
                Err(Refusal::Unknown)
            };
        }
        if at_start {
            return Ok(());
        }
        let offset = self.source.tell() - start;
        let message = "global flags not at the start of the expression";
        Err(self.source.error(message, offset))
    }

    fn comment(&mut self, start: usize) -> Result<(), Refusal> {
        loop {
            if self.source.next.is_none() {
                let offset = self.source.tell() - start;
                return Err(self.source.error("missing ), unterminated comment", offset));
            }
            if self.source.get().as_deref() == Some(")") {
                return Ok(());
            }
        }
    }

    fn check_name(&self, name: &str) -> Result<(), Refusal> {
        if is_identifier(name) {
            return Ok(());
        }
        let message = format!("bad character in group name {}", str_repr(name));
        Err(self.source.error(&message, name.chars().count() + 1))
    }

    /// `(?P<name>` and `(?P=name)`
    fn named(&mut self, _: &str) -> Result<Named, Refusal> {
        if self.source.matches('<') {
            let name = self.source.until('>', "group name")?;
            self.check_name(&name)?;
            return Ok(Named::Group(name));
        }
        if self.source.matches('=') {
            let name = self.source.until(')', "group name")?;
            self.check_name(&name)?;
            let offset = name.chars().count() + 1;
            let Some(group) = self.group_named(&name) else {
                let message = format!("unknown group name {}", str_repr(&name));
                return Err(self.source.error(&message, offset));
            };
            if !self.is_closed(group) {
                let message = "cannot refer to an open group";
                return Err(self.source.error(message, offset));
            }
            self.check_behind(group)?;
            return Ok(Named::Node(Node::Reference(group)));
        }
        match self.source.get() {
            None => Err(self.source.error("unexpected end of pattern", 0)),
            Some(other) => {
                let message = format!("unknown extension ?P{other}");
                Err(self.source.error(&message, other.chars().count() + 2))
            }
        }
    }

    fn group_named(&self, name: &str) -> Option<usize> {
        let found = self.names.iter().find(|(n, _)| n == name);
        found.map(|(_, group)| *group)
    }

    fn open(&mut self, name: Option<&str>) -> Result<usize, Refusal> {
        let group = self.widths.len();
        self.widths.push(None);
        let Some(name) = name else { return Ok(group) };
        if let Some(before) = self.group_named(name) {
            let shown = str_repr(name);
            let message =
                format!("redefinition of group name {shown} as group {group}; was group {before}");
            return Err(self.source.error(&message, name.chars().count() + 1));
        }
        self.names.push((name.to_owned(), group));
        Ok(group)
    }

    fn look(
        &mut self,
        this: &str,
        start: usize,
        verbose: bool,
        depth: u32,
    ) -> Result<Node, Refusal> {
        let behind = this == "<";
        let sign = if behind {
            match self.source.get() {
                None => return Err(self.source.error("unexpected end of pattern", 0)),
                Some(sign) if sign == "=" || sign == "!" => sign,
                Some(other) => {
                    let message = format!("unknown extension ?<{other}");
                    return Err(self.source.error(&message, other.chars().count() + 2));
                }
            }
        } else {
            this.to_owned()
        };
        let outermost = behind && self.behind.is_none();
        if outermost {
            self.behind = Some(self.widths.len());
        }
        let body = self.alternatives(verbose, depth + 1)?;
        if outermost {
            self.behind = None;
        }
        self.close(start)?;
        Ok(Node::Look {
            behind,
            negate: sign == "!",
            body,
        })
    }

    fn conditional(&mut self, start: usize, verbose: bool, depth: u32) -> Result<Node, Refusal> {
        let name = self.source.until(')', "group name")?;
        let offset = name.chars().count() + 1;
        let group = if is_identifier(&name) {
            let found = self.group_named(&name);
            found.ok_or_else(|| {
                let message = format!("unknown group name {}", str_repr(&name));
                self.source.error(&message, offset)
            })?
        } else {
            let digits = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
            let group = name.parse::<usize>().ok().filter(|_| digits);
            let group = group.ok_or_else(|| {
                let message = format!("bad character in group name {}", str_repr(&name));
                self.source.error(&message, offset)
            })?;
            if group == 0 {
                return Err(self.source.error("bad group number", offset));
            }
            if group >= MOST_GROUPS {
                let message = format!("invalid group reference {group}");
                return Err(self.source.error(&message, offset));
            }
            if !self.awaited.iter().any(|(g, _)| *g == group) {
                let at = self.source.tell().saturating_sub(offset);
                self.awaited.push((group, at));
            }
            group
        };
        self.check_behind(group)?;
        let yes = self.sequence(verbose, depth + 1, false)?;
        let no = if self.source.matches('|') {
            let no = self.sequence(verbose, depth + 1, false)?;
            if self.source.next.as_deref() == Some("|") {
                let message = "conditional backref with more than two branches";
                return Err(self.source.error(message, 0));
            }
            no
        } else {
            Vec::new()
        };
        self.close(start)?;
        Ok(Node::Conditional { group, yes, no })
    }

    /// `_parse_flags`: flags for a group; `None` when they are for the whole pattern.
    fn inline_flags(&mut self, first: &str) -> Result<Option<(u32, u32)>, Refusal> {
        const TYPES: u32 = flag::ASCII | flag::LOCALE | flag::UNICODE;
        let version = self.version;
        let (mut on, mut off) = (0, 0);
        let mut this = first.to_owned();
        if this != "-" {
            loop {
                let found = flag_of(&this, version).ok_or(Refusal::Unknown)?;
                if this == "L" {
                    let message = "bad inline flags: cannot use 'L' flag with a str pattern";
                    return Err(self.source.error(message, 0));
                }
                on |= found;
                if found & TYPES != 0 && on & TYPES != found {
                    let message = "bad inline flags: flags 'a', 'u' and 'L' are incompatible";
                    return Err(self.source.error(message, 0));
                }
                this = self.flag_token("missing -, : or )", &[")", "-", ":"])?;
                if matches!(this.as_str(), ")" | "-" | ":") {
                    break;
                }
            }
        }
        if this == ")" {
            self.flags |= on;
            return Ok(None);
        }
        if this == "-" {
            this = self.flag_token("missing flag", &[])?;
            loop {
                let found = flag_of(&this, version).ok_or(Refusal::Unknown)?;
                if found & TYPES != 0 {
                    let message = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return Err(self.source.error(message, 0));
                }
                off |= found;
                this = self.flag_token("missing :", &[":"])?;
                if this == ":" {
                    break;
                }
            }
        }
        if on & off != 0 {
            let message = "bad inline flags: flag turned on and off";
            return Err(self.source.error(message, 1));
        }
        Ok(Some((on, off)))
    }

    /// The next flag, or one of the ends that may stand here.
    fn flag_token(&mut self, missing: &str, ends: &[&str]) -> Result<String, Refusal> {
        let Some(this) = self.source.get() else {
            return Err(self.source.error(missing, 0));
        };
        if ends.contains(&this.as_str()) || flag_of(&this, self.version).is_some() {
            return Ok(this);
        }
        let letters = this.chars().all(char::is_alphabetic);
        let message = if letters { "unknown flag" } else { missing };
        Err(self.source.error(message, this.chars().count()))
    }
}

/// What stands behind `(?P`.
enum Named {
    Group(String),
    Node(Node),
}

fn flag_of(letter: &str, version: (u8, u8)) -> Option<u32> {
    Some(match letter {
        "i" => flag::IGNORECASE,
        "L" => flag::LOCALE,
        "m" => flag::MULTILINE,
        "s" => flag::DOTALL,
        "x" => flag::VERBOSE,
        "a" => flag::ASCII,
        "u" => flag::UNICODE,
        // `re.TEMPLATE`, which did nothing.
        "t" if version < (3, 13) => 0,
        _ => return None,
    })
}
