//! Faults with one cause: one finding that names the places of all.

use crate::detect::hit::Hit;
use crate::detect::params::Params;

/// One hit for all that agree in the slots of `once_per`: the first that is certain, with the
/// places of the others.
pub(super) fn together(params: Params<'_>, hits: Vec<Hit>) -> Vec<Hit> {
    let keys = params.texts("once_per");
    let key = |hit: &Hit| -> Option<Vec<String>> {
        keys.iter()
            .map(|names| names.split('|').find_map(|n| hit.slots.get(n)).cloned())
            .collect()
    };
    let mut groups: Vec<(Option<Vec<String>>, Vec<Hit>)> = Vec::new();
    for hit in hits {
        let key = key(&hit).filter(|_| !keys.is_empty());
        let same = |known: &Option<Vec<String>>| key.is_some() && *known == key;
        match groups.iter_mut().find(|(known, _)| same(known)) {
            Some((_, group)) => group.push(hit),
            None => groups.push((key, vec![hit])),
        }
    }
    groups.into_iter().map(|(_, group)| as_one(group)).collect()
}

fn as_one(mut group: Vec<Hit>) -> Hit {
    let first = group.iter().position(|hit| !hit.uncertain).unwrap_or(0);
    let mut hit = group.remove(first);
    let mut seen = vec![hit.place.clone()];
    for other in group {
        let place = other.anchor.or(other.place);
        if !seen.contains(&place) {
            hit.because("here too", place.clone());
            seen.push(place);
        }
    }
    match seen.len() - 1 {
        0 => {}
        1 => {
            hit.set("more", " (and at one more place)");
        }
        n => {
            hit.set("more", format!(" (and at {n} more places)"));
        }
    }
    hit
}
