//! How findings are excused: with a reason, visibly, and never by silence.

use std::collections::BTreeSet;

use ignore::gitignore::GitignoreBuilder;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use super::catalog::Catalog;
use super::cook::Kitchen;
use super::run::Outcomes;
use super::select::Selection;
use crate::detect::Hit;
use crate::model::{
    Downgrade, Facts, Finding, FindingState, Ignore, Origin, Outcome, Place, Severity, Source, Span,
};

/// What the configuration and the command line excuse. Comments in Python files are read from
/// the sources themselves.
#[derive(Debug, Clone, Default)]
pub struct Suppressions {
    /// `[[ignore]]`
    pub ignores: Vec<Ignore>,
    /// `[[downgrade]]` and `--downgrade ID[@GLOB]`
    pub downgrades: Vec<Downgrade>,
    /// Today as `YYYY-MM-DD`, for expiry.
    pub today: String,
}

/// `# audit: ignore[ID] reason` in a Python file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Comment {
    id: String,
    reason: String,
    place: Place,
    /// The comment stands alone on its line and speaks of the next one.
    alone: bool,
}

const MARK: &str = "audit: ignore[";
const UNUSED: &str = "AUD001";
const EXPIRED: &str = "AUD002";

/// Marks excused findings and adds findings for excuses that excuse nothing.
pub(super) fn apply(
    catalog: &Catalog,
    selection: &Selection,
    facts: &Facts,
    suppressions: &Suppressions,
    kitchen: &Kitchen<'_>,
    result: &mut Outcomes,
) {
    let mut notes = Notes {
        catalog,
        kitchen,
        selection,
        findings: Vec::new(),
    };
    let decided = decided(result);
    for source in facts.sources.values().filter(|s| python(&s.path)) {
        for comment in comments(source) {
            notes.comment(&comment, &decided, &mut result.findings);
        }
    }
    for ignore in &suppressions.ignores {
        notes.ignore(ignore, &suppressions.today, &decided, &mut result.findings);
    }
    for downgrade in &suppressions.downgrades {
        let mut used = false;
        for finding in matching(
            &mut result.findings,
            &downgrade.id,
            downgrade.path.as_deref(),
        ) {
            used = true;
            if finding.state == FindingState::New {
                finding.state = FindingState::Downgraded;
                finding.severity = Severity::Note;
            }
        }
        if !used {
            notes.unused(&downgrade.id, origin_place(&downgrade.origin), &decided);
        }
    }
    let mut added: Vec<(String, usize)> = Vec::new();
    for finding in &notes.findings {
        match added.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, count)) => *count += 1,
            None => added.push((finding.rule.clone(), 1)),
        }
    }
    result.findings.extend(notes.findings);
    for (rule, findings) in added {
        if let Some(outcome) = result.outcomes.iter_mut().find(|o| o.rule == rule) {
            outcome.outcome = Outcome::Fail { findings };
        }
    }
}

/// Checks that had their say: only for them an excuse can be called unused.
fn decided(result: &Outcomes) -> BTreeSet<String> {
    result
        .outcomes
        .iter()
        .filter(|o| {
            matches!(
                o.outcome,
                Outcome::Pass | Outcome::Fail { .. } | Outcome::NotApplicable { .. }
            )
        })
        .map(|o| o.rule.clone())
        .collect()
}

struct Notes<'a> {
    catalog: &'a Catalog,
    kitchen: &'a Kitchen<'a>,
    selection: &'a Selection,
    findings: Vec<Finding>,
}

impl Notes<'_> {
    fn comment(&mut self, comment: &Comment, decided: &BTreeSet<String>, findings: &mut [Finding]) {
        let wanted = comment.place.line + u32::from(comment.alone);
        let mut used = false;
        for finding in findings.iter_mut().filter(|f| f.rule == comment.id) {
            let here = [&finding.location, &finding.anchor]
                .into_iter()
                .flatten()
                .any(|p| {
                    p.path == comment.place.path
                        && (p.line..=p.end_line.max(p.line)).contains(&wanted)
                });
            if here && !comment.reason.is_empty() {
                finding.state = FindingState::Ignored;
            }
            used |= here;
        }
        if comment.reason.is_empty() {
            self.note(
                UNUSED,
                &comment.id,
                comment.place.clone(),
                "it gives no reason, and without one it has no effect",
            );
        } else if !used {
            self.unused(&comment.id, Some(comment.place.clone()), decided);
        }
    }

    fn ignore(
        &mut self,
        ignore: &Ignore,
        today: &str,
        decided: &BTreeSet<String>,
        findings: &mut [Finding],
    ) {
        let expired = ignore
            .expires
            .as_deref()
            .is_some_and(|day| !today.is_empty() && day < today);
        let mut used = false;
        for finding in matching(findings, &ignore.id, ignore.path.as_deref()) {
            used = true;
            if !expired {
                finding.state = FindingState::Ignored;
            }
        }
        if !used {
            self.unused(&ignore.id, origin_place(&ignore.origin), decided);
        } else if expired && let Some(place) = origin_place(&ignore.origin) {
            let day = ignore.expires.as_deref().unwrap_or_default();
            let why = format!("it held until {day} (reason given: {})", ignore.reason);
            self.note(EXPIRED, &ignore.id, place, &why);
        }
    }

    fn unused(&mut self, id: &str, place: Option<Place>, decided: &BTreeSet<String>) {
        let why = if self.catalog.get(id).is_none() {
            "no check has this id"
        } else if decided.contains(id) {
            "the check finds nothing there"
        } else {
            return;
        };
        if let Some(place) = place {
            self.note(UNUSED, id, place, why);
        }
    }

    fn note(&mut self, rule: &str, id: &str, place: Place, why: &str) {
        let Some(check) = self
            .catalog
            .get(rule)
            .filter(|c| self.selection.contains(&c.id))
        else {
            return;
        };
        let mut hit = Hit::at(place);
        hit.set("id", id).set("why", why);
        self.findings.push(self.kitchen.cook(check, hit).finding);
    }
}

fn origin_place(origin: &Origin) -> Option<Place> {
    Some(Place::line(origin.source.clone(), origin.line.unwrap_or(1)))
}

fn matching<'a>(
    findings: &'a mut [Finding],
    id: &'a str,
    glob: Option<&'a str>,
) -> impl Iterator<Item = &'a mut Finding> {
    let matcher = glob.map(|glob| {
        let mut builder = GitignoreBuilder::new("");
        // A glob that cannot be read excuses nothing; the configuration reader complains of it.
        let _ = builder.add_line(None, &format!("/{}", glob.trim_start_matches("./")));
        builder.build().ok()
    });
    findings.iter_mut().filter(move |finding| {
        finding.rule.eq_ignore_ascii_case(id)
            && match &matcher {
                None => true,
                Some(None) => false,
                Some(Some(matcher)) => finding
                    .location
                    .as_ref()
                    .is_some_and(|p| matcher.matched(&p.path, false).is_ignore()),
            }
    })
}

fn python(path: &str) -> bool {
    path.ends_with(".py") || path.ends_with(".pyi")
}

/// The excuses of one file. Only real comments count, not strings that look like one.
fn comments(source: &Source) -> Vec<Comment> {
    if !source.text().contains(MARK) {
        return Vec::new();
    }
    let parsed = ruff_python_parser::parse_unchecked(
        source.text(),
        ruff_python_parser::ParseOptions::from(ruff_python_parser::Mode::Module),
    );
    let mut found = Vec::new();
    for token in parsed.tokens() {
        if token.kind() != TokenKind::Comment {
            continue;
        }
        let range = usize::from(token.range().start())..usize::from(token.range().end());
        let Some(text) = source.text().get(range.clone()) else {
            continue;
        };
        let Some((ids, reason)) = text
            .trim_start_matches('#')
            .trim_start()
            .strip_prefix(MARK)
            .and_then(|rest| rest.split_once(']'))
        else {
            continue;
        };
        let place = source.place(Span::new(range.start, range.end));
        let line_start = source.line_start(place.line).unwrap_or(0);
        let alone = source.text()[line_start..range.start].trim().is_empty();
        for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            found.push(Comment {
                id: id.to_ascii_uppercase(),
                reason: reason.trim_start_matches([':', '-', ' ']).trim().to_owned(),
                place: place.clone(),
                alone,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_with_their_ids_and_reasons_count() {
        let source = Source::new(
            "a.py",
            "x = '# audit: ignore[A1] no'\n\
             import b  # audit: ignore[IMP110] seen in review\n\
             # audit: ignore[a2, A3]\n\
             y = 1\n",
        );
        let found: Vec<_> = comments(&source)
            .into_iter()
            .map(|c| (c.id, c.reason, c.place.line, c.alone))
            .collect();
        assert_eq!(
            found,
            [
                ("IMP110".to_owned(), "seen in review".to_owned(), 2, false),
                ("A2".to_owned(), String::new(), 3, true),
                ("A3".to_owned(), String::new(), 3, true),
            ]
        );
    }
}
