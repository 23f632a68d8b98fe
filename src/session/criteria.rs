//! The eight success criteria, each with its proof. What was not examined is never ticked.

use crate::model::{
    CheckOutcome, CheckPhase, Criterion, CriterionState, Facts, Fault, Finding, Launch, LaunchEnd,
    Outcome, RouteState, StartOutcome, Startup,
};

use super::launch;
use super::number::counts;

use CriterionState::{Met, NotExamined, NotMet};

/// What the criteria are judged by.
pub struct Evidence<'a> {
    /// Observations.
    pub facts: &'a Facts,
    /// The verdict.
    pub startup: &'a Startup,
    /// Findings of this report.
    pub findings: &'a [Finding],
    /// Findings that a fix run repaired.
    pub repaired: &'a [Finding],
    /// Outcome of each check.
    pub outcomes: &'a [CheckOutcome],
    /// What the comparison of bytes after a fix gave.
    pub bytes: Option<&'a ByteProof>,
    /// Path of the target as typed.
    pub target: &'a str,
}

/// Result of comparing files before and after a fix run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByteProof {
    /// One line per changed file.
    pub changed: Vec<String>,
    /// Number of other files that were compared and are equal.
    pub untouched: usize,
    /// What differs although it should not.
    pub differences: Vec<String>,
}

/// Judges all criteria.
pub fn judge(evidence: &Evidence<'_>) -> Vec<Criterion> {
    [
        (
            "SC-001",
            "The backend starts without ImportError or ModuleNotFoundError",
            starts(evidence),
        ),
        (
            "SC-002",
            "Every start-up-blocking error is identified with file, line and root cause",
            identified(evidence),
        ),
        (
            "SC-003",
            "Every finding has a fix that was applied or proposed, and re-checked",
            fixable(evidence),
        ),
        (
            "SC-004",
            "The fixes are minimal: nothing else in the files changed",
            minimal(evidence),
        ),
        (
            "SC-005",
            "The database connection initialises",
            connects(evidence),
        ),
        (
            "SC-006",
            "All routers are registered and reachable",
            reachable(evidence),
        ),
        ("SC-007", "No circular import fails", cycles(evidence)),
        (
            "SC-008",
            "Dependency versions are compatible",
            compatible(evidence),
        ),
    ]
    .into_iter()
    .map(|(id, claim, (state, proof))| Criterion {
        id: id.to_owned(),
        claim: claim.to_owned(),
        state,
        proof,
        repeat: repeat(id, evidence),
    })
    .collect()
}

/// The command that proves a criterion again, or for the first time.
fn repeat(id: &str, evidence: &Evidence<'_>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+,~\\".contains(c);
    let target = match evidence.target.chars().all(plain) {
        true => evidence.target.to_owned(),
        false => format!("'{}'", evidence.target.replace('\'', r"'\''")),
    };
    let facts = evidence.facts;
    let launched = facts.launch.as_ref().map(|launch| &launch.command);
    match id {
        "SC-001" => match launched.filter(|command| !command.is_empty()) {
            Some(command) => format!("audit check {target} --launch    # runs: {command}"),
            None => format!("audit check {target} --launch"),
        },
        "SC-002" => format!("audit check {target}"),
        "SC-003" => format!("audit fix {target} --diff"),
        "SC-004" if evidence.bytes.is_some() => format!("audit report {target}"),
        "SC-004" => format!("audit fix {target} --diff"),
        "SC-005" => format!("audit probe {target}"),
        "SC-006" if launched.is_some() => format!("audit check {target} --launch"),
        "SC-006" => match &facts.http {
            Some(http) => format!("audit probe {target} --base-url {}", http.base_url),
            None => format!("audit facts {target}"),
        },
        "SC-007" => format!("audit check {target} --only import"),
        _ => format!("audit check {target} --only deps"),
    }
}

type Verdict = (CriterionState, Vec<String>);

fn because(state: CriterionState, proof: impl Into<String>) -> Verdict {
    (state, vec![proof.into()])
}

fn why_unknown(startup: &Startup) -> String {
    let why = startup.why.as_deref().unwrap_or("no reason was given");
    format!("the start could not be decided: {why}")
}

fn starts(evidence: &Evidence<'_>) -> Verdict {
    let startup = evidence.startup;
    if let Some(verdict) = evidence.facts.launch.as_ref().and_then(launched) {
        return verdict;
    }
    match startup.outcome {
        StartOutcome::Ok if evidence.facts.simulation.imports.is_empty() => {
            because(NotExamined, "no import was simulated")
        }
        StartOutcome::Ok => because(
            Met,
            format!(
                "simulated: {} modules in import order, no exception up to \"startup complete\"",
                evidence.facts.simulation.imports.len()
            ),
        ),
        StartOutcome::Error => because(NotMet, format!("simulated: {}", exception(startup))),
        StartOutcome::Unknown => because(NotExamined, why_unknown(startup)),
    }
}

/// What a real start proves; `None` when it proves nothing.
fn launched(launch: &Launch) -> Option<Verdict> {
    Some(match &launch.end {
        LaunchEnd::Served => because(
            Met,
            format!("launched: it served after {:.0} ms", launch.ms),
        ),
        LaunchEnd::Died(_) | LaunchEnd::Crashing => {
            let last = launch.log.iter().rfind(|l| !l.trim().is_empty());
            let said = match launch::raised(&launch.log) {
                Some(raised) => launch::shown(&raised),
                None => last.map_or_else(|| "nothing".to_owned(), Clone::clone),
            };
            let how = match &launch.end {
                LaunchEnd::Crashing => "its workers died again and again",
                _ => "it ended by itself",
            };
            because(NotMet, format!("launched: {how}, saying: {said}"))
        }
        LaunchEnd::Hung | LaunchEnd::Interrupted | LaunchEnd::NotTried(_) => return None,
    })
}

fn exception(startup: &Startup) -> String {
    let mut text = startup.exception.as_ref().map_or_else(
        || "an exception".to_owned(),
        |e| {
            let first = e.message.lines().next().unwrap_or_default();
            format!("{}: {first}", e.kind)
        },
    );
    if let (Some(file), Some(line)) = (&startup.file, startup.line) {
        text.push_str(&format!(" ({file}:{line})"));
    }
    text
}

fn identified(evidence: &Evidence<'_>) -> Verdict {
    let startup = evidence.startup;
    if startup.outcome == StartOutcome::Unknown {
        return because(NotExamined, why_unknown(startup));
    }
    let blocking = |f: &&Finding| f.reveal_order.is_some();
    let all: Vec<&Finding> = evidence
        .repaired
        .iter()
        .chain(evidence.findings)
        .filter(blocking)
        .collect();
    let vague: Vec<String> = all
        .iter()
        .filter(|f| f.location.is_none() || f.root_cause.trim().is_empty())
        .map(|f| format!("{} has no place or no root cause", f.report_id))
        .collect();
    if !vague.is_empty() {
        return (NotMet, vague);
    }
    let first = evidence.findings.iter().any(|f| f.reveal_order == Some(1));
    if startup.outcome == StartOutcome::Error && !first {
        let text = format!("no finding explains {}", exception(startup));
        return because(NotMet, text);
    }
    match all.len() {
        0 => because(Met, "the simulated start meets no error"),
        1 => because(
            Met,
            "1 start-up-blocking error, with file, line and root cause",
        ),
        n => because(
            Met,
            format!("{n} start-up-blocking errors, each with file, line and root cause"),
        ),
    }
}

fn fixable(evidence: &Evidence<'_>) -> Verdict {
    let open: Vec<&Finding> = evidence.findings.iter().filter(|f| counts(f)).collect();
    let without: Vec<String> = open
        .iter()
        .filter(|f| f.fixes.is_empty())
        .map(|f| format!("{} ({}) has no fix", f.report_id, f.rule))
        .collect();
    let repaired = evidence.repaired.len();
    if !without.is_empty() {
        return (NotMet, without);
    }
    match (repaired, open.len()) {
        (0, 0) => match evidence.startup.outcome {
            StartOutcome::Ok => because(Met, "there is no finding"),
            StartOutcome::Error => because(NotMet, "no finding explains why the start fails"),
            StartOutcome::Unknown => because(NotExamined, why_unknown(evidence.startup)),
        },
        (n, 0) => because(
            Met,
            format!("{n} applied; the audit afterwards finds nothing"),
        ),
        (0, n) => because(
            NotExamined,
            format!("{n} proposed, not re-checked; `audit fix --diff` re-checks them in memory"),
        ),
        (n, left) => because(NotMet, format!("{n} applied and re-checked; {left} left")),
    }
}

fn minimal(evidence: &Evidence<'_>) -> Verdict {
    let Some(bytes) = evidence.bytes else {
        return because(NotExamined, "no file was changed in this run");
    };
    if !bytes.differences.is_empty() {
        return (NotMet, bytes.differences.clone());
    }
    let mut proof = bytes.changed.clone();
    proof.push(match bytes.untouched {
        0 => "byte comparison: everything else in these files is unchanged".to_owned(),
        n => format!(
            "byte comparison: everything else in these files and {n} other files are unchanged"
        ),
    });
    (Met, proof)
}

fn connects(evidence: &Evidence<'_>) -> Verdict {
    let Some(ladder) = &evidence.facts.ladder else {
        let simulation = &evidence.facts.simulation;
        let connects = simulation.urls.iter().find_map(|u| u.connects.as_ref());
        let served = evidence
            .facts
            .launch
            .as_ref()
            .is_some_and(|l| l.end == LaunchEnd::Served);
        if let (Some(place), true) = (connects, served) {
            return because(
                Met,
                format!(
                    "launched: the start queries the database at {}:{} and got through",
                    place.path, place.line
                ),
            );
        }
        return because(NotExamined, "no database was probed; `--live` does that");
    };
    if let Some(failed) = ladder.failed() {
        let text = format!("{}: {}", failed.rung.name(), failed.detail);
        return because(NotMet, text);
    }
    match ladder.climbed() {
        true => because(
            Met,
            format!(
                "probed: {} as {} of {}",
                ladder.endpoint, ladder.user, ladder.database
            ),
        ),
        false => because(NotExamined, "the probe did not reach the last rung"),
    }
}

fn reachable(evidence: &Evidence<'_>) -> Verdict {
    let orphans: Vec<String> = evidence
        .findings
        .iter()
        .filter(|f| counts(f) && f.rule.starts_with("WEB5"))
        .map(|f| format!("{}: {}", f.report_id, f.message))
        .collect();
    if !orphans.is_empty() {
        return (NotMet, orphans);
    }
    let registered: usize = evidence
        .facts
        .simulation
        .routers
        .iter()
        .flat_map(|r| &r.routes)
        .filter(|route| !route.builtin)
        .count();
    let probed = evidence.facts.http.as_ref().filter(|http| !http.silent());
    let Some(routes) = probed.map(|http| &http.routes) else {
        return because(
            NotExamined,
            format!(
                "{registered} routes in the source, none left out by its app; no server was asked"
            ),
        );
    };
    let count = |state: RouteState| routes.iter().filter(|r| r.state == state).count();
    let unreachable: Vec<String> = routes
        .iter()
        .filter(|r| r.state == RouteState::Unreachable)
        .map(|r| format!("{} {} is not reachable", r.method, r.path))
        .collect();
    if !unreachable.is_empty() {
        return (NotMet, unreachable);
    }
    match count(RouteState::Unproven) {
        0 if !routes.is_empty() => because(Met, format!("probed: {} routes answer", routes.len())),
        0 => because(NotExamined, "the server has no route to ask for"),
        n => because(
            NotExamined,
            format!(
                "probed: {} routes answer, {n} cannot be proven without running a handler",
                count(RouteState::Reachable)
            ),
        ),
    }
}

fn cycles(evidence: &Evidence<'_>) -> Verdict {
    let startup = evidence.startup;
    let fatal: Vec<String> = evidence
        .facts
        .simulation
        .faults
        .iter()
        .filter(|f| f.certain && is_cycle(f))
        .map(|f| match f.cycle.is_empty() {
            true => f.exception.message.clone(),
            false => f.cycle.join(" > "),
        })
        .collect();
    if !fatal.is_empty() {
        return (NotMet, fatal);
    }
    if startup.outcome == StartOutcome::Unknown {
        return because(NotExamined, why_unknown(startup));
    }
    if evidence.facts.simulation.imports.is_empty() {
        return because(NotExamined, "no import was simulated");
    }
    because(
        Met,
        format!(
            "simulated: {} modules in import order, no name is asked of a module before it is bound",
            evidence.facts.simulation.imports.len()
        ),
    )
}

fn is_cycle(fault: &Fault) -> bool {
    fault.kind.starts_with("circular") || !fault.cycle.is_empty()
}

fn compatible(evidence: &Evidence<'_>) -> Verdict {
    let project = &evidence.facts.project;
    if project.distributions.is_empty() && project.locked.is_empty() {
        return because(NotExamined, "no environment and no lock file was found");
    }
    let findings: Vec<String> = evidence
        .findings
        .iter()
        .filter(|f| counts(f) && f.phase == CheckPhase::Deps)
        .map(|f| format!("{}: {}", f.report_id, f.message))
        .collect();
    if !findings.is_empty() {
        return (NotMet, findings);
    }
    let here: Vec<&CheckOutcome> = evidence
        .outcomes
        .iter()
        .filter(|o| o.phase == CheckPhase::Deps)
        .collect();
    let undecided = here.iter().find_map(|o| match &o.outcome {
        Outcome::Unknown { why } => Some(format!("{}: {why}", o.rule)),
        Outcome::Broken { error } => Some(format!("{}: {error}", o.rule)),
        _ => None,
    });
    if let Some(why) = undecided {
        return because(NotExamined, why);
    }
    let passed = here
        .iter()
        .filter(|o| matches!(o.outcome, Outcome::Pass | Outcome::NotApplicable { .. }))
        .count();
    match passed {
        0 => because(NotExamined, "no dependency check ran"),
        n => because(
            Met,
            format!(
                "{n} dependency checks over {} installed distributions",
                project.distributions.len()
            ),
        ),
    }
}
