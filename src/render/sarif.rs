//! SARIF 2.1.0, written for code scanning: every result has exactly one location in a committed
//! file; what has none becomes a notification, because one result without a location makes
//! consumers refuse the whole file.

use serde_json::{Map, Value, json};

use super::{Options, RuleInfo, committed, escape, words};
use crate::model::{Finding, FindingState, Outcome, Place, Report, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log with one run.
pub fn render(report: &Report, options: &Options) -> String {
    let rules = rules(report, options);
    let mut notifications = Vec::new();
    let mut results = Vec::new();
    for finding in &report.findings {
        match committed(finding).filter(|p| !p.path.starts_with('/')) {
            Some(place) => results.push(result(finding, place, &rules, options)),
            None => notifications.push(notification(
                level(finding.severity),
                &finding.rule,
                &format!("{} (in no committed file)", finding.message),
            )),
        }
    }
    for item in &report.undecided {
        let text = format!("undecided: {}: {}", item.subject, item.why);
        notifications.push(notification("warning", &item.subject, &text));
    }
    for outcome in &report.outcomes {
        let (level, text) = match &outcome.outcome {
            Outcome::Broken { error } => ("error", format!("broken: {error}")),
            Outcome::Unknown { why } => ("warning", format!("undecided: {why}")),
            Outcome::Skipped { because } => ("note", format!("not run: {because}")),
            Outcome::Blocked { by } => ("note", format!("blocked by {by}")),
            Outcome::Pass | Outcome::Fail { .. } | Outcome::NotApplicable { .. } => continue,
        };
        notifications.push(notification(level, &outcome.rule, &text));
    }
    let broken = report
        .outcomes
        .iter()
        .any(|o| matches!(o.outcome, Outcome::Broken { .. }));
    let category = options.path_prefix.trim_end_matches('/');
    let category = if category.is_empty() { "." } else { category };
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "audit",
                "semanticVersion": report.version,
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("audit/{}/", escape::uri(category)) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": !broken,
                "exitCode": options.exit_code,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_else(|_| log.to_string());
    text.push('\n');
    text
}

/// All built-in checks, so that the list is the same for every project, and those of findings
/// that are not among them.
fn rules(report: &Report, options: &Options) -> Vec<RuleInfo> {
    let mut rules = options.rules.clone();
    for finding in &report.findings {
        if !rules.iter().any(|r| r.id == finding.rule) {
            rules.push(RuleInfo {
                id: finding.rule.clone(),
                name: finding.name.clone(),
                title: finding.title.clone(),
                severity: Some(finding.severity),
                help: finding.root_cause.clone(),
                url: finding.references.first().map(|r| r.url.clone()),
                tags: Vec::new(),
            });
        }
    }
    rules
}

fn rule(info: &RuleInfo) -> Value {
    let title = text_or(&info.title, &info.id);
    let help = text_or(&info.help, &title);
    let severity = info.severity.unwrap_or(Severity::Warning);
    let mut tags = vec!["startup".to_owned(), "python".to_owned()];
    tags.extend(
        info.tags
            .iter()
            .filter(|t| !t.contains(':'))
            .take(8)
            .cloned(),
    );
    tags.dedup();
    let mut value = json!({
        "id": info.id,
        "name": info.name,
        "shortDescription": { "text": title },
        "fullDescription": { "text": title },
        "help": {
            "text": help,
            "markdown": format!("**{}** {}\n\n{}", info.id, escape::markdown(&title), escape::markdown(&help)),
        },
        "defaultConfiguration": { "level": level(severity) },
        "properties": {
            "tags": tags,
            "precision": "very-high",
            "problem.severity": problem_severity(severity),
        },
    });
    if let (Some(url), Value::Object(map)) = (&info.url, &mut value) {
        map.insert("helpUri".to_owned(), url.clone().into());
    }
    value
}

/// Consumers refuse empty required texts.
fn text_or(text: &str, fallback: &str) -> String {
    let text = escape::terminal(text);
    let text = if text.trim().is_empty() {
        fallback.to_owned()
    } else {
        text
    };
    text.chars().take(1000).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    }
}

fn notification(level: &str, id: &str, text: &str) -> Value {
    json!({
        "level": level,
        "descriptor": { "id": text_or(id, "audit") },
        "message": { "text": text_or(text, id) },
    })
}

fn result(finding: &Finding, place: &Place, rules: &[RuleInfo], options: &Options) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    put("ruleId", finding.rule.clone().into());
    if let Some(index) = rules.iter().position(|r| r.id == finding.rule) {
        put("ruleIndex", index.into());
    }
    put("level", level(finding.severity).into());
    put("message", json!({ "text": message(finding) }));
    put("locations", json!([location(place, options)]));
    if let Some(related) = related(finding, place, options) {
        put("relatedLocations", related);
    }
    if let Some(flow) = code_flow(finding, options) {
        put("codeFlows", flow);
    }
    put(
        "partialFingerprints",
        json!({ "auditFinding/v1": finding.fingerprint }),
    );
    if let Some(fixes) = fixes(finding, options) {
        put("fixes", fixes);
    }
    let suppression = match finding.state {
        FindingState::New | FindingState::Downgraded | FindingState::Pending => None,
        FindingState::Baseline | FindingState::Unchanged => Some("external"),
        FindingState::Ignored => Some("inSource"),
    };
    if let Some(kind) = suppression {
        let why = words::accepted(finding.state).unwrap_or_default();
        put(
            "suppressions",
            json!([{ "kind": kind, "justification": why }]),
        );
    }
    put(
        "properties",
        json!({
            "reportId": finding.report_id,
            "severity": finding.severity,
            "revealOrder": finding.reveal_order,
        }),
    );
    Value::Object(map)
}

fn message(finding: &Finding) -> String {
    let mut text = text_or(&finding.message, &finding.title);
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    if let Some(predicted) = &finding.predicted {
        let raised = words::raised(&predicted.kind, &predicted.message);
        text.push_str(&format!(" CPython: {}", escape::terminal(&raised)));
    }
    if finding.anchor.is_some() && finding.anchor != finding.location {
        text.push_str(&format!(" The place is [{}](1).", words::location(finding)));
    }
    text
}

fn location(place: &Place, options: &Options) -> Value {
    json!({ "physicalLocation": physical(place, options) })
}

fn physical(place: &Place, options: &Options) -> Value {
    let line = place.line.max(1);
    let end_line = place.end_line.max(line);
    let column = place.column.max(1);
    let end_column = if end_line == line {
        place.end_column.max(column)
    } else {
        place.end_column.max(1)
    };
    json!({
        "artifactLocation": { "uri": escape::uri(&options.path(&place.path)) },
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    })
}

/// The exact place, where the result had to be anchored elsewhere, and what supports it.
fn related(finding: &Finding, anchor: &Place, options: &Options) -> Option<Value> {
    let exact = finding.location.as_ref().filter(|l| *l != anchor);
    let seen = finding
        .evidence
        .iter()
        .filter_map(|e| Some((e.place.as_ref()?, e.claim.as_str())));
    let all: Vec<Value> = exact
        .map(|l| (l, "the place"))
        .into_iter()
        .chain(seen)
        .filter(|(p, _)| !p.path.starts_with('/'))
        .enumerate()
        .map(|(n, (place, text))| {
            json!({
                "id": n + 1,
                "physicalLocation": physical(place, options),
                "message": { "text": text_or(text, "seen here") },
            })
        })
        .collect();
    (!all.is_empty()).then_some(Value::Array(all))
}

fn code_flow(finding: &Finding, options: &Options) -> Option<Value> {
    let steps: Vec<Value> = finding
        .chain
        .iter()
        .filter(|link| !link.path.starts_with('/'))
        .map(|link| {
            let place = Place::line(link.path.clone(), link.line);
            let mut location = location(&place, options);
            if let Value::Object(map) = &mut location {
                map.insert(
                    "message".to_owned(),
                    json!({ "text": text_or(&link.module, "module") }),
                );
            }
            json!({ "location": location })
        })
        .collect();
    (steps.len() > 1).then(|| json!([{ "threadFlows": [{ "locations": steps }] }]))
}

/// Byte edits as artifact changes; only for files inside the repository.
fn fixes(finding: &Finding, options: &Options) -> Option<Value> {
    let all: Vec<Value> = finding
        .fixes
        .iter()
        .filter(|f| !f.edits.is_empty())
        .map(|fix| {
            let changes: Vec<Value> = fix
                .edits
                .iter()
                .map(|edit| {
                    json!({
                        "artifactLocation": { "uri": escape::uri(&options.path(&edit.path)) },
                        "replacements": [{
                            "deletedRegion": {
                                "byteOffset": edit.at.start,
                                "byteLength": edit.at.end - edit.at.start,
                            },
                            "insertedContent": { "text": edit.insert },
                        }],
                    })
                })
                .collect();
            json!({ "description": { "text": text_or(&fix.title, "fix") }, "artifactChanges": changes })
        })
        .collect();
    (!all.is_empty()).then_some(Value::Array(all))
}
