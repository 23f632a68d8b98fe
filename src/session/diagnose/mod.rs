//! Explains a crash that happened elsewhere: a traceback or start-up log becomes the fault that
//! the simulation would have raised, and the same checks explain it.
//!
//! Knows how to get from a log to facts. The shape of logs is in [`read`]; which texts stand for
//! which fault is written in the `[[log]]` tables of the checks.

mod pytest;
mod read;

use std::path::Path;

use crate::check::log::{self as signs, Hit, Seen, Slots};
use crate::check::{self, Catalog, Check, Outcomes};
use crate::host::Host;
use crate::model::{
    CheckPhase, Evidence, Exception, Facts, Fault, Finding, Frame, Place, Redacted, Report,
    Simulation, StartOutcome, StartPhase, Startup, Transcript, UrlFact,
};

use super::audit::{self, Checks};
use super::request::{AuditRequest, SessionError};
use read::Crash;
pub use read::Log;

/// What a log tells.
#[derive(Debug)]
pub struct Diagnosis {
    /// The findings that explain it, as a report.
    pub report: Report,
    /// What ended the start, masked.
    pub exception: Exception,
}

/// Explains the last crash of a log; with `project`, places and fixes refer to the files of
/// `request.target`.
///
/// # Errors
/// [`SessionError::Usage`] when the log shows no crash; otherwise as [`super::audit()`].
pub fn diagnose(
    host: &dyn Host,
    request: &AuditRequest,
    project: bool,
    log: &str,
) -> Result<Diagnosis, SessionError> {
    let log = Log::read(log);
    let checks = Checks::of(host, request)?;
    let crash = crash(&log, &checks).ok_or_else(|| {
        SessionError::Usage(
            "no traceback and no start-up error is in this text; give the log from the start of \
             the server on"
                .to_owned(),
        )
    })?;
    let facts = match project {
        true => super::facts(host, request)?,
        false => Facts::default(),
    };
    let mut desk = Desk {
        host,
        checks: &checks,
        facts,
        project,
    };
    let (culprit, mut outcomes) = desk.explained(&crash);
    for finding in &mut outcomes.findings {
        finding.evidence.extend(history(&log, &crash, culprit));
    }
    let mut facts = desk.facts;
    audit::complete_fixes(host, &mut facts, &mut outcomes.findings);
    let mut report = audit::assemble(host, request, &checks, &facts, outcomes);
    report.phases.clear();
    report.undecided.clear();
    report.outcomes.clear();
    report.complete = true;
    report.transcripts = vec![Transcript {
        title: "The crash".to_owned(),
        command: None,
        lines: culprit
            .text
            .iter()
            .map(|l| facts.redactor.apply(l))
            .collect(),
    }];
    for finding in &mut report.findings {
        for evidence in &mut finding.evidence {
            evidence.claim = facts.redactor.apply(&evidence.claim);
        }
    }
    let exception = Exception {
        kind: culprit.kind.clone(),
        message: facts.redactor.apply(&culprit.message),
    };
    Ok(Diagnosis { report, exception })
}

/// What ended the start: an exception, else a line that a check knows, else the consequence.
///
/// A line counts when no exception comes after it: the server said its last word there.
fn crash(log: &Log, checks: &Checks) -> Option<Crash> {
    let last = log.last();
    let known = last
        .as_ref()
        .is_some_and(|c| chain(c).any(|c| sign(&checks.catalog, c).is_some()));
    if known {
        return last;
    }
    let from = last.as_ref().map_or(0, |c| c.at + c.text.len());
    let lines = log.lines.iter().enumerate().skip(from);
    let said = lines.rev().find_map(|(at, line)| {
        signs::of_line(&checks.catalog, line).map(|_| Crash {
            kind: "SystemExit".to_owned(),
            message: line.trim().to_owned(),
            text: vec![line.clone()],
            at,
            ..Crash::default()
        })
    });
    said.or(last)
        .or_else(|| log.bare())
        .or_else(|| log.crashes.last().cloned())
}

/// An exception and what it was raised from, nearest first.
fn chain(crash: &Crash) -> impl Iterator<Item = &Crash> {
    std::iter::once(crash).chain(&crash.causes)
}

fn sign<'c>(catalog: &'c Catalog, crash: &Crash) -> Option<Seen<'c>> {
    signs::of_exception(catalog, &crash.kind, &crash.message, &crash.frames)
}

/// What the log tells about the crash beyond its last words.
fn history(log: &Log, crash: &Crash, culprit: &Crash) -> Vec<Evidence> {
    let mut claims = Vec::new();
    if culprit.kind != crash.kind || culprit.message != crash.message {
        let first = crash.message.lines().next().unwrap_or_default();
        claims.push(format!("it ended the start as {}: {first}", crash.kind));
    }
    let again = |c: &&Crash| c.kind == crash.kind && c.message == crash.message;
    let times = log.crashes.iter().filter(again).count();
    if times > 1 {
        claims.push(format!("the log shows this crash {times} times"));
    }
    let mut others: Vec<String> = log
        .crashes
        .iter()
        .filter(|c| c.at < crash.at && !again(c))
        .map(|c| {
            format!(
                "{}: {}",
                c.kind,
                c.message.lines().next().unwrap_or_default()
            )
        })
        .collect();
    others.dedup();
    claims.extend(
        others
            .into_iter()
            .rev()
            .take(3)
            .map(|o| format!("earlier in the log: {o}")),
    );
    // The package in which it was raised is where an unknown exception is documented.
    if let Some(package) = culprit.frames.last().and_then(|f| package(&f.file)) {
        claims.push(format!("raised inside the package `{package}`"));
    }
    claims
        .into_iter()
        .map(|claim| Evidence { claim, place: None })
        .collect()
}

/// `/x/site-packages/NAME/...`
fn package(file: &str) -> Option<&str> {
    let (_, inner) = file
        .split_once("site-packages/")
        .or_else(|| file.split_once("dist-packages/"))?;
    inner.split(['/', '.']).next()
}

struct Desk<'a> {
    host: &'a dyn Host,
    checks: &'a Checks,
    facts: Facts,
    project: bool,
}

impl Desk<'_> {
    /// The exception of the chain that a check explains, and the explanation: the nearest to the
    /// end wins, and the check of last resort explains only what nothing else does.
    fn explained<'c>(&mut self, crash: &'c Crash) -> (&'c Crash, Outcomes) {
        let mut last_resort = None;
        for one in chain(crash) {
            let outcomes = self.asked(one);
            if self.tells(&outcomes) {
                return (one, outcomes);
            }
            last_resort.get_or_insert((one, outcomes));
        }
        last_resort.unwrap_or_else(|| (crash, Outcomes::default()))
    }

    /// Did a check speak that knows more than that something was raised?
    fn tells(&self, outcomes: &Outcomes) -> bool {
        let catch_all = |f: &Finding| {
            let check = self.checks.catalog.get(&f.rule);
            check.is_some_and(|c| c.detect.contains_key("unclaimed"))
        };
        outcomes.findings.iter().any(|f| !catch_all(f))
    }

    fn asked(&mut self, crash: &Crash) -> Outcomes {
        let seen = match crash.frames.is_empty() && crash.kind == "SystemExit" {
            true => signs::of_line(&self.checks.catalog, &crash.message),
            false => sign(&self.checks.catalog, crash),
        };
        match seen {
            Some(seen) if seen.fault.is_none() => self.by_texts(&seen, crash),
            Some(seen) => {
                let kind = seen.fault.clone().unwrap_or_default();
                let outcomes = self.by_fault(&kind, seen.slots.clone(), crash);
                // A detector that needs more than the log tells leaves the check's own words.
                if seen.check.kind() != "exception" && !self.tells(&outcomes) {
                    return self.by_texts(&seen, crash);
                }
                outcomes
            }
            None => self.by_fault("raised", Slots::new(), crash),
        }
    }

    /// The check's own words; with the project at hand, what it finds there.
    fn by_texts(&self, seen: &Seen<'_>, crash: &Crash) -> Outcomes {
        if self.project {
            let mut found = self.run(&self.facts);
            found.findings.retain(|f| f.rule == seen.check.id);
            if !found.findings.is_empty() {
                return found;
            }
        }
        let frames = project_frames(crash, &self.facts);
        let mut hit = Hit {
            place: frames.last().map(|f| Place::line(f.file.clone(), f.line)),
            ..Hit::default()
        };
        if seen.check.phase == CheckPhase::LiveDb
            && let Some(origin) = self
                .facts
                .simulation
                .urls
                .iter()
                .find_map(|u| u.origin.as_ref())
        {
            hit.place = Some(Place::line(origin.path.clone(), origin.line));
        }
        hit.set("error.type", &crash.kind)
            .set("error.message", &crash.message)
            .set("detail", crash.message.lines().next().unwrap_or_default());
        if crash.kind != "SystemExit" {
            hit.predicted = Some(Exception {
                kind: crash.kind.clone(),
                message: crash.message.clone(),
            });
        }
        signs::outcomes(seen, hit, &self.facts)
    }

    /// As if the simulation had raised it: the same checks explain it.
    fn by_fault(&mut self, kind: &str, slots: Slots, crash: &Crash) -> Outcomes {
        let (kind, slots) = match shadowing(&slots) {
            Some(shadow) => ("stdlib-shadowed", shadow),
            None => (kind, slots),
        };
        let fault = fault(crash, &self.facts, kind, slots);
        if let Some(place) = fault.place.as_ref().filter(|_| self.project) {
            crate::collect::add_source(self.host, &mut self.facts, &place.path);
        }
        let urls = match self.facts.simulation.urls.is_empty() {
            true => implied_url(&fault, crash).into_iter().collect(),
            false => self.facts.simulation.urls.clone(),
        };
        let observed = std::mem::replace(&mut self.facts.simulation, simulation(&fault));
        self.facts.simulation.urls = urls;
        let mut outcomes = self.run(&self.facts);
        self.facts.simulation = observed;
        // The crash is to be explained, not the project to be audited.
        outcomes.findings.retain(|f| {
            let check = self.checks.catalog.get(&f.rule);
            let explains = |c: &Check| match c.kind() {
                "exception" => true,
                "url" => judges_url(c, &fault.kind),
                _ => false,
            };
            check.is_some_and(explains)
        });
        outcomes
    }

    fn run(&self, facts: &Facts) -> Outcomes {
        check::run(
            &self.checks.catalog,
            &self.checks.selection,
            facts,
            &check::Suppressions::default(),
        )
    }
}

fn simulation(fault: &Fault) -> Simulation {
    Simulation {
        startup: Some(Startup {
            outcome: StartOutcome::Error,
            phase: Some(fault.phase),
            exception: Some(fault.exception.clone()),
            file: fault.place.as_ref().map(|p| p.path.clone()),
            line: fault.place.as_ref().map(|p| p.line),
            frames: fault.frames.clone(),
            why: None,
        }),
        faults: vec![fault.clone()],
        ..Simulation::default()
    }
}

/// Does a check of URLs look for what this kind of fault is?
fn judges_url(check: &Check, kind: &str) -> bool {
    let find = check.detect.get("find").and_then(|f| f.as_str());
    let wanted: &[&str] = match kind {
        "dialect-unknown" => &["dialect", "sync-driver"],
        "engine-sync-driver" => &["sync-driver"],
        "engine-driver-missing" => &["driver-missing"],
        "url-parameter" => &["parameter"],
        "url-invalid" => &["invalid"],
        _ => &[],
    };
    find.is_some_and(|f| wanted.contains(&f))
}

/// A database URL as the exception implies it: only what its text says, no host and no names.
/// The checks of URLs judge it as they would judge the real one.
fn implied_url(fault: &Fault, crash: &Crash) -> Option<UrlFact> {
    let slot = |name: &str| fault.slots.get(name).map(String::as_str);
    let url = match fault.kind.as_str() {
        "dialect-unknown" => format!("{}://", slot("dialect")?.replace('.', "+")),
        "engine-sync-driver" | "engine-driver-missing" => {
            format!("postgresql+{}://", slot("driver")?)
        }
        "url-parameter" => format!("postgresql+{}:///?{}=", slot("driver")?, slot("param")?),
        _ => return None,
    };
    let call = fault.place.clone()?;
    let asynchronous = crash
        .frames
        .iter()
        .any(|f| f.function == "create_async_engine")
        || matches!(fault.kind.as_str(), "engine-sync-driver" | "url-parameter");
    let consumer = match asynchronous {
        true => "sqlalchemy.ext.asyncio.create_async_engine",
        false => "sqlalchemy.create_engine",
    };
    Some(UrlFact {
        url: Redacted::new(url),
        consumer: consumer.to_owned(),
        origin: None,
        connects: (fault.kind == "url-parameter").then(|| call.clone()),
        call,
        connect_args: Vec::new(),
        chain: Vec::new(),
    })
}

/// Frames of the backend's own files, outermost first.
fn project_frames(crash: &Crash, facts: &Facts) -> Vec<Frame> {
    let own = crash.frames.iter().filter(|f| is_project(&f.file));
    own.map(|f| Frame {
        file: relative(&f.file, facts),
        ..f.clone()
    })
    .collect()
}

fn fault(crash: &Crash, facts: &Facts, kind: &str, mut slots: Slots) -> Fault {
    let frames = project_frames(crash, facts);
    let place = frames.last().map(|f| Place::line(f.file.clone(), f.line));
    if let Some(field) = slots.get("field").cloned() {
        slots
            .entry("env_names".to_owned())
            .or_insert_with(|| field.to_uppercase());
    }
    let starts = |f: &Frame| {
        f.file.ends_with("starlette/routing.py")
            && matches!(f.function.as_str(), "lifespan" | "startup")
    };
    let phase = match kind {
        "entry-module" => StartPhase::Locate,
        "entry-attribute" | "entry-object" => StartPhase::Attr,
        _ if crash.frames.iter().any(starts) => StartPhase::Lifespan,
        _ => StartPhase::Import,
    };
    Fault {
        phase,
        exception: Exception {
            kind: crash.kind.clone(),
            message: facts.redactor.apply(&crash.message),
        },
        bases: Vec::new(),
        kind: kind.to_owned(),
        place,
        span: None,
        frames,
        chain: Vec::new(),
        cycle: Vec::new(),
        slots,
        certain: true,
    }
}

/// Modules of the standard library that a file of the project can hide although Python itself
/// imports some modules before it looks there.
const SHADOWED: &[&str] = &[
    "asyncio",
    "calendar",
    "code",
    "collections",
    "copy",
    "datetime",
    "decimal",
    "email",
    "enum",
    "functools",
    "html",
    "http",
    "inspect",
    "io",
    "json",
    "logging",
    "math",
    "numbers",
    "operator",
    "platform",
    "queue",
    "random",
    "re",
    "secrets",
    "select",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "statistics",
    "string",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "token",
    "tokenize",
    "types",
    "typing",
    "uuid",
];

/// A name is missing in a module that has the name of a standard one and lies in the project.
fn shadowing(slots: &Slots) -> Option<Slots> {
    let module = slots.get("module")?;
    let file = slots.get("module.file")?;
    let own = is_project(file) && SHADOWED.contains(&module.as_str());
    own.then(|| {
        Slots::from([
            ("stem".to_owned(), module.clone()),
            ("file".to_owned(), file.clone()),
        ])
    })
}

/// Is it a file of the backend rather than of Python or of a package?
fn is_project(file: &str) -> bool {
    let foreign = [
        "site-packages/",
        "dist-packages/",
        "/lib/python",
        "\\Lib\\",
        "importlib/",
    ];
    !file.starts_with('<')
        && !foreign.iter().any(|part| file.contains(part))
        && !file.contains("/bin/")
}

/// The file as it is called in the project at hand: the same path below its root, or the file
/// whose path ends alike (a log from a container names other folders). Else unchanged.
fn relative(file: &str, facts: &Facts) -> String {
    let file = file.replace('\\', "/");
    let root = &facts.project.root;
    if !root.is_empty()
        && let Ok(inner) = Path::new(&file).strip_prefix(root)
    {
        return inner.to_string_lossy().into_owned();
    }
    let parts: Vec<&str> = file.split('/').filter(|p| !p.is_empty()).collect();
    for from in 0..parts.len() {
        let tail = parts[from..].join("/");
        if facts.project.python_files.contains(&tail) {
            return tail;
        }
    }
    file
}
