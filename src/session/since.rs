//! `--since REF`: findings that have nothing to do with what changed do not count.

use std::collections::BTreeSet;
use std::path::Path;

use crate::host::process::{Finished, Program};
use crate::model::{Facts, Finding, FindingState};

use super::number::counts;
use super::request::SessionError;

/// Marks findings whose place, cause and chain lie in files that are as they were at `git_ref`.
pub fn accept(facts: &Facts, git_ref: &str, findings: &mut [Finding]) -> Result<(), SessionError> {
    let changed = changed(Path::new(&facts.project.root), git_ref)?;
    for finding in findings.iter_mut().filter(|f| counts(f)) {
        if !files(finding).iter().any(|file| changed.contains(*file)) {
            finding.state = FindingState::Unchanged;
        }
    }
    Ok(())
}

/// All files that a finding speaks of.
fn files(finding: &Finding) -> BTreeSet<&str> {
    let places = finding.location.iter().chain(&finding.anchor);
    let evidence = finding.evidence.iter().filter_map(|e| e.place.as_ref());
    let edits = finding
        .fixes
        .iter()
        .flat_map(|f| &f.ops)
        .map(|op| op.path());
    places
        .chain(evidence)
        .map(|p| p.path.as_str())
        .chain(finding.chain.iter().map(|l| l.path.as_str()))
        .chain(edits)
        .collect()
}

/// Paths relative to the root that differ from the ref, untracked ones included.
fn changed(root: &Path, git_ref: &str) -> Result<BTreeSet<String>, SessionError> {
    if git_ref.starts_with('-') {
        return Err(SessionError::Usage(format!(
            "--since: `{git_ref}` is no Git ref"
        )));
    }
    let commit = format!("{git_ref}^{{commit}}");
    git(
        root,
        git_ref,
        &["rev-parse", "--verify", "--quiet", &commit],
    )?;
    let diff = git(
        root,
        git_ref,
        &[
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--name-only",
            "-z",
            "--relative",
            git_ref,
            "--",
            ".",
        ],
    )?;
    let new = git(
        root,
        git_ref,
        &[
            "ls-files",
            "--others",
            "--exclude-standard",
            "-z",
            "--",
            ".",
        ],
    )?;
    let names = |finished: &Finished| -> Vec<String> {
        let text = finished.text();
        let names = text.split('\0').filter(|n| !n.is_empty());
        names.map(str::to_owned).collect()
    };
    let mut out: BTreeSet<String> = names(&diff).into_iter().collect();
    out.extend(names(&new));
    Ok(out)
}

fn git(root: &Path, git_ref: &str, args: &[&str]) -> Result<Finished, SessionError> {
    // The target's own Git configuration must not get to run programs.
    let finished = Program::new("git")
        .args(["-c", "core.fsmonitor=false"])
        .args(args.iter().copied())
        .directory(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .run()
        .map_err(|e| SessionError::Usage(format!("--since needs git: {e}")))?;
    if finished.success() {
        return Ok(finished);
    }
    let said = String::from_utf8_lossy(&finished.stderr);
    let said = said.trim();
    Err(SessionError::Usage(match said {
        "" => format!("--since: Git knows no commit `{git_ref}`"),
        said => format!("--since `{git_ref}`: {said}"),
    }))
}
