//! The command line: arguments, configuration, streams, signals, exit codes.
//!
//! The only module that prints. Knows how to ask the session for something and how to hand its
//! report to a renderer; knows nothing of Python or PostgreSQL.

mod args;
mod command;
mod config;
mod crash;
mod duration;
mod exit;
mod options;
mod output;
mod progress;
pub mod stage;
mod terminal;

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::{CommandFactory as _, FromArgMatches as _};

use args::Cli;
use progress::Interrupt;
use terminal::Terminal;

use crate::host::{RealHost, change_directory, group};
use crate::session::SessionError;

/// How long an interrupted run may take to come to an end by itself.
const GRACE: Duration = Duration::from_millis(1500);

/// What every command gets.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The machine.
    host: RealHost,
    /// The streams.
    terminal: Terminal,
    /// Set by signals.
    interrupt: Interrupt,
    /// `-q`
    quiet: bool,
    /// `-v`
    verbose: u8,
    /// `--config`
    config: Option<std::path::PathBuf>,
    /// Nobody can be asked.
    no_input: bool,
    /// Program for long texts, from the user's file or `PAGER`.
    pager: Option<String>,
}

/// Runs the program.
pub fn run() -> ExitCode {
    crash::install_hook();
    // Whatever happens below, no backend that was launched outlives this program.
    let _end = EndOfPrograms;
    let cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    ExitCode::from(start(cli))
}

/// Ends every started program when the run is over, also when it was left or panicked.
struct EndOfPrograms;

impl Drop for EndOfPrograms {
    fn drop(&mut self) {
        group::end_all();
    }
}

/// The parser with what derive attributes cannot say.
fn parser() -> clap::Command {
    hide_variables(Cli::command())
}

/// The twins in the environment are named once, below the help; values never.
fn hide_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| arg.hide_env(true).hide_env_values(true))
        .mut_subcommands(hide_variables)
}

fn parse() -> Result<Cli, u8> {
    let parsed = parser()
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let error = match parsed {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    let text = error.render().to_string();
    if error.use_stderr() {
        output::stderr(text.trim_end());
        return Err(exit::USAGE);
    }
    match output::stdout(&text) {
        Ok(()) => Err(exit::OK),
        Err(_) => Err(exit::USAGE),
    }
}

fn start(cli: Cli) -> u8 {
    let context = match context(&cli.global) {
        Ok(context) => context,
        Err(error) => return fail(&error),
    };
    let Some(command) = cli.command else {
        output::stderr(parser().render_help().to_string().trim_end());
        return exit::USAGE;
    };
    let name = command::name(&command);
    let interrupt = context.interrupt.clone();
    let (sender, receiver) = mpsc::channel();
    // Before anything is started: a signal that is not heard would end this program alone.
    listen(interrupt.clone());
    // A thread of its own: deep simulations need a deep stack, and signals must be heard while
    // the run is busy.
    let worker = thread::Builder::new()
        .name("audit".to_owned())
        .stack_size(64 << 20)
        .spawn(move || {
            let code = match command::run(&context, command) {
                Ok(code) => code,
                Err(error) => fail(&error),
            };
            let _ = sender.send(code);
        });
    let worker = match worker {
        Ok(worker) => worker,
        Err(error) => return fail(&anyhow::anyhow!("cannot start a thread: {error}")),
    };
    match wait(&receiver, &interrupt) {
        Some(code) => interrupt
            .code()
            .filter(|_| code != exit::USAGE)
            .unwrap_or(code),
        None => match interrupt.code() {
            Some(signal) => {
                output::stderr("interrupted; the run did not stop in time and was left");
                signal
            }
            // Ended without a code: it panicked. Wait for the unwinding, so that it can be told.
            None => {
                let _ = worker.join();
                output::stderr(&crash::report(name));
                exit::CRASH
            }
        },
    }
}

/// The code of the run; `None` when it ended without one or did not end.
fn wait(receiver: &mpsc::Receiver<u8>, interrupt: &Interrupt) -> Option<u8> {
    let mut since: Option<Instant> = None;
    loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok(code) => return Some(code),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if interrupt.code().is_none() {
            continue;
        }
        let since = since.get_or_insert_with(|| {
            output::stderr("stopping (again: at once)");
            Instant::now()
        });
        if interrupt.twice() || since.elapsed() > GRACE {
            return None;
        }
    }
}

/// Hears signals from now on.
fn listen(interrupt: Interrupt) {
    let (ready, heard) = mpsc::channel();
    let thread = thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(hear(&interrupt, &ready));
        });
    // Without the thread a signal ends the program the hard way: still correct, only less kind.
    if thread.is_ok() {
        let _ = heard.recv_timeout(Duration::from_secs(1));
    }
}

#[cfg(unix)]
async fn hear(interrupt: &Interrupt, ready: &mpsc::Sender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term), Ok(mut quit)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::quit()),
    ) else {
        return;
    };
    // Who runs it under `nohup` wants it to go on.
    const HANGUP: u32 = 1;
    let mut hangup = match group::ignores(HANGUP) {
        true => None,
        false => signal(SignalKind::hangup()).ok(),
    };
    let _ = ready.send(());
    loop {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = int.recv() => interrupt.raise(exit::INTERRUPTED),
            _ = term.recv() => interrupt.raise(exit::TERMINATED),
            _ = quit.recv() => interrupt.raise(exit::QUIT),
            _ = hung_up => interrupt.raise(exit::HUNG_UP),
        }
    }
}

#[cfg(not(unix))]
async fn hear(interrupt: &Interrupt, ready: &mpsc::Sender<()>) {
    let _ = ready.send(());
    while tokio::signal::ctrl_c().await.is_ok() {
        interrupt.raise(exit::INTERRUPTED);
    }
}

fn context(global: &args::Global) -> anyhow::Result<Context> {
    use crate::host::Host as _;
    use anyhow::Context as _;
    let host = RealHost;
    if let Some(dir) = &global.directory {
        change_directory(dir).with_context(|| format!("-C {}", dir.display()))?;
    }
    let user = match &global.config {
        Some(path) if path.as_os_str() == "none" => config::UserConfig::default(),
        _ => config::user(&host)?,
    };
    let choice = if global.no_color {
        Some(args::ColourChoice::Never)
    } else {
        global.color.or(user.color)
    };
    Ok(Context {
        host,
        terminal: Terminal::detect(&host, choice),
        interrupt: Interrupt::default(),
        quiet: global.quiet,
        verbose: global.verbose,
        config: global.config.clone(),
        no_input: global.no_input || user.interactive == Some(false),
        pager: user
            .pager
            .or_else(|| host.env("PAGER"))
            .filter(|p| !p.is_empty()),
    })
}

/// Prints why nothing came of it and gives the code.
fn fail(error: &anyhow::Error) -> u8 {
    let redactor = crate::model::Redactor::default();
    let mut text = format!("error: {error}");
    for cause in error.chain().skip(1) {
        text.push_str(&format!(": {cause}"));
    }
    output::stderr(&redactor.apply(&text));
    match error.downcast_ref::<SessionError>() {
        Some(SessionError::FixUndone(_)) => exit::UNDONE,
        _ => exit::USAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_is_consistent() {
        parser().debug_assert();
    }

    /// Lists are read by `options::list`, because clap would also split what was typed.
    const LISTS: &[&str] = &[
        "site-dir",
        "env-file",
        "assume-env",
        "only",
        "skip",
        "downgrade",
        "checks",
        "output",
        "header-env",
        "fault",
        "oracle",
    ];

    #[test]
    fn every_option_has_its_twin_in_the_environment() {
        fn visit(command: &clap::Command, wrong: &mut Vec<String>) {
            for arg in command.get_arguments() {
                let Some(long) = arg.get_long() else { continue };
                if ["help", "version"].contains(&long) || LISTS.contains(&long) {
                    continue;
                }
                let expected = format!("AUDIT_{}", long.to_uppercase().replace('-', "_"));
                let got = arg.get_env().map(|e| e.to_string_lossy().into_owned());
                if got.as_deref() != Some(expected.as_str()) {
                    wrong.push(format!("{} --{long}: {got:?}", command.get_name()));
                }
            }
            for sub in command.get_subcommands() {
                visit(sub, wrong);
            }
        }
        let mut wrong = Vec::new();
        visit(&parser(), &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn no_command_reuses_the_name_of_a_global_option() {
        let ids = |c: &clap::Command, global| -> Vec<String> {
            c.get_arguments()
                .filter(|a| a.is_global_set() == global)
                .map(|a| a.get_id().to_string())
                .collect()
        };
        let parser = parser();
        let global = ids(&parser, true);
        for command in parser.get_subcommands() {
            for id in ids(command, false) {
                assert!(!global.contains(&id), "{} {id}", command.get_name());
            }
        }
    }

    #[test]
    fn help_fits_into_eighty_columns() {
        fn visit(mut command: clap::Command, wrong: &mut Vec<String>) {
            let text = command.render_long_help().to_string();
            for line in text.lines().filter(|l| l.chars().count() > 80) {
                wrong.push(format!("{}: {line}", command.get_name()));
            }
            let subs: Vec<_> = command.get_subcommands().cloned().collect();
            for sub in subs {
                visit(sub, wrong);
            }
        }
        let mut wrong = Vec::new();
        visit(parser().term_width(80), &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
