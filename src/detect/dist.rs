//! `dist`: combinations of installed, locked and declared distributions.
//!
//! ```text
//! all  = [{ dist = "passlib" }, { dist = "bcrypt", version = ">=5" }]
//! none = [{ dist = "greenlet" }]
//! imported  = ["sqlalchemy.ext.asyncio"]   the start imports one of these
//! report_at = ["bcrypt", "passlib"]        first one that is declared; else the first file
//! ```

use crate::model::Facts;

use super::hit::Hit;
use super::lookup;
use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Dist;

impl Detector for Dist {
    fn kind(&self) -> &'static str {
        "dist"
    }

    fn params(&self) -> &'static [&'static str] {
        &["all", "none", "imported", "report_at"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        ["dist", "dist.version", "importer"]
            .map(str::to_owned)
            .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        if params.tables("all").is_empty() {
            vec!["`all` is missing: which distributions does the check look at?".to_owned()]
        } else {
            Vec::new()
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        if !lookup::environment_known(facts) {
            return Verdict::NotApplicable {
                because: "no environment and no lock file".to_owned(),
            };
        }
        if !params
            .tables("all")
            .into_iter()
            .all(|row| holds(row, facts))
            || params
                .tables("none")
                .into_iter()
                .any(|row| holds(row, facts))
        {
            return Verdict::Clear;
        }
        let modules = params.texts("imported");
        let import = facts
            .simulation
            .imports
            .iter()
            .find(|i| modules.contains(&i.module.as_str()));
        if !modules.is_empty() && import.is_none() {
            return Verdict::Clear;
        }
        let mut hit = Hit::default();
        if let Some(first) = params
            .tables("all")
            .first()
            .and_then(|row| row.text("dist"))
        {
            hit.set("dist", first);
            if let Some(version) = lookup::version_of(facts, first) {
                hit.set("dist.version", version);
            }
        }
        if let Some(link) = import.and_then(|i| i.importer.as_ref()) {
            hit.set("importer", &link.module);
        }
        hit.place = params
            .texts("report_at")
            .into_iter()
            .find_map(|name| lookup::requirement_of_any_group(facts, name))
            .map(|r| lookup::requirement_place(facts, r))
            .or_else(|| {
                let file = facts.project.requirement_files.first()?;
                Some(crate::model::Place::line(file.clone(), 1))
            });
        for row in params.tables("all") {
            if let Some(name) = row.text("dist")
                && let Some(dist) = lookup::distribution(facts, name)
            {
                hit.because(format!("{} {} is installed", dist.name, dist.version), None);
            }
        }
        Verdict::Hits(vec![hit])
    }
}

fn holds(row: Params<'_>, facts: &Facts) -> bool {
    let Some(name) = row.text("dist") else {
        return false;
    };
    lookup::distribution(facts, name).is_some_and(|dist| {
        row.text("version")
            .is_none_or(|spec| lookup::satisfies(&dist.version, spec) == Some(true))
    })
}
