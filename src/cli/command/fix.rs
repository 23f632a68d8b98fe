//! `audit fix`: shows the diff, asks, applies as one transaction, checks again.

use std::io::{BufRead as _, Write as _};

use anyhow::bail;

use crate::cli::Context;
use crate::cli::args::FixCommandArgs;
use crate::cli::options::{self, Meant};
use crate::cli::output::{self, Outputs};
use crate::cli::{exit, output::stderr};
use crate::model::Applicability;
use crate::render::{escape, text, words};
use crate::session::{self, BackupMode, FixPlan, FixRequest};

/// Plans, shows, asks and applies.
pub fn run(context: &Context, args: &FixCommandArgs) -> anyhow::Result<u8> {
    let outputs = Outputs::read(&context.host, &args.output)?;
    let meant = options::meant(
        &context.host,
        context.config_file(),
        &args.target,
        &args.select,
        &args.gate,
    )?;
    let asks = context.terminal.stdin && context.terminal.stderr && !context.no_input;
    if !args.fix.diff && !args.fix.yes && !asks {
        bail!(
            "nobody can be asked here: --yes applies the fixes, --diff only shows them; nothing \
             was changed"
        );
    }
    let level = options::level(&args.fix);
    let mut request = FixRequest { level, only: None };
    // On a terminal everything is shown first; the answer decides how much of it is applied.
    if !args.fix.yes && !args.fix.diff && args.fix.level.is_none() {
        request.level = Applicability::Review;
    }
    let plan = plan(context, &meant, &request)?;
    if args.fix.diff {
        output::stdout(&plan.diff)?;
        return Ok(if plan.diff.is_empty() {
            exit::OK
        } else {
            exit::FINDINGS
        });
    }
    if plan.chosen.is_empty() {
        return nothing_to_do(context, &meant, &outputs, plan);
    }
    let plan = if args.fix.yes {
        plan
    } else {
        stderr(&shown(context, &plan));
        match ask(context, &meant, plan, args.fix.interactive)? {
            Some(plan) => plan,
            None => {
                output::stdout("nothing was changed\n")?;
                return Ok(exit::OK);
            }
        }
    };
    if !plan.worse.is_empty() {
        bail!(session::SessionError::FixUndone(format!(
            "nothing was written, because the result would be worse: {}",
            plan.worse.join("; ")
        )));
    }
    let backup = args.fix.backup.map_or(BackupMode::Suffix, Into::into);
    apply(context, &meant, &outputs, plan, backup)
}

fn plan(context: &Context, meant: &Meant, request: &FixRequest) -> anyhow::Result<FixPlan> {
    let progress = context.progress(false);
    let plan = session::plan_fix(&context.host, &meant.request, request, &progress);
    progress.clear();
    Ok(plan?)
}

fn apply(
    context: &Context,
    meant: &Meant,
    outputs: &Outputs,
    plan: FixPlan,
    backup: BackupMode,
) -> anyhow::Result<u8> {
    let diff = plan.diff.clone();
    let left = plan.left.clone();
    let progress = context.progress(false);
    let fixed = session::apply_fix(&context.host, &meant.request, plan, backup, &progress);
    progress.clear();
    let mut fixed = fixed?;
    if outputs.stdout.name == "text" && !context.quiet {
        output::stdout(&format!("{diff}\n"))?;
    }
    let code = super::finish(context, meant, outputs, &mut fixed.audit, None)?;
    for item in left {
        stderr(&format!(
            "left: {} {}: {}",
            item.report_id,
            item.rule,
            escape::terminal(&item.why)
        ));
    }
    Ok(code)
}

/// No fix applies: the report says how things stand.
fn nothing_to_do(
    context: &Context,
    meant: &Meant,
    outputs: &Outputs,
    mut plan: FixPlan,
) -> anyhow::Result<u8> {
    for item in &plan.left {
        stderr(&format!(
            "left: {} {}: {}",
            item.report_id,
            item.rule,
            escape::terminal(&item.why)
        ));
    }
    stderr("no fix applies; nothing was changed");
    super::finish(context, meant, outputs, &mut plan.before, None)
}

/// The plan for a person: counts, diff, outcome of the second check.
fn shown(context: &Context, plan: &FixPlan) -> String {
    let options = context.show();
    let page = text::Page::new(&options);
    let mut out = format!(
        "{} for {}; {}\n\n",
        words::count(plan.chosen.len(), "fix", "fixes"),
        words::count(plan.before.report.findings.len(), "finding", "findings"),
        words::count(plan.files.len(), "file", "files")
    );
    for line in plan.diff.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => Some(text::Style::Good),
            Some(b'-') => Some(text::Style::Bad),
            Some(b'@') => Some(text::Style::Faint),
            _ => None,
        };
        let line = escape::terminal(line);
        out.push_str(&style.map_or(line.clone(), |s| page.paint(s, &line)));
        out.push('\n');
    }
    if let Some(after) = &plan.after {
        let totals = words::totals(&after.report.totals);
        let totals = if totals.is_empty() {
            "nothing left"
        } else {
            &totals
        };
        out.push_str(&format!("\nchecked again with these changes: {totals}"));
    }
    for reason in &plan.worse {
        out.push_str(&format!("\nworse: {}", escape::terminal(reason)));
    }
    out
}

/// What the person decides; `None` = nothing.
fn ask(
    context: &Context,
    meant: &Meant,
    plan: FixPlan,
    each: bool,
) -> anyhow::Result<Option<FixPlan>> {
    let review = plan
        .chosen
        .iter()
        .any(|c| c.applicability == Applicability::Review);
    let answer = match (each, review) {
        (true, _) => 'c',
        (false, true) => question(
            "Apply safe fixes (s), all incl. review (a), choose (c), nothing (n)?",
            "sacn",
        )?,
        (false, false) => question("Apply these fixes (a), choose (c), nothing (n)?", "acn")?,
    };
    match answer {
        'a' => Ok(Some(plan)),
        's' => {
            let request = FixRequest {
                level: Applicability::Safe,
                only: None,
            };
            Ok(Some(self::plan(context, meant, &request)?).filter(|p| !p.chosen.is_empty()))
        }
        'c' => {
            let mut only = Vec::new();
            for choice in &plan.chosen {
                let text = format!(
                    "{} {}: {} [{}] - apply (y/n)?",
                    choice.report_id,
                    choice.rule,
                    escape::terminal(&choice.title),
                    choice.applicability.name()
                );
                if question(&text, "yn")? == 'y' {
                    only.push(choice.report_id.clone());
                }
            }
            if only.is_empty() {
                return Ok(None);
            }
            let request = FixRequest {
                level: Applicability::Review,
                only: Some(only),
            };
            Ok(Some(self::plan(context, meant, &request)?).filter(|p| !p.chosen.is_empty()))
        }
        _ => Ok(None),
    }
}

/// Asks until one of the letters comes; the end of the input means no.
fn question(text: &str, letters: &str) -> anyhow::Result<char> {
    loop {
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{text} ");
        let _ = err.flush();
        drop(err);
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok('n');
        }
        if let Some(c) = line.trim().chars().next().map(|c| c.to_ascii_lowercase())
            && letters.contains(c)
        {
            return Ok(c);
        }
    }
}
