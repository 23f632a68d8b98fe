//! One line per phase: how it went and what was looked at.

use crate::model::{
    CheckOutcome, CheckPhase, Facts, Finding, HttpProbe, Outcome, PhaseSummary, RouterFact,
    Severity, StartOutcome, StartPhase,
};

use super::number::{counts, totals};

/// The overview, in order of phases.
pub fn overview(
    facts: &Facts,
    findings: &[Finding],
    outcomes: &[CheckOutcome],
) -> Vec<PhaseSummary> {
    CheckPhase::ALL
        .into_iter()
        .map(|phase| {
            let here: Vec<Finding> = findings
                .iter()
                .filter(|f| f.phase == phase && counts(f))
                .cloned()
                .collect();
            let state = state(facts, phase, &here, outcomes);
            let detail = match (here.is_empty(), state.as_str()) {
                (false, _) => counted(&here),
                (true, "ok") => looked_at(facts, phase),
                _ => String::new(),
            };
            PhaseSummary {
                phase,
                state,
                detail,
            }
        })
        .collect()
}

fn state(
    facts: &Facts,
    phase: CheckPhase,
    findings: &[Finding],
    outcomes: &[CheckOutcome],
) -> String {
    if let Some(worst) = findings.iter().map(|f| f.severity).max() {
        return worst.name().to_owned();
    }
    let asked = match phase {
        CheckPhase::LiveDb => facts.ladder.is_some(),
        CheckPhase::LiveHttp => facts.http.is_some(),
        _ => true,
    };
    if !asked {
        return "not-run".to_owned();
    }
    if matches!(phase, CheckPhase::Startup | CheckPhase::Bind) && died_importing(facts) {
        return "not-reached".to_owned();
    }
    let mut here = outcomes.iter().filter(|o| o.phase == phase).peekable();
    let none = here.peek().is_none();
    let mut skipped = true;
    for one in here {
        match one.outcome {
            Outcome::Unknown { .. } | Outcome::Broken { .. } => return "unknown".to_owned(),
            Outcome::Skipped { .. } => {}
            _ => skipped = false,
        }
    }
    let unknown_start = facts
        .simulation
        .startup
        .as_ref()
        .is_none_or(|s| s.outcome == StartOutcome::Unknown);
    let rests_on_it = match phase {
        CheckPhase::Import | CheckPhase::Startup => true,
        CheckPhase::Wiring => facts.simulation.routers.is_empty(),
        _ => false,
    };
    if unknown_start && rests_on_it {
        return "unknown".to_owned();
    }
    let state = if none || skipped { "not-run" } else { "ok" };
    state.to_owned()
}

/// Does the start end before lifespan handlers run?
fn died_importing(facts: &Facts) -> bool {
    facts.simulation.startup.as_ref().is_some_and(|s| {
        s.outcome == StartOutcome::Error
            && matches!(
                s.phase,
                Some(StartPhase::Locate | StartPhase::Import | StartPhase::Attr)
            )
    })
}

/// `2 critical, 1 warning`
fn counted(findings: &[Finding]) -> String {
    let totals = totals(findings);
    let parts: Vec<String> = [
        (Severity::Critical, totals.critical),
        (Severity::Error, totals.error),
        (Severity::Warning, totals.warning),
        (Severity::Note, totals.note),
    ]
    .into_iter()
    .filter(|(_, n)| *n > 0)
    .map(|(severity, n)| severity.counted(n))
    .collect();
    parts.join(", ")
}

/// What was looked at where nothing is wrong.
fn looked_at(facts: &Facts, phase: CheckPhase) -> String {
    let project = &facts.project;
    let simulation = &facts.simulation;
    match phase {
        CheckPhase::Discover => project.start.as_ref().map_or_else(String::new, |start| {
            let line = start
                .origin
                .line
                .map_or_else(String::new, |l| format!(":{l}"));
            format!("start taken from {}{line}", start.origin.source)
        }),
        CheckPhase::Deps => many(project.distributions.len(), "package"),
        CheckPhase::Config => {
            let mut parts = vec![many(simulation.env_reads.len(), "setting")];
            let read = project.dotenv.iter().filter(|file| !file.idle);
            parts.extend(read.map(|file| file.path.clone()));
            parts.join(", ")
        }
        CheckPhase::Import => {
            format!(
                "{} in start order",
                many(simulation.imports.len(), "module")
            )
        }
        CheckPhase::Wiring => {
            let apps = simulation.routers.iter().filter(|r| r.is_app).count();
            let own = |r: &RouterFact| r.routes.iter().filter(|route| !route.builtin).count();
            let routes: usize = simulation.routers.iter().map(own).sum();
            let mut parts = vec![
                many(apps, "app"),
                many(simulation.routers.len() - apps, "router"),
            ];
            // A table with holes is not counted as if it were whole.
            match (simulation.routers.iter().any(|r| r.open), routes) {
                (false, _) => parts.push(many(routes, "route")),
                (true, 0) => {}
                (true, _) => parts.push(format!("at least {}", many(routes, "route"))),
            }
            parts.join(", ")
        }
        CheckPhase::LiveDb => facts
            .ladder
            .as_ref()
            .map_or_else(String::new, |ladder| format!("{} answers", ladder.endpoint)),
        CheckPhase::LiveHttp => {
            let table = facts.http.as_ref().and_then(HttpProbe::table);
            table.map_or_else(String::new, |routes| many(routes.len(), "route"))
        }
        CheckPhase::Startup | CheckPhase::Bind => String::new(),
    }
}

/// `1 place`, `2 places`.
pub(super) fn many(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}
