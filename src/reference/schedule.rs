//! When which faults are on: `tls-expired for 3 connections, then ok`.
//!
//! ```text
//! schedule = phase { ("," ["then"] | "then") phase }
//! phase    = faults [ "for" limit ]
//! faults   = "ok" | name { "+" name }
//! limit    = number ("connections" | "requests") | duration      e.g. 3 connections, 500ms, 2s
//! ```
//!
//! After a limited last phase everything is in order. Connections are counted by the PostgreSQL
//! half, requests by the HTTP half; both words mean "uses" and either may be written.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::fault::{Active, FAULTS, Fault};

/// What to inject, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    phases: Vec<Phase>,
}

#[derive(Debug, Clone, PartialEq)]
struct Phase {
    faults: Vec<&'static Fault>,
    limit: Option<Limit>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    Uses(u64),
    Time(Duration),
}

/// A schedule that cannot be read: where, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleError {
    /// The text as given.
    pub text: String,
    /// Column of the word, from 1.
    pub column: usize,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            text,
            column,
            problem,
        } = self;
        write!(f, "fault schedule `{text}`, column {column}: {problem}")
    }
}

impl std::error::Error for ScheduleError {}

struct Word<'a> {
    text: &'a str,
    column: usize,
}

impl Schedule {
    /// Reads one schedule.
    ///
    /// # Errors
    /// The first word that does not fit, with its column and a suggestion.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let mut reader = Reader {
            text,
            words: words(text),
            next: 0,
        };
        let mut phases = vec![reader.phase()?];
        while let Some(word) = reader.take() {
            match word.text {
                "," => {
                    reader.skip("then");
                }
                "then" => {}
                other => {
                    let problem = format!("expected `for`, `+`, `,` or `then`, found `{other}`");
                    return Err(reader.error(word.column, problem));
                }
            }
            if phases.last().is_some_and(|phase| phase.limit.is_none()) {
                let problem = "the phase before has no `for ...`, so this one is never reached";
                return Err(reader.error(word.column, problem.to_owned()));
            }
            phases.push(reader.phase()?);
        }
        Ok(Self { phases })
    }

    /// One fault, always on.
    pub fn always(fault: &'static Fault) -> Self {
        Self {
            phases: vec![Phase {
                faults: vec![fault],
                limit: None,
            }],
        }
    }

    /// The faults that are on at the `use_number`-th use (from 0), `elapsed` after the start.
    ///
    /// A phase limited by time begins when the phases before it have ended; phases limited by
    /// uses count only the uses that fall into them.
    fn at(&self, progress: &mut Progress, counts: bool) -> &[&'static Fault] {
        while let Some(phase) = self.phases.get(progress.phase) {
            let over = match phase.limit {
                None => false,
                Some(Limit::Uses(n)) => progress.uses >= n,
                Some(Limit::Time(time)) => progress.since.elapsed() >= time,
            };
            if !over {
                progress.uses += u64::from(counts);
                return &phase.faults;
            }
            *progress = Progress {
                phase: progress.phase + 1,
                uses: 0,
                since: Instant::now(),
            };
        }
        &[]
    }

    fn concerns(&self, http: bool) -> bool {
        let mut faults = self.phases.iter().flat_map(|phase| &phase.faults);
        faults.any(|fault| fault.is_http() == http)
    }
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    phase: usize,
    uses: u64,
    since: Instant,
}

/// All schedules of a server with how far each has come.
#[derive(Debug, Default)]
pub struct Faults {
    running: Mutex<Vec<(Schedule, Progress)>>,
}

impl Faults {
    /// Replaces all schedules; counting begins anew.
    pub fn set(&self, schedules: Vec<Schedule>) {
        let start = Progress {
            phase: 0,
            uses: 0,
            since: Instant::now(),
        };
        let fresh = schedules.into_iter().map(|s| (s, start)).collect();
        *self.running.lock().unwrap_or_else(|e| e.into_inner()) = fresh;
    }

    /// The faults for one more connection (`http = false`) or request (`http = true`).
    pub fn next(&self, http: bool) -> Active {
        self.active(http, true)
    }

    /// The faults that are on now, without counting a use.
    pub fn peek(&self, http: bool) -> Active {
        self.active(http, false)
    }

    fn active(&self, http: bool, counts: bool) -> Active {
        let mut running = self.running.lock().unwrap_or_else(|e| e.into_inner());
        let mut on: Vec<&'static Fault> = Vec::new();
        for (schedule, progress) in running.iter_mut() {
            if !schedule.concerns(http) {
                continue;
            }
            let faults = schedule.at(progress, counts).iter();
            on.extend(faults.filter(|fault| fault.is_http() == http));
        }
        on.sort_by_key(|fault| FAULTS.iter().position(|f| f.name == fault.name));
        Active(on)
    }
}

struct Reader<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn phase(&mut self) -> Result<Phase, ScheduleError> {
        let mut faults = Vec::new();
        loop {
            let Some(word) = self.take() else {
                let end = self.text.chars().count() + 1;
                return Err(self.error(end, "a fault name or `ok` is missing".to_owned()));
            };
            if word.text != "ok" {
                match Fault::named(word.text) {
                    Some(fault) => faults.push(fault),
                    None => return Err(self.error(word.column, unknown(word.text))),
                }
            }
            if !self.skip("+") {
                break;
            }
        }
        let limit = if self.skip("for") {
            Some(self.limit()?)
        } else {
            None
        };
        Ok(Phase { faults, limit })
    }

    fn limit(&mut self) -> Result<Limit, ScheduleError> {
        const FORM: &str = "write `for 3 connections`, `for 500ms` or `for 2s`";
        let Some(word) = self.take() else {
            let end = self.text.chars().count() + 1;
            return Err(self.error(end, format!("`for` needs a limit: {FORM}")));
        };
        if let Some(time) = duration(word.text) {
            return Ok(Limit::Time(time));
        }
        let Ok(number) = word.text.parse::<u64>() else {
            return Err(self.error(word.column, format!("`{}` is no limit: {FORM}", word.text)));
        };
        let units = ["connection", "connections", "request", "requests"];
        if units.iter().any(|unit| self.skip(unit)) {
            return Ok(Limit::Uses(number));
        }
        let problem = format!("`{number}` needs a unit: {FORM}");
        Err(self.error(word.column, problem))
    }

    fn take(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(Word {
            text: word.text,
            column: word.column,
        })
    }

    fn skip(&mut self, expected: &str) -> bool {
        let found = self
            .words
            .get(self.next)
            .is_some_and(|w| w.text == expected);
        self.next += usize::from(found);
        found
    }

    fn error(&self, column: usize, problem: String) -> ScheduleError {
        ScheduleError {
            text: self.text.to_owned(),
            column,
            problem,
        }
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (n, (at, c)) in text.char_indices().enumerate() {
        let single = matches!(c, ',' | '+');
        if single || c.is_whitespace() {
            if let Some((begin, column)) = start.take() {
                words.push(Word {
                    text: &text[begin..at],
                    column,
                });
            }
            if single {
                words.push(Word {
                    text: &text[at..at + 1],
                    column: n + 1,
                });
            }
        } else if start.is_none() {
            start = Some((at, n + 1));
        }
    }
    if let Some((begin, column)) = start {
        words.push(Word {
            text: &text[begin..],
            column,
        });
    }
    words
}

fn duration(text: &str) -> Option<Duration> {
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => match text.strip_suffix('s') {
            Some(number) => (number, 1000),
            None => (text.strip_suffix('m')?, 60_000),
        },
    };
    let millis = number.parse::<u64>().ok()?.checked_mul(scale)?;
    Some(Duration::from_millis(millis))
}

fn unknown(name: &str) -> String {
    let near = FAULTS
        .iter()
        .map(|fault| (distance(name, fault.name), fault.name))
        .min()
        .filter(|(distance, _)| *distance <= (name.len() / 3).min(3));
    match near {
        Some((_, near)) => format!("unknown fault `{name}`; did you mean `{near}`?"),
        None => format!("unknown fault `{name}`; `audit serve --fault list` names them all"),
    }
}

/// Levenshtein distance; names are short.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(active: &Active) -> Vec<&'static str> {
        active.0.iter().map(|fault| fault.name).collect()
    }

    fn running(texts: &[&str]) -> Faults {
        let faults = Faults::default();
        faults.set(texts.iter().map(|t| Schedule::parse(t).unwrap()).collect());
        faults
    }

    #[test]
    fn connections_are_counted() {
        let faults = running(&[
            "tls-expired for 2 connections, then starting-up+slow for 1 connection, then ok",
        ]);
        let seen: Vec<_> = (0..5).map(|_| names(&faults.next(false))).collect();
        let expected: [&[&str]; 5] = [
            &["tls-expired"],
            &["tls-expired"],
            &["starting-up", "slow"],
            &[],
            &[],
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_limited_last_phase_ends_in_order_and_peeking_counts_nothing() {
        let faults = running(&["wrong-password for 1 connection"]);
        assert_eq!(names(&faults.peek(false)), ["wrong-password"]);
        assert_eq!(names(&faults.next(false)), ["wrong-password"]);
        assert!(names(&faults.next(false)).is_empty());
    }

    #[test]
    fn halves_count_apart_and_several_schedules_run_at_once() {
        let faults = running(&[
            "ssl-refused",
            "http-500 for 1 request",
            "slow for 1 connection",
        ]);
        assert_eq!(names(&faults.next(true)), ["http-500"]);
        assert!(names(&faults.next(true)).is_empty());
        assert_eq!(names(&faults.next(false)), ["ssl-refused", "slow"]);
        assert_eq!(names(&faults.next(false)), ["ssl-refused"]);
    }

    #[test]
    fn time_limits_end_by_themselves() {
        let faults = running(&["down for 20ms, then ok"]);
        assert_eq!(names(&faults.peek(false)), ["down"]);
        std::thread::sleep(Duration::from_millis(30));
        assert!(names(&faults.peek(false)).is_empty());
    }

    #[test]
    fn errors_name_the_column_and_the_way_out() {
        let cases = [
            ("", 1, "missing"),
            ("tls-expird", 1, "did you mean `tls-expired`?"),
            ("zzzzzzzzzzzzz", 1, "--fault list"),
            ("ok for", 7, "needs a limit"),
            ("tls-expired for 3", 17, "needs a unit"),
            ("tls-expired for three connections", 17, "is no limit"),
            ("tls-expired, then ok", 12, "never reached"),
            ("tls-expired slow", 13, "found `slow`"),
            ("slow for 3 connections,", 24, "missing"),
            ("slow + ", 8, "missing"),
            ("ääää for 1s", 1, "unknown fault"),
        ];
        for (text, column, part) in cases {
            let error = Schedule::parse(text).unwrap_err();
            assert_eq!(error.column, column, "{error}");
            assert!(error.problem.contains(part), "{error}");
        }
    }
}
