//! The exit code: one contract for all formats and commands.

use crate::model::{CheckPhase, FindingState, HttpProbe, Report, RungState, Severity};

/// Nothing at or above the gate; everything was decided.
pub const OK: u8 = 0;
/// Findings at or above the gate.
pub const FINDINGS: u8 = 1;
/// Wrong usage, configuration or check file; nothing was audited.
pub const USAGE: u8 = 2;
/// Incomplete: a check crashed or could not decide, or there was nothing to audit.
pub const INCOMPLETE: u8 = 3;
/// The live target gave no answer before the deadline.
pub const SILENT: u8 = 4;
/// A fix could not be completed; everything was put back.
pub const UNDONE: u8 = 5;
/// A bug in the auditor.
pub const CRASH: u8 = 101;
/// The terminal was closed (HUP).
pub const HUNG_UP: u8 = 129;
/// Interrupted by INT.
pub const INTERRUPTED: u8 = 130;
/// Interrupted by QUIT.
pub const QUIT: u8 = 131;
/// Interrupted by TERM.
pub const TERMINATED: u8 = 143;

/// Everything that may end a run, at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ending {
    /// Wrong usage.
    pub usage: bool,
    /// Code of the signal that interrupted it.
    pub signal: Option<u8>,
    /// A fix was put back.
    pub undone: bool,
    /// Findings fail the gate.
    pub findings: bool,
    /// The live target stayed silent.
    pub silent: bool,
    /// Something that the gate needs was not decided.
    pub incomplete: bool,
}

/// The code when several apply: 2 > 130/143 > 5 > 1 > 4 > 3 > 0.
pub fn code(ending: &Ending) -> u8 {
    match ending {
        Ending { usage: true, .. } => USAGE,
        Ending {
            signal: Some(signal),
            ..
        } => *signal,
        Ending { undone: true, .. } => UNDONE,
        Ending { findings: true, .. } => FINDINGS,
        Ending { silent: true, .. } => SILENT,
        Ending {
            incomplete: true, ..
        } => INCOMPLETE,
        _ => OK,
    }
}

/// What a report means for the gate.
pub fn of_report(report: &Report, fail_on: Option<Severity>, allow_incomplete: bool) -> Ending {
    // A silent target is not a finding that waiting could not change: it has a code of its own,
    // so that a script can retry on 4 and stop on 1.
    let database = report.ladder.as_ref().is_some_and(|ladder| {
        ladder
            .rungs
            .iter()
            .any(|r| r.state == RungState::Failed && r.transient)
    });
    let server = report.http.as_ref().is_some_and(HttpProbe::silent);
    let findings = report.findings.iter().any(|f| {
        let counts = matches!(f.state, FindingState::New | FindingState::Downgraded);
        let waits = match f.phase {
            CheckPhase::LiveDb => database,
            CheckPhase::LiveHttp => server,
            _ => false,
        };
        counts && !waits && fail_on.is_some_and(|limit| f.severity >= limit)
    });
    Ending {
        findings,
        silent: database || server,
        incomplete: !report.complete && !allow_incomplete,
        ..Ending::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_reason_wins() {
        let all = Ending {
            usage: true,
            signal: Some(INTERRUPTED),
            undone: true,
            findings: true,
            silent: true,
            incomplete: true,
        };
        let table = [
            (all, 2),
            (
                Ending {
                    usage: false,
                    ..all
                },
                130,
            ),
            (
                Ending {
                    usage: false,
                    signal: Some(TERMINATED),
                    ..all
                },
                143,
            ),
            (
                Ending {
                    usage: false,
                    signal: None,
                    ..all
                },
                5,
            ),
            (
                Ending {
                    usage: false,
                    signal: None,
                    undone: false,
                    ..all
                },
                1,
            ),
            (
                Ending {
                    silent: true,
                    incomplete: true,
                    ..Ending::default()
                },
                4,
            ),
            (
                Ending {
                    incomplete: true,
                    ..Ending::default()
                },
                3,
            ),
            (Ending::default(), 0),
        ];
        for (ending, expected) in table {
            assert_eq!(code(&ending), expected, "{ending:?}");
        }
    }
}
