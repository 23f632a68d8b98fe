//! Writes a pattern of `re` for the engine that matches here, with `re`'s meaning.

use super::parse::{At, Manner, Member, Node, Parsed, flag};

/// The pattern in the other syntax; `None` for what the engine cannot say exactly.
pub fn emit(parsed: &Parsed) -> Option<String> {
    let mut out = String::new();
    sequence(&parsed.nodes, parsed.flags, &mut out)?;
    Some(out)
}

fn literal(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }
}

/// What `\d`, `\s` and `\w` stand for inside of brackets.
fn class(c: char, ascii: bool) -> &'static str {
    match (c.to_ascii_lowercase(), ascii) {
        ('d', true) => "0-9",
        ('d', false) => "\\p{Nd}",
        ('s', true) => "\\x{9}-\\x{d}\\x{20}",
        // `str.isspace`
        ('s', false) => "\\s\\x{1c}-\\x{1f}",
        (_, true) => "a-zA-Z0-9_",
        // `str.isalnum`
        (_, false) => "\\p{L}\\p{N}_",
    }
}

fn set(negate: bool, items: &[Member], flags: u32, out: &mut String) {
    let ascii = flags & flag::ASCII != 0;
    out.push_str(if negate { "[^" } else { "[" });
    for item in items {
        match item {
            Member::Range(low, high) => {
                literal(*low, out);
                if low != high {
                    out.push('-');
                    literal(*high, out);
                }
            }
            Member::Class(c) if c.is_ascii_uppercase() => {
                out.push_str("[^");
                out.push_str(class(*c, ascii));
                out.push(']');
            }
            Member::Class(c) => out.push_str(class(*c, ascii)),
        }
    }
    out.push(']');
}

fn position(at: At, flags: u32, out: &mut String) {
    let lines = flags & flag::MULTILINE != 0;
    let word = format!("[{}]", class('w', flags & flag::ASCII != 0));
    match at {
        At::Beginning if lines => out.push_str("(?m:^)"),
        At::Beginning | At::TextBeginning => out.push_str("\\A"),
        At::End if lines => out.push_str("(?m:$)"),
        At::End => out.push_str("(?=\\n?\\z)"),
        At::TextEnd => out.push_str("\\z"),
        At::Boundary => out.push_str(&format!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))")),
        At::NoBoundary => out.push_str(&format!("(?:(?<={word})(?={word})|(?<!{word})(?!{word}))")),
    }
}

fn sequence(nodes: &[Node], flags: u32, out: &mut String) -> Option<()> {
    for node in nodes {
        part(node, flags, out)?;
    }
    Some(())
}

fn wrapped(open: &str, nodes: &[Node], flags: u32, out: &mut String) -> Option<()> {
    out.push_str(open);
    sequence(nodes, flags, out)?;
    out.push(')');
    Some(())
}

fn part(node: &Node, flags: u32, out: &mut String) -> Option<()> {
    let folds = flags & flag::IGNORECASE != 0;
    match node {
        Node::Literal(c) if folds => {
            out.push_str("(?i:");
            literal(*c, out);
            out.push(')');
        }
        Node::Literal(c) => literal(*c, out),
        Node::Any if flags & flag::DOTALL != 0 => out.push_str("(?s:.)"),
        Node::Any => out.push_str("[^\\n]"),
        Node::Set { negate, items } => {
            out.push_str(if folds { "(?i:" } else { "(?:" });
            set(*negate, items, flags, out);
            out.push(')');
        }
        Node::At(at) => position(*at, flags, out),
        Node::Branch(ways) => {
            out.push_str("(?:");
            for (at, way) in ways.iter().enumerate() {
                if at > 0 {
                    out.push('|');
                }
                sequence(way, flags, out)?;
            }
            out.push(')');
        }
        Node::Repeat {
            manner,
            min,
            max,
            item,
        } => {
            if max.unwrap_or(*min) > 1000 {
                return None;
            }
            out.push_str(if *manner == Manner::Possessive {
                "(?>(?:"
            } else {
                "(?:"
            });
            part(item, flags, out)?;
            match max {
                Some(max) => out.push_str(&format!("){{{min},{max}}}")),
                None => out.push_str(&format!("){{{min},}}")),
            }
            match manner {
                Manner::Greedy => {}
                Manner::Lazy => out.push('?'),
                Manner::Possessive => out.push(')'),
            }
        }
        Node::Group {
            number,
            on,
            off,
            body,
        } => {
            let open = if number.is_some() { "(" } else { "(?:" };
            wrapped(open, body, (flags | on) & !off, out)?;
        }
        Node::Atomic(body) => wrapped("(?>", body, flags, out)?,
        Node::Look {
            behind,
            negate,
            body,
        } => {
            let open = match (behind, negate) {
                (false, false) => "(?=",
                (false, true) => "(?!",
                (true, false) => "(?<=",
                (true, true) => "(?<!",
            };
            wrapped(open, body, flags, out)?;
        }
        // Text that is the same but for its case is not compared here.
        Node::Reference(_) if folds => return None,
        Node::Reference(group) => out.push_str(&format!("(?:\\{group})")),
        Node::Conditional { group, yes, no } => {
            out.push_str(&format!("(?({group})"));
            wrapped("(?:", yes, flags, out)?;
            out.push('|');
            wrapped("(?:", no, flags, out)?;
            out.push(')');
        }
    }
    Some(())
}
