//! The command line as meant: options, then `AUDIT_*`, then the project's file, then defaults.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::args::{FixArgs, GateArgs, LiveArgs, SelectArgs, TargetArgs};
use super::config::{self, Config};
use crate::host::Host;
use crate::model::{Applicability, Downgrade, Origin, Redacted, Severity};
use crate::session::{AuditRequest, LiveOptions, TargetOptions};

/// Name of the baseline that is used when it is there.
pub const BASELINE: &str = "audit-baseline.json";

/// What an auditing command works with.
#[derive(Debug, Clone)]
pub struct Meant {
    /// For the session.
    pub request: AuditRequest,
    /// Least severity that fails; `None` never does.
    pub fail_on: Option<Severity>,
    /// An incomplete run passes.
    pub allow_incomplete: bool,
    /// The project's file.
    pub config: Config,
    /// Where the baseline is or would be.
    pub baseline: PathBuf,
}

/// Puts the sources of options together.
///
/// # Errors
/// A configuration file that cannot be used, an option that means nothing.
pub fn meant(
    host: &dyn Host,
    config_file: Option<&Path>,
    target: &TargetArgs,
    select: &SelectArgs,
    gate: &GateArgs,
) -> anyhow::Result<Meant> {
    let meant = meant_for_baseline(host, config_file, target, select, gate)?;
    let named = gate.baseline.is_some() || meant.config.baseline.is_some();
    if named && !gate.no_baseline && !host.is_file(&meant.baseline) {
        bail!(
            "the baseline {} does not exist; `audit baseline write` makes one",
            meant.baseline.display()
        );
    }
    Ok(meant)
}

/// As [`meant`], for the commands that make the baseline.
///
/// # Errors
/// As [`meant`], without the demand that a named baseline exists.
pub fn meant_for_baseline(
    host: &dyn Host,
    config_file: Option<&Path>,
    target: &TargetArgs,
    select: &SelectArgs,
    gate: &GateArgs,
) -> anyhow::Result<Meant> {
    let path = target.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let config = config::load(host, &path, config_file)?;
    let fail_on = gate
        .fail_on
        .or(config.fail_on)
        .map_or(Some(Severity::Error), super::args::FailOn::severity);
    let baseline_path = gate
        .baseline
        .clone()
        .or_else(|| config.baseline.clone())
        .unwrap_or_else(|| path.join(BASELINE));
    let baseline =
        (!gate.no_baseline && host.is_file(&baseline_path)).then(|| baseline_path.clone());
    let mut downgrades = config.downgrades.clone();
    for text in list(host, &select.downgrade, "AUDIT_DOWNGRADE", &[]) {
        downgrades.push(downgrade(&text)?);
    }
    let request = AuditRequest {
        target: target_options(host, target, &config, &path)?,
        only: list(host, &select.only, "AUDIT_ONLY", &config.only),
        skip: list(host, &select.skip, "AUDIT_SKIP", &config.skip),
        checks: check_files(host, &select.checks, &config)?,
        ignores: config.ignores.clone(),
        downgrades,
        baseline,
        since: select.since.clone(),
        gate: fail_on,
        time_limit: target
            .time_limit
            .or(config.time_limit)
            .unwrap_or(Duration::from_secs(60)),
        ..AuditRequest::default()
    };
    Ok(Meant {
        request,
        fail_on,
        allow_incomplete: gate.allow_incomplete || config.allow_incomplete.unwrap_or(false),
        config,
        baseline: baseline_path,
    })
}

fn target_options(
    host: &dyn Host,
    args: &TargetArgs,
    config: &Config,
    path: &Path,
) -> anyhow::Result<TargetOptions> {
    let python_version = match (args.python_version, &config.python_version) {
        (Some(version), _) => Some(version),
        (None, Some(text)) => Some(version(text)?),
        (None, None) => None,
    };
    // --app and --start answer the same question: the one that was typed beats the file's other.
    let typed = args.app.is_some() || args.start.is_some();
    let from_file = |value: &Option<String>| value.clone().filter(|_| !typed);
    let assume = list(
        host,
        &args.assume_env,
        "AUDIT_ASSUME_ENV",
        &config.assume_env,
    );
    Ok(TargetOptions {
        root: path.to_path_buf(),
        app: args.app.clone().or_else(|| from_file(&config.app)),
        start: args.start.clone().or_else(|| from_file(&config.start)),
        workdir: args.workdir.clone().or_else(|| config.workdir.clone()),
        site_dirs: list(host, &args.site_dir, "AUDIT_SITE_DIR", &config.site_dirs),
        python: args.python.clone().or_else(|| config.python.clone()),
        python_version,
        env_files: list(host, &args.env_file, "AUDIT_ENV_FILE", &config.env_files),
        assume_env: assume
            .iter()
            .map(|text| assumed(text))
            .collect::<anyhow::Result<_>>()?,
        process_env: !args.no_process_env && config.process_env.unwrap_or(true),
        as_deployed: args.as_deployed || config.as_deployed.unwrap_or(false),
    })
}

fn version(text: &str) -> anyhow::Result<(u8, u8)> {
    text.split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
        .with_context(|| format!("python-version `{text}`: write it as \"3.11\""))
}

fn assumed(text: &str) -> anyhow::Result<(String, Option<String>)> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        bail!("--assume-env: the name of the variable is missing; write NAME or NAME=VALUE");
    }
    Ok((name.to_owned(), value))
}

/// `ID[@GLOB]`
fn downgrade(text: &str) -> anyhow::Result<Downgrade> {
    let (id, path) = match text.split_once('@') {
        Some((id, glob)) => (id, Some(glob.to_owned())),
        None => (text, None),
    };
    if id.is_empty() {
        bail!("--downgrade `{text}`: the id is missing; write ID or ID@GLOB");
    }
    Ok(Downgrade {
        id: id.to_owned(),
        path,
        reason: String::new(),
        origin: Origin::named("command line"),
    })
}

/// Values of a repeatable option: typed ones, else the environment's (separated by commas),
/// else the file's.
pub fn list<T>(host: &dyn Host, typed: &[T], variable: &str, file: &[T]) -> Vec<T>
where
    T: Clone + for<'a> From<&'a str>,
{
    if !typed.is_empty() {
        return typed.to_vec();
    }
    match host.env(variable).filter(|v| !v.is_empty()) {
        Some(text) => text
            .split(',')
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .map(T::from)
            .collect(),
        None => file.to_vec(),
    }
}

/// Check files of the options and of the configuration; a last component with `*` is expanded.
pub fn check_files(
    host: &dyn Host,
    typed: &[PathBuf],
    config: &Config,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for path in list(host, typed, "AUDIT_CHECKS", &config.checks) {
        let pattern = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        let Some((head, tail)) = pattern.split_once('*') else {
            if host.kind(&path).is_none() {
                bail!("the check file {} does not exist", path.display());
            }
            out.push(path);
            continue;
        };
        let dir = path.parent().unwrap_or(Path::new("."));
        let entries = host
            .list(dir)
            .with_context(|| format!("the folder of check files {}", dir.display()))?;
        for entry in entries {
            let fits = entry.name.len() >= head.len() + tail.len()
                && entry.name.starts_with(head)
                && entry.name.ends_with(tail);
            if fits {
                out.push(dir.join(entry.name));
            }
        }
    }
    Ok(out)
}

/// Options of the live half.
///
/// # Errors
/// A URL with a password, a variable or file that is not there.
pub fn live(host: &dyn Host, args: &LiveArgs, config: &Config) -> anyhow::Result<LiveOptions> {
    if let Some(url) = &args.url
        && has_password(url)
    {
        bail!(
            "--url with a password is refused: it would be in the process list and in the shell's \
             history. Put the URL into a variable (--url-env NAME) or a file (--url-file FILE)"
        );
    }
    let headers = list(host, &args.header_env, "AUDIT_HEADER_ENV", &[])
        .iter()
        .map(|text: &String| match text.split_once('=') {
            Some((name, variable)) if !name.is_empty() && !variable.is_empty() => {
                Ok((name.trim().to_owned(), variable.trim().to_owned()))
            }
            _ => {
                bail!("--header-env `{text}`: write HEADER=VARIABLE, the variable holds the value")
            }
        })
        .collect::<anyhow::Result<_>>()?;
    let defaults = LiveOptions::default();
    Ok(LiveOptions {
        base_url: args.base_url.clone().or_else(|| config.base_url.clone()),
        timeout: args.timeout.or(config.timeout).unwrap_or(defaults.timeout),
        wait: args.wait.filter(|w| !w.is_zero()),
        interval: args.interval.unwrap_or(defaults.interval),
        stop_after: args.rung.map(Into::into),
        headers,
        health: args.health.clone(),
        active: args.active,
        database_url: database_url(host, args)?,
    })
}

/// A database URL that was named instead of found, with where it comes from.
fn database_url(
    host: &dyn Host,
    args: &LiveArgs,
) -> anyhow::Result<Option<(Redacted<String>, String)>> {
    let (text, origin) = if let Some(url) = &args.url {
        (url.clone(), "--url".to_owned())
    } else if let Some(name) = &args.url_env {
        let value = host
            .env(name)
            .with_context(|| format!("--url-env {name}: the variable is not set"))?;
        (value, format!("${name}"))
    } else if let Some(path) = &args.url_file {
        let text = if path.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin()).context("--url-file -")?
        } else {
            host.read_text(path)
                .with_context(|| format!("--url-file {}", path.display()))?
        };
        (text, path.display().to_string())
    } else {
        return Ok(None);
    };
    let text = text.trim();
    if !text.contains("://") {
        bail!("{origin}: this is no URL; it should begin like postgresql://");
    }
    Ok(Some((Redacted::new(text.to_owned()), origin)))
}

/// Does a URL carry a password, in the authority or as a parameter?
fn has_password(url: &str) -> bool {
    !crate::model::url_password_spans(url).is_empty()
        || url.split(['?', '&']).skip(1).any(|p| {
            p.split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("password") && !value.is_empty()
            })
        })
}

/// Level of a fix run.
pub fn level(args: &FixArgs) -> Applicability {
    args.level.map_or(Applicability::Safe, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn typed_beats_environment_beats_file() {
        let host = MemoryHost::new().var("AUDIT_ONLY", "URL, DEP");
        let file = ["CFG".to_owned()];
        let typed = ["IMP".to_owned()];
        assert_eq!(list(&host, &typed, "AUDIT_ONLY", &file), ["IMP"]);
        assert_eq!(list(&host, &[], "AUDIT_ONLY", &file), ["URL", "DEP"]);
        assert_eq!(list::<String>(&host, &[], "AUDIT_SKIP", &file), ["CFG"]);
    }

    #[test]
    fn passwords_on_the_command_line_are_refused() {
        for (url, refused) in [
            ("postgresql://u:p@h/d", true),
            ("postgresql://u@h/d?password=x", true),
            ("postgresql://u@h/d?ssl=require", false),
        ] {
            let args = LiveArgs {
                url: Some(url.to_owned()),
                ..LiveArgs::default()
            };
            let result = live(&MemoryHost::new(), &args, &Config::default());
            assert_eq!(result.is_err(), refused, "{url}");
            if let Err(error) = result {
                assert!(!error.to_string().contains("p@"), "{error}");
            }
        }
    }

    #[test]
    fn a_typed_app_silences_the_start_of_the_file() {
        let host = MemoryHost::new()
            .file("/p/audit.toml", "start = 'uvicorn x:y'")
            .file("/p/main.py", "");
        let target = TargetArgs {
            path: Some("/p".into()),
            app: Some("main:app".to_owned()),
            ..TargetArgs::default()
        };
        let meant = meant(
            &host,
            None,
            &target,
            &SelectArgs::default(),
            &GateArgs::default(),
        )
        .unwrap();
        assert_eq!(meant.request.target.app.as_deref(), Some("main:app"));
        assert_eq!(meant.request.target.start, None);
    }
}
