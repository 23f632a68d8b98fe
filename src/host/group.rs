//! Groups of processes that this program has started, and how they are ended for certain.
//!
//! A started program leads a group of its own, and its environment carries a mark that no other
//! start has. Ending it means: the group, then whatever carries the mark although it has left the
//! group (a daemon that called `setsid`). All groups are registered, so that a program that has
//! to leave at once can end them first.

use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Name of the variable that carries the mark. The underscore keeps it apart from options, whose
/// twins in the environment begin with `AUDIT_`.
pub const MARK: &str = "_AUDIT_STARTED_BY";

/// How a group of processes is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// TERM: it may clean up.
    Ask,
    /// KILL.
    Kill,
}

/// One started program with all its descendants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Process id of the leader, which is the id of the group.
    leader: u32,
    mark: String,
}

#[derive(Debug, Default)]
struct Registry {
    groups: Vec<Group>,
    /// Nothing may be started any more.
    closed: bool,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    groups: Vec::new(),
    closed: false,
});

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Group {
    /// Starts a command as the leader of a new group.
    ///
    /// # Errors
    /// When it cannot be started, or when [`end_all`] has been called.
    pub fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let mark = new_mark();
        own(command.env(MARK, &mark));
        // Locked until it is registered: no program can slip past `end_all`.
        let mut registry = registry();
        if registry.closed {
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "this program is about to end",
            ));
        }
        let child = command.spawn()?;
        let group = Self {
            leader: child.id(),
            mark,
        };
        registry.groups.push(group.clone());
        Ok((child, group))
    }

    /// Asks all members to end.
    pub fn ask(&self) {
        signal(self.leader, Ending::Ask);
    }

    /// Kills all members, and what has left the group. The id of the group must still be its own:
    /// the leader has not been waited for, or only just now.
    pub fn kill(&self) {
        signal(self.leader, Ending::Kill);
        self.kill_strays();
        registry().groups.retain(|group| group != self);
    }

    /// Kills what carries the mark, until there is none: a process may have forked meanwhile.
    fn kill_strays(&self) {
        for _ in 0..20 {
            let strays = marked(&self.mark);
            if strays.is_empty() {
                return;
            }
            for stray in strays {
                kill(stray);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Kills everything that was started and is registered; nothing can be started afterwards. For
/// the end of this program only.
pub fn end_all() {
    let groups = {
        let mut registry = registry();
        registry.closed = true;
        std::mem::take(&mut registry.groups)
    };
    for group in groups {
        group.kill();
    }
}

/// Makes a command the leader of a new group.
#[cfg(unix)]
pub fn own(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
pub fn own(_: &mut Command) {}

/// Sends a signal to the group of a leader; it may be gone already.
pub fn signal(leader: u32, ending: Ending) {
    #[cfg(unix)]
    if let Some(group) = pid(leader) {
        let signal = match ending {
            Ending::Ask => rustix::process::Signal::TERM,
            Ending::Kill => rustix::process::Signal::KILL,
        };
        let _ = rustix::process::kill_process_group(group, signal);
    }
    #[cfg(not(unix))]
    let _ = (leader, ending);
}

#[cfg(unix)]
fn pid(id: u32) -> Option<rustix::process::Pid> {
    i32::try_from(id)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
}

fn kill(id: u32) {
    #[cfg(unix)]
    if let Some(pid) = pid(id) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = id;
}

fn new_mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = now.map_or(0, |now| now.as_nanos());
    format!("{}-{count}-{nanoseconds}", std::process::id())
}

/// Processes whose environment holds the mark; of other users none can be seen. Empty where the
/// system has no `/proc`.
#[allow(clippy::disallowed_methods)] // part of the door
fn marked(mark: &str) -> Vec<u32> {
    let wanted = format!("{MARK}={mark}");
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids = processes.flatten().filter_map(|entry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let mut variables = environment.split(|byte| *byte == 0);
        // The environment of a zombie is empty: it is dead already.
        variables
            .any(|variable| variable == wanted.as_bytes())
            .then_some(id)
    });
    ids.collect()
}

/// Does this process ignore the signal from its start on, as under `nohup`? `false` where that
/// cannot be known.
#[allow(clippy::disallowed_methods)] // part of the door
pub fn ignores(signal: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
