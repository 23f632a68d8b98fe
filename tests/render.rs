//! One report in all formats: as snapshots, against the schemas of its readers, and with texts
//! that try to break out.

mod snapshots;

use std::collections::HashSet;

use audit::render::{FORMATS, Options, format, json};
use serde_json::Value;

use crate::support::report::{clean, fixed, hostile, rich};

fn options() -> Options {
    Options {
        path_prefix: "backend/".into(),
        exit_code: 1,
        ..Options::default()
    }
}

fn rendered(name: &str, report: &audit::model::Report) -> String {
    (format(name).unwrap().render)(report, &options())
}

fn reports() -> [(&'static str, audit::model::Report); 4] {
    [
        ("rich", rich()),
        ("clean", clean()),
        ("fixed", fixed()),
        ("hostile", hostile()),
    ]
}

fn assert_valid(schema: &str, text: &str, what: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{what}: {e}\n{text}"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}:\n{}", errors.join("\n"));
}

#[test]
fn json_keeps_its_published_schema() {
    for (name, report) in reports() {
        assert_valid(json::SCHEMA, &rendered("json", &report), name);
    }
}

#[test]
fn json_lines_are_objects_and_end_with_the_summary() {
    let text = rendered("jsonl", &rich());
    let values: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(values.len(), rich().findings.len() + 1);
    assert_eq!(values[0]["type"], "finding");
    assert_eq!(values.last().unwrap()["type"], "summary");
    assert_eq!(values.last().unwrap()["startup"]["outcome"], "error");
}

#[test]
fn sarif_fits_its_schema_and_what_code_scanning_demands() {
    for (name, report) in reports() {
        let text = rendered("sarif", &report);
        assert_valid(include_str!("schemas/sarif-2.1.0.json"), &text, name);
        let log: Value = serde_json::from_str(&text).unwrap();
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                let text = rule[text]["text"].as_str().unwrap();
                assert!(!text.is_empty() && text.len() <= 4096, "{name}: {rule}");
            }
        }
        for result in run["results"].as_array().unwrap() {
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), 1, "{name}: {result}");
            let physical = &locations[0]["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(
                uri.starts_with("backend/") && !uri.contains(' '),
                "{name}: {uri}"
            );
            for key in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(
                    physical["region"][key].as_u64().unwrap() >= 1,
                    "{name}: {result}"
                );
            }
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"], "{name}");
        }
        if name == "rich" {
            // The finding without any place is a notification, not a result.
            assert_eq!(run["results"].as_array().unwrap().len(), 5);
            let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
            assert!(notes.contains("CFG402"), "{notes}");
        }
    }
}

#[test]
fn junit_reads_back_with_unique_names_and_the_failures_of_the_gate() {
    for (name, report) in reports() {
        let text = rendered("junit", &report);
        let document = quick_junit::Report::deserialize_from_str(&text)
            .unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
        let cases = &document.test_suites[0].test_cases;
        let names: HashSet<String> = cases.iter().map(|c| c.name.to_string()).collect();
        assert_eq!(names.len(), cases.len(), "{name}: names repeat");
        assert!(!cases.is_empty(), "{name}: empty");
        let failing = report
            .findings
            .iter()
            .filter(|f| options().fails(f))
            .count();
        assert_eq!(text.matches("<failure").count(), failing, "{name}\n{text}");
        let file_of = |case: &quick_junit::TestCase| case.extra.get("file").map(|f| f.to_string());
        if name == "rich" {
            assert_eq!(
                file_of(&cases[0]).as_deref(),
                Some("backend/src/core/database.py")
            );
        }
    }
}

#[test]
fn gitlab_issues_have_all_fields_and_unique_fingerprints() {
    let schema = r#"{
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": { "type": "string", "minLength": 1 },
                "check_name": { "type": "string", "minLength": 1 },
                "fingerprint": { "type": "string", "minLength": 1 },
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": { "type": "string", "pattern": "^[^/]" },
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": { "begin": { "type": "integer", "minimum": 1 } }
                        }
                    }
                }
            }
        }
    }"#;
    for (name, mut report) in reports() {
        let double = report.findings.clone();
        report.findings.extend(double);
        let text = rendered("gitlab", &report);
        assert_valid(schema, &text, name);
        let issues: Vec<Value> = serde_json::from_str(&text).unwrap();
        let prints: HashSet<String> = issues
            .iter()
            .map(|i| i["fingerprint"].to_string())
            .collect();
        assert_eq!(prints.len(), issues.len(), "{name}: fingerprints repeat");
    }
    assert_eq!(rendered("gitlab", &clean()), "[]\n");
}

#[test]
fn github_shows_ten_of_a_kind_and_says_how_many_are_left() {
    let mut report = rich();
    let one = report.findings[0].clone();
    report.findings = vec![one; 25];
    let text = rendered("github", &report);
    assert_eq!(text.matches("::error ").count(), 10, "{text}");
    assert!(text.contains("::notice title=audit::15 more"), "{text}");
}

#[test]
fn hostile_texts_stay_inside_their_place() {
    let report = hostile();
    for format in FORMATS {
        let text = (format.render)(&report, &options());
        assert!(
            !text.contains('\x1b'),
            "{}: a raw escape character",
            format.name
        );
        assert!(!text.contains('\0'), "{}: a raw NUL", format.name);
        for line in text.lines() {
            let command = line.starts_with("::") || line.starts_with("##");
            let own = match format.name {
                "github" => ["::error ", "::warning ", "::notice "]
                    .iter()
                    .any(|c| line.starts_with(c)),
                "markdown" => line.starts_with("## ") || line.starts_with("### "),
                _ => false,
            };
            assert!(
                !command || own,
                "{}: a line that a CI obeys: {line}",
                format.name
            );
        }
        if format.name == "markdown" {
            assert!(!outside_fences(&text).contains("<script"), "{text}");
        }
        if ["text", "markdown"].contains(&format.name) {
            assert!(!text.contains('\u{202e}'), "{}: turned text", format.name);
        }
    }
}

/// Markdown without its fenced blocks and code spans.
fn outside_fences(text: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            Some(open) if ticks.len() >= open.len() && line.trim_end().len() == ticks.len() => {
                fence = None
            }
            Some(_) => {}
            None => {
                let mut rest = line;
                while let Some(at) = rest.find('`') {
                    out.push_str(&rest[..at]);
                    let run = rest[at..].chars().take_while(|c| *c == '`').count();
                    let open = "`".repeat(run);
                    let body = &rest[at + run..];
                    let close = body.match_indices(&open).find(|(i, _)| {
                        !body[i + run..].starts_with('`') && !body[..*i].ends_with('`')
                    });
                    match close {
                        Some((end, _)) => rest = &body[end + run..],
                        None => rest = body,
                    }
                }
                out.push_str(rest);
                out.push('\n');
            }
        }
    }
    out
}

#[test]
fn text_fits_every_width_and_hides_the_password() {
    for width in [40, 60, 80, 120] {
        for (unicode, verbose) in [(false, 0), (true, 0), (true, 2)] {
            for (name, report) in reports() {
                let options = Options {
                    width,
                    unicode,
                    verbose,
                    ..options()
                };
                let text = (format("text").unwrap().render)(&report, &options);
                for line in text.lines() {
                    // A place at the edge of a narrow page may stand out: it must stay whole to be
                    // clicked.
                    let most = if width < 80 || name == "hostile" {
                        width.max(80) + 200
                    } else {
                        width
                    };
                    let columns = audit::render::layout::width(line);
                    assert!(columns <= most, "{name} {width}: {columns} columns: {line}");
                }
                if !unicode && name != "hostile" {
                    assert!(text.is_ascii(), "{name}: {text}");
                }
            }
        }
    }
    for format in FORMATS {
        for (name, report) in reports() {
            let text = (format.render)(&report, &options());
            assert!(!text.contains("hunter2secret"), "{} {name}", format.name);
        }
    }
}

#[test]
fn colour_only_adds_escapes() {
    let colour = Options {
        colour: true,
        ..options()
    };
    colored::control::set_override(true);
    let text = (format("text").unwrap().render)(&rich(), &colour);
    assert!(text.contains("\x1b["));
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\x1b') {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find('m').unwrap();
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest);
    assert_eq!(plain, rendered("text", &rich()));
}

#[test]
fn an_unexamined_criterion_is_never_ticked() {
    for (name, report) in reports() {
        let text = rendered("markdown", &report);
        for criterion in &report.criteria {
            let line = text
                .lines()
                .find(|l| l.contains(&format!("**{}**", criterion.id)))
                .unwrap();
            let ticked = line.starts_with('✅');
            let met = criterion.state == audit::model::CriterionState::Met;
            assert_eq!(ticked, met, "{name}: {line}");
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in FORMATS {
        assert_eq!(
            (format.render)(&rich(), &options()),
            (format.render)(&rich(), &options()),
            "{}",
            format.name
        );
    }
}
