//! `--launch`: the backend is started for real, asked for its routes and stopped; what was
//! predicted is held against what happened.

use std::time::Duration;

use crate::collect;
use crate::host::Host;
use crate::model::{
    Exception, Facts, Launch, LaunchEnd, StartOutcome, Startup, Transcript, Undecided,
};
use crate::probe::Backend;

use super::diagnose::Log;
use super::live;
use super::observe::{Event, Observer};
use super::request::{AuditRequest, SessionError};

/// How long a start may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Lines of a log that a report shows at its beginning and at its end.
const SHOWN: usize = 60;

/// Starts, probes and stops the backend; adds what was learned to the facts.
pub fn launch(
    host: &dyn Host,
    request: &AuditRequest,
    facts: &mut Facts,
    observer: &dyn Observer,
) -> Result<Vec<Transcript>, SessionError> {
    let command = match collect::start_command(host, facts) {
        Ok(command) => command,
        Err(why) => {
            facts.launch = Some(not_tried(why));
            return Ok(Vec::new());
        }
    };
    let mut backend = match Backend::start(&command, &facts.redactor) {
        Ok(backend) => backend,
        Err(error) => {
            facts.launch = Some(not_tried(format!("starting the interpreter: {error}")));
            return Ok(Vec::new());
        }
    };
    observer.event(&Event::Note("waiting for the port".to_owned()));
    let mut transcripts = Vec::new();
    if backend.wait(LIMIT, &|| observer.interrupted()) {
        let options = request.live.clone().unwrap_or_default();
        let base = backend.base_url();
        let probed = live::reach(host, &base, &options, facts, observer);
        // Whatever came of it, the backend is stopped first.
        let launch = backend.stop(observer.interrupted());
        transcripts.push(told(&launch));
        facts.launch = Some(launch);
        let http = probed?;
        transcripts.push(live::told(&http));
        facts.http = Some(http);
    } else {
        let launch = backend.stop(false);
        transcripts.push(told(&launch));
        facts.launch = Some(launch);
    }
    Ok(transcripts)
}

fn not_tried(why: String) -> Launch {
    Launch {
        command: String::new(),
        end: LaunchEnd::NotTried(why),
        log: Vec::new(),
        base_url: None,
        ms: 0.0,
    }
}

fn told(launch: &Launch) -> Transcript {
    let mut lines = launch.log.clone();
    if lines.len() > 2 * SHOWN {
        let left_out = lines.len() - 2 * SHOWN;
        let end = lines.split_off(lines.len() - SHOWN);
        lines.truncate(SHOWN);
        lines.push(format!("[... {left_out} lines left out ...]"));
        lines.extend(end);
    }
    lines.push(format!("[{}]", end(launch)));
    Transcript {
        title: "Server Startup Test".to_owned(),
        command: Some(launch.command.clone()).filter(|c| !c.is_empty()),
        lines,
    }
}

/// What became of it, as the last line of its log.
pub fn end(launch: &Launch) -> String {
    match &launch.end {
        LaunchEnd::Served => format!("served after {:.0} ms, then stopped", launch.ms),
        LaunchEnd::Died(Some(code)) => format!("ended by itself with exit code {code}"),
        LaunchEnd::Died(None) => "ended by a signal".to_owned(),
        LaunchEnd::Crashing => {
            "its workers died again and again, each time for the same reason; stopped".to_owned()
        }
        LaunchEnd::Interrupted => format!("interrupted after {:.0} ms", launch.ms),
        LaunchEnd::Hung => format!("neither served nor ended within {:.0} ms", launch.ms),
        LaunchEnd::NotTried(why) => format!("not tried: {why}"),
    }
}

/// Is this difference one that somebody should report, with a case?
pub fn is_defect(launch: &Launch) -> bool {
    matches!(
        launch.end,
        LaunchEnd::Served | LaunchEnd::Died(_) | LaunchEnd::Crashing
    )
}

/// Where prediction and reality differ, a defect of this program that is said openly; or why they
/// could not be compared.
pub fn disagreement(startup: &Startup, launch: &Launch) -> Option<Undecided> {
    let raised = raised(&launch.log);
    let really = match (&launch.end, &raised) {
        (LaunchEnd::Died(_) | LaunchEnd::Crashing, Some(raised)) => {
            format!("it ended with {}", shown(raised))
        }
        (LaunchEnd::Crashing, None) => "its workers died again and again".to_owned(),
        (LaunchEnd::Died(code), None) => format!(
            "it ended with exit code {}",
            code.map_or_else(|| "unknown".to_owned(), |c| c.to_string())
        ),
        (LaunchEnd::Served, _) => "it serves".to_owned(),
        (LaunchEnd::Interrupted, _) => return Some(open("the launch was interrupted")),
        (LaunchEnd::Hung, _) => return Some(open("the launch neither served nor ended in time")),
        (LaunchEnd::NotTried(why), _) => return Some(open(&format!("not launched: {why}"))),
    };
    let predicted = match (startup.outcome, &startup.exception) {
        (StartOutcome::Unknown, _) => return None,
        (StartOutcome::Ok, _) if launch.end == LaunchEnd::Served => return None,
        (StartOutcome::Ok, _) => "a start without an error".to_owned(),
        (StartOutcome::Error, Some(predicted)) => {
            let same = raised.as_ref().is_some_and(|r| r.kind == predicted.kind);
            if same && launch.end != LaunchEnd::Served {
                return None;
            }
            shown(predicted)
        }
        (StartOutcome::Error, None) => return None,
    };
    Some(open(&format!(
        "predicted was {predicted}, but {really}: a defect of this program; the Markdown and JSON reports hold a case to file"
    )))
}

fn open(why: &str) -> Undecided {
    Undecided {
        subject: "launch".to_owned(),
        place: None,
        why: why.to_owned(),
    }
}

/// Type and first line of the text.
pub fn shown(exception: &Exception) -> String {
    let first = exception.message.lines().next().unwrap_or_default();
    format!("{}: {first}", exception.kind)
}

/// The exception that ended a start, as its log tells it.
pub fn raised(log: &[String]) -> Option<Exception> {
    let crash = Log::read(&log.join("\n")).last()?;
    Some(Exception {
        kind: crash.kind,
        message: crash.message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(end: LaunchEnd, log: &[&str]) -> Launch {
        Launch {
            command: "python".into(),
            end,
            log: log.iter().map(|l| (*l).to_owned()).collect(),
            base_url: None,
            ms: 1.0,
        }
    }

    const DIED: [&str; 5] = [
        "INFO: starting",
        "Traceback (most recent call last):",
        "  File \"a.py\", line 1, in <module>",
        "    import b",
        "ModuleNotFoundError: No module named 'b'",
    ];

    fn predicted(kind: &str) -> Startup {
        Startup {
            outcome: StartOutcome::Error,
            exception: Some(Exception {
                kind: kind.into(),
                message: "m".into(),
            }),
            ..Startup::ok()
        }
    }

    #[test]
    fn prediction_and_reality_are_compared() {
        let died = launch(LaunchEnd::Died(Some(1)), &DIED);
        let served = launch(LaunchEnd::Served, &[]);
        let hung = launch(LaunchEnd::Hung, &[]);
        let cases = [
            (Startup::ok(), &served, false),
            (Startup::ok(), &died, true),
            (predicted("ModuleNotFoundError"), &died, false),
            (predicted("ImportError"), &died, true),
            (predicted("ModuleNotFoundError"), &served, true),
            (Startup::unknown("why"), &served, false),
            (Startup::ok(), &hung, true),
        ];
        for (number, (startup, launch, expected)) in cases.iter().enumerate() {
            let said = disagreement(startup, launch);
            assert_eq!(said.is_some(), *expected, "case {number}: {said:?}");
        }
        let defect = disagreement(&Startup::ok(), &died).map(|u| u.why).unwrap();
        assert!(defect.contains("No module named 'b'"), "{defect}");
    }

    #[test]
    fn long_logs_are_shown_at_both_ends() {
        let lines: Vec<String> = (0..500).map(|n| n.to_string()).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let told = told(&launch(LaunchEnd::Died(None), &lines)).lines;
        assert_eq!(told.len(), 122);
        assert_eq!(
            (told[0].as_str(), told[60].as_str()),
            ("0", "[... 380 lines left out ...]")
        );
        assert_eq!(told[120], "499");
    }
}
