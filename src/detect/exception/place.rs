//! Where a check reports: the first place of its list that exists.

use crate::detect::hit::Hit;
use crate::detect::lookup::{self, line_place};
use crate::detect::params::Params;
use crate::model::{Facts, Place};

/// The first place of `report_at` that exists.
pub(super) fn report_place(params: Params<'_>, facts: &Facts, hit: &Hit) -> Option<Place> {
    params.texts("report_at").into_iter().find_map(|at| {
        if at == "fault" {
            return hit.place.clone();
        }
        if at == "start" {
            let origin = &facts.project.start.as_ref()?.origin;
            let known = facts.sources.contains_key(&origin.source);
            return origin
                .line
                .filter(|_| known)
                .map(|line| line_place(facts, &origin.source, line));
        }
        if at == "app" {
            let app = facts.simulation.app?;
            return facts.simulation.routers.get(app)?.place.clone();
        }
        if at == "file" {
            return hit.slots.get("file").map(|file| line_place(facts, file, 1));
        }
        if let Some(name) = at.strip_prefix("requirement:") {
            let name = match name.strip_prefix('{').and_then(|n| n.strip_suffix('}')) {
                Some(slot) => hit.slots.get(slot)?.as_str(),
                None => name,
            };
            return lookup::requirement_of_any_group(facts, name)
                .map(|r| lookup::requirement_place(facts, r));
        }
        let file = hit.slots.get(&format!("{at}.file"))?;
        let line = hit.slots.get(&format!("{at}.line"))?.parse().ok()?;
        Some(line_place(facts, file, line))
    })
}
