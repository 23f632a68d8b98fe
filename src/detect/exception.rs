//! `exception`: faults that the simulated start raised.
//!
//! ```text
//! fault     = "import-name" | [kinds]     which faults; "*" = every kind
//! phase     = "lifespan"                  only faults of this phase of the start
//! unclaimed = true                        the last resort: faults that no other check explains
//! where     = [{ slot = "module", is = "pydantic" }]
//! unless    = [{ slot = ... }]
//! raises    = ["ImportError"]             only these exception types
//! hint      = [{ module = "...", name = "...", use = "..." }]
//! report_at = ["field", "file", "requirement:NAME", "start", "candidate", "app", "fault"]
//! ```
//!
//! `report_at` takes the first place that exists: that of the slots `X.file` and `X.line`, the
//! first line of the slot `file`, a requirement, the start command as written in a file, the one
//! module of the project that a wrong start command can mean, the construction of the served
//! application, or the fault itself.
//!
//! A `hint` row whose keys other than `use`, `note` and `spec` equal the slots of the same names
//! fills `{hint.use}`, `{hint.note}` and `{hint.spec}`. Of two checks that name the same fault, the
//! one with `where` or `raises` explains it.

use crate::knowledge::distributions;
use crate::model::{Facts, Fault, Place, StartOutcome, StartPhase};

use super::hit::Hit;
use super::lookup;
use super::params::{self, Params};
use super::{Context, Detector, Verdict, usage};

/// See the module head.
#[derive(Debug)]
pub struct Exception;

/// Fault kinds and the slots that the simulator gives them.
pub const KINDS: &[(&str, &[&str])] = &[
    ("module-not-found", &["name", "importer"]),
    ("import-name", &["name", "module", "module.file"]),
    (
        "circular-import",
        &[
            "name",
            "module",
            "module.file",
            "bound_line",
            "reached_line",
        ],
    ),
    ("circular-attribute", &["name", "module"]),
    ("star-import", &["name", "module"]),
    ("name-error", &["name"]),
    ("attribute-error", &["name", "object"]),
    ("call-signature", &["callee", "parameter"]),
    ("syntax-error", &["text"]),
    ("engine-sync-driver", &["driver", "dialect", "scheme"]),
    (
        "engine-driver-missing",
        &["module", "dist", "driver", "scheme"],
    ),
    ("dialect-unknown", &["dialect"]),
    ("url-invalid", &[]),
    ("url-object", &["value"]),
    ("url-parameter", &["param", "driver"]),
    ("pool-class", &["pool"]),
    (
        "setting-missing",
        &["class", "field", "env_names", "sources"],
    ),
    (
        "setting-invalid",
        &["class", "field", "reason", "env_names", "sources"],
    ),
    (
        "settings-json",
        &["class", "field", "variable", "env_names", "sources"],
    ),
    ("pydantic-import", &["name", "use"]),
    ("pydantic-class", &["class", "field"]),
    ("response-model", &["route", "annotation"]),
    ("multipart-missing", &["route"]),
    ("email-validator-missing", &["class", "field"]),
    ("table-redefined", &["table", "class"]),
    ("orm-class", &["class"]),
    ("stdlib-shadowed", &["stem", "file"]),
    ("relative-import", &["name"]),
    ("version-guard", &["dist", "found", "required"]),
    ("entry-module", &["module"]),
    ("entry-attribute", &["attr", "module"]),
    ("entry-object", &["attr", "module"]),
    ("environ-missing", &["variable"]),
    ("event-loop", &[]),
    ("lifespan", &[]),
    ("raised", &[]),
];

impl Detector for Exception {
    fn kind(&self) -> &'static str {
        "exception"
    }

    fn params(&self) -> &'static [&'static str] {
        &[
            "fault",
            "unclaimed",
            "phase",
            "where",
            "unless",
            "raises",
            "hint",
            "report_at",
        ]
    }

    fn slots(&self, params: &Params<'_>) -> Vec<String> {
        let wanted = params.texts("fault");
        let mut slots: Vec<String> = [
            "error.type",
            "error.message",
            "fault.kind",
            "function",
            "chain",
            "cycle",
            "module.dist",
            "module.version",
            "name.dist",
            "name.declared",
            "name.undeclared",
            "field.file",
            "field.line",
            "env_names.first",
            "movable",
            "candidate",
        ]
        .map(str::to_owned)
        .to_vec();
        for (kind, names) in KINDS {
            if wanted.contains(kind) || wanted.contains(&"*") {
                slots.extend(names.iter().map(|n| (*n).to_owned()));
            }
        }
        if params.has("hint") {
            slots.extend(["hint.use", "hint.note", "hint.spec"].map(str::to_owned));
        }
        slots
    }

    fn rank(&self, params: &Params<'_>) -> u8 {
        if params.flag("unclaimed") == Some(true) {
            0
        } else if params.has("where") || params.has("raises") {
            2
        } else {
            1
        }
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        let mut wrong = Vec::new();
        let kinds = params.texts("fault");
        if kinds.is_empty() {
            wrong.push("`fault` is missing: which kinds of fault does the check explain?".into());
        }
        let phases = ["locate", "import", "attr", "lifespan", "bind"];
        if params.text("phase").is_some_and(|p| !phases.contains(&p)) {
            wrong.push(format!("`phase` must be one of {}", phases.join(", ")));
        }
        for kind in kinds {
            if kind != "*" && !KINDS.iter().any(|(known, _)| *known == kind) {
                wrong.push(format!("the simulator knows no fault `{kind}`"));
            }
        }
        wrong
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        let hits: Vec<Hit> = facts
            .simulation
            .faults
            .iter()
            .enumerate()
            // What may happen inside somebody else's code is nothing to act on.
            .filter(|(_, fault)| fault.certain || fault.place.is_some())
            .filter(|(index, fault)| wanted(*params, fault) && !context.claimed.contains(index))
            .map(|(index, fault)| hit(*params, facts, index, fault))
            .collect();
        if !hits.is_empty() {
            return Verdict::Hits(hits);
        }
        match &facts.simulation.startup {
            None => Verdict::NotApplicable {
                because: "no start was simulated".to_owned(),
            },
            Some(startup) if startup.outcome == StartOutcome::Unknown => Verdict::Unknown {
                why: startup
                    .why
                    .clone()
                    .unwrap_or_else(|| "the simulated start could not be followed".to_owned()),
            },
            Some(_) => Verdict::Clear,
        }
    }
}

fn wanted(params: Params<'_>, fault: &Fault) -> bool {
    let kinds = params.texts("fault");
    let raises = params.texts("raises");
    let phase = params.text("phase");
    (kinds.contains(&"*") || kinds.contains(&fault.kind.as_str()))
        && phase.is_none_or(|name| name == phase_name(fault.phase))
        && (raises.is_empty() || raises.contains(&fault.exception.kind.as_str()))
        && params
            .tables("where")
            .iter()
            .all(|row| row_holds(*row, fault))
        && !params
            .tables("unless")
            .iter()
            .any(|row| row_holds(*row, fault))
}

fn phase_name(phase: StartPhase) -> &'static str {
    match phase {
        StartPhase::Locate => "locate",
        StartPhase::Import => "import",
        StartPhase::Attr => "attr",
        StartPhase::Lifespan => "lifespan",
        StartPhase::Bind => "bind",
    }
}

fn row_holds(row: Params<'_>, fault: &Fault) -> bool {
    let value = match row.text("slot") {
        Some("error.type") => Some(fault.exception.kind.as_str()),
        Some("error.message") => Some(fault.exception.message.as_str()),
        Some(slot) => fault.slots.get(slot).map(String::as_str),
        None => return false,
    };
    params::satisfies(row, value)
}

fn hit(params: Params<'_>, facts: &Facts, index: usize, fault: &Fault) -> Hit {
    let mut hit = Hit::of_fault(index, fault);
    derived(&mut hit, facts, fault);
    hints(&mut hit, params);
    if let Some(place) = report_place(params, facts, &hit) {
        hit.anchor.clone_from(&fault.place);
        if hit.place.as_ref() != Some(&place) {
            hit.because("the start stops here", fault.place.clone());
        }
        hit.place = Some(place);
    }
    hit
}

/// Slots that follow from the fault and the environment.
fn derived(hit: &mut Hit, facts: &Facts, fault: &Fault) {
    hit.set("fault.kind", &fault.kind);
    if let Some(frame) = fault.frames.last() {
        hit.set("function", &frame.function);
    }
    if !fault.chain.is_empty() {
        let links: Vec<String> = fault
            .chain
            .iter()
            .map(|l| format!("{}:{}", l.module, l.line))
            .collect();
        hit.set("chain", links.join(" > "));
    }
    if !fault.cycle.is_empty() {
        hit.set("cycle", fault.cycle.join(" > "));
    }
    if let Some(module) = fault.slots.get("module")
        && let Some(dist) = lookup::supplier(facts, module)
    {
        hit.set("module.dist", &dist.name);
        hit.set("module.version", &dist.version);
    }
    if fault.kind == "entry-module"
        && let Some(path) = fault.slots.get("module").and_then(|m| candidate(facts, m))
    {
        let dotted = path.trim_end_matches(".py").trim_end_matches("/__init__");
        hit.set("candidate", dotted.replace('/', "."));
        hit.set("candidate.file", path);
        hit.set("candidate.line", "1");
    }
    if fault.exception.kind == "pydantic.errors.PydanticImportError" {
        moved_name(hit, &fault.exception.message);
    }
    if fault.kind == "module-not-found"
        && let Some(name) = fault.slots.get("name")
    {
        supplier_of_missing(hit, facts, name);
    }
    if fault.kind == "circular-import"
        && let (Some(name), Some(place)) = (fault.slots.get("name"), &fault.place)
        && let Some(source) = facts.sources.get(&place.path)
        && usage::only_inside_functions(source.text(), name) == Some(true)
    {
        hit.set("movable", "true");
    }
    if let Some(first) = fault
        .slots
        .get("env_names")
        .and_then(|names| names.split([',', ' ']).find(|n| !n.is_empty()))
    {
        hit.set("env_names.first", first);
    }
}

/// The one module of the project that ends like the module of a wrong start command.
fn candidate<'a>(facts: &'a Facts, module: &str) -> Option<&'a String> {
    let last = module.rsplit('.').next().unwrap_or(module);
    let ends = [format!("/{last}.py"), format!("/{last}/__init__.py")];
    let mut found = facts.project.python_files.iter().filter(|path| {
        let rooted = format!("/{path}");
        ends.iter().any(|end| rooted.ends_with(end.as_str()))
    });
    match (found.next(), found.next()) {
        (Some(path), None) => Some(path),
        _ => None,
    }
}

/// pydantic 2 says what moved, and where to: "`BaseSettings` has been moved to the
/// `pydantic-settings` package", "`pydantic:parse_obj_as` has been removed in V2".
fn moved_name(hit: &mut Hit, message: &str) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(subject) = quoted.next() else { return };
    let name = subject.rsplit(':').next().unwrap_or(subject);
    hit.set("name", name);
    if message.contains("has been moved to")
        && let Some(home) = quoted.next()
    {
        let home = home.split(':').next().unwrap_or(home);
        hit.set("use", home.replace('-', "_"));
    }
}

/// Which distribution would bring a module that is not there.
fn supplier_of_missing(hit: &mut Hit, facts: &Facts, module: &str) {
    let top = module.split('.').next().unwrap_or(module);
    let supplies = |d: &&crate::model::Distribution| d.modules.iter().any(|m| m == top);
    let locked = facts.project.locked.values().find(supplies);
    let same_name = || lookup::requirement_of_any_group(facts, top).map(|r| r.name.clone());
    let known = || distributions::dist_for_module(top).map(str::to_owned);
    let Some(dist) = locked
        .map(|d| d.name.clone())
        .or_else(known)
        .or_else(same_name)
    else {
        return;
    };
    match lookup::requirement_of_any_group(facts, &dist) {
        Some(requirement) => {
            let group = match requirement.group.as_str() {
                "main" => String::new(),
                group => format!(" (group {group})"),
            };
            hit.set(
                "name.declared",
                format!("{}:{}{group}", requirement.path, requirement.line),
            );
        }
        None => {
            hit.set("name.undeclared", &dist);
        }
    }
    hit.set("name.dist", dist);
}

fn hints(hit: &mut Hit, params: Params<'_>) {
    const RESULTS: [&str; 3] = ["use", "note", "spec"];
    for row in params.tables("hint") {
        let fits = row.keys().filter(|k| !RESULTS.contains(k)).all(|k| {
            row.texts(k)
                .iter()
                .any(|v| hit.slots.get(k).is_some_and(|s| s == v))
        });
        if fits {
            for result in RESULTS {
                if let Some(value) = row.text(result) {
                    hit.set(&format!("hint.{result}"), value);
                }
            }
            return;
        }
    }
}

/// The first place of `report_at` that exists.
fn report_place(params: Params<'_>, facts: &Facts, hit: &Hit) -> Option<Place> {
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

/// A whole line without its indentation, when the source is at hand.
fn line_place(facts: &Facts, file: &str, line: u32) -> Place {
    let place = || {
        let source = facts.sources.get(file)?;
        let start = source.line_start(line)?;
        let text = source.text()[start..].lines().next()?;
        let indent = text.len() - text.trim_start().len();
        Some(source.place(crate::model::Span::new(
            start + indent,
            start + text.trim_end().len(),
        )))
    };
    place().unwrap_or_else(|| Place::line(file, line))
}
