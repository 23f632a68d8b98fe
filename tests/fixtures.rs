//! The sample backend as data: complete, small, without junk, without anything real in it.

use std::collections::BTreeSet;
use std::path::Path;

use audit::host::RealHost;
use audit::model::{Report, StartOutcome, Startup};
use audit::session::{self, AuditRequest, Silent, TargetOptions};
use rayon::prelude::*;

use crate::support::envs::Venv;
use crate::support::fixture::{Due, Variant, variants};
use crate::support::{repository, tree};

#[test]
fn broken_differs_from_fixed_in_the_three_files_of_the_report() {
    let fixed = tree::files(&repository("fixtures/backend/fixed"));
    let broken = tree::files(&repository("fixtures/backend/broken"));
    let names = |files: &std::collections::BTreeMap<String, Vec<u8>>| -> BTreeSet<String> {
        files.keys().cloned().collect()
    };
    assert_eq!(names(&fixed), names(&broken));
    let differing: Vec<&str> = fixed
        .iter()
        .filter(|(name, bytes)| broken[*name] != **bytes)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        differing,
        [".env", "requirements.txt", "src/core/database.py"]
    );
}

#[test]
fn trees_hold_nothing_that_a_run_left_behind() {
    for dir in ["fixtures/backend/fixed", "fixtures/backend/broken"] {
        for name in tree::files(&repository(dir)).keys() {
            let known = [".py", ".env", "Dockerfile", ".md", "requirements.txt"];
            assert!(known.iter().any(|end| name.ends_with(end)), "{dir}/{name}");
        }
    }
}

#[test]
fn hosts_are_loopback_or_reserved_names() {
    for (name, bytes) in tree::files(&repository("fixtures")) {
        let text = String::from_utf8_lossy(&bytes);
        for (at, _) in text.match_indices("://") {
            let authority = text[at + 3..]
                .split(['/', '"', '\'', ' ', '\n'])
                .next()
                .unwrap();
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            let host = host.split(':').next().unwrap();
            // The one link that pydantic prints below its errors.
            let known = ["localhost", "127.0.0.1", "errors.pydantic.dev", ""];
            assert!(
                known.contains(&host) || host.ends_with(".invalid"),
                "{name}: {host}"
            );
        }
    }
}

#[test]
fn variants_can_be_written_out_and_say_everything() {
    let all = variants();
    assert!(all.len() > 25, "only {} variants", all.len());
    for variant in &all {
        let tree = variant.tree();
        let files = tree.files();
        assert!(files.contains_key(".env"), "{}: no .env", variant.name);
        for due in &variant.finding {
            let bytes = files
                .get(&due.file)
                .unwrap_or_else(|| panic!("{}: no {}", variant.name, due.file));
            let lines = String::from_utf8_lossy(bytes).lines().count();
            let line = due.line as usize;
            assert!((1..=lines).contains(&line), "{}: {due:?}", variant.name);
        }
        complete(variant);
    }
}

/// A start that fails has an exception, a place and an exit code; one that works has none.
fn complete(variant: &Variant) {
    let name = &variant.name;
    let truth = &variant.cpython;
    assert!(!variant.about.is_empty(), "{name}: about");
    assert_eq!(truth.exit.is_none(), truth.starts, "{name}: exit");
    assert_eq!(truth.kind.is_none(), truth.starts, "{name}: type");
    assert_eq!(truth.message.is_none(), truth.starts, "{name}: message");
    assert_eq!(truth.frames.is_empty(), truth.starts, "{name}: frames");
    let critical = variant.finding.iter().any(|due| due.severity == "critical");
    assert!(
        critical != truth.starts || variant.name.starts_with('i') || variant.name.starts_with('k'),
        "{name}: a start that fails needs a critical finding, and only such a start"
    );
}

/// What an audit says about every variant: the findings that are due, in the order in which a
/// person would meet them, and no other.
#[test]
fn every_variant_has_its_findings_and_no_others() {
    let wrong: Vec<String> = variants()
        .par_iter()
        .filter_map(|variant| {
            let tree = variant.tree();
            let report = audited(&tree.root, &variant.venv());
            let said: Vec<Due> = report
                .findings
                .iter()
                .map(|finding| {
                    let place = finding.location.as_ref();
                    Due {
                        id: finding.rule.clone(),
                        file: place.map(|p| p.path.clone()).unwrap_or_default(),
                        line: place.map_or(0, |p| p.line),
                        severity: finding.severity.name().to_owned(),
                    }
                })
                .collect();
            let starts = report.startup.outcome == StartOutcome::Ok;
            let complaint = if said != variant.finding {
                Some(format!("due {:#?}\nsaid {said:#?}", variant.finding))
            } else if starts != variant.cpython.starts {
                Some(format!("the start: {:?}", report.startup))
            } else {
                predicted_otherwise(&report.startup, variant, &tree.root)
            };
            complaint.map(|text| format!("{}: {text}", variant.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The exception that is predicted, held against the recorded one. Links carry the version of
/// the library, paths that of the machine: both are part of the text all the same.
fn predicted_otherwise(startup: &Startup, variant: &Variant, root: &Path) -> Option<String> {
    let said = startup.exception.as_ref();
    let kind = said.map(|e| e.kind.as_str());
    let text = said.map(|e| {
        let site = variant.venv().site_packages();
        e.message
            .replace(&*site.to_string_lossy(), "<site-packages>")
            .replace(root.to_str().unwrap(), "<project>")
            // A log shows no empty last line.
            .trim_end()
            .to_owned()
    });
    let frames: Vec<String> = startup
        .frames
        .iter()
        .map(|f| format!("{}:{} {}", f.file, f.line, f.function))
        .collect();
    let truth = &variant.cpython;
    if kind != truth.kind.as_deref() || text != truth.message {
        return Some(format!(
            "CPython says {:?}: {:?}\npredicted {kind:?}: {text:?}",
            truth.kind, truth.message
        ));
    }
    (frames != truth.frames).then(|| format!("frames {:#?}\npredicted {frames:#?}", truth.frames))
}

fn audited(root: &Path, venv: &Venv) -> Report {
    let request = AuditRequest {
        target: TargetOptions {
            root: root.to_path_buf(),
            python: Some(venv.prefix.clone()),
            process_env: false,
            ..TargetOptions::default()
        },
        ..AuditRequest::default()
    };
    session::audit(&RealHost, &request, &Silent).unwrap().report
}
