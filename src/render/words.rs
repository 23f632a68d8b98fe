//! Sentences that several formats share, so that they all tell the same story.

use crate::model::{
    CheckPhase, Finding, FindingState, HttpProbe, Ladder, Report, RouteProbe, RouteState, Rung,
    Severity, StartOutcome, StartPhase, SurfacesAt, Totals,
};

/// `1 fix`, `2 fixes`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `4 critical, 1 warning`; empty when there is nothing.
pub fn totals(totals: &Totals) -> String {
    let parts = [
        (totals.critical, "critical", "critical"),
        (totals.error, "error", "errors"),
        (totals.warning, "warning", "warnings"),
        (totals.note, "note", "notes"),
    ];
    parts
        .iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| count(*n, one, many))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `src.main:app`, or what was audited where no application is known.
pub fn subject(report: &Report) -> &str {
    report.app.as_deref().unwrap_or(report.target.as_str())
}

/// Phases that look at what runs.
pub fn is_live(phase: CheckPhase) -> bool {
    matches!(phase, CheckPhase::LiveDb | CheckPhase::LiveHttp)
}

/// What the start-up would do, in one sentence without a full stop; `app` is the subject as the
/// format writes it.
pub fn verdict(report: &Report, app: &str) -> String {
    let live = report.ladder.is_some() || report.http.is_some();
    if only_probed(report) {
        return probed(report);
    }
    match report.startup.outcome {
        StartOutcome::Error => format!("{app} will not start"),
        StartOutcome::Ok if report.totals.critical > 0 && live => {
            format!("{app} would start, but cannot work as things are")
        }
        StartOutcome::Ok if report.totals.critical > 0 => {
            format!("{app} will not start")
        }
        StartOutcome::Ok if report.totals.error > 0 => {
            format!("{app} would start, but not all of it works")
        }
        StartOutcome::Ok => format!("no reason found why {app} would not start"),
        StartOutcome::Unknown => format!(
            "cannot tell whether {app} starts: {}",
            report.startup.why.as_deref().unwrap_or("no reason given")
        ),
    }
}

/// Was nothing but the live system looked at?
fn only_probed(report: &Report) -> bool {
    let any = report.ladder.is_some() || report.http.is_some() || !report.phases.is_empty();
    any && report.phases.iter().all(|p| is_live(p.phase))
}

/// How things stand, as a state of the terminal page: `error`, `unknown`, `warning` or `ok`.
pub fn standing(report: &Report) -> &'static str {
    let totals = &report.totals;
    let startup = if only_probed(report) {
        StartOutcome::Ok
    } else {
        report.startup.outcome
    };
    let failed = report.ladder.as_ref().and_then(Ladder::failed);
    if totals.critical + totals.error > 0
        || startup == StartOutcome::Error
        || failed.is_some_and(|rung| !rung.transient)
    {
        "error"
    } else if failed.is_some() || startup == StartOutcome::Unknown || !report.complete {
        "unknown"
    } else if totals.warning > 0 {
        "warning"
    } else {
        "ok"
    }
}

/// The verdict of a run that only probed.
fn probed(report: &Report) -> String {
    let database = report.ladder.as_ref().map(|ladder| {
        let endpoint = &ladder.endpoint;
        match ladder.failed() {
            Some(rung) if rung.rung == Rung::Url => "the database URL is not usable".to_owned(),
            None if ladder.climbed() => format!("the database at {endpoint} is ready"),
            None => format!("the database at {endpoint} was not reached"),
            Some(rung) if rung.transient => {
                format!(
                    "the database at {endpoint} gives no answer yet ({})",
                    rung.rung.name()
                )
            }
            Some(rung) => format!(
                "the database at {endpoint} refuses, and waiting will not change it ({})",
                rung.rung.name()
            ),
        }
    });
    let server = report.http.as_ref().map(served);
    let parts: Vec<String> = database.into_iter().chain(server).collect();
    if parts.is_empty() {
        "nothing was probed".to_owned()
    } else {
        parts.join("; ")
    }
}

/// How the server at a base URL stands.
fn served(http: &HttpProbe) -> String {
    let base = &http.base_url;
    let reached = |routes: &[RouteProbe]| {
        let reached = |row: &&RouteProbe| row.state == RouteState::Reachable;
        routes.iter().filter(reached).count()
    };
    match (http.failed(), http.table()) {
        (Some(_), _) if http.silent() => format!("the server at {base} gives no answer yet"),
        (Some(part), None) => format!("the server at {base}: {} {}", part.part, part.outcome),
        (_, Some(routes)) => {
            format!(
                "{} of {} routes are reachable",
                reached(routes),
                routes.len()
            )
        }
        (None, None) => format!("the server at {base} answers"),
    }
}

/// `ImportError: cannot import name ...` of the predicted start-up, when it fails.
pub fn exception(report: &Report) -> Option<String> {
    report
        .startup
        .exception
        .as_ref()
        .map(|e| raised(&e.kind, &e.message))
}

/// As a traceback's last line writes it.
pub fn raised(kind: &str, message: &str) -> String {
    if message.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}: {message}")
    }
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub fn ordinal(n: u32) -> String {
    let suffix = match (n % 10, n % 100) {
        (1, r) if r != 11 => "st",
        (2, r) if r != 12 => "nd",
        (3, r) if r != 13 => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

/// When a person would meet the finding: `you would see it 1st`, `3rd, hidden by 002`.
pub fn order(finding: &Finding, report: &Report) -> String {
    let Some(n) = finding.reveal_order else {
        return String::new();
    };
    if n == 1 {
        return "you would see it 1st".to_owned();
    }
    match finding.hidden_by.last() {
        None => ordinal(n),
        Some(rule) => {
            let number = report
                .findings
                .iter()
                .filter(|f| f.rule == *rule && f.reveal_order < finding.reveal_order)
                .filter_map(|f| f.report_id.rsplit_once('-').map(|(_, n)| n))
                .next_back()
                .unwrap_or(rule.as_str());
            format!("{}, hidden by {number}", ordinal(n))
        }
    }
}

/// The moment at which a finding shows, where it is not the import.
pub fn moment(surfaces_at: SurfacesAt) -> Option<&'static str> {
    match surfaces_at {
        SurfacesAt::Import | SurfacesAt::Never => None,
        SurfacesAt::Startup => Some("lifespan and start-up handlers"),
        SurfacesAt::FirstQuery => Some("the first database query"),
        SurfacesAt::Request => Some("a request"),
    }
}

/// Name of a phase of the start in a sentence.
pub fn phase(phase: StartPhase) -> &'static str {
    match phase {
        StartPhase::Locate => "locating the entry module",
        StartPhase::Import => "importing the application",
        StartPhase::Attr => "fetching the application object",
        StartPhase::Lifespan => "running the start-up handlers",
        StartPhase::Bind => "binding the port",
    }
}

/// `src.main:5 > src.api.auth:5 > src.core.database:7`
pub fn chain(finding: &Finding) -> String {
    finding
        .chain
        .iter()
        .map(|link| format!("{}:{}", link.module, link.line))
        .collect::<Vec<_>>()
        .join(" > ")
}

/// State of a finding that does not count, in words.
pub fn accepted(state: FindingState) -> Option<&'static str> {
    match state {
        FindingState::New | FindingState::Downgraded => None,
        FindingState::Baseline => Some("accepted by the baseline"),
        FindingState::Ignored => Some("ignored with a reason"),
        FindingState::Pending => Some("repaired, awaits the installation"),
        FindingState::Unchanged => Some("unchanged since the given Git ref"),
    }
}

/// Where a finding points, `path:line:column`.
pub fn location(finding: &Finding) -> String {
    match &finding.location {
        None => "-".to_owned(),
        Some(p) if p.column > 1 || p.end_column > 1 => {
            format!("{}:{}:{}", p.path, p.line, p.column)
        }
        Some(p) => format!("{}:{}", p.path, p.line),
    }
}

/// Worst first.
pub const SEVERITIES: [Severity; 4] = [
    Severity::Critical,
    Severity::Error,
    Severity::Warning,
    Severity::Note,
];
