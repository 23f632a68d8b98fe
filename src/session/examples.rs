//! The examples of check files, run through the real readers, simulator and repairs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::check::{
    self, Catalog, ExampleResult, OracleEnv, Selection, Serve, Setting, Stage, Workshop,
};
use crate::collect::{self, Request, TargetOptions};
use crate::fix::Workspace;
use crate::host::Host;
use crate::model::{Facts, Fix};

use super::live;
use super::observe::Silent;
use super::request::{AuditRequest, LiveOptions, SessionError};

/// Runs the examples of the selected checks; with oracles, CPython is asked as well. `serve`
/// starts the servers of live examples.
pub fn test_checks(
    host: &dyn Host,
    catalog: &Catalog,
    selection: &Selection,
    oracles: &[OracleEnv],
    serve: &Serve<'_>,
) -> Vec<ExampleResult> {
    let watch = catalog.watch();
    let simulate = |root: &Path, setting: Setting<'_>| {
        let mut facts = simulate(host, root, setting, &watch)?;
        if let Some(stage) = setting.stage {
            probe(host, &mut facts, stage)?;
        }
        Ok(facts)
    };
    let repair = |_: &Path, facts: &Facts, fix: &Fix| repair(host, facts, fix);
    let workshop = Workshop {
        simulate: &simulate,
        repair: Some(&repair),
        explain: &|root, log| explain(host, root, log),
        serve: Some(serve),
    };
    check::test_examples(catalog, selection, workshop, oracles)
}

/// Ids of the checks that explain a log, without a project.
fn explain(host: &dyn Host, root: &Path, log: &str) -> Result<Vec<String>, String> {
    let request = AuditRequest {
        target: TargetOptions {
            root: root.to_path_buf(),
            ..TargetOptions::default()
        },
        ..AuditRequest::default()
    };
    match super::diagnose(host, &request, false, log) {
        Ok(told) => Ok(told.report.findings.into_iter().map(|f| f.rule).collect()),
        Err(SessionError::Usage(_)) => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

fn simulate(
    host: &dyn Host,
    root: &Path,
    setting: Setting<'_>,
    watch: &[String],
) -> Result<Facts, String> {
    let Setting { example, env, .. } = setting;
    let version = example.python.as_deref().map(|text| {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        let parts = major.parse().ok().zip(minor.parse().ok());
        parts.ok_or_else(|| format!("`{text}` is no Python version"))
    });
    // The environment of the oracle: whole, so that what it lacks is certainly not set.
    let own = example
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let variables = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LC_ALL", "C.UTF-8"),
    ]
    .into_iter()
    .chain(own);
    let target = TargetOptions {
        root: root.to_path_buf(),
        start: example.start_command(),
        python: env.map(|e| e.python.clone()),
        site_dirs: env.and_then(|e| e.extra_site.clone()).into_iter().collect(),
        python_version: version.transpose()?,
        assume_env: variables
            .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
            .collect(),
        // What the examples say must not depend on who runs them.
        process_env: false,
        ..TargetOptions::default()
    };
    let request = Request {
        target,
        watch: watch.to_vec(),
        time_limit: None,
        last: false,
    };
    collect::collect(host, &request).map_err(|e| e.to_string())
}

/// A healthy server answers within this on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Climbs to the database that the example names, and asks for the routes of its application.
fn probe(host: &dyn Host, facts: &mut Facts, stage: &Stage) -> Result<(), String> {
    let options = LiveOptions {
        timeout: PATIENCE,
        ..LiveOptions::default()
    };
    let database = collect::database(facts).or_else(|| collect::written_database(facts));
    if let Some(database) = database {
        let ladder = live::climb(host, database, &options, &Silent).map_err(|e| e.to_string())?;
        facts.ladder = Some(ladder);
    }
    let served = !collect::source_routes(facts).is_empty();
    if let (Some(base), true) = (stage.names.get("http"), served) {
        let http = live::reach(host, base, &options, facts, &Silent).map_err(|e| e.to_string())?;
        facts.http = Some(http);
    }
    Ok(())
}

fn repair(host: &dyn Host, facts: &Facts, fix: &Fix) -> Result<BTreeMap<String, String>, String> {
    let mut more = Facts {
        project: facts.project.clone(),
        sources: facts.sources.clone(),
        redactor: facts.redactor.clone(),
        ..Facts::default()
    };
    for op in &fix.ops {
        collect::add_source(host, &mut more, op.path());
    }
    let mut workspace = Workspace::new(&more.sources);
    workspace.apply(fix).map_err(|e| e.to_string())?;
    let changes = workspace.changes().into_iter();
    Ok(changes
        .map(|c| (c.path.clone(), c.after.text().to_owned()))
        .collect())
}
