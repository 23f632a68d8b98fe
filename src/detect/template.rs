//! Templates of messages: `No module named '{name}'` against what was printed.
//!
//! `{name}` takes the shortest text up to what follows; `{_}` takes it and forgets it.

use super::hit::Slots;

/// The slots of `template` in `text`; `None` when it does not fit as a whole.
pub fn capture(template: &str, text: &str) -> Option<Slots> {
    let mut slots = Slots::new();
    let mut rest = text;
    let mut template = template;
    loop {
        let Some(open) = template.find('{') else {
            return (rest == template).then_some(slots);
        };
        rest = rest.strip_prefix(&template[..open])?;
        let close = open + template[open..].find('}')?;
        let name = &template[open + 1..close];
        template = &template[close + 1..];
        let literal = &template[..template.find('{').unwrap_or(template.len())];
        let value = match (literal.is_empty(), template.is_empty()) {
            (true, true) => rest,
            // Nothing follows before the next slot: this one is empty.
            (true, false) => "",
            (false, _) => &rest[..rest.find(literal)?],
        };
        rest = &rest[value.len()..];
        if name != "_" {
            slots.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// The slots that a template gives a value.
pub fn names(template: &str) -> Vec<&str> {
    let parts = template.split('{').skip(1);
    let names = parts.filter_map(|part| part.split_once('}').map(|(name, _)| name));
    names.filter(|name| *name != "_").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(pairs: &[(&str, &str)]) -> Slots {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn templates_capture() {
        type Case<'a> = (&'a str, &'a str, Option<&'a [(&'a str, &'a str)]>);
        let cases: &[Case<'_>] = &[
            (
                "No module named '{name}'{_}",
                "No module named 'a.b'; 'a' is not a package",
                Some(&[("name", "a.b")]),
            ),
            ("No module named '{name}'", "No module named 'a' x", None),
            ("{_}", "", Some(&[])),
            (
                "{a} and {b}",
                "1 and 2 and 3",
                Some(&[("a", "1"), ("b", "2 and 3")]),
            ),
            ("x{a}", "y", None),
        ];
        for (template, text, expected) in cases {
            assert_eq!(
                capture(template, text),
                expected.map(slots),
                "{template} in {text}"
            );
        }
        assert_eq!(names("{a} and {_} and {b}"), ["a", "b"]);
    }
}
