//! What the auditor believes about a target and where it read it, for `audit facts`.
//!
//! Values of the environment are never shown, only that they exist and where from.

use serde_json::{Value, json};

use super::Options;
use super::text::Page;
use crate::model::{Facts, Origin, Project, Start};
use crate::render::{escape, layout};

/// For people.
pub fn text(facts: &Facts, imports: bool, options: &Options) -> String {
    let mut page = Page::new(options);
    let project = &facts.project;
    row(&mut page, "root", &project.root, None);
    match &project.start {
        Some(start) => {
            row(
                &mut page,
                "start",
                &facts.redactor.apply(&start.command),
                Some(&start.origin),
            );
            row(&mut page, "entry", &entry(start), None);
            row(&mut page, "workdir", &start.workdir, None);
        }
        None => row(&mut page, "start", "not found: give --app or --start", None),
    }
    for other in &project.other_starts {
        row(
            &mut page,
            "also seen",
            &facts.redactor.apply(&other.command),
            Some(&other.origin),
        );
    }
    python(&mut page, project);
    dependencies(&mut page, facts);
    environment(&mut page, facts);
    urls(&mut page, facts);
    super::wiring::text(&mut page, facts);
    for problem in &project.problems {
        let place = problem
            .place
            .as_ref()
            .map_or(String::new(), |p| format!("{}:{}: ", p.path, p.line));
        row(
            &mut page,
            "not read",
            &format!("{place}{}", problem.why),
            None,
        );
    }
    if imports {
        import_list(&mut page, facts);
    }
    page.out
}

pub(super) fn row(page: &mut Page<'_>, label: &str, value: &str, origin: Option<&Origin>) {
    let value = escape::terminal(value);
    let from = origin
        .map(|o| format!("  ({})", written(o)))
        .unwrap_or_default();
    let room = page.options.width.saturating_sub(13);
    for (n, line) in layout::wrap(&format!("{value}{from}"), room)
        .iter()
        .enumerate()
    {
        let label = if n == 0 { label } else { "" };
        page.line(&format!("{}{line}", layout::pad(label, 13)));
    }
}

fn written(origin: &Origin) -> String {
    match origin.line {
        Some(line) => format!("{}:{line}", origin.source),
        None => origin.source.clone(),
    }
}

fn entry(start: &Start) -> String {
    match &start.attr {
        Some(attr) => format!("{}:{attr}", start.module),
        None => start.module.clone(),
    }
}

fn python(page: &mut Page<'_>, project: &Project) {
    let python = &project.python;
    let (major, minor) = python.version;
    let micro = python.micro.map(|m| format!(".{m}")).unwrap_or_default();
    row(
        page,
        "python",
        &format!("{major}.{minor}{micro}"),
        python.origin.as_ref(),
    );
    if let Some(prefix) = &python.prefix {
        row(page, "environment", prefix, None);
    }
    for dir in &python.site_dirs {
        row(page, "site", dir, None);
    }
}

fn dependencies(page: &mut Page<'_>, facts: &Facts) {
    let project = &facts.project;
    for requirement in &project.requirements {
        let installed = project.distributions.get(&requirement.name).map_or_else(
            || "not installed".to_owned(),
            |d| format!("installed {}", d.version),
        );
        let wanted = facts
            .redactor
            .apply(&format!("{}{}", requirement.written, requirement.specifier));
        let origin = Origin::line(requirement.path.clone(), requirement.line);
        row(
            page,
            "needs",
            &format!("{wanted}: {installed}"),
            Some(&origin),
        );
    }
    row(
        page,
        "installed",
        &format!(
            "{} distributions, {} locked",
            project.distributions.len(),
            project.locked.len()
        ),
        None,
    );
}

fn environment(page: &mut Page<'_>, facts: &Facts) {
    for file in &facts.project.dotenv {
        let names: Vec<&str> = file.entries.iter().map(|e| e.name.as_str()).collect();
        row(
            page,
            "dotenv",
            &format!("{}: {}", file.path, names.join(" ")),
            None,
        );
    }
    for read in &facts.simulation.env_reads {
        let found = match (&read.found, read.required) {
            (Some(origin), _) => format!("found in {}:{}", origin.path, origin.line),
            (None, true) => "needed, not set".to_owned(),
            (None, false) => "not set, has a default".to_owned(),
        };
        let origin = Origin::line(read.place.path.clone(), read.place.line);
        row(
            page,
            "setting",
            &format!("{}: {found}", read.name),
            Some(&origin),
        );
    }
}

fn urls(page: &mut Page<'_>, facts: &Facts) {
    for url in &facts.simulation.urls {
        let origin = url
            .origin
            .as_ref()
            .map(|o| Origin::line(o.path.clone(), o.line));
        row(
            page,
            "database",
            &format!("URL handed to {}", url.consumer),
            origin.as_ref(),
        );
    }
}

fn import_list(page: &mut Page<'_>, facts: &Facts) {
    page.gap();
    page.line(&format!(
        "{} modules in start order",
        facts.simulation.imports.len()
    ));
    for import in &facts.simulation.imports {
        let by = import
            .importer
            .as_ref()
            .map(|l| format!("  <- {}:{}", l.module, l.line))
            .unwrap_or_default();
        let indent = " ".repeat((import.depth as usize).min(20) * 2);
        let mark = if import.project { "*" } else { " " };
        page.line(&escape::terminal(&format!(
            "{mark} {indent}{}{by}",
            import.module
        )));
    }
}

/// For programs. Values of variables are left out.
pub fn json(facts: &Facts, imports: bool) -> String {
    let project = &facts.project;
    let start = |s: &Start| {
        let mut value = serde_json::to_value(s).unwrap_or(Value::Null);
        if let Value::Object(map) = &mut value {
            map.insert(
                "command".to_owned(),
                facts.redactor.apply(&s.command).into(),
            );
        }
        value
    };
    let mut value = json!({
        "schema": 1,
        "root": project.root,
        "start": project.start.as_ref().map(start),
        "other_starts": project.other_starts.iter().map(start).collect::<Vec<_>>(),
        "python": project.python,
        "requirements": project.requirements,
        "requirement_files": project.requirement_files,
        "distributions": project.distributions.values().map(|d| json!({
            "name": d.name, "version": d.version, "modules": d.modules,
        })).collect::<Vec<_>>(),
        "locked": project.locked.values().map(|d| json!({
            "name": d.name, "version": d.version,
        })).collect::<Vec<_>>(),
        "dotenv": project.dotenv.iter().map(|f| json!({
            "path": f.path,
            "names": f.entries.iter().map(|e| json!({ "name": e.name, "line": e.line })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "environment": project.env.iter().map(|(name, v)| json!({
            "name": name, "origin": v.origin, "assumed": v.assumed,
        })).collect::<Vec<_>>(),
        "settings": facts.simulation.env_reads,
        "database_urls": facts.simulation.urls.iter().map(|u| json!({
            "consumer": u.consumer, "origin": u.origin, "call": u.call,
        })).collect::<Vec<_>>(),
        "app": facts.simulation.app,
        "routers": super::wiring::routers(facts),
        "routes": super::wiring::served(facts),
        "problems": project.problems,
    });
    if imports && let Value::Object(map) = &mut value {
        let list = serde_json::to_value(&facts.simulation.imports).unwrap_or(Value::Null);
        map.insert("imports".to_owned(), list);
    }
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string());
    text.push('\n');
    text
}
