//! What a front end hears while it waits.

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading files, simulating the start.
    Collect,
    /// Running the checks.
    Check,
    /// Climbing the database ladder.
    Ladder,
    /// Asking the HTTP server.
    Routes,
    /// Starting the backend.
    Launch,
    /// Working out and verifying a fix.
    Plan,
    /// Writing files.
    Write,
    /// Auditing again after a fix.
    Verify,
}

/// Something worth a line of progress.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step begins.
    Begin(Step),
    /// A step is over; milliseconds.
    End(Step, f64),
    /// A line about what is going on inside of a step, masked.
    Note(String),
}

/// Listens to a run. Called from the thread of the run.
pub trait Observer: Sync {
    /// Something happened.
    fn event(&self, event: &Event);

    /// Should the run stop as soon as it can? Asked between steps and on every rung.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event) {}
}
