//! Where the bytes go: one format on standard output, others into files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::OutputArgs;
use super::config;
use super::options;
use crate::host::{Host, write};
use crate::model::Report;
use crate::render::{self, Format, Options};

/// What was asked for.
pub struct Outputs {
    /// On standard output.
    pub stdout: &'static Format,
    /// Into files.
    files: Vec<(&'static Format, PathBuf)>,
}

impl Outputs {
    /// Reads `--format`, `--json`, `--plain` and `--output`.
    ///
    /// # Errors
    /// An unknown format, two formats for standard output.
    pub fn read(host: &dyn Host, args: &OutputArgs) -> anyhow::Result<Self> {
        let mut wanted = asked_for(host, args)?;
        let mut files = Vec::new();
        for text in options::list::<String>(host, &args.output, "AUDIT_OUTPUT", &[]) {
            let Some((name, path)) = text.split_once('=').filter(|(_, p)| !p.is_empty()) else {
                bail!("--output `{text}`: write FORMAT=FILE, for example sarif=audit.sarif");
            };
            let format = known(name)?;
            if path == "-" {
                wanted.push(format);
            } else {
                files.push((format, PathBuf::from(path)));
            }
        }
        if let [first, second, ..] = wanted.as_slice() {
            bail!(
                "standard output can carry one format, not both {} and {}; give one of them a \
                 file: --output {}=FILE",
                first.name,
                second.name,
                second.name
            );
        }
        Ok(Self {
            stdout: match wanted.first() {
                Some(format) => format,
                None => known("text")?,
            },
            files,
        })
    }

    /// Writes the report everywhere it was asked for; files first, so that a reader of standard
    /// output that stops early changes nothing.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, host: &dyn Host, report: &Report, options: &Options) -> anyhow::Result<()> {
        for (format, path) in &self.files {
            let plain = Options {
                colour: false,
                unicode: true,
                ..options.clone()
            };
            write_file(path, &(format.render)(report, &plain))?;
        }
        if self.stdout.name == "github" {
            summary(host, report, options);
        }
        stdout(&(self.stdout.render)(report, options))
    }
}

/// The format of standard output by `--format`, `--json` and `--plain`; what was typed counts
/// before what the environment says.
fn asked_for(host: &dyn Host, args: &OutputArgs) -> anyhow::Result<Vec<&'static Format>> {
    let set = |variable: &str| host.env(variable).filter(|value| !value.is_empty());
    let format = args.format.as_deref();
    let mut named = Vec::new();
    if let Some(name) = format {
        named.push((name, set("AUDIT_FORMAT").as_deref() == Some(name)));
    }
    for (flag, name, variable) in [
        (args.json, "json", "AUDIT_JSON"),
        (args.plain, "plain", "AUDIT_PLAIN"),
    ] {
        if flag && format != Some(name) {
            named.push((name, set(variable).is_some()));
        }
    }
    let typed = named.iter().any(|(_, from_environment)| !from_environment);
    named
        .into_iter()
        .filter(|(_, from_environment)| !(typed && *from_environment))
        .map(|(name, _)| known(name))
        .collect()
}

fn known(name: &str) -> anyhow::Result<&'static Format> {
    if let Some(format) = render::format(name) {
        return Ok(format);
    }
    let names: Vec<&str> = render::FORMATS.iter().map(|f| f.name).collect();
    match config::nearest(name, &names) {
        Some(near) => bail!("unknown format `{name}`; did you mean `{near}`?"),
        None => bail!("unknown format `{name}`; known are {}", names.join(", ")),
    }
}

/// Writes a file atomically; missing folders are created.
///
/// # Errors
/// Whatever the system says, with the path.
pub fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(dir) = dir {
        write::create_dirs(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    }
    write::replace(path, text.as_bytes(), None)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Writes to standard output. A reader that has gone away is no error: the exit code still says
/// what the run found.
///
/// # Errors
/// Any other failure, a full disk for example.
pub fn stdout(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(e).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error; when that fails there is nobody to tell.
pub fn stderr(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    let _ = err.write_all(b"\n");
}

/// Job summaries above one megabyte are refused as a whole.
const SUMMARY_LIMIT: usize = 900 * 1000;

/// Appends the Markdown report to the summary of a GitHub job.
fn summary(host: &dyn Host, report: &Report, options: &Options) {
    let Some(path) = host.env("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()) else {
        return;
    };
    let mut text = render::markdown::render(report, options);
    if text.len() > SUMMARY_LIMIT {
        let mut end = SUMMARY_LIMIT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("\n\nThe report is longer than a job summary may be; it was cut here.\n");
    }
    if let Err(error) = write::append(Path::new(&path), text.as_bytes()) {
        stderr(&format!(
            "note: the job summary could not be written: {error}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn what_is_typed_counts_before_the_environment() {
        let read = |format: Option<&str>, plain: bool, variable: (&str, &str)| {
            let host = MemoryHost::new().var(variable.0, variable.1);
            let args = OutputArgs {
                format: format.map(str::to_owned),
                plain,
                ..OutputArgs::default()
            };
            asked_for(&host, &args)
                .map(|formats| formats.iter().map(|f| f.name).collect::<Vec<_>>())
        };
        let json = ("AUDIT_FORMAT", "json");
        assert_eq!(read(Some("json"), true, json).unwrap(), ["plain"]);
        assert_eq!(read(Some("json"), false, json).unwrap(), ["json"]);
        let plain = ("AUDIT_PLAIN", "1");
        assert_eq!(read(Some("json"), true, plain).unwrap(), ["json"]);
        // Two that were typed are for the caller to refuse.
        let other = ("OTHER", "");
        assert_eq!(read(Some("json"), true, other).unwrap(), ["json", "plain"]);
    }
}
