//! One audit: collect, check, number, judge.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::check::{self, Catalog, Outcomes, Selection, Suppressions};
use crate::collect::{self, Request};
use crate::fix;
use crate::host::Host;
use crate::model::{
    Applicability, CheckOutcome, Facts, Finding, Outcome, Report, RouteTable, ServedRoute,
    Severity, SourceRow, Startup, Transcript, Undecided,
};

use super::criteria::{self, ByteProof, Evidence};
use super::observe::{Event, Observer, Step};
use super::request::{AuditRequest, SessionError};
use super::{Audit, baseline, date, defect, launch, live, number, phases, since};

/// Schema version of the JSON form of a report.
const SCHEMA: u32 = 1;

/// Distributions that a reader wants to see the version of.
const SHOWN_PACKAGES: [&str; 15] = [
    "fastapi",
    "starlette",
    "uvicorn",
    "gunicorn",
    "sqlalchemy",
    "sqlmodel",
    "pydantic",
    "pydantic-settings",
    "asyncpg",
    "psycopg",
    "psycopg2",
    "psycopg2-binary",
    "pg8000",
    "greenlet",
    "alembic",
];

/// The checks of a request, loaded once for all audits of a run.
pub struct Checks {
    /// All of them.
    pub catalog: Catalog,
    /// Those that run.
    pub selection: Selection,
}

impl Checks {
    /// Loads and selects.
    pub fn of(host: &dyn Host, request: &AuditRequest) -> Result<Self, SessionError> {
        let mut catalog = Catalog::embedded().map_err(usage)?;
        if !request.checks.is_empty() {
            catalog.load_more(host, &request.checks).map_err(usage)?;
        }
        let selection = catalog
            .select(&request.only, &request.skip)
            .map_err(usage)?;
        Ok(Self { catalog, selection })
    }
}

fn usage(error: impl std::fmt::Display) -> SessionError {
    SessionError::Usage(error.to_string())
}

/// Measures steps and tells the observer.
pub struct Clock<'o> {
    observer: &'o dyn Observer,
    timings: BTreeMap<String, f64>,
}

impl<'o> Clock<'o> {
    /// Nothing measured yet.
    pub fn new(observer: &'o dyn Observer) -> Self {
        Self {
            observer,
            timings: BTreeMap::new(),
        }
    }

    /// Runs a step.
    pub fn step<T>(&mut self, step: Step, name: &str, work: impl FnOnce() -> T) -> T {
        self.observer.event(&Event::Begin(step));
        let begin = Instant::now();
        let result = work();
        let ms = begin.elapsed().as_secs_f64() * 1000.0;
        *self.timings.entry(name.to_owned()).or_default() += ms;
        self.observer.event(&Event::End(step, ms));
        result
    }
}

/// Runs one audit with loaded checks.
pub fn run(
    host: &dyn Host,
    request: &AuditRequest,
    checks: &Checks,
    observer: &dyn Observer,
) -> Result<Audit, SessionError> {
    let begin = Instant::now();
    let mut clock = Clock::new(observer);
    let wanted = Request {
        target: request.target.clone(),
        watch: checks.catalog.watch(),
        time_limit: Some(request.time_limit),
        last: request.last,
    };
    let mut facts = clock.step(Step::Collect, "collect", || collect::collect(host, &wanted))?;
    let mut transcripts = Vec::new();
    if request.live.is_some() || request.launch {
        transcripts = live::probe(host, request, &mut facts, observer, &mut clock)?;
    }
    let suppressions = suppressions(host, request);
    let mut outcomes = clock.step(Step::Check, "check", || {
        check::run(&checks.catalog, &checks.selection, &facts, &suppressions)
    });
    complete_fixes(host, &mut facts, &mut outcomes.findings);
    if let Some(path) = &request.baseline {
        baseline::accept(host, path, &mut outcomes.findings)?;
    }
    if let Some(git_ref) = &request.since {
        since::accept(&facts, git_ref, &mut outcomes.findings)?;
    }
    let mut report = assemble(host, request, checks, &facts, outcomes);
    transcripts.extend(case(host, &mut facts, &report.startup));
    report.transcripts = transcripts;
    report.timings = clock.timings;
    let total = begin.elapsed().as_secs_f64() * 1000.0;
    report.timings.insert("total".to_owned(), total);
    let mut audit = Audit { report, facts };
    judge(&mut audit, None);
    Ok(audit)
}

/// The case to report when a launch did not come out as predicted.
fn case(host: &dyn Host, facts: &mut Facts, startup: &Startup) -> Option<Transcript> {
    let launched = facts.launch.clone()?;
    launch::disagreement(startup, &launched)?;
    launch::is_defect(&launched).then(|| defect::case(host, facts, startup, &launched))
}

fn suppressions(host: &dyn Host, request: &AuditRequest) -> Suppressions {
    Suppressions {
        ignores: request.ignores.clone(),
        downgrades: request.downgrades.clone(),
        today: date::today(host),
    }
}

/// Byte edits and previews of all fixes; a fix that cannot be made is for a person.
pub fn complete_fixes(host: &dyn Host, facts: &mut Facts, findings: &mut [Finding]) {
    for finding in findings {
        for fix in &mut finding.fixes {
            for op in &fix.ops {
                collect::add_source(host, facts, op.path());
            }
            if let Err(error) = fix::complete(fix, &facts.sources) {
                fix.applicability = Applicability::Manual;
                if !fix.ops.is_empty() {
                    fix.notes.push(facts.redactor.apply(&error.to_string()));
                }
            }
        }
        // Safest first; a fix that turned out to be manual goes behind the others.
        finding
            .fixes
            .sort_by_key(|f| std::cmp::Reverse(f.applicability));
    }
}

pub fn assemble(
    host: &dyn Host,
    request: &AuditRequest,
    checks: &Checks,
    facts: &Facts,
    outcomes: Outcomes,
) -> Report {
    let Outcomes {
        mut findings,
        outcomes,
        mut undecided,
    } = outcomes;
    number::sort(&mut findings);
    number::number(&mut findings, &[]);
    for one in &facts.project.problems {
        if !undecided.contains(one) {
            undecided.push(one.clone());
        }
    }
    let startup = startup(facts);
    let launched = facts.launch.as_ref();
    let defect = launched.and_then(|launch| launch::disagreement(&startup, launch));
    let agreed = defect.is_none();
    undecided.extend(defect);
    Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: request.target.root.display().to_string(),
        app: app(facts),
        python: python(facts),
        packages: packages(facts),
        date: date::today(host),
        phases: phases::overview(facts, &findings, &outcomes),
        complete: agreed && complete(request.gate, checks, facts, &startup, &outcomes, &undecided),
        totals: number::totals(&findings),
        startup,
        findings,
        checks_run: ran(&outcomes),
        outcomes,
        undecided,
        criteria: Vec::new(),
        ladder: facts.ladder.clone(),
        router: route_table(facts),
        http: facts.http.clone(),
        transcripts: Vec::new(),
        applied: None,
        repaired: Vec::new(),
        imports: facts.simulation.imports.clone(),
        timings: BTreeMap::new(),
    }
}

/// What the application of the start answers, as far as the source tells.
fn route_table(facts: &Facts) -> Option<RouteTable> {
    let app = collect::application(facts)?;
    let routers = &facts.simulation.routers;
    let row = |served: &ServedRoute| {
        let route = routers.get(served.router)?.routes.get(served.route)?;
        let place = route.place.as_ref();
        (!route.builtin).then(|| SourceRow {
            methods: route.methods.clone(),
            path: served.path.clone(),
            source: place.map(|p| format!("{}:{}", p.path, p.line)),
            auth: route.auth,
        })
    };
    Some(RouteTable {
        app: app.object.clone(),
        complete: app.complete,
        routes: app.served.iter().filter_map(row).collect(),
    })
}

/// Judges the success criteria of a report, again after it has changed.
pub fn judge(audit: &mut Audit, bytes: Option<&ByteProof>) {
    audit.report.criteria = criteria::judge(&Evidence {
        facts: &audit.facts,
        startup: &audit.report.startup,
        findings: &audit.report.findings,
        repaired: &audit.report.repaired,
        outcomes: &audit.report.outcomes,
        bytes,
        target: &audit.report.target,
    });
}

/// The verdict; an audit that found nothing to start says so.
fn startup(facts: &Facts) -> Startup {
    match (&facts.simulation.startup, &facts.project.start) {
        (Some(startup), _) => startup.clone(),
        (None, None) => Startup::unknown(
            "no application and no start command was found; name one with --app or --start",
        ),
        (None, Some(_)) => Startup::unknown("the start was not simulated"),
    }
}

/// Is everything decided that the gate needs?
fn complete(
    gate: Option<Severity>,
    checks: &Checks,
    facts: &Facts,
    startup: &Startup,
    outcomes: &[CheckOutcome],
    undecided: &[Undecided],
) -> bool {
    if facts.project.start.is_none() && facts.project.python_files.is_empty() {
        return false;
    }
    let Some(gate) = gate else { return true };
    if startup.outcome == crate::model::StartOutcome::Unknown {
        return false;
    }
    let weighty = |rule: &str| {
        checks
            .catalog
            .get(rule)
            .is_none_or(|check| check.severity >= gate)
    };
    let open = outcomes.iter().any(|o| {
        matches!(o.outcome, Outcome::Unknown { .. } | Outcome::Broken { .. }) && weighty(&o.rule)
    });
    !open && !undecided.iter().any(|u| u.subject == "startup")
}

fn ran(outcomes: &[CheckOutcome]) -> usize {
    outcomes
        .iter()
        .filter(|o| !matches!(o.outcome, Outcome::Skipped { .. }))
        .count()
}

/// `src.main:app`
fn app(facts: &Facts) -> Option<String> {
    let start = facts.project.start.as_ref()?;
    Some(match &start.attr {
        Some(attr) => format!("{}:{attr}", start.module),
        None => start.module.clone(),
    })
}

/// `Python 3.11.7 (.venv)`
fn python(facts: &Facts) -> String {
    let env = &facts.project.python;
    if env.version == (0, 0) {
        return "Python of unknown version".to_owned();
    }
    let mut text = format!("Python {}.{}", env.version.0, env.version.1);
    if let Some(micro) = env.micro {
        text.push_str(&format!(".{micro}"));
    }
    if let Some(prefix) = &env.prefix {
        let inside = prefix
            .strip_prefix(facts.project.root.as_str())
            .map(|p| p.trim_start_matches(['/', '\\']));
        let shown = inside.filter(|p| !p.is_empty()).unwrap_or(prefix);
        text.push_str(&format!(" ({shown})"));
    }
    text
}

fn packages(facts: &Facts) -> Vec<String> {
    SHOWN_PACKAGES
        .iter()
        .filter_map(|name| {
            let installed = facts.project.distributions.get(*name);
            let found = installed.or_else(|| facts.project.locked.get(*name))?;
            Some(format!("{name} {}", found.version))
        })
        .collect()
}
