//! Progress on standard error, on a terminal only, and the flag that stops a run.

use std::io::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::session::{Event, Observer, Step};

/// Set by signals, read by the run.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<[AtomicU8; 2]>);

impl Interrupt {
    /// A signal arrived; its exit code.
    pub fn raise(&self, code: u8) {
        self.0[0].store(code, Ordering::SeqCst);
        self.0[1].fetch_add(1, Ordering::SeqCst);
    }

    /// Was it said twice?
    pub fn twice(&self) -> bool {
        self.0[1].load(Ordering::SeqCst) > 1
    }

    /// Exit code of the signal, when one arrived.
    pub fn code(&self) -> Option<u8> {
        Some(self.0[0].load(Ordering::SeqCst)).filter(|c| *c != 0)
    }
}

/// Writes what happens to standard error.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
    /// Notes are lines of their own where there is no terminal.
    notes: bool,
    interrupt: Interrupt,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Something stands on the current line of the terminal.
    dirty: bool,
    last_note: String,
    /// Finished steps, for the line of an interrupted run.
    done: Vec<Step>,
    current: Option<Step>,
    /// The step that was cut short by a signal.
    cut: Option<Step>,
}

impl Progress {
    /// Shows progress when `terminal`; without one, changed notes are lines when `notes`.
    pub fn new(terminal: bool, notes: bool, interrupt: Interrupt) -> Self {
        Self {
            terminal,
            notes,
            interrupt,
            state: Mutex::default(),
        }
    }

    /// Removes the progress line, before anything else is printed.
    pub fn clear(&self) {
        let mut state = self.lock();
        if state.dirty {
            write("\r\x1b[K");
            state.dirty = false;
        }
    }

    /// `2 steps finished, then reading and simulating: last note`
    pub fn so_far(&self) -> String {
        let state = self.lock();
        let mut text = match state.done.len() {
            0 => "no step was finished".to_owned(),
            1 => "1 step was finished".to_owned(),
            n => format!("{n} steps were finished"),
        };
        if let Some(step) = state.cut.or(state.current) {
            text.push_str(&format!("; interrupted while {}", name(step)));
        }
        if !state.last_note.is_empty() {
            text.push_str(&format!(", last: {}", state.last_note));
        }
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, state: &mut State, text: &str) {
        if self.terminal {
            let short: String = text.chars().take(76).collect();
            write(&format!("\r\x1b[K{short}"));
            state.dirty = true;
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: &Event) {
        let mut state = self.lock();
        match event {
            Event::Begin(step) => {
                state.current = Some(*step);
                self.show(&mut state, &format!("  {} ...", name(*step)));
            }
            Event::End(step, _) => {
                state.current = None;
                if state.cut.is_some() {
                    // What follows an interrupt only tells what is known.
                } else if self.interrupt.code().is_some() {
                    state.cut = Some(*step);
                } else {
                    state.done.push(*step);
                }
            }
            Event::Note(text) => {
                let text = crate::render::escape::terminal(text);
                let why = reason(&text);
                if !self.terminal && self.notes && why.is_some() && why != reason(&state.last_note)
                {
                    write(&format!("{text}\n"));
                }
                self.show(&mut state, &format!("  {text}"));
                // Without a terminal only a changed reason is told; what a single rung says in
                // between is not remembered.
                if self.terminal || reason(&text).is_some() {
                    state.last_note = text;
                }
            }
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupt.code().is_some()
    }
}

/// What a waiting line waits for, without its counters; nothing for other notes.
fn reason(note: &str) -> Option<&str> {
    let reason = note.strip_prefix("waiting ")?.split_once("  ")?.1;
    Some(reason.rsplit_once(" (").map_or(reason, |(head, _)| head))
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Collect => "reading the project and simulating its start",
        Step::Check => "running the checks",
        Step::Ladder => "climbing the database ladder",
        Step::Routes => "asking the HTTP server",
        Step::Launch => "starting the backend",
        Step::Plan => "working out the fixes",
        Step::Write => "writing files",
        Step::Verify => "checking again",
    }
}

/// Progress that cannot be written is no reason to fail.
fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}
