//! What the streams are: terminals or not, coloured or not, how wide, which characters.
//!
//! One decision about colours for the whole program: option, then `NO_COLOR`, then
//! `CLICOLOR_FORCE`/`FORCE_COLOR`, then `TERM=dumb` and whether the stream is a terminal.

use std::io::IsTerminal as _;

use super::args::ColourChoice;
use crate::host::Host;

/// The three standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Standard input is a terminal.
    pub stdin: bool,
    /// Standard output is a terminal.
    pub stdout: bool,
    /// Standard error is a terminal.
    pub stderr: bool,
    /// Colours on standard output.
    pub colour: bool,
    /// The locale shows more than ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Terminal {
    /// Looks at the streams and the environment of this process.
    pub fn detect(host: &dyn Host, choice: Option<ColourChoice>) -> Self {
        let stdout = std::io::stdout().is_terminal();
        let colour = colour(choice, stdout, &|name| host.env(name));
        // The colour library has switches of its own; this decision overrules them.
        colored::control::set_override(colour);
        Self {
            stdin: std::io::stdin().is_terminal(),
            stdout,
            stderr: std::io::stderr().is_terminal(),
            colour,
            unicode: unicode(&|name| host.env(name)),
            width: width(&|name| host.env(name)),
        }
    }
}

fn set(value: Option<String>) -> bool {
    value.is_some_and(|v| !v.is_empty())
}

fn colour(choice: Option<ColourChoice>, tty: bool, env: &dyn Fn(&str) -> Option<String>) -> bool {
    match choice {
        Some(ColourChoice::Always) => return true,
        Some(ColourChoice::Never) => return false,
        Some(ColourChoice::Auto) | None => {}
    }
    if set(env("NO_COLOR")) {
        return false;
    }
    let forced = |name| env(name).is_some_and(|v| !v.is_empty() && v != "0");
    if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") {
        return true;
    }
    tty && env("TERM").is_none_or(|t| t != "dumb")
}

fn unicode(env: &dyn Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env(name).filter(|v| !v.is_empty()))
        .is_some_and(|v| {
            let v = v.to_ascii_lowercase();
            v.contains("utf-8") || v.contains("utf8")
        })
}

/// `COLUMNS`, else 80: the width of a page must not depend on the window of whoever runs it.
fn width(env: &dyn Fn(&str) -> Option<String>) -> usize {
    env("COLUMNS")
        .and_then(|c| c.trim().parse().ok())
        .filter(|c| (40..=400).contains(c))
        .unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_decides_about_colours() {
        use ColourChoice::{Always, Auto, Never};
        type Row<'a> = (Option<ColourChoice>, bool, &'a [(&'a str, &'a str)], bool);
        let table: &[Row<'_>] = &[
            (None, true, &[], true),
            (None, false, &[], false),
            (Some(Auto), true, &[("TERM", "dumb")], false),
            (Some(Always), false, &[("NO_COLOR", "1")], true),
            (Some(Never), true, &[("FORCE_COLOR", "1")], false),
            (
                None,
                true,
                &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
                false,
            ),
            (None, true, &[("NO_COLOR", "")], true),
            (None, false, &[("FORCE_COLOR", "1")], true),
            (None, false, &[("CLICOLOR_FORCE", "0")], false),
        ];
        for (choice, tty, env, expected) in table {
            let get = |name: &str| {
                env.iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            };
            assert_eq!(
                colour(*choice, *tty, &get),
                *expected,
                "{choice:?} tty={tty} {env:?}"
            );
        }
    }

    #[test]
    fn locale_and_width() {
        let env = |pairs: &'static [(&'static str, &'static str)]| {
            move |name: &str| {
                pairs
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            }
        };
        assert!(unicode(&env(&[("LANG", "en_US.UTF-8")])));
        assert!(!unicode(&env(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")])));
        assert!(!unicode(&env(&[])));
        assert_eq!(width(&env(&[("COLUMNS", "100")])), 100);
        assert_eq!(width(&env(&[("COLUMNS", "7")])), 80);
        assert_eq!(width(&env(&[])), 80);
    }
}
