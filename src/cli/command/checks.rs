//! `audit checks list|show|lint|test`.

use std::path::PathBuf;

use serde_json::json;

use super::{catalog, one_check};
use crate::check::{self, Catalog, ExampleState, OracleEnv};
use crate::cli::args::{ChecksArgs, ChecksCommand};
use crate::cli::stage::Stages;
use crate::cli::{Context, exit, options, output};
use crate::render::layout;
use crate::session;

/// Runs the sub-command.
pub fn run(context: &Context, args: &ChecksArgs) -> anyhow::Result<u8> {
    let files = options::check_files(&context.host, &args.checks, &Default::default())?;
    let catalog = catalog(&context.host, &files)?;
    match &args.command {
        ChecksCommand::List { selection, json } => list(&catalog, selection, *json),
        ChecksCommand::Show { id } => {
            output::stdout(&one_check(&catalog, id)?.source)?;
            Ok(exit::OK)
        }
        ChecksCommand::Lint => lint(&catalog),
        ChecksCommand::Test {
            selection,
            oracle,
            require_all,
        } => test(context, &catalog, selection, oracle, *require_all),
    }
}

fn list(catalog: &Catalog, selection: &[String], as_json: bool) -> anyhow::Result<u8> {
    let selected = catalog.select(selection, &[])?;
    let checks = catalog.checks().iter().filter(|c| selected.contains(&c.id));
    let text = if as_json {
        let all: Vec<_> = checks
            .map(|c| {
                json!({
                    "id": c.id, "name": c.name, "title": c.title, "phase": c.phase,
                    "severity": c.severity, "proof": c.proof, "tags": c.tags,
                    "detector": c.kind(), "fixes": c.fixes.len(), "examples": c.examples.len(),
                })
            })
            .collect();
        format!("{}\n", serde_json::to_string_pretty(&all)?)
    } else {
        checks
            .map(|c| {
                format!(
                    "{} {} {} {}\n",
                    layout::pad(&c.id, 8),
                    layout::pad(c.severity.name(), 9),
                    layout::pad(c.phase.name(), 10),
                    c.title
                )
            })
            .collect()
    };
    output::stdout(&text)?;
    Ok(exit::OK)
}

fn lint(catalog: &Catalog) -> anyhow::Result<u8> {
    let problems = check::lint(catalog);
    let mut text = String::new();
    for p in &problems {
        text.push_str(&format!(
            "{}:{}:{}: {}\n",
            p.path, p.line, p.column, p.message
        ));
    }
    let n = catalog.checks().len();
    text.push_str(&format!("{n} checks, {} problems\n", problems.len()));
    output::stdout(&text)?;
    // A check file that is wrong is wrong usage, as when an audit meets it.
    Ok(if problems.is_empty() {
        exit::OK
    } else {
        exit::USAGE
    })
}

/// `PYTHON[:SITE]`
fn oracle_env(text: &str) -> OracleEnv {
    match text.split_once(':') {
        Some((python, site)) if !site.is_empty() => OracleEnv {
            python: PathBuf::from(python),
            extra_site: Some(PathBuf::from(site)),
        },
        _ => OracleEnv {
            python: PathBuf::from(text.trim_end_matches(':')),
            extra_site: None,
        },
    }
}

fn test(
    context: &Context,
    catalog: &Catalog,
    selection: &[String],
    oracle: &[String],
    require_all: bool,
) -> anyhow::Result<u8> {
    let selected = catalog.select(selection, &[])?;
    let oracles: Vec<OracleEnv> = options::list(&context.host, oracle, "AUDIT_ORACLE", &[])
        .iter()
        .map(|text: &String| oracle_env(text))
        .collect();
    let stages = Stages::new().map_err(anyhow::Error::msg)?;
    let results = session::test_checks(&context.host, catalog, &selected, &oracles, &|table| {
        stages.serve(table)
    });
    let mut text = String::new();
    let (mut agree, mut skipped, mut wrong, mut asked) = (0, 0, 0, 0);
    for result in &results {
        let word = match result.state {
            ExampleState::Agrees => {
                agree += 1;
                asked += usize::from(result.oracle);
                if context.verbose == 0 {
                    continue;
                }
                "ok"
            }
            ExampleState::Skipped => {
                skipped += 1;
                if context.verbose == 0 && !require_all {
                    continue;
                }
                "skipped"
            }
            ExampleState::Missing => "MISSING",
            ExampleState::Noisy => "NOISY",
            ExampleState::Contradicted => "CONTRADICTED",
            ExampleState::FixDiffers => "FIX DIFFERS",
            ExampleState::Broken => "BROKEN",
        };
        if !matches!(result.state, ExampleState::Agrees | ExampleState::Skipped) {
            wrong += 1;
        }
        text.push_str(&format!("{} {}: {word}\n", result.rule, result.example));
        for line in result.detail.lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text.push_str(&format!(
        "{} examples: {agree} agree ({asked} of them with CPython), {wrong} disagree, {skipped} skipped\n",
        results.len()
    ));
    output::stdout(&crate::model::Redactor::default().apply(&text))?;
    Ok(if wrong > 0 {
        exit::FINDINGS
    } else if results.is_empty() || (require_all && skipped > 0) {
        exit::INCOMPLETE
    } else {
        exit::OK
    })
}
