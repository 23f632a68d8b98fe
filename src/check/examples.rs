//! Runs the examples that check files carry: under the detectors, through their fixes, and under
//! CPython.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::catalog::Catalog;
use super::oracle::{self, Judges, OracleEnv};
use super::run;
use super::schema::{Check, Example, Expect};
use super::select::Selection;
use super::stage::Stage;
use super::suppress::Suppressions;
use crate::host::write;
use crate::model::{Facts, Finding, Fix, Outcome};

/// What an example plays with besides its files.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The example, its placeholders filled in.
    pub example: &'a Example,
    /// The environment that fits its `needs`; `None` when no oracle was given.
    pub env: Option<&'a OracleEnv>,
    /// The server that it asked for.
    pub stage: Option<&'a Stage>,
}

/// Turns the written files of an example into facts; with a stage, those of a live target.
pub type Simulate<'a> = dyn Fn(&Path, Setting<'_>) -> Result<Facts, String> + Sync + 'a;

/// Applies a fix to the files below a root and gives the new content of the files it changes.
pub type Repair<'a> =
    dyn Fn(&Path, &Facts, &Fix) -> Result<BTreeMap<String, String>, String> + Sync + 'a;

/// Diagnoses a log and gives the ids of the checks that explain it.
pub type Explain<'a> = dyn Fn(&Path, &str) -> Result<Vec<String>, String> + Sync + 'a;

/// Starts the server that an example's `server` table describes.
pub type Serve<'a> = dyn Fn(&toml::Table) -> Result<Stage, String> + Sync + 'a;

/// What the catalogue cannot do itself.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// Collects facts.
    pub simulate: &'a Simulate<'a>,
    /// Applies fixes; without it `after` is not compared.
    pub repair: Option<&'a Repair<'a>>,
    /// Explains logs.
    pub explain: &'a Explain<'a>,
    /// Starts servers; without it live examples are skipped.
    pub serve: Option<&'a Serve<'a>>,
}

/// How an example ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExampleState {
    /// As expected.
    Agrees,
    /// The detector did not report what it should.
    Missing,
    /// The detector reported what it should not.
    Noisy,
    /// CPython contradicts the example.
    Contradicted,
    /// The fix did not give the stated text, or did not help.
    FixDiffers,
    /// Not run, with the reason in `detail`.
    Skipped,
    /// The example could not be set up.
    Broken,
}

/// Result of one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleResult {
    /// Check id.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// How it ended.
    pub state: ExampleState,
    /// What a person needs to repair it.
    pub detail: String,
    /// CPython was asked and agreed.
    pub oracle: bool,
}

/// Runs the examples of the selected checks, in order.
pub fn test_examples(
    catalog: &Catalog,
    selection: &Selection,
    workshop: Workshop<'_>,
    oracles: &[OracleEnv],
) -> Vec<ExampleResult> {
    let judges = Judges::default();
    let bench = Bench {
        catalog,
        workshop,
        oracles,
        judges: &judges,
    };
    let examples: Vec<(&Check, &Example)> = catalog
        .checks()
        .iter()
        .filter(|check| selection.contains(&check.id))
        .flat_map(|check| check.examples.iter().map(move |example| (check, example)))
        .collect();
    examples
        .into_par_iter()
        .map(|(check, example)| bench.example(check, example))
        .collect()
}

struct Bench<'a> {
    catalog: &'a Catalog,
    workshop: Workshop<'a>,
    oracles: &'a [OracleEnv],
    judges: &'a Judges,
}

/// The day on which examples play: their expiry dates are before or after it.
const TODAY: &str = "2026-01-01";

type Failure = (ExampleState, String);

impl Bench<'_> {
    fn example(&self, check: &Check, example: &Example) -> ExampleResult {
        let mut asked = false;
        let (state, detail) = match self.stages(check, example, &mut asked) {
            Ok(()) => (ExampleState::Agrees, String::new()),
            Err(failure) => failure,
        };
        ExampleResult {
            rule: check.id.clone(),
            example: example.name.clone(),
            state,
            detail,
            oracle: asked,
        }
    }

    fn stages(&self, check: &Check, example: &Example, asked: &mut bool) -> Result<(), Failure> {
        let env = if self.oracles.is_empty() {
            None
        } else {
            Some(self.judges.choose(self.oracles, example).map_err(skip)?)
        };
        let stage = self.stage(example)?;
        let played = stage.as_ref().map(|stage| stage.play(example));
        let case = Case {
            check,
            setting: Setting {
                example: played.as_ref().unwrap_or(example),
                env,
                stage: stage.as_ref(),
            },
        };
        if let Some(log) = &example.log {
            let folder = folder(&example.files)?;
            let rules = (self.workshop.explain)(folder.path(), log).map_err(broken)?;
            return diagnosed(check, example, &rules);
        }
        self.played(case, asked)
    }

    /// The server of a live example, running.
    fn stage(&self, example: &Example) -> Result<Option<Stage>, Failure> {
        let Some(table) = &example.server else {
            return Ok(None);
        };
        let serve = self
            .workshop
            .serve
            .ok_or_else(|| skip("needs the reference server"))?;
        serve(table).map(Some).map_err(broken)
    }

    fn played(&self, case: Case<'_>, asked: &mut bool) -> Result<(), Failure> {
        let Setting { example, env, .. } = case.setting;
        let folder = folder(&example.files)?;
        let root = folder.path();
        // CPython first: an example that it contradicts proves nothing about the detector.
        if let (Some(env), Some(oracle)) = (env, &example.oracle) {
            let version = self.judges.version(env).unwrap_or_default();
            let answer = oracle::ask(env, root, example, oracle).map_err(broken)?;
            oracle::compare(oracle, &answer, &version)
                .map_err(|text| (ExampleState::Contradicted, text))?;
            *asked = true;
        }
        let facts = (self.workshop.simulate)(root, case.setting).map_err(broken)?;
        let (findings, outcome) = self.verdict(case.check, example, &facts);
        judge(example, &findings, &outcome)?;
        if let (Some(repair), Some(finding), false) = (
            self.workshop.repair,
            findings.first(),
            example.after.is_empty(),
        ) {
            let changed = repaired(example, &facts, finding, repair)?;
            self.better(case, changed, asked)?;
        }
        Ok(())
    }

    /// Findings of the one check, with the whole catalogue at work.
    fn verdict(&self, check: &Check, example: &Example, facts: &Facts) -> (Vec<Finding>, Outcome) {
        // Everything runs: an excuse is only unused when the check that it names had its say.
        let selection = self.catalog.select(&[], &[]).unwrap_or_default();
        let suppressions = Suppressions {
            ignores: example.ignores.clone(),
            downgrades: Vec::new(),
            today: TODAY.to_owned(),
        };
        let outcomes = run::run(self.catalog, &selection, facts, &suppressions);
        let outcome = outcomes
            .outcomes
            .into_iter()
            .find(|o| o.rule == check.id)
            .map_or(
                Outcome::Broken {
                    error: "the check was not run".to_owned(),
                },
                |o| o.outcome,
            );
        let findings = outcomes
            .findings
            .into_iter()
            .filter(|f| f.rule == check.id)
            .collect();
        (findings, outcome)
    }

    /// After the fix CPython must be content, and the check must have nothing to say.
    fn better(
        &self,
        case: Case<'_>,
        files: BTreeMap<String, String>,
        asked: &mut bool,
    ) -> Result<(), Failure> {
        let Setting { example, env, .. } = case.setting;
        let after = folder(&files)?;
        if let (Some(env), Some(oracle)) = (env, &example.oracle) {
            let version = self.judges.version(env).unwrap_or_default();
            let answer = oracle::ask(env, after.path(), example, oracle).map_err(broken)?;
            let gone = match &oracle.after {
                Some(text) => answer.text.contains(text.as_str()),
                None => answer.success,
            };
            if !gone {
                *asked = false;
                return Err(differs(format!(
                    "after the fix CPython {version} still says: {}",
                    answer.last_line()
                )));
            }
        }
        let facts = (self.workshop.simulate)(after.path(), case.setting).map_err(broken)?;
        let (findings, _) = self.verdict(case.check, example, &facts);
        match findings.first() {
            Some(finding) => Err(differs(format!(
                "still found after the fix: {}",
                finding.message
            ))),
            None => Ok(()),
        }
    }
}

/// One example at work.
#[derive(Clone, Copy)]
struct Case<'a> {
    check: &'a Check,
    setting: Setting<'a>,
}

/// Applies the first fix of the finding and compares the files with those that the example
/// states; gives all files as they are then.
fn repaired(
    example: &Example,
    facts: &Facts,
    finding: &Finding,
    repair: &Repair<'_>,
) -> Result<BTreeMap<String, String>, Failure> {
    let fix = finding
        .fixes
        .first()
        .ok_or_else(|| differs("the finding offers no fix"))?;
    let mut files = example.files.clone();
    let folder = folder(&files)?;
    let changed = repair(folder.path(), facts, fix)
        .map_err(|error| differs(format!("the fix `{}` fails: {error}", fix.title)))?;
    files.extend(changed);
    for (path, expected) in &example.after {
        let found = files.get(path).map_or("(no such file)", String::as_str);
        if found != expected {
            return Err(differs(format!(
                "{path} after the fix:\n{found}\nexpected:\n{expected}"
            )));
        }
    }
    Ok(files)
}

fn differs(why: impl Into<String>) -> Failure {
    (ExampleState::FixDiffers, why.into())
}

fn skip(why: impl Into<String>) -> Failure {
    (ExampleState::Skipped, why.into())
}

fn broken(why: impl Into<String>) -> Failure {
    (ExampleState::Broken, why.into())
}

/// Writes the files of an example; `app/` becomes a regular package.
fn folder(files: &BTreeMap<String, String>) -> Result<tempfile::TempDir, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("audit-example-")
        .tempdir()
        .map_err(|error| broken(format!("no scratch folder: {error}")))?;
    let put = |path: &str, text: &str| -> std::io::Result<()> {
        let target = folder.path().join(path);
        if let Some(parent) = target.parent() {
            write::create_dirs(parent)?;
        }
        write::replace(&target, text.as_bytes(), None)
    };
    let mut result = Ok(());
    for (path, text) in files {
        result = result.and_then(|()| put(path, text));
    }
    if files.keys().any(|p| p.starts_with("app/")) && !files.contains_key("app/__init__.py") {
        result = result.and_then(|()| put("app/__init__.py", ""));
    }
    match result {
        Ok(()) => Ok(folder),
        Err(error) => Err(broken(format!("the example cannot be written: {error}"))),
    }
}

fn judge(example: &Example, findings: &[Finding], outcome: &Outcome) -> Result<(), Failure> {
    match example.expect {
        Expect::Quiet => match findings.first() {
            None => Ok(()),
            Some(finding) => Err((
                ExampleState::Noisy,
                format!("reported {}: {}", place(finding), finding.message),
            )),
        },
        Expect::Undecided => match (findings.first(), outcome) {
            (Some(finding), _) => Err((
                ExampleState::Noisy,
                format!("reported {}: {}", place(finding), finding.message),
            )),
            (None, Outcome::Unknown { .. }) => Ok(()),
            (None, other) => Err((
                ExampleState::Missing,
                format!("must be undecided, but is {other:?}"),
            )),
        },
        Expect::Fire => fired(example, findings, outcome),
    }
}

fn diagnosed(check: &Check, example: &Example, rules: &[String]) -> Result<(), Failure> {
    let found = rules.contains(&check.id);
    match (example.expect == Expect::Fire, found) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => Err((
            ExampleState::Missing,
            format!("the log is explained by {rules:?}"),
        )),
        (false, true) => Err((
            ExampleState::Noisy,
            "the log is explained by this check".to_owned(),
        )),
    }
}

fn fired(example: &Example, findings: &[Finding], outcome: &Outcome) -> Result<(), Failure> {
    let Some(expected) = &example.finding else {
        return Err(broken("the example says not where it fires"));
    };
    let here = |f: &Finding| {
        f.location.as_ref().is_some_and(|p| {
            p.path == expected.file
                && p.line == expected.line
                && expected.column.is_none_or(|c| c == p.column)
        })
    };
    if findings.is_empty() {
        return Err((
            ExampleState::Missing,
            format!(
                "nothing at {}:{}; the check is {outcome:?}",
                expected.file, expected.line
            ),
        ));
    }
    let Some(found) = findings.iter().find(|f| here(f)) else {
        return Err((
            ExampleState::Missing,
            format!(
                "expected {}:{}, reported {}",
                expected.file,
                expected.line,
                findings.iter().map(place).collect::<Vec<_>>().join(", ")
            ),
        ));
    };
    if findings.len() > 1 {
        return Err((
            ExampleState::Noisy,
            format!(
                "one finding expected, {} reported: {}",
                findings.len(),
                findings.iter().map(place).collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    for text in [&found.message, &found.root_cause, &found.explanation] {
        if text.contains("`?`") || text.contains(" ? ") {
            return Err((
                ExampleState::Missing,
                format!("a placeholder has no value: {text}"),
            ));
        }
    }
    Ok(())
}

fn place(finding: &Finding) -> String {
    finding.location.as_ref().map_or_else(
        || "no place".to_owned(),
        |p| format!("{}:{}", p.path, p.line),
    )
}
