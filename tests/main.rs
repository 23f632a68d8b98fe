//! One integration binary; a line says what each module is for.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines
)]

/// The start-up cases against what CPython and uvicorn said.
mod cases;
/// The check files: clean, and true under CPython.
mod catalog;
/// Arguments, streams and exit codes of the program itself.
mod cli;
/// Images instead of this machine.
mod deployed;
/// Crashes of real interpreters, explained.
mod diagnose;
/// Real packages, module by module, against CPython.
mod differential;
/// The sample backend as data.
mod fixtures;
/// Hostile sources.
mod fuzz;
/// Bad input of every kind.
mod input;
/// The database ladder against real servers and drivers.
mod ladder;
/// Backends that are really started by the program, and leave nothing behind.
#[cfg(unix)]
mod launch;
/// Who may import whom, and which words belong to which module.
mod layers;
/// Lifespans and startup handlers against uvicorn.
mod lifespans;
/// Mapped classes, tables and engines, program by program.
mod mapping;
/// Planted secrets and every output.
mod masking;
/// Programs for releases that do not fit together, against CPython.
mod misfits;
/// The sample backend under CPython, uvicorn and PostgreSQL.
mod oracle;
/// Distributions that break each other, against CPython.
mod pairs;
/// Questions of `audit fix` at a terminal.
mod prompt;
/// The readers of the target against Python, pip and python-dotenv.
mod reading;
/// Every command of README.md.
mod readme;
/// The embedded reference server against real clients.
mod reference;
/// One report in all output formats.
mod render;
/// The sample backend repaired, started, and put back.
mod repairs;
/// Operations on real Python files, judged by CPython.
mod repairs_real;
/// Small programs against CPython.
mod semantics;
/// Shared by the modules above.
mod support;
/// What does not compile, in the words of CPython.
mod syntax;
/// Backends that people report, and their healthy twins.
mod threads;
/// Route tables against those that the libraries build.
mod wiring;
