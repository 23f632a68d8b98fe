//! The case that a reader can file when prediction and reality differ: small, whole by itself,
//! and masked.
//!
//! It holds what a start depends on: the command, the versions, the names of the variables (never
//! their values), the files of the project that the prediction or the traceback passes through,
//! what was predicted, and what was observed. Folders of the machine are named by what they are.

use std::collections::BTreeSet;

use crate::collect;
use crate::host::Host;
use crate::model::{Facts, Launch, StartOutcome, Startup, Transcript};

use super::launch;

/// Files that a case holds, and lines of one file.
const MOST_FILES: usize = 8;
const MOST_LINES: u32 = 150;
/// Lines of the log, from its end.
const MOST_LOG: usize = 60;

/// The case as a text that is valid TOML.
pub fn case(host: &dyn Host, facts: &mut Facts, startup: &Startup, launch: &Launch) -> Transcript {
    let names = Names::of(facts);
    let mut out = Case::default();
    out.line(&format!("# audit {}", env!("CARGO_PKG_VERSION")));
    out.value("command", &names.apply(&launch.command));
    if let Some(start) = &facts.project.start {
        out.value("start", &facts.redactor.apply(&names.apply(&start.command)));
        out.value("directory", &names.apply(&start.workdir));
    }
    let (major, minor) = facts.project.python.version;
    let micro = facts.project.python.micro.map(|m| format!(".{m}"));
    out.value(
        "python",
        &format!("{major}.{minor}{}", micro.unwrap_or_default()),
    );
    let known = facts.project.env.iter().filter(|(_, v)| !v.assumed);
    let variables: Vec<String> = known.map(|(name, _)| quoted(name)).collect();
    out.line(&format!("variables = [{}]", variables.join(", ")));
    predicted(&mut out, startup);
    observed(&mut out, launch, &names);
    out.head("[packages]");
    for (name, distribution) in &facts.project.distributions {
        out.line(&format!(
            "{} = {}",
            quoted(name),
            quoted(&distribution.version)
        ));
    }
    files(host, &mut out, facts, startup, launch);
    Transcript {
        title: "Case to report: prediction and reality differ".to_owned(),
        command: None,
        lines: out.0,
    }
}

#[derive(Default)]
struct Case(Vec<String>);

impl Case {
    fn line(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }

    fn head(&mut self, text: &str) {
        self.0.push(String::new());
        self.line(text);
    }

    fn value(&mut self, name: &str, value: &str) {
        self.line(&format!("{name} = {}", quoted(value)));
    }

    /// Lines as one array of strings, so that nothing in them can end the text.
    fn lines(&mut self, name: &str, lines: impl Iterator<Item = String>) {
        self.line(&format!("{name} = ["));
        for line in lines {
            self.line(&format!("  {},", quoted(&line)));
        }
        self.line("]");
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn predicted(out: &mut Case, startup: &Startup) {
    out.head("[predicted]");
    let outcome = match startup.outcome {
        StartOutcome::Ok => "ok",
        StartOutcome::Error => "error",
        StartOutcome::Unknown => "unknown",
    };
    out.value("outcome", outcome);
    if let Some(exception) = &startup.exception {
        out.value("type", &exception.kind);
        out.value("message", &exception.message);
    }
    if let (Some(file), Some(line)) = (&startup.file, startup.line) {
        out.value("file", file);
        out.line(&format!("line = {line}"));
    }
}

fn observed(out: &mut Case, launch: &Launch, names: &Names) {
    out.head("[observed]");
    out.value("end", &launch::end(launch));
    if let Some(raised) = launch::raised(&launch.log) {
        out.value("type", &raised.kind);
        out.value("message", &names.apply(&raised.message));
    }
    let from = launch.log.len().saturating_sub(MOST_LOG);
    out.lines("log", launch.log[from..].iter().map(|l| names.apply(l)));
}

/// The files that the start passes through on both accounts.
fn files(host: &dyn Host, out: &mut Case, facts: &mut Facts, startup: &Startup, launch: &Launch) {
    let mut wanted: Vec<String> = Vec::new();
    let root = format!("{}/", facts.project.root);
    for line in &launch.log {
        let Some(file) = line.trim_start().strip_prefix("File \"") else {
            continue;
        };
        let file = file.split('"').next().unwrap_or_default();
        let inside = file.strip_prefix(&root).unwrap_or(file);
        wanted.push(inside.to_owned());
    }
    wanted.extend(startup.file.clone());
    wanted.extend(startup.frames.iter().map(|frame| frame.file.clone()));
    let imports = facts.simulation.imports.iter().filter(|i| i.project);
    wanted.extend(imports.map(|import| import.file.clone()));
    let mut seen = BTreeSet::new();
    for path in wanted {
        if seen.len() == MOST_FILES || !seen.insert(path.clone()) {
            continue;
        }
        if !collect::add_source(host, facts, &path) {
            seen.remove(&path);
            continue;
        }
        if let Some(source) = facts.sources.get(&path) {
            let excerpt = source.excerpt(1, MOST_LINES.min(source.line_count()));
            out.head("[[file]]");
            out.value("path", &path);
            let redactor = &facts.redactor;
            out.lines("lines", excerpt.lines.iter().map(|l| redactor.apply(l)));
        }
    }
}

/// Names for folders of this machine, longest first.
struct Names(Vec<(String, &'static str)>);

impl Names {
    fn of(facts: &Facts) -> Self {
        let python = &facts.project.python;
        let mut names = vec![(facts.project.root.clone(), "<project>")];
        names.extend(python.prefix.clone().map(|path| (path, "<environment>")));
        names.extend(python.stdlib.clone().map(|path| (path, "<library>")));
        names.retain(|(path, _)| path.len() > 1);
        names.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self(names)
    }

    fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (path, name) in &self.0 {
            text = text.replace(path, name);
        }
        text
    }
}
