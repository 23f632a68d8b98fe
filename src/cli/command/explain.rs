//! `audit explain`: background of one check, or the whole catalogue; offline.

use std::fmt::Write as _;

use super::{catalog, one_check};
use crate::check::{Catalog, Check, Example, Expect};
use crate::cli::args::ExplainArgs;
use crate::cli::{Context, exit, options, output};
use crate::host::process::Program;
use crate::model::CheckPhase;
use crate::render::text::{Page, Style};
use crate::render::{escape, words};

/// Prints the explanation.
pub fn run(context: &Context, args: &ExplainArgs) -> anyhow::Result<u8> {
    let files = options::check_files(&context.host, &args.checks, &Default::default())?;
    let catalog = catalog(&context.host, &files)?;
    let text = match &args.id {
        Some(id) => page(context, one_check(&catalog, id)?),
        None => markdown(&catalog),
    };
    show(context, &text)?;
    Ok(exit::OK)
}

/// Through the reader's pager on a terminal, else as it is.
fn show(context: &Context, text: &str) -> anyhow::Result<()> {
    let tall = text.lines().count() > 40;
    if let Some(pager) = context
        .pager
        .as_ref()
        .filter(|_| context.terminal.stdout && tall)
    {
        let mut words = pager.split_whitespace();
        if let Some(program) = words.next() {
            let program = Program::new(program)
                .args(words)
                .stdin(text.as_bytes().to_vec());
            if program.run_attached().is_ok() {
                return Ok(());
            }
        }
    }
    output::stdout(text)
}

/// One check for a terminal.
fn page(context: &Context, check: &Check) -> String {
    let options = context.show();
    let mut page = Page::new(&options);
    let id = page.paint(Style::Strong, &check.id);
    page.line(&format!("{id}  {}", check.name));
    page.paragraph(0, &check.title);
    page.gap();
    page.paragraph(
        2,
        &format!(
            "{} at most, phase {}, shows at {}",
            check.severity.name(),
            check.phase.name(),
            surface(check)
        ),
    );
    if !check.tags.is_empty() {
        page.paragraph(2, &format!("tags: {}", check.tags.join(" ")));
    }
    if !check.requires.is_empty() {
        page.paragraph(
            2,
            &format!("only when these are silent: {}", check.requires.join(" ")),
        );
    }
    for (label, text) in [
        ("Message", &check.text.message),
        ("Root cause", &check.text.root_cause),
        ("What to do", &check.text.explanation),
    ] {
        page.gap();
        let label = page.paint(Style::Strong, label);
        page.line(&label);
        page.paragraph(2, text);
    }
    if !check.fixes.is_empty() {
        page.gap();
        let label = page.paint(Style::Strong, "Fixes");
        page.line(&label);
        for fix in &check.fixes {
            page.paragraph(2, &format!("{} [{}]", fix.title, fix.applicability.name()));
            for command in &fix.show {
                page.paragraph(4, &format!("then: {command}"));
            }
            for note in &fix.notes {
                page.paragraph(4, note);
            }
        }
    }
    for example in &check.examples {
        write_example(&mut page, example);
    }
    if !check.references.is_empty() {
        page.gap();
        let label = page.paint(Style::Strong, "Read on");
        page.line(&label);
        for reference in &check.references {
            page.paragraph(2, &format!("{}: {}", reference.title, reference.url));
        }
    }
    page.out
}

fn surface(check: &Check) -> &'static str {
    words::moment(check.surfaces_at).unwrap_or(match check.phase {
        CheckPhase::LiveDb | CheckPhase::LiveHttp => "a live probe",
        _ => "the import",
    })
}

fn expectation(example: &Example) -> &'static str {
    match example.expect {
        Expect::Fire => "reported",
        Expect::Quiet => "silent",
        Expect::Undecided => "undecided",
    }
}

fn write_example(page: &mut Page<'_>, example: &Example) {
    page.gap();
    let label = page.paint(Style::Strong, "Example");
    page.line(&format!(
        "{label} ({}): {}",
        expectation(example),
        escape::terminal(&example.name)
    ));
    for (path, text) in &example.files {
        page.line(&format!("  {path}"));
        let marked = example.finding.as_ref().filter(|f| f.file == *path);
        for (n, line) in text.lines().enumerate() {
            let here = marked.is_some_and(|f| f.line as usize == n + 1);
            let bar = if here { ">" } else { "|" };
            page.line(&format!("  {bar} {}", escape::terminal(line)));
        }
    }
    if let Some(oracle) = &example.oracle {
        let says = match (&oracle.raises, oracle.matches.values().next()) {
            (Some(kind), Some(text)) => words::raised(kind, text),
            (Some(kind), None) => kind.clone(),
            (None, _) => "succeeds".to_owned(),
        };
        page.paragraph(2, &format!("CPython: {says}"));
    }
}

/// The whole catalogue as one Markdown document.
fn markdown(catalog: &Catalog) -> String {
    let mut out = format!("# Checks\n\n{} checks, by phase.\n", catalog.checks().len());
    for phase in CheckPhase::ALL {
        let checks: Vec<&Check> = catalog
            .checks()
            .iter()
            .filter(|c| c.phase == phase)
            .collect();
        if checks.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {}\n", phase.name());
        for check in checks {
            let _ = write!(
                out,
                "\n### {}: {}\n\n{} ({}, shows at {})\n\n{}\n\n{}\n\n{}\n",
                check.id,
                escape::markdown(&check.title),
                escape::code(&check.name),
                check.severity.name(),
                surface(check),
                escape::markdown(&check.text.message),
                escape::markdown(&check.text.root_cause),
                escape::markdown(&check.text.explanation),
            );
            for fix in &check.fixes {
                let title = escape::markdown(&fix.title);
                let _ = write!(out, "\n- Fix: {title} ({})", fix.applicability.name());
            }
            for reference in &check.references {
                let _ = write!(
                    out,
                    "\n- [{}](<{}>)",
                    escape::markdown(&reference.title),
                    reference.url
                );
            }
            out.push('\n');
        }
    }
    out
}
