//! Requirements files as pip reads them (`pip/_internal/req/req_file.py`): continuations,
//! comments, variables, includes, options, editable and direct references.

use super::{Declared, Site, group_of_file, pyproject, setup};
use crate::project::files::Files;
use crate::project::{paths, shell};

/// A line after joining continuations; each byte knows its place in the file.
struct Logical {
    text: String,
    offsets: Vec<usize>,
    line: u32,
}

/// Is this the name of a requirements file?
fn is_requirements_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (name.ends_with(".txt") || name.ends_with(".in"))
        && (name.contains("requirements") || name == "reqs.txt")
        && !name.contains("constraints")
}

/// All requirements files of a directory and its `requirements` folder; `.in` files only where
/// nothing was compiled from them.
pub(super) fn in_dir(files: &mut Files, dir: &str, declared: &mut Declared) {
    let mut found: Vec<String> = files
        .names(dir)
        .into_iter()
        .filter(|name| is_requirements_name(name))
        .map(|name| paths::join(dir, &name))
        .filter(|path| files.is_file(path))
        .collect();
    let folder = paths::join(dir, "requirements");
    found.extend(
        files
            .names(&folder)
            .into_iter()
            .filter(|n| n.ends_with(".txt") || n.ends_with(".in"))
            .map(|n| paths::join(&folder, &n)),
    );
    let compiled = |path: &str| {
        let twin = path.strip_suffix(".in").map(|stem| format!("{stem}.txt"));
        twin.is_some_and(|twin| found.contains(&twin))
    };
    let mut wanted: Vec<String> = found.iter().filter(|p| !compiled(p)).cloned().collect();
    wanted.sort_by_key(|path| {
        let group = group_of_file(path);
        (
            group != super::MAIN,
            paths::depth(path),
            path.len(),
            path.clone(),
        )
    });
    for path in wanted {
        let group = group_of_file(&path);
        read(files, &path, &group, false, declared);
    }
}

/// Reads one file and what it includes.
pub(super) fn read(
    files: &mut Files,
    path: &str,
    group: &str,
    constraint: bool,
    declared: &mut Declared,
) {
    if !declared.visit(path) {
        return;
    }
    let Some(text) = files.text(path) else {
        return;
    };
    if !constraint {
        declared.push_file(path);
    }
    for logical in logical_lines(&text) {
        line(files, path, group, constraint, &logical, declared);
    }
}

fn logical_lines(text: &str) -> Vec<Logical> {
    let mut out = Vec::new();
    let mut current: Option<Logical> = None;
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for (number, raw) in (1..).zip(text[at..].split_inclusive('\n')) {
        let line = raw.trim_end_matches(['\n', '\r']);
        let comment = line.trim_start().starts_with('#');
        let continued = line.ends_with('\\') && !comment;
        let kept = if continued {
            &line[..line.len() - 1]
        } else {
            line
        };
        let logical = current.get_or_insert_with(|| Logical {
            text: String::new(),
            offsets: Vec::new(),
            line: number,
        });
        if comment && !logical.text.is_empty() {
            // A comment ends the continued line; the blank keeps it from sticking to a word.
            logical.text.push(' ');
            logical.offsets.push(at);
        }
        logical.text.push_str(kept);
        logical.offsets.extend(at..at + kept.len());
        if !continued {
            out.extend(current.take());
        }
        at += raw.len();
    }
    out.extend(current);
    out
}

fn line(
    files: &mut Files,
    path: &str,
    group: &str,
    constraint: bool,
    logical: &Logical,
    declared: &mut Declared,
) {
    let text = without_comment(&logical.text);
    let start = text.len() - text.trim_start().len();
    let text = text.trim_end();
    if text.len() <= start {
        return;
    }
    let site = Site {
        path,
        line: logical.line,
        group,
        constraint,
    };
    if text[start..].starts_with('-') {
        option(files, &text[start..], logical, site, declared);
        return;
    }
    let end = options_start(text);
    let requirement = text[start..end].trim_end();
    if is_reference(files, path, requirement) {
        reference(files, requirement, logical, start, site, declared);
        return;
    }
    let at = |byte: usize| {
        let byte = (start + byte).min(logical.offsets.len().saturating_sub(1));
        logical.offsets.get(byte).copied().unwrap_or(0)
    };
    if requirement.contains("${") {
        let known = requirement
            .split(['=', '<', '>', '~', '!', ' ', '[', '@'])
            .next()
            .unwrap_or_default();
        if !known.contains("${") && !known.is_empty() {
            let span = at(0)..at(requirement.len() - 1) + 1;
            declared.push_named(known, "", span, site);
        }
        return;
    }
    declared.push(files, requirement, &at, site);
}

/// Cuts a comment off: `#` at the start or after a blank.
fn without_comment(text: &str) -> &str {
    let cut = text
        .char_indices()
        .find(|(n, c)| *c == '#' && (*n == 0 || text[..*n].ends_with(char::is_whitespace)))
        .map_or(text.len(), |(n, _)| n);
    &text[..cut]
}

/// Per-requirement options (`--hash`, `--config-settings`) start at a blank and a dash.
fn options_start(text: &str) -> usize {
    text.char_indices()
        .find(|(n, c)| *c == '-' && *n > 0 && text[..*n].ends_with(char::is_whitespace))
        .map_or(text.len(), |(n, _)| n)
}

fn option(files: &mut Files, text: &str, logical: &Logical, site: Site, declared: &mut Declared) {
    let words = shell::words(text);
    let Some(first) = words.first() else { return };
    let (name, attached) = match first.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None if !first.starts_with("--") && first.len() > 2 => {
            (&first[..2], Some(first[2..].to_owned()))
        }
        None => (first.as_str(), None),
    };
    let Some(value) = attached.or_else(|| words.get(1).cloned()) else {
        return;
    };
    match name {
        "-r" | "--requirement" => include(files, &value, site, site.constraint, declared),
        "-c" | "--constraint" => include(files, &value, site, true, declared),
        "-e" | "--editable" => {
            // Quotes were taken off: without them the value stands somewhere on the line.
            let start = logical.text.find(&value).unwrap_or(0);
            reference(files, &value, logical, start, site, declared);
        }
        _ => {}
    }
}

fn include(files: &mut Files, target: &str, site: Site, constraint: bool, declared: &mut Declared) {
    if target.contains("://") {
        let why = "the included file is fetched from the network by pip; it was not read";
        files.problem(site.path, Some(site.line), why);
        return;
    }
    let path = paths::join(paths::parent(site.path), target);
    if path == site.path {
        files.problem(
            site.path,
            Some(site.line),
            "the file includes itself; pip refuses that",
        );
        return;
    }
    if !files.is_file(&path) {
        let why = format!("the included file `{target}` does not exist; pip refuses to install");
        files.problem(site.path, Some(site.line), &why);
        return;
    }
    read(files, &path, site.group, constraint, declared);
}

/// A URL or a local path instead of a name?
fn is_reference(files: &Files, path: &str, text: &str) -> bool {
    let before_marker = text.split(';').next().unwrap_or(text);
    if before_marker.contains(" @ ")
        || before_marker
            .split_once('@')
            .is_some_and(|(n, _)| !n.contains(['/', ':', '+']))
    {
        return false;
    }
    let archive = [".whl", ".tar.gz", ".zip", ".tar.bz2"];
    text.contains("://")
        || text.starts_with(['.', '/'])
        || text.starts_with("file:")
        || (text.contains('/') && !text.contains([' ', ';', '=']))
        || (archive.iter().any(|a| before_marker.trim().ends_with(a))
            && files.is_file(&paths::join(paths::parent(path), before_marker.trim())))
}

/// A requirement by URL or path: its name comes from the fragment, the file name or the project
/// that lies there.
fn reference(
    files: &mut Files,
    text: &str,
    logical: &Logical,
    start: usize,
    site: Site,
    declared: &mut Declared,
) {
    let target = text.split([' ', ';']).next().unwrap_or(text);
    let local = target
        .split('[')
        .next()
        .unwrap_or(target)
        .trim_start_matches("file:");
    if !target.contains("://") {
        let dir = paths::join(paths::parent(site.path), local);
        if files.is_dir(&dir) {
            pyproject::read(files, &paths::join(&dir, "pyproject.toml"), declared);
            setup::read_cfg(files, &paths::join(&dir, "setup.cfg"), declared);
            setup::read_py(files, &paths::join(&dir, "setup.py"), declared);
            return;
        }
    }
    let Some(name) = name_of_reference(target) else {
        let why = "the reference does not tell the name of its distribution (add `#egg=NAME`, or write `NAME @ URL`)";
        files.problem(site.path, Some(site.line), why);
        return;
    };
    let first = logical.offsets.get(start).copied().unwrap_or(0);
    let last = logical
        .offsets
        .get(start + target.len() - 1)
        .copied()
        .unwrap_or(first);
    declared.push_named(&name, "", first..last + 1, site);
    if let Some(requirement) = declared.requirements.last_mut() {
        requirement.url = Some(files.redactor.apply(target));
        requirement.marker = text
            .split_once(';')
            .map(|(_, m)| m.trim().to_owned())
            .unwrap_or_default();
    }
}

fn name_of_reference(target: &str) -> Option<String> {
    let (url, fragment) = target.split_once('#').unwrap_or((target, ""));
    let egg = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="));
    if let Some(egg) = egg {
        return egg.split('[').next().map(str::to_owned);
    }
    let url = url.split('?').next().unwrap_or(url);
    let file = url.trim_end_matches('/').rsplit('/').next()?;
    if let Some(wheel) = file.strip_suffix(".whl") {
        return wheel.split('-').next().map(str::to_owned);
    }
    if let Some(sdist) = file
        .strip_suffix(".tar.gz")
        .or_else(|| file.strip_suffix(".zip"))
    {
        // Archives of branches (`main.tar.gz`) tell nothing.
        return sdist.rsplit_once('-').map(|(name, _)| name.to_owned());
    }
    // `git+https://host/owner/repository.git@tag`: nearly always named like the repository.
    if url.starts_with("git+") {
        let repository = file.split('@').next()?.trim_end_matches(".git");
        return Some(repository.to_owned()).filter(|r| !r.is_empty());
    }
    None
}
