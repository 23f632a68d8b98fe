//! Explains a crash that happened elsewhere: a traceback or start-up log becomes the fault that
//! the simulation would have raised, and the same checks explain it.
//!
//! Knows how to get from a log to facts. The shape of logs is in [`read`], the texts of
//! exceptions in [`classify`].

mod classify;
mod read;

use std::path::Path;

use crate::check::{self, Check};
use crate::host::Host;
use crate::model::{
    Exception, Facts, Fault, Frame, Place, Redacted, Report, Simulation, StartOutcome, StartPhase,
    Startup, Transcript, UrlFact,
};

use super::audit::{self, Checks};
use super::request::{AuditRequest, SessionError};
use read::Crash;

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
    let crash = read::crash(log).ok_or_else(|| {
        SessionError::Usage(
            "no traceback and no start-up error is in this text; give the log from the start of \
             the server on"
                .to_owned(),
        )
    })?;
    let checks = Checks::of(host, request)?;
    let mut facts = match project {
        true => super::facts(host, request)?,
        false => Facts::default(),
    };
    let fault = fault(&crash, &facts);
    let urls = match facts.simulation.urls.is_empty() {
        true => implied_url(&fault, &crash).into_iter().collect(),
        false => std::mem::take(&mut facts.simulation.urls),
    };
    facts.simulation = simulation(&fault);
    facts.simulation.urls = urls;
    if let Some(place) = fault.place.as_ref().filter(|_| project) {
        crate::collect::add_source(host, &mut facts, &place.path);
    }
    let mut outcomes = check::run(
        &checks.catalog,
        &checks.selection,
        &facts,
        &check::Suppressions::default(),
    );
    // The crash is to be explained, not the project to be audited.
    outcomes.findings.retain(|f| {
        let check = checks.catalog.get(&f.rule);
        let explains = |c: &Check| match c.kind() {
            "exception" => true,
            "url" => judges_url(c, &fault.kind),
            _ => false,
        };
        check.is_some_and(explains)
    });
    audit::complete_fixes(host, &mut facts, &mut outcomes.findings);
    let mut report = audit::assemble(host, request, &checks, &facts, outcomes);
    report.phases.clear();
    report.undecided.clear();
    report.outcomes.clear();
    report.complete = true;
    report.transcripts = vec![Transcript {
        title: "The crash".to_owned(),
        command: None,
        lines: crash.text.iter().map(|l| facts.redactor.apply(l)).collect(),
    }];
    let exception = Exception {
        kind: fault.exception.kind,
        message: facts.redactor.apply(&fault.exception.message),
    };
    Ok(Diagnosis { report, exception })
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

fn fault(crash: &Crash, facts: &Facts) -> Fault {
    let frames: Vec<Frame> = crash
        .frames
        .iter()
        .filter(|f| is_project(&f.file))
        .map(|f| Frame {
            file: relative(&f.file, facts),
            ..f.clone()
        })
        .collect();
    let (kind, slots) = classify::classify(crash);
    let place = frames.last().map(|f| Place::line(f.file.clone(), f.line));
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
