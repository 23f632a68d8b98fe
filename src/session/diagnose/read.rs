//! Tracebacks inside logs: plain, behind the prefixes of servers and containers, inside JSON
//! lines, coloured, chained, in exception groups.

use serde_json::Value;

use super::pytest;
use crate::model::Frame;

/// One crash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crash {
    /// Type as printed.
    pub kind: String,
    /// Its text, all lines.
    pub message: String,
    /// All frames, outermost first.
    pub frames: Vec<Frame>,
    /// The lines it was read from, without prefixes.
    pub text: Vec<String>,
    /// What it was raised from or during, nearest first.
    pub causes: Vec<Crash>,
    /// Index of its first line in the log.
    pub at: usize,
}

const HEADER: &str = "Traceback (most recent call last):";

/// Exceptions that only say that another one ended the server.
const CONSEQUENCES: [&str; 8] = [
    "SystemExit",
    "KeyboardInterrupt",
    "asyncio.exceptions.CancelledError",
    "ExceptionGroup",
    "BaseExceptionGroup",
    "gunicorn.errors.HaltServer",
    "HaltServer",
    "click.exceptions.Exit",
];

/// Longest text of an exception that is kept, in lines.
const MAX_MESSAGE_LINES: usize = 60;

/// A log, taken apart.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Its lines without colours and envelopes.
    pub lines: Vec<String>,
    /// Its tracebacks in order, without those that another one caused.
    pub crashes: Vec<Crash>,
}

impl Log {
    /// Takes a log apart.
    pub fn read(log: &str) -> Self {
        let mut lines = pytest::as_python(unwrapped(log));
        let mut crashes: Vec<Crash> = Vec::new();
        let mut at = 0;
        let mut end = 0;
        while at < lines.len() {
            let Some((mut crash, next)) = traceback(&lines, at) else {
                at += 1;
                continue;
            };
            // passlib catches this one and only tells of it.
            if at > 0 && lines[at - 1].contains("(trapped)") {
                lines[at..next].fill(String::new());
                at = next.max(at + 1);
                continue;
            }
            crash.at = at;
            let links = lines[end..at].iter().any(|l| chained(l));
            if links && let Some(cause) = crashes.pop() {
                crash.causes.clone_from(&cause.causes);
                crash.causes.insert(
                    0,
                    Crash {
                        causes: Vec::new(),
                        ..cause
                    },
                );
            }
            crashes.push(crash);
            at = next.max(at + 1);
            end = at;
        }
        Self { lines, crashes }
    }

    /// The crash that ended the start: the last one that is not the consequence of another. Where
    /// a consequence names its cause, the cause.
    pub fn last(&self) -> Option<Crash> {
        self.crashes.iter().rev().find_map(|crash| {
            let chain = std::iter::once(crash).chain(&crash.causes);
            let mut chain = chain.skip_while(|c| is_consequence(c));
            let mut first = chain.next()?.clone();
            first.causes = chain.cloned().collect();
            Some(first)
        })
    }

    /// The last line of a traceback that was copied without the rest.
    pub fn bare(&self) -> Option<Crash> {
        self.lines
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, l)| bare(at, l))
    }
}

fn is_consequence(crash: &Crash) -> bool {
    CONSEQUENCES.contains(&crash.kind.as_str())
}

/// The words with which Python joins two tracebacks of one chain.
fn chained(line: &str) -> bool {
    line.contains("During handling of the above exception, another exception occurred")
        || line.contains("The above exception was the direct cause of the following exception")
}

/// Lines without colours and without the envelopes of log drivers.
fn unwrapped(log: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in log.lines() {
        let line = without_colours(line);
        match enveloped(&line) {
            Some(text) => lines.extend(text.lines().map(without_colours)),
            None => lines.push(line),
        }
    }
    lines
}

fn without_colours(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            // CSI sequences end with a letter.
            '\u{1b}' => {
                let _ = chars.find(|c| c.is_ascii_alphabetic());
            }
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

/// Text of a JSON line: the message, then the exception that some formatters keep apart.
fn enveloped(line: &str) -> Option<String> {
    let start = line.find('{')?;
    let Value::Object(map) = serde_json::from_str(line[start..].trim()).ok()? else {
        return None;
    };
    let keys = [
        "log",
        "message",
        "msg",
        "event",
        "textPayload",
        "exception",
        "exc_info",
        "error",
        "traceback",
        "stack_trace",
        "stack",
    ];
    let texts: Vec<&str> = keys
        .iter()
        .filter_map(|k| map.get(*k).and_then(Value::as_str))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The traceback whose header stands on line `at`, and the line behind it.
fn traceback(lines: &[String], at: usize) -> Option<(Crash, usize)> {
    let header = &lines[at];
    let column = header.find(HEADER)?;
    let prefix = used_prefix(&header[..column], lines.get(at + 1));
    let mut crash = Crash {
        text: vec![HEADER.to_owned()],
        ..Crash::default()
    };
    let mut next = at + 1;
    while let Some(line) = lines.get(next).and_then(|l| stripped(l, prefix)) {
        next += 1;
        crash.text.push(line.to_owned());
        if let Some(frame) = frame(line) {
            crash.frames.push(frame);
        } else if !line.starts_with(' ') && !line.is_empty() {
            let (kind, message) = exception(line)?;
            crash.kind = kind;
            crash.message = message;
            break;
        }
    }
    if crash.kind.is_empty() {
        return None;
    }
    let mut taken = 0;
    while let Some(line) = lines.get(next).and_then(|l| stripped(l, prefix)) {
        if ends_message(line) || taken == MAX_MESSAGE_LINES {
            break;
        }
        crash.message.push('\n');
        crash.message.push_str(line);
        crash.text.push(line.to_owned());
        taken += 1;
        next += 1;
    }
    crash.message = crash.message.trim_end().to_owned();
    Some((crash, next))
}

/// How many columns stand before each line: those before the first frame. The header may have
/// more, as uvicorn's `ERROR:    Traceback ...` behind the prefix of a container.
fn used_prefix(prefix: &str, next: Option<&String>) -> usize {
    let columns = prefix.chars().count();
    next.and_then(|line| {
        let before = &line[..line.find("  File \"")?];
        Some(before.chars().count())
    })
    .filter(|before| *before <= columns)
    .unwrap_or(0)
}

fn stripped(line: &str, columns: usize) -> Option<&str> {
    if columns == 0 {
        return Some(line);
    }
    match line.char_indices().nth(columns) {
        Some((at, _)) => Some(&line[at..]),
        // Shorter than the prefix: an empty line inside the text.
        None => Some(""),
    }
}

/// `  File "path", line 3, in name`
fn frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ") {
        Some((number, function)) => (number, function.trim()),
        None => (rest.trim(), "<module>"),
    };
    Some(Frame {
        file: file.to_owned(),
        line: number.trim().parse().ok()?,
        function: function.to_owned(),
    })
}

/// `package.Error: text`
fn exception(line: &str) -> Option<(String, String)> {
    let (kind, message) = match line.split_once(": ") {
        Some((kind, message)) => (kind, message),
        None => (line.trim_end_matches(':'), ""),
    };
    let named = !kind.is_empty()
        && kind
            .chars()
            .all(|c| c.is_alphanumeric() || c == '.' || c == '_')
        && !kind.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    named.then(|| (kind.to_owned(), message.to_owned()))
}

/// Does a line after an exception belong to something else?
fn ends_message(line: &str) -> bool {
    let levels = ["INFO", "ERROR", "WARNING", "DEBUG", "CRITICAL", "TRACE"];
    line.trim().is_empty()
        || line.contains(HEADER)
        || line.starts_with("During handling of the above exception")
        || line.starts_with("The above exception was the direct cause")
        || line.trim_start().starts_with("+-")
        || line.starts_with('[')
        || line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(':')
        || levels.iter().any(|l| line.starts_with(l))
}

/// `Type: text` on a line of its own.
fn bare(at: usize, line: &str) -> Option<Crash> {
    let (kind, message) = exception(line.trim())?;
    let last = kind.rsplit('.').next().unwrap_or(&kind);
    let like = [
        "Error",
        "Exception",
        "Exit",
        "Refused",
        "Greenlet",
        "NotReady",
    ];
    let upper = last.starts_with(|c: char| c.is_ascii_uppercase());
    (upper && like.iter().any(|end| last.ends_with(end)) && !message.is_empty()).then(|| Crash {
        kind,
        message,
        text: vec![line.to_owned()],
        at,
        ..Crash::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 3, in <module>\n    import nope\nModuleNotFoundError: No module named 'nope'\n";

    fn behind(prefix: &str) -> String {
        PLAIN.lines().map(|l| format!("{prefix}{l}\n")).collect()
    }

    #[test]
    fn the_same_crash_is_read_behind_every_envelope() {
        let json: String = PLAIN
            .lines()
            .map(|l| {
                format!(
                    "{}\n",
                    serde_json::json!({ "log": format!("{l}\n"), "stream": "stderr" })
                )
            })
            .collect();
        let one_json =
            serde_json::json!({ "level": "ERROR", "message": "boom", "exc_info": PLAIN });
        let logs = [
            PLAIN.to_owned(),
            PLAIN.replace('\n', "\r\n"),
            behind("web-1  | "),
            behind("Nov 24 06:08:01 host uvicorn[12]: "),
            PLAIN.replacen("Traceback", "ERROR:    Traceback", 1),
            behind("  | ").replacen("  | Traceback", "  + Exception Group Traceback", 1),
            format!("\u{1b}[31m{}\u{1b}[0m", PLAIN.replace('\n', "\u{1b}[0m\n")),
            format!("INFO:     Started\n{PLAIN}\nINFO:     Stopping\n"),
            format!(
                "{PLAIN}\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nSystemExit: 3\n"
            ),
            format!(
                "{PLAIN}[2026-02-06 10:00:00 +0000] [1] [ERROR] Worker (pid:7) exited with code 3\n"
            ),
            json,
            one_json.to_string(),
        ];
        for log in logs {
            let crash = Log::read(&log)
                .last()
                .unwrap_or_else(|| panic!("nothing found in\n{log}"));
            assert_eq!(crash.kind, "ModuleNotFoundError", "{log}");
            assert_eq!(crash.message, "No module named 'nope'", "{log}");
            assert_eq!(crash.frames.len(), 1, "{log}");
            assert_eq!(crash.frames[0].line, 3, "{log}");
        }
    }

    #[test]
    fn texts_of_several_lines_are_kept() {
        let log = "Traceback (most recent call last):\n  File \"c.py\", line 9, in <module>\n    Settings()\npydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nSECRET_KEY\n  Field required [type=missing, input_value={}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.12/v/missing\nINFO: x\n";
        let crash = Log::read(log).last().unwrap();
        assert_eq!(crash.message.lines().count(), 4, "{crash:?}");
    }

    #[test]
    fn a_last_line_alone_is_read() {
        assert_eq!(
            Log::read("KeyError: 'DATABASE_URL'\n").bare().unwrap().kind,
            "KeyError"
        );
        let fine = Log::read("everything is fine: really\nINFO: ok\n");
        assert_eq!((fine.last(), fine.bare()), (None, None));
    }

    #[test]
    fn chains_keep_their_causes() {
        let second = PLAIN.replace(
            "ModuleNotFoundError: No module named 'nope'",
            "ValueError: second",
        );
        let log = format!(
            "{PLAIN}\nThe above exception was the direct cause of the following exception:\n\n{second}"
        );
        let crash = Log::read(&log).last().unwrap();
        assert_eq!(crash.kind, "ValueError");
        assert_eq!(crash.causes.len(), 1, "{crash:?}");
        assert_eq!(crash.causes[0].kind, "ModuleNotFoundError");
        let twice = Log::read(&format!("{PLAIN}INFO: again\n{second}"));
        assert_eq!(twice.crashes.len(), 2);
        assert_eq!(twice.last().unwrap().causes, []);
    }
}
