//! Signs: how a log shows what a check knows.
//!
//! A `[[log]]` table holds an exception type, or none for any line of a log, and templates of the
//! text. `{name}` takes the shortest text up to what follows; `{_}` takes it and forgets it. Of
//! several signs that fit, the one that says most in its own words decides.

use super::catalog::Catalog;
use super::cook::Kitchen;
use super::schema::{Check, LogSign};
use super::{fill, run::Outcomes};
use crate::detect::template::capture;
pub use crate::detect::{Hit, Slots};
use crate::model::{Facts, Frame};

/// A sign that was found, with what it captured.
#[derive(Debug, Clone)]
pub struct Seen<'c> {
    /// The check that knows it.
    pub check: &'c Check,
    /// Kind of fault that explains it by way of the detectors; `None`: the check's own texts do.
    pub fault: Option<String>,
    /// Captured and given values.
    pub slots: Slots,
}

/// The best sign for an exception. `kind` is the type as printed.
pub fn of_exception<'c>(
    catalog: &'c Catalog,
    kind: &str,
    message: &str,
    frames: &[Frame],
) -> Option<Seen<'c>> {
    let last = kind.rsplit('.').next().unwrap_or(kind);
    let inside = |part: &String| {
        let found = |f: &Frame| f.file.replace('\\', "/").contains(part.as_str());
        frames.iter().any(found)
    };
    let called = |sign: &LogSign| {
        sign.called.is_empty() || frames.iter().any(|f| sign.called.contains(&f.function))
    };
    let first = message.lines().next().unwrap_or_default();
    best(catalog, |sign| {
        let typed = sign.raises.iter().any(|r| r == last || r == kind);
        if !(sign.inside.iter().all(inside) && called(sign)) {
            return None;
        }
        let bonus = 20 * (sign.inside.len() + sign.called.len());
        let fits = |template: &String| match (typed, sign.raises.is_empty()) {
            // What a program prints after a crash may look like more of its text.
            (true, _) => capture(template, message).or_else(|| capture(template, first)),
            (false, true) => message.lines().find_map(|line| within(template, line)),
            (false, false) => None,
        };
        longest(sign, fits).map(|(weight, slots)| (weight + bonus, slots))
    })
}

/// The best sign for one line of a log.
pub fn of_line<'c>(catalog: &'c Catalog, line: &str) -> Option<Seen<'c>> {
    best(catalog, |sign| {
        let plain = sign.raises.is_empty() && sign.inside.is_empty() && sign.called.is_empty();
        plain.then(|| longest(sign, |template| within(template, line)))?
    })
}

fn longest(sign: &LogSign, fits: impl Fn(&String) -> Option<Slots>) -> Option<(usize, Slots)> {
    sign.text
        .iter()
        .filter_map(|t| Some((weight(t), fits(t)?)))
        .max_by_key(|(weight, _)| *weight)
}

fn best<'c>(
    catalog: &'c Catalog,
    fits: impl Fn(&LogSign) -> Option<(usize, Slots)>,
) -> Option<Seen<'c>> {
    let mut found: Option<(usize, Seen<'c>)> = None;
    for check in catalog.checks() {
        for sign in &check.logs {
            let Some((weight, mut slots)) = fits(sign) else {
                continue;
            };
            if found.as_ref().is_some_and(|(best, _)| *best >= weight) {
                continue;
            }
            for (name, value) in &sign.set {
                let value = fill::lenient(value, &slots);
                slots.insert(name.clone(), value);
            }
            let fault = fault_kind(check, sign);
            found = Some((
                weight,
                Seen {
                    check,
                    fault,
                    slots,
                },
            ));
        }
    }
    found.map(|(_, seen)| seen)
}

/// Checks of simulated faults are asked by way of a fault of their kind.
fn fault_kind(check: &Check, sign: &LogSign) -> Option<String> {
    if sign.fault.is_some() || check.kind() != "exception" {
        return sign.fault.clone();
    }
    let first = match check.detect.get("fault") {
        Some(toml::Value::Array(kinds)) => kinds.first().and_then(toml::Value::as_str),
        Some(value) => value.as_str(),
        None => None,
    };
    Some(first.filter(|k| *k != "*").unwrap_or("raised").to_owned())
}

/// The finding of a check whose own texts explain a sign.
pub fn outcomes(seen: &Seen<'_>, mut hit: Hit, facts: &Facts) -> Outcomes {
    hit.slots.extend(seen.slots.clone());
    Outcomes {
        findings: vec![Kitchen::new(facts).cook(seen.check, hit).finding],
        ..Outcomes::default()
    }
}

/// Names that a sign gives a value.
pub(super) fn given(sign: &LogSign) -> Vec<&str> {
    let captured =
        |t: &'_ String| -> Vec<String> { fill::names(t).into_iter().map(str::to_owned).collect() };
    // Only what every alternative captures is there for sure.
    let first = sign.text.first();
    let mut names: Vec<&str> = first
        .into_iter()
        .flat_map(|t| fill::names(t))
        .filter(|name| {
            sign.text
                .iter()
                .all(|t| captured(t).iter().any(|n| n == name))
        })
        .collect();
    names.extend(sign.set.keys().map(String::as_str));
    names
}

/// Does a template hold words of its own?
pub(super) fn says_something(template: &str) -> bool {
    weight(template) > 3
}

/// Characters of a template outside its slots.
fn weight(template: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for c in template.chars() {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            _ if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// The slots of `template` anywhere in a line; what stands before and behind does not matter.
fn within(template: &str, line: &str) -> Option<Slots> {
    let literal = &template[..template.find('{').unwrap_or(template.len())];
    let at = line.find(literal)?;
    capture(&format!("{template}{{_}}"), &line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(pairs: &[(&str, &str)]) -> Slots {
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn templates_are_found_inside_of_lines() {
        assert_eq!(
            within("port {n} in", "12:00 ERROR: port 80 in use"),
            Some(slots(&[("n", "80")]))
        );
        assert_eq!(weight("ab{c}d"), 3);
    }

    #[test]
    fn every_sign_of_the_catalogue_says_something() {
        let catalog = Catalog::embedded().unwrap();
        let signs = catalog.checks().iter().flat_map(|c| &c.logs).count();
        assert!(signs >= 40, "{signs} signs");
    }
}
