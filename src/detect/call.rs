//! `call`: calls that the start reaches.
//!
//! ```text
//! callee  = "sqlalchemy.orm.sessionmaker" | [names]
//! where   = [{ arg = "class_", subclass_of = "..." }]    all must hold
//! unless  = [{ arg = ... }]                              none may hold
//! with    = [{ callee = "...", where = [...] }]          another call that must exist
//! without = [{ callee = "..." }]                         another call that must not exist
//! ```
//!
//! A row speaks of `arg` (a parameter name or position) and may ask `is`, `in`, `not`, `starts`,
//! `ends`, `contains`, `present`, `object` (qualified name) or `subclass_of`.

use crate::model::{CallFact, Facts, StartOutcome};

use super::hit::Hit;
use super::params::{self, Params};
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Call;

impl Detector for Call {
    fn kind(&self) -> &'static str {
        "call"
    }

    fn params(&self) -> &'static [&'static str] {
        &["callee", "where", "unless", "with", "without"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "callee",
            "callee.name",
            "callee.module",
            "module",
            "function",
            "arg.*",
            "with.place",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn watch(&self, params: &Params<'_>) -> Vec<String> {
        let mut names: Vec<String> = params
            .texts("callee")
            .iter()
            .map(|s| (*s).to_owned())
            .collect();
        for key in ["with", "without"] {
            for row in params.tables(key) {
                names.extend(row.texts("callee").iter().map(|s| (*s).to_owned()));
            }
        }
        names
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        if params.texts("callee").is_empty() {
            vec!["`callee` is missing: which call does the check look at?".to_owned()]
        } else {
            Vec::new()
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        if facts.simulation.startup.is_none() {
            return Verdict::NotApplicable {
                because: "no start was simulated".to_owned(),
            };
        }
        let hits: Vec<Hit> = facts
            .simulation
            .calls
            .iter()
            .filter(|call| fits(*params, call))
            .filter_map(|call| {
                with_others(*params, facts, call).map(|other| hit(facts, call, other))
            })
            .collect();
        if hits.is_empty()
            && let Some(startup) = &facts.simulation.startup
            && startup.outcome == StartOutcome::Unknown
        {
            return Verdict::Unknown {
                why: startup
                    .why
                    .clone()
                    .unwrap_or_else(|| "the simulated start could not be followed".to_owned()),
            };
        }
        Verdict::of(hits)
    }
}

fn fits(params: Params<'_>, call: &CallFact) -> bool {
    params.texts("callee").contains(&call.callee.as_str())
        && params
            .tables("where")
            .iter()
            .all(|row| row_holds(*row, call))
        && !params
            .tables("unless")
            .iter()
            .any(|row| row_holds(*row, call))
}

/// Is this object what people import under `public`? A package shows names of its submodules:
/// `sqlalchemy.ext.asyncio.AsyncSession` is defined in `sqlalchemy.ext.asyncio.session`.
fn is_called(defined: &str, public: &str) -> bool {
    if defined == public {
        return true;
    }
    let (Some((module, name)), Some((package, shown))) =
        (defined.rsplit_once('.'), public.rsplit_once('.'))
    else {
        return false;
    };
    name == shown
        && module
            .strip_prefix(package)
            .is_some_and(|rest| rest.starts_with('.'))
}

fn row_holds(row: Params<'_>, call: &CallFact) -> bool {
    let Some(name) = row.text("arg") else {
        return match row.text("function") {
            Some(function) => (call.function == "<module>") == (function == "<module>"),
            None => false,
        };
    };
    let arg = call.args.get(name);
    if let Some(base) = row.text("subclass_of") {
        return arg.is_some_and(|a| {
            a.object
                .iter()
                .chain(&a.bases)
                .any(|known| is_called(known, base))
        });
    }
    if let Some(object) = row.text("object") {
        return arg.is_some_and(|a| a.object.as_deref().is_some_and(|o| is_called(o, object)));
    }
    if row.flag("present") == Some(true) && !row.has("is") {
        return arg.is_some();
    }
    match arg {
        None => params::satisfies(row, None),
        // An argument whose value is not known satisfies nothing.
        Some(a) => a
            .value
            .as_deref()
            .is_some_and(|v| params::satisfies(row, Some(v))),
    }
}

/// `None` when a required other call is missing or a forbidden one exists.
fn with_others<'a>(
    params: Params<'_>,
    facts: &'a Facts,
    call: &CallFact,
) -> Option<Option<&'a CallFact>> {
    let find = |row: Params<'_>| {
        facts
            .simulation
            .calls
            .iter()
            .find(|other| other.place != call.place && fits(row, other))
    };
    if params
        .tables("without")
        .into_iter()
        .any(|row| find(row).is_some())
    {
        return None;
    }
    let mut last = None;
    for row in params.tables("with") {
        last = Some(find(row)?);
    }
    Some(last)
}

fn hit(facts: &Facts, call: &CallFact, other: Option<&CallFact>) -> Hit {
    let mut hit = Hit::at(call.place.clone());
    hit.chain.clone_from(&call.chain);
    hit.uncertain = !call.certain;
    hit.set("callee", &call.callee);
    if let Some((module, name)) = call.callee.rsplit_once('.') {
        hit.set("callee.module", module);
        hit.set("callee.name", name);
    }
    hit.set("module", &call.module);
    hit.set("function", &call.function);
    for (name, arg) in &call.args {
        if let Some(value) = arg.value.as_ref().or(arg.object.as_ref()) {
            hit.set(&format!("arg.{name}"), value);
        }
        hit.spans
            .insert(format!("arg.{name}"), (call.place.path.clone(), arg.span));
    }
    hit.spans
        .insert("call".to_owned(), (call.place.path.clone(), call.span));
    hit.spans.insert(
        "callee".to_owned(),
        (call.place.path.clone(), call.callee_span),
    );
    if let Some(other) = other {
        hit.set(
            "with.place",
            format!("{}:{}", other.place.path, other.place.line),
        );
        hit.because(
            format!("`{}` is called here", other.callee),
            Some(other.place.clone()),
        );
    }
    // The first line of a call says what it is; a call over many lines would hide it.
    if let Some(source) = facts.sources.get(&call.place.path)
        && call.place.end_line > call.place.line
        && let Some(place) = &mut hit.place
    {
        let head = source.place(call.callee_span);
        place.end_line = head.end_line;
        place.end_column = head.end_column;
    }
    hit
}
