//! `audit completions` and `audit man`.

use crate::cli::args::CompletionsArgs;
use crate::cli::{exit, output, parser};

/// Prints a completion script.
pub fn completions(args: &CompletionsArgs) -> anyhow::Result<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut parser(), "audit", &mut bytes);
    output::stdout(&String::from_utf8_lossy(&bytes))?;
    Ok(exit::OK)
}

/// Prints the manual page: the program, then a page per command.
pub fn man() -> anyhow::Result<u8> {
    let mut bytes = Vec::new();
    let mut command = parser();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        clap_mangen::Man::new(sub.clone()).render(&mut bytes)?;
    }
    output::stdout(&String::from_utf8_lossy(&bytes))?;
    Ok(exit::OK)
}
