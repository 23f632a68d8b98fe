//! The complete report for programs: schema 1, described by [`SCHEMA`].

use serde_json::{Map, Value, json};

use super::{Options, escape};
use crate::model::{Finding, HttpProbe, Outcome, Report};

/// JSON Schema of [`render`], printed by `audit schema`.
pub const SCHEMA: &str = include_str!("report.schema.json");

/// Everything as one object.
pub fn render(report: &Report, options: &Options) -> String {
    pretty(&document(report, options))
}

/// One object per line: each finding, then a `summary` without the findings.
pub fn render_lines(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let mut value = self::finding(finding);
        if let Value::Object(map) = &mut value {
            map.shift_insert(0, "type".to_owned(), "finding".into());
        }
        out.push_str(&value.to_string());
        out.push('\n');
    }
    let mut summary = document(report, options);
    if let Value::Object(map) = &mut summary {
        map.shift_remove("findings");
        map.shift_insert(0, "type".to_owned(), "summary".into());
    }
    out.push_str(&summary.to_string());
    out.push('\n');
    out
}

fn pretty(value: &Value) -> String {
    // A `Value` always serializes; the fallback has no line breaks but the same content.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    text.push('\n');
    text
}

fn document(report: &Report, options: &Options) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    put("schema", report.schema.into());
    put("version", report.version.clone().into());
    put("target", report.target.clone().into());
    put("app", to_value(&report.app));
    put("python", report.python.clone().into());
    put("packages", to_value(&report.packages));
    put("date", report.date.clone().into());
    put("exit_code", options.exit_code.into());
    put("startup", to_value(&report.startup));
    put("complete", report.complete.into());
    put("totals", to_value(&report.totals));
    put("checks_run", report.checks_run.into());
    put("findings", report.findings.iter().map(finding).collect());
    put("undecided", to_value(&report.undecided));
    put(
        "skipped",
        outcomes(report, |o| match o {
            Outcome::Skipped { because } | Outcome::NotApplicable { because } => {
                Some(("because", because))
            }
            _ => None,
        }),
    );
    put(
        "blocked",
        outcomes(report, |o| match o {
            Outcome::Blocked { by } => Some(("by", by)),
            _ => None,
        }),
    );
    put(
        "broken",
        outcomes(report, |o| match o {
            Outcome::Broken { error } => Some(("error", error)),
            _ => None,
        }),
    );
    put("phases", to_value(&report.phases));
    put("checks", to_value(&report.outcomes));
    put("criteria", to_value(&report.criteria));
    put("database", database(report));
    put(
        "ladder",
        report
            .ladder
            .as_ref()
            .map_or(Value::Null, |l| to_value(&l.rungs)),
    );
    put("router", to_value(&report.router));
    let routes = report.http.as_ref().and_then(HttpProbe::table);
    put("http", report.http.as_ref().map_or(Value::Null, http));
    put("routes", to_value(&routes));
    put("transcripts", to_value(&report.transcripts));
    put("applied", to_value(&report.applied));
    put("repaired", report.repaired.iter().map(finding).collect());
    Value::Object(map)
}

/// What the server answered, without its routes.
fn http(http: &HttpProbe) -> Value {
    json!({ "base_url": http.base_url, "parts": http.parts })
}

/// What the ladder climbed, without its rungs.
fn database(report: &Report) -> Value {
    let Some(ladder) = &report.ladder else {
        return Value::Null;
    };
    json!({
        "driver": ladder.driver,
        "endpoint": ladder.endpoint,
        "database": ladder.database,
        "user": ladder.user,
        "origin": ladder.origin.as_ref().map(|o| json!({
            "path": o.path, "line": o.line, "variable": o.variable,
        })),
        "session": ladder.session,
        "tries": ladder.tries,
        "notes": ladder.notes,
    })
}

/// One finding in the form that every machine format is made from.
pub fn finding(finding: &Finding) -> Value {
    let mut value = to_value(finding);
    let Value::Object(map) = &mut value else {
        return value;
    };
    map.shift_insert(0, "schema".to_owned(), 1.into());
    if let (Some(place), Some(Value::Object(location))) =
        (&finding.location, map.get_mut("location"))
    {
        // The anchor is the best committed place: the same file means it is tracked.
        let tracked = finding
            .anchor
            .as_ref()
            .is_some_and(|a| a.path == place.path);
        location.insert("tracked".to_owned(), tracked.into());
    }
    let urls: Value = finding.references.iter().map(|r| r.url.clone()).collect();
    map.insert("references".to_owned(), urls);
    if let Some(Value::Array(fixes)) = map.get_mut("fixes") {
        for fix in fixes {
            if let Value::Object(fix) = fix {
                // Operations quote the file to recognise a place again; the byte edits say what
                // happens without quoting.
                fix.shift_remove("ops");
            }
        }
    }
    value
}

/// Checks in one state, each with its reason.
fn outcomes<'r>(
    report: &'r Report,
    reason: impl Fn(&'r Outcome) -> Option<(&'static str, &'r String)>,
) -> Value {
    report
        .outcomes
        .iter()
        .filter_map(|o| {
            let (key, text) = reason(&o.outcome)?;
            let mut map = Map::new();
            map.insert("rule".to_owned(), o.rule.clone().into());
            map.insert(key.to_owned(), escape::terminal(text).into());
            Some(Value::Object(map))
        })
        .collect()
}

/// Model types have string keys and no foreign maps: they always serialize.
fn to_value(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
