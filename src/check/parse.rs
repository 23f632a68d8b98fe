//! Reads a check file. Every complaint names file, line and column.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::schema::{Check, Example, ExampleFinding, Expect, FixSpec, LogSign, Oracle, Texts};
use crate::model::{
    Applicability, CheckPhase, Ignore, Origin, Proof, Reference, Severity, SurfacesAt,
};

/// The only format that exists.
const FORMAT: i64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: i64,
    check: Head,
    #[serde(default)]
    applies: toml::Table,
    detect: toml::Table,
    text: TextTable,
    #[serde(default)]
    fix: Vec<FixTable>,
    #[serde(default)]
    reference: Vec<Reference>,
    #[serde(default)]
    example: Vec<ExampleTable>,
    #[serde(default)]
    log: Vec<LogTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    name: String,
    title: String,
    phase: CheckPhase,
    severity: Severity,
    proof: Proof,
    surfaces_at: SurfacesAt,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    secret: bool,
    #[serde(default, rename = "since")]
    _since: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextTable {
    message: String,
    root_cause: String,
    explanation: String,
    diagram: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixTable {
    title: String,
    applicability: Applicability,
    #[serde(default)]
    edits: Vec<toml::Table>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    show: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogTable {
    #[serde(default)]
    raises: Words,
    text: Words,
    #[serde(default)]
    inside: Words,
    #[serde(default)]
    called: Words,
    fault: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Words {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExpectWord {
    Fire,
    Quiet,
    Undecided,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleTable {
    name: String,
    expect: ExpectWord,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    start: Option<String>,
    python: Option<String>,
    finding: Option<FindingTable>,
    oracle: Option<OracleTable>,
    #[serde(default)]
    ignore: Vec<IgnoreTable>,
    #[serde(default)]
    after: BTreeMap<String, String>,
    log: Option<String>,
    server: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreTable {
    id: String,
    path: Option<String>,
    reason: String,
    expires: Option<toml::value::Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingTable {
    file: String,
    line: u32,
    column: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Match {
    One(String),
    ByVersion(BTreeMap<String, String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OracleTable {
    run: Option<String>,
    /// `module:attribute`: import it and run its lifespan.
    lifespan: Option<String>,
    /// File whose first line gives a database URL to a variable: asyncpg connects to it.
    connect: Option<String>,
    raises: Option<String>,
    #[serde(rename = "match")]
    matches: Option<Match>,
    /// Another message that CPython shows after the fix, when the example's world still lacks
    /// something (a package to install).
    after: Option<String>,
}

/// `path:line:column: message`
pub(super) fn complaint(path: &str, source: &str, offset: usize, message: &str) -> String {
    let (line, column) = position(source, offset);
    format!("{path}:{line}:{column}: {message}")
}

/// 1-based line and column (in characters) of a byte offset.
pub(super) fn position(source: &str, offset: usize) -> (u32, u32) {
    let before = &source.as_bytes()[..offset.min(source.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |p| p + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

/// Reads one file; the error text is complete.
pub(super) fn parse(path: &str, source: &str) -> Result<Check, String> {
    let at = |offset, message: &str| complaint(path, source, offset, message);
    let file: File = toml::from_str(source).map_err(|error| {
        at(
            error.span().map_or(0, |span| span.start),
            error.message().trim(),
        )
    })?;
    if file.format != FORMAT {
        return Err(at(
            source.find("format").unwrap_or(0),
            &format!(
                "format {} is unknown; this program reads {FORMAT}",
                file.format
            ),
        ));
    }
    let examples = file.example.into_iter().map(example).collect();
    Ok(Check {
        id: file.check.id,
        name: file.check.name,
        title: file.check.title,
        phase: file.check.phase,
        severity: file.check.severity,
        proof: file.check.proof,
        surfaces_at: file.check.surfaces_at,
        tags: file.check.tags,
        requires: file.check.requires,
        secret: file.check.secret,
        text: Texts {
            message: file.text.message,
            root_cause: file.text.root_cause,
            explanation: file.text.explanation,
            diagram: file.text.diagram,
        },
        fixes: file.fix.into_iter().map(fix).collect(),
        references: file.reference,
        examples,
        logs: file.log.into_iter().map(sign).collect(),
        applies: file.applies,
        detect: file.detect,
        path: path.to_owned(),
        source: Arc::from(source),
    })
}

fn sign(table: LogTable) -> LogSign {
    LogSign {
        raises: table.raises.list(),
        text: table.text.list(),
        inside: table.inside.list(),
        called: table.called.list(),
        fault: table.fault,
        set: table.set,
    }
}

fn fix(table: FixTable) -> FixSpec {
    FixSpec {
        title: table.title,
        applicability: table.applicability,
        needs: table.needs,
        edits: table.edits,
        show: table.show,
        notes: table.notes,
    }
}

fn example(table: ExampleTable) -> Example {
    Example {
        name: table.name,
        expect: match table.expect {
            ExpectWord::Fire => Expect::Fire,
            ExpectWord::Quiet => Expect::Quiet,
            ExpectWord::Undecided => Expect::Undecided,
        },
        needs: table.needs,
        files: without_first_newline(table.files),
        env: table.env,
        start: table.start,
        python: table.python,
        finding: table.finding.map(|f| ExampleFinding {
            file: f.file,
            line: f.line,
            column: f.column,
        }),
        oracle: table.oracle.map(oracle),
        ignores: table.ignore.into_iter().map(ignore).collect(),
        after: without_first_newline(table.after),
        log: table.log,
        server: table.server,
    }
}

fn ignore(table: IgnoreTable) -> Ignore {
    Ignore {
        id: table.id,
        path: table.path,
        reason: table.reason,
        expires: table.expires.map(|day| day.to_string()),
        origin: Origin::line("audit.toml", 1),
    }
}

/// TOML drops the line end after `'''`; a second one is layout as well.
fn without_first_newline(files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    files
        .into_iter()
        .map(|(path, text)| match text.strip_prefix('\n') {
            Some(rest) => (path, rest.to_owned()),
            None => (path, text),
        })
        .collect()
}

fn oracle(table: OracleTable) -> Oracle {
    let run = match (table.run, &table.lifespan) {
        (Some(run), _) => run,
        (None, Some(app)) => lifespan_code(app),
        (None, None) => match &table.connect {
            Some(file) => connect_code(file),
            None => "import app.main".to_owned(),
        },
    };
    Oracle {
        run,
        lifespan: table.lifespan,
        raises: table.raises,
        matches: match table.matches {
            None => BTreeMap::new(),
            Some(Match::One(text)) => BTreeMap::from([(String::new(), text)]),
            Some(Match::ByVersion(texts)) => texts,
        },
        after: table.after,
    }
}

/// What a server does with an application before it serves: imports it and enters its lifespan.
fn lifespan_code(app: &str) -> String {
    let (module, attribute) = app.split_once(':').unwrap_or((app, "app"));
    format!(
        "import asyncio, importlib\n\
         app = importlib.import_module({module:?}).{attribute}\n\
         async def start():\n    \
         async with app.router.lifespan_context(app):\n        \
         pass\n\
         asyncio.run(start())\n"
    )
}

/// What asyncpg does with the database URL that the first line of a file gives to a variable. The
/// words of its URLs are libpq's, those of SQLAlchemy's are its own arguments.
fn connect_code(file: &str) -> String {
    format!(
        "import asyncio, asyncpg\n\
         url = open({file:?}).readline().split('=', 1)[1].strip()\n\
         url = url.replace('+asyncpg', '').replace('ssl=', 'sslmode=')\n\
         async def connect():\n    \
         connection = await asyncpg.connect(url, timeout=60)\n    \
         await connection.fetchval('SELECT 1')\n    \
         await connection.close()\n\
         asyncio.run(connect())\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"format = 1
[check]
id = "X100"
name = "x"
title = "X"
phase = "import"
severity = "warning"
proof = "simulated"
surfaces_at = "import"
[detect]
kind = "exception"
[text]
message = "m"
root_cause = "r"
explanation = "e"
"#;

    #[test]
    fn complaints_point_into_the_file() {
        assert!(parse("a.toml", GOOD).is_ok());
        let cases = [
            (
                GOOD.replace("[text]", "[texts]"),
                "a.toml:12:2: unknown field `texts`",
            ),
            (
                GOOD.replace("format = 1", "format = 2"),
                "a.toml:1:1: format 2 is unknown",
            ),
            (
                GOOD.replace("\"warning\"", "\"bad\""),
                "a.toml:7:12: unknown variant `bad`",
            ),
            (
                format!("{GOOD}message = \"n\"\n"),
                "a.toml:16:1: duplicate key",
            ),
            (GOOD.replace("id = \"X100\"\n", ""), "missing field `id`"),
        ];
        for (text, expected) in cases {
            let error = parse("a.toml", &text).unwrap_err();
            assert!(
                error.contains(expected),
                "expected `{expected}` in `{error}`"
            );
        }
    }
}
