//! The project's configuration: `audit.toml` or `[tool.audit]` of pyproject.toml, and the few
//! personal settings of the user's own file.
//!
//! Unknown keys are errors, with file, line and a suggestion: a misspelled gate must not pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::args::{ColourChoice, FailOn};
use super::duration::parse_duration;
use crate::host::Host;
use crate::model::{Downgrade, Ignore, Origin};

/// What a project file may say. Paths are absolute after loading.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Version of the format; 1.
    pub format: Option<u32>,
    /// `module:attr`
    pub app: Option<String>,
    /// Start command.
    pub start: Option<String>,
    /// Directory of the start command, relative to the audited path.
    pub workdir: Option<String>,
    /// Additional site directories.
    #[serde(default)]
    pub site_dirs: Vec<PathBuf>,
    /// Interpreter or environment.
    pub python: Option<PathBuf>,
    /// `3.11`
    pub python_version: Option<String>,
    /// Additional dotenv files.
    #[serde(default)]
    pub env_files: Vec<PathBuf>,
    /// `NAME` or `NAME=VALUE`.
    #[serde(default)]
    pub assume_env: Vec<String>,
    /// Does the auditor's environment count?
    pub process_env: Option<bool>,
    /// Judge the image.
    pub as_deployed: Option<bool>,
    /// Selectors.
    #[serde(default)]
    pub only: Vec<String>,
    /// Selectors.
    #[serde(default)]
    pub skip: Vec<String>,
    /// Additional check files, globs allowed in the last component.
    #[serde(default)]
    pub checks: Vec<PathBuf>,
    /// The gate.
    pub fail_on: Option<FailOn>,
    /// An incomplete run passes.
    pub allow_incomplete: Option<bool>,
    /// Baseline file.
    pub baseline: Option<PathBuf>,
    /// Limit of the static part.
    #[serde(default, deserialize_with = "duration")]
    pub time_limit: Option<Duration>,
    /// HTTP server.
    pub base_url: Option<String>,
    /// Limit of one rung.
    #[serde(default, deserialize_with = "duration")]
    pub timeout: Option<Duration>,
    /// Accepted findings.
    #[serde(default)]
    ignore: Vec<RawIgnore>,
    /// Lowered findings.
    #[serde(default)]
    downgrade: Vec<RawDowngrade>,
    /// The same with their lines.
    #[serde(skip)]
    pub ignores: Vec<Ignore>,
    /// The same with their lines.
    #[serde(skip)]
    pub downgrades: Vec<Downgrade>,
    /// The file, absolute; `None` when there is none.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIgnore {
    id: toml::Spanned<String>,
    path: Option<String>,
    reason: String,
    expires: Option<toml::Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDowngrade {
    id: toml::Spanned<String>,
    path: Option<String>,
    reason: String,
}

/// Personal settings; nothing here changes a verdict.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// Colours.
    pub color: Option<ColourChoice>,
    /// Program that `audit explain` pipes through.
    pub pager: Option<String>,
    /// `false` never asks.
    pub interactive: Option<bool>,
}

fn duration<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(d)?;
    parse_duration(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Names of the file that is written by `audit init`.
pub const FILE: &str = "audit.toml";

/// Finds and reads the configuration of a target: upward from `target` to the Git top level.
///
/// # Errors
/// Both files in one folder, an unreadable file, bad TOML, unknown keys: with file and line.
pub fn load(host: &dyn Host, target: &Path, named: Option<&Path>) -> anyhow::Result<Config> {
    if let Some(named) = named {
        if named == Path::new("none") {
            return Ok(Config::default());
        }
        let text = read(host, named)?;
        return parse_file(&text, named, &absolute(host, named));
    }
    let start = absolute(host, target);
    let top = git_top(host, &start).unwrap_or_else(|| start.clone());
    let mut dir = Some(start.as_path());
    while let Some(here) = dir {
        if let Some(config) = load_dir(host, here)? {
            return Ok(config);
        }
        if here == top {
            break;
        }
        dir = here.parent();
    }
    Ok(Config::default())
}

fn load_dir(host: &dyn Host, dir: &Path) -> anyhow::Result<Option<Config>> {
    let own = dir.join(FILE);
    let pyproject = dir.join("pyproject.toml");
    let shared = if host.is_file(&pyproject) {
        // A pyproject.toml that is broken is the target's fault and reported by the audit.
        host.read_text(&pyproject)
            .ok()
            .and_then(|text| Some((tool_audit(&text)?, text)))
    } else {
        None
    };
    match (host.is_file(&own), shared) {
        (true, Some(_)) => bail!(
            "{} and [tool.audit] in {} both configure this project; keep one of them",
            own.display(),
            pyproject.display()
        ),
        (true, None) => {
            let text = read(host, &own)?;
            parse_file(&text, &own, &own).map(Some)
        }
        (false, Some((table, text))) => parse(&table, &text, &pyproject, &pyproject).map(Some),
        (false, None) => Ok(None),
    }
}

/// The text of `[tool.audit]`, blanked around so that lines stay where they are.
fn tool_audit(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Pyproject {
        tool: Option<Tool>,
    }
    #[derive(Deserialize)]
    struct Tool {
        audit: Option<toml::Table>,
    }
    let table = toml::from_str::<Pyproject>(text).ok()?.tool?.audit?;
    toml::to_string(&table).ok()
}

fn parse_file(text: &str, shown: &Path, absolute: &Path) -> anyhow::Result<Config> {
    if absolute.file_name().is_some_and(|n| n == "pyproject.toml") {
        let table = tool_audit(text)
            .with_context(|| format!("{}: there is no [tool.audit]", shown.display()))?;
        return parse(&table, text, shown, absolute);
    }
    parse(text, text, shown, absolute)
}

/// Reads a configuration out of `toml`; `whole` is the file it came from, for line numbers.
fn parse(toml: &str, whole: &str, shown: &Path, absolute: &Path) -> anyhow::Result<Config> {
    let mut config: Config = toml::from_str(toml).map_err(|e| explain(&e, toml, whole, shown))?;
    if config.format.unwrap_or(1) != 1 {
        bail!(
            "{}: format {} is newer than this program; it knows format 1",
            shown.display(),
            config.format.unwrap_or(1)
        );
    }
    let base = absolute.parent().unwrap_or(Path::new("."));
    let anchor = |p: &mut PathBuf| *p = base.join(&*p);
    config.site_dirs.iter_mut().for_each(anchor);
    config.env_files.iter_mut().for_each(anchor);
    config.checks.iter_mut().for_each(anchor);
    config.python.iter_mut().for_each(anchor);
    config.baseline.iter_mut().for_each(anchor);
    let name = shown.display().to_string();
    // In pyproject.toml the table was cut out: find the id again in the whole file.
    let line = |id: &toml::Spanned<String>| {
        let offset = if toml.len() == whole.len() {
            id.span().start
        } else {
            whole.find(id.get_ref().as_str()).unwrap_or(0)
        };
        line_column(whole, offset).0
    };
    config.ignores = std::mem::take(&mut config.ignore)
        .into_iter()
        .map(|raw| ignore(raw, &name, &line))
        .collect::<anyhow::Result<_>>()?;
    config.downgrades = std::mem::take(&mut config.downgrade)
        .into_iter()
        .map(|raw| Downgrade {
            origin: Origin::line(name.clone(), line(&raw.id)),
            id: raw.id.into_inner(),
            path: raw.path,
            reason: raw.reason,
        })
        .collect();
    config.path = Some(absolute.to_path_buf());
    Ok(config)
}

fn ignore(
    raw: RawIgnore,
    file: &str,
    line: &dyn Fn(&toml::Spanned<String>) -> u32,
) -> anyhow::Result<Ignore> {
    let line = line(&raw.id);
    if raw.reason.trim().is_empty() {
        bail!(
            "{file}:{line}: [[ignore]] of {} needs a reason",
            raw.id.get_ref()
        );
    }
    let expires = match raw.expires {
        None => None,
        Some(toml::Value::Datetime(date)) if date.time.is_none() => Some(date.to_string()),
        Some(toml::Value::String(text)) if is_date(&text) => Some(text),
        Some(other) => bail!("{file}:{line}: `expires` is a date such as 2027-03-31, not {other}"),
    };
    Ok(Ignore {
        id: raw.id.into_inner(),
        path: raw.path,
        reason: raw.reason,
        expires,
        origin: Origin::line(file, line),
    })
}

fn is_date(text: &str) -> bool {
    text.parse::<toml::value::Datetime>()
        .is_ok_and(|d| d.date.is_some() && d.time.is_none())
}

/// The user's own file; a missing one is empty.
///
/// # Errors
/// As [`load`].
pub fn user(host: &dyn Host) -> anyhow::Result<UserConfig> {
    let base = host
        .env("XDG_CONFIG_HOME")
        .filter(|d| !d.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(host.env("HOME")?).join(".config")));
    let Some(path) = base.map(|b| b.join("audit/config.toml")) else {
        return Ok(UserConfig::default());
    };
    if !host.is_file(&path) {
        return Ok(UserConfig::default());
    }
    let text = read(host, &path)?;
    toml::from_str(&text).map_err(|e| explain(&e, &text, &text, &path))
}

fn read(host: &dyn Host, path: &Path) -> anyhow::Result<String> {
    let bytes = host
        .read(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        anyhow::anyhow!("{}:{line}: not UTF-8", path.display())
    })
}

fn absolute(host: &dyn Host, path: &Path) -> PathBuf {
    host.canonical(path).unwrap_or_else(|| path.to_path_buf())
}

/// The nearest folder upward that holds `.git`.
pub fn git_top(host: &dyn Host, start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|dir| host.kind(&dir.join(".git")).is_some())
        .map(Path::to_path_buf)
}

/// `file:line:column: message`, with the nearest known word for an unknown one.
fn explain(error: &toml::de::Error, toml: &str, whole: &str, shown: &Path) -> anyhow::Error {
    let message = error.message();
    let unknown = message
        .strip_prefix("unknown field `")
        .or_else(|| message.strip_prefix("unknown variant `"))
        .and_then(|rest| rest.split_once('`'));
    let text = match unknown {
        None => message.to_owned(),
        Some((word, rest)) => {
            let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            match nearest(word, &known) {
                Some(near) => format!("unknown key or value `{word}`; did you mean `{near}`?"),
                None => format!(
                    "unknown key or value `{word}`; known are {}",
                    known.join(", ")
                ),
            }
        }
    };
    // In pyproject.toml the table was cut out: find the word again in the whole file.
    let offset = match (error.span(), toml.len() == whole.len(), unknown) {
        (Some(span), true, _) => Some(span.start),
        (_, false, Some((word, _))) => whole.find(word),
        _ => None,
    };
    match offset {
        Some(offset) => {
            let (line, column) = line_column(whole, offset);
            anyhow::anyhow!("{}:{line}:{column}: {text}", shown.display())
        }
        None => anyhow::anyhow!("{}: {text}", shown.display()),
    }
}

/// The known word that was probably meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|k| (strsim::jaro_winkler(word, k), *k))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    fn at(files: &[(&str, &str)]) -> anyhow::Result<Config> {
        let mut host = MemoryHost::new().file("/p/.git/HEAD", "");
        for (path, text) in files {
            host.put(*path, *text);
        }
        load(&host, Path::new("/p/backend"), None)
    }

    #[test]
    fn the_nearest_file_upward_counts() {
        let config = at(&[
            ("/p/audit.toml", "app = 'a:b'\nsite-dirs = ['x']\n"),
            ("/audit.toml", "app = 'wrong:one'"),
            ("/p/backend/main.py", ""),
        ])
        .unwrap();
        assert_eq!(config.app.as_deref(), Some("a:b"));
        assert_eq!(config.site_dirs, [PathBuf::from("/p/x")]);
    }

    #[test]
    fn faults_name_file_line_and_the_word_that_was_meant() {
        let cases = [
            (
                "/p/audit.toml",
                "\nfail_on = 'error'",
                "/p/audit.toml:2:1: unknown key or value `fail_on`; did you mean `fail-on`?",
            ),
            (
                "/p/audit.toml",
                "fail-on = 'eror'",
                "/p/audit.toml:1:11: unknown key or value `eror`; did you mean `error`?",
            ),
            ("/p/audit.toml", "timeout = '5'", "no unit"),
            ("/p/audit.toml", "a = [", "/p/audit.toml:1:"),
            (
                "/p/audit.toml",
                "[[ignore]]\nid = 'X'\nreason = ' '",
                "/p/audit.toml:2: [[ignore]] of X needs a reason",
            ),
            ("/p/audit.toml", "format = 2", "newer than this program"),
            (
                "/p/pyproject.toml",
                "[project]\nname='x'\n[tool.audit]\nap = 'x'",
                "/p/pyproject.toml:4:1: unknown key or value `ap`; did you mean `app`?",
            ),
        ];
        for (path, text, expected) in cases {
            let error = at(&[(path, text), ("/p/backend/main.py", "")])
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(expected),
                "{text}\n  got  {error}\n  want {expected}"
            );
        }
    }

    #[test]
    fn two_configurations_are_one_too_many() {
        let error = at(&[
            ("/p/audit.toml", ""),
            ("/p/pyproject.toml", "[tool.audit]\napp = 'a:b'"),
            ("/p/backend/main.py", ""),
        ])
        .unwrap_err();
        assert!(error.to_string().contains("keep one"), "{error}");
    }

    #[test]
    fn ignores_carry_their_line_and_date() {
        let config = at(&[
            (
                "/p/audit.toml",
                "[[ignore]]\nid = 'WEB501'\nreason = 'gateway'\nexpires = 2027-03-31\n",
            ),
            ("/p/backend/main.py", ""),
        ])
        .unwrap();
        assert_eq!(config.ignores[0].expires.as_deref(), Some("2027-03-31"));
        assert_eq!(config.ignores[0].origin.line, Some(2));
    }
}
