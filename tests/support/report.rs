//! A report built by hand that uses every field, and one whose texts are hostile.

use audit::model::{
    Applicability, AppliedFix, BeforeAfter, ChainLink, ChangedFile, CheckOutcome, CheckPhase,
    Criterion, CriterionState, Edit, Evidence, Exception, Finding, FindingState, Fix, FixRun,
    Frame, HttpPart, HttpProbe, Ladder, LadderNote, Outcome, PhaseSummary, Place, Predicted, Proof,
    Reference, Report, RouteProbe, RouteState, RouteTable, Rung, RungResult, RungState, Severity,
    Source, SourceRow, Span, StartOutcome, StartPhase, Startup, SurfacesAt, Totals, Transcript,
    Undecided, ValueOrigin,
};

const DATABASE: &str = "from sqlmodel import SQLModel\n\nfrom sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine\n";
const DOTENV: &str =
    "A=1\nDATABASE_URL='postgresql://app:hunter2secret@db.example.invalid/appdb?sslmode=require'\n";

/// A file of the sample.
pub fn source(path: &str, text: &str) -> Source {
    Source::new(path, text)
}

fn place(path: &str, text: &str, word: &str) -> Place {
    let at = text.find(word).unwrap();
    source(path, text).place(Span::new(at, at + word.len()))
}

fn link(module: &str, path: &str, line: u32) -> ChainLink {
    ChainLink {
        module: module.into(),
        path: path.into(),
        line,
    }
}

/// A finding without anything optional.
pub fn bare(rule: &str, severity: Severity, message: &str) -> Finding {
    Finding {
        rule: rule.into(),
        name: format!("name-of-{}", rule.to_lowercase()),
        title: format!("Title of {rule}"),
        report_id: format!("{}-001", severity.name().to_uppercase()),
        severity,
        proof: Proof::Resolved,
        phase: CheckPhase::Wiring,
        surfaces_at: SurfacesAt::Never,
        reveal_order: None,
        hidden_by: Vec::new(),
        location: None,
        anchor: None,
        excerpt: None,
        message: message.into(),
        root_cause: String::new(),
        explanation: String::new(),
        predicted: None,
        chain: Vec::new(),
        cycle: Vec::new(),
        evidence: Vec::new(),
        fixes: Vec::new(),
        fingerprint: format!("v1:{}", rule.to_lowercase()),
        state: FindingState::New,
        references: Vec::new(),
        slots: [("name".to_owned(), rule.to_owned())].into(),
    }
}

fn import_finding() -> Finding {
    let at = place("src/core/database.py", DATABASE, "AsyncEngine");
    let file = source("src/core/database.py", DATABASE);
    let fixed = source(
        "src/core/database.py",
        "from sqlmodel.ext.asyncio.session import AsyncSession\nfrom sqlalchemy.ext.asyncio import AsyncEngine\n",
    );
    Finding {
        name: "name-not-in-module".into(),
        title: "A from-import names something that the installed module does not define".into(),
        report_id: "CRITICAL-001".into(),
        proof: Proof::Simulated,
        phase: CheckPhase::Import,
        surfaces_at: SurfacesAt::Import,
        reveal_order: Some(1),
        excerpt: Some(file.excerpt(3, 3)),
        anchor: Some(at.clone()),
        location: Some(at.clone()),
        root_cause: "The module binds 31 names; `AsyncEngine` is none of them.".into(),
        explanation: "Import `AsyncEngine` from `sqlalchemy.ext.asyncio`.".into(),
        predicted: Some(Predicted {
            kind: "ImportError".into(),
            message: "cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session' (/srv/.venv/lib/python3.11/site-packages/sqlmodel/ext/asyncio/session.py)".into(),
            python: "3.11".into(),
        }),
        chain: vec![
            link("src.main", "src/main.py", 5),
            link("src.api.auth", "src/api/auth.py", 5),
            link("src.core.database", "src/core/database.py", 3),
        ],
        evidence: vec![Evidence {
            claim: "sqlmodel 0.0.22 is installed".into(),
            place: Some(Place::line("requirements.txt", 7)),
        }],
        fixes: vec![Fix {
            title: "Import `AsyncEngine` from `sqlalchemy.ext.asyncio`".into(),
            applicability: Applicability::Safe,
            ops: Vec::new(),
            edits: vec![Edit {
                path: "src/core/database.py".into(),
                at: Span::new(85, 98),
                insert: String::new(),
            }],
            show: Vec::new(),
            preview: vec![BeforeAfter {
                path: "src/core/database.py".into(),
                old: file.excerpt(3, 3),
                new: fixed.excerpt(1, 2),
            }],
            notes: Vec::new(),
        }],
        references: vec![Reference {
            title: "SQLAlchemy: asyncio extension".into(),
            url: "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html".into(),
        }],
        ..bare("IMP101", Severity::Critical, "`AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)")
    }
}

fn url_finding() -> Finding {
    let file = source(".env", DOTENV);
    Finding {
        name: "url-param-rejected-by-driver".into(),
        title: "The database URL carries a parameter that the driver rejects".into(),
        report_id: "CRITICAL-002".into(),
        proof: Proof::Simulated,
        phase: CheckPhase::Config,
        surfaces_at: SurfacesAt::Startup,
        reveal_order: Some(2),
        hidden_by: vec!["IMP101".into()],
        location: Some(place(".env", DOTENV, "sslmode")),
        anchor: Some(Place {
            path: "src/core/config.py".into(),
            line: 7,
            column: 5,
            end_line: 7,
            end_column: 17,
        }),
        excerpt: Some(file.excerpt(2, 2)),
        root_cause: "asyncpg.connect() has no parameter `sslmode`.".into(),
        explanation: "asyncpg calls it `ssl`.".into(),
        predicted: Some(Predicted {
            kind: "TypeError".into(),
            message: "connect() got an unexpected keyword argument 'sslmode'".into(),
            python: "3.11".into(),
        }),
        fixes: vec![Fix {
            title: "Rename `sslmode` to `ssl`".into(),
            applicability: Applicability::Review,
            ops: Vec::new(),
            edits: Vec::new(),
            show: vec!["pip install -r requirements.txt".into()],
            preview: vec![BeforeAfter {
                path: ".env".into(),
                old: file.excerpt(2, 2),
                new: source(".env", DOTENV.replace("sslmode", "ssl").as_str()).excerpt(2, 2),
            }],
            notes: vec!["`verify-full` would also check the host name.".into()],
        }],
        ..bare(
            "URL301",
            Severity::Critical,
            "asyncpg does not know `sslmode`",
        )
    }
}

fn cycle_finding() -> Finding {
    Finding {
        name: "fatal-import-cycle".into(),
        title: "Modules import each other before the needed name is bound".into(),
        report_id: "CRITICAL-003".into(),
        proof: Proof::Simulated,
        phase: CheckPhase::Import,
        surfaces_at: SurfacesAt::Import,
        reveal_order: Some(3),
        hidden_by: vec!["IMP101".into(), "URL301".into()],
        location: Some(Place::line("app/b.py", 1)),
        anchor: Some(Place::line("app/b.py", 1)),
        cycle: vec!["app.a".into(), "app.b".into(), "app.a".into()],
        chain: vec![link("app.a", "app/a.py", 1), link("app.b", "app/b.py", 1)],
        ..bare(
            "IMP110",
            Severity::Critical,
            "`A` of `app.a` is needed by `app.b` before line 4 binds it",
        )
    }
}

/// Everything that a fix run left behind.
pub fn run() -> FixRun {
    FixRun {
        id: "7f3a".into(),
        files: vec![ChangedFile {
            path: ".env".into(),
            backup: Some(".env.backup".into()),
            secret: true,
            backup_unignored: true,
            before: "aa".into(),
            after: "bb".into(),
        }],
        applied: vec![AppliedFix {
            rule: "URL301".into(),
            report_id: "CRITICAL-002".into(),
            title: "Rename `sslmode` to `ssl`".into(),
            path: ".env".into(),
            line: 2,
            applicability: Applicability::Review,
        }],
        next: vec!["pip install -r requirements.txt".into()],
    }
}

fn outcome(rule: &str, phase: CheckPhase, outcome: Outcome) -> CheckOutcome {
    CheckOutcome {
        rule: rule.into(),
        phase,
        outcome,
    }
}

fn phase(phase: CheckPhase, state: &str, detail: &str) -> PhaseSummary {
    PhaseSummary {
        phase,
        state: state.into(),
        detail: detail.into(),
    }
}

fn criterion(id: &str, state: CriterionState, claim: &str, proof: &str) -> Criterion {
    Criterion {
        id: id.into(),
        claim: claim.into(),
        state,
        proof: vec![proof.into()],
        repeat: "audit check backend".into(),
    }
}

fn table() -> RouteTable {
    RouteTable {
        app: "src.main:app".into(),
        complete: false,
        routes: vec![SourceRow {
            methods: vec!["GET".into(), "POST".into()],
            path: "/api/tasks".into(),
            source: Some("src/api/tasks.py:12".into()),
            auth: true,
        }],
    }
}

fn rung(rung: Rung, state: RungState, ms: f64, detail: &str) -> RungResult {
    RungResult {
        rung,
        state,
        ms,
        detail: detail.into(),
        sqlstate: None,
        outcome: "ok".into(),
        driver_error: None,
        transient: false,
    }
}

fn ladder() -> Ladder {
    let mut auth = rung(
        Rung::Auth,
        RungState::Failed,
        24.0,
        "28P01 password authentication failed for user \"app\"",
    );
    auth.sqlstate = Some("28P01".into());
    auth.outcome = "28P01".into();
    auth.driver_error = Some(Exception {
        kind: "asyncpg.exceptions.InvalidPasswordError".into(),
        message: "password authentication failed for user \"app\"".into(),
    });
    Ladder {
        driver: "asyncpg".into(),
        endpoint: "db.example.invalid:5432".into(),
        database: "appdb".into(),
        user: "app".into(),
        origin: Some(ValueOrigin {
            path: ".env".into(),
            span: Span::new(18, 40),
            line: 2,
            variable: Some("DATABASE_URL".into()),
        }),
        rungs: vec![
            rung(Rung::Url, RungState::Ok, 0.1, "fits asyncpg 0.31.0"),
            rung(
                Rung::Dns,
                RungState::Ok,
                11.0,
                "2 addresses: 192.0.2.10, 2001:db8::10",
            ),
            rung(Rung::Tls, RungState::Skipped, 0.0, "not asked for"),
            auth,
            rung(Rung::Database, RungState::Blocked, 0.0, "after auth"),
        ],
        session: [("server_version".to_owned(), "16.4".to_owned())].into(),
        notes: vec![LadderNote {
            rung: Rung::Auth,
            outcome: "clear-text".into(),
            detail: "the password travels in clear text".into(),
            cure: "ask for TLS with ssl=require".into(),
        }],
        tries: 1,
    }
}

fn routes() -> Vec<RouteProbe> {
    let route = |method: &str, path: &str, state, status| RouteProbe {
        method: method.into(),
        path: path.into(),
        source: Some("src/api/tasks.py:12".into()),
        openapi: true,
        state,
        status,
        redirected: false,
        ms: 1.2,
    };
    vec![
        route("GET", "/health", RouteState::Reachable, Some(200)),
        route("GET", "/api/reports", RouteState::Unreachable, Some(404)),
        route("POST", "/api/tasks/{id}", RouteState::Unproven, None),
    ]
}

fn server() -> HttpProbe {
    let part = |part, path: Option<&str>, outcome: &str, detail: &str, status| HttpPart {
        part,
        path: path.map(str::to_owned),
        outcome: outcome.into(),
        detail: detail.into(),
        status,
        ms: 1.2,
    };
    HttpProbe {
        base_url: "http://127.0.0.1:8000".into(),
        parts: vec![
            part("listen", None, "ok", "HTTP/1.1", None),
            part(
                "health",
                Some("/health"),
                "ok",
                "GET /health 200",
                Some(200),
            ),
            part(
                "openapi",
                None,
                "skipped",
                "the source publishes no document",
                None,
            ),
            part("routes", None, "unreachable", "1 of 3 routes answer", None),
        ],
        routes: routes(),
    }
}

/// A report that fails and uses every field except those of a fix run.
pub fn rich() -> Report {
    Report {
        schema: 1,
        version: "0.1.0".into(),
        target: "backend".into(),
        app: Some("src.main:app".into()),
        python: "Python 3.11.7 (.venv)".into(),
        packages: vec!["SQLAlchemy 2.0.58".into(), "psycopg2 2.9.13".into()],
        date: "2026-02-06".into(),
        startup: Startup {
            outcome: StartOutcome::Error,
            phase: Some(StartPhase::Import),
            exception: Some(Exception {
                kind: "ImportError".into(),
                message: "cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session'"
                    .into(),
            }),
            file: Some("src/core/database.py".into()),
            line: Some(3),
            frames: vec![Frame {
                file: "src/core/database.py".into(),
                line: 3,
                function: "<module>".into(),
            }],
            why: None,
        },
        findings: vec![
            import_finding(),
            url_finding(),
            cycle_finding(),
            Finding {
                location: Some(Place::line("src/api/reports.py", 4)),
                anchor: Some(Place::line("src/api/reports.py", 4)),
                ..bare(
                    "WEB501",
                    Severity::Error,
                    "no application includes this router",
                )
            },
            Finding {
                location: Some(Place {
                    path: "src/core/database.py".into(),
                    line: 24,
                    column: 1,
                    end_line: 30,
                    end_column: 2,
                }),
                anchor: Some(Place {
                    path: "src/core/database.py".into(),
                    line: 24,
                    column: 1,
                    end_line: 30,
                    end_column: 2,
                }),
                ..bare(
                    "DB201",
                    Severity::Warning,
                    "`sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant",
                )
            },
            Finding {
                report_id: String::new(),
                state: FindingState::Baseline,
                ..bare("CFG402", Severity::Warning, "accepted long ago")
            },
        ],
        phases: vec![
            phase(CheckPhase::Deps, "ok", "34 packages, 0 conflicts"),
            phase(CheckPhase::Config, "critical", "1 critical"),
            phase(CheckPhase::Import, "critical", "2 critical"),
            phase(CheckPhase::Wiring, "warning", "1 error, 1 warning"),
            phase(CheckPhase::Startup, "not-reached", "not reached"),
        ],
        outcomes: vec![
            outcome("IMP101", CheckPhase::Import, Outcome::Fail { findings: 1 }),
            outcome("DB201", CheckPhase::Wiring, Outcome::Fail { findings: 1 }),
            outcome("DEP001", CheckPhase::Deps, Outcome::Pass),
            outcome(
                "CFG401",
                CheckPhase::Config,
                Outcome::Unknown {
                    why: "the settings class comes from a plug-in".into(),
                },
            ),
            outcome(
                "LIVE603",
                CheckPhase::LiveDb,
                Outcome::Skipped {
                    because: "--live was not given".into(),
                },
            ),
            outcome(
                "WEB502",
                CheckPhase::Wiring,
                Outcome::Blocked {
                    by: "WEB501".into(),
                },
            ),
            outcome(
                "DEP010",
                CheckPhase::Deps,
                Outcome::NotApplicable {
                    because: "no route has a form".into(),
                },
            ),
            outcome(
                "BAD999",
                CheckPhase::Deps,
                Outcome::Broken {
                    error: "index out of range".into(),
                },
            ),
        ],
        undecided: vec![Undecided {
            subject: "CFG401".into(),
            place: Some(Place::line("src/core/config.py", 3)),
            why: "the settings class comes from a plug-in".into(),
        }],
        complete: false,
        totals: Totals {
            critical: 3,
            error: 1,
            warning: 1,
            note: 0,
        },
        criteria: vec![
            criterion(
                "SC-001",
                CriterionState::NotMet,
                "starts without ImportError",
                "predicted: ImportError at src/core/database.py:3",
            ),
            criterion(
                "SC-005",
                CriterionState::NotExamined,
                "the database connection initialises",
                "neither --live nor --launch was given",
            ),
            criterion(
                "SC-007",
                CriterionState::Met,
                "no circular import fails",
                "41 modules in start order",
            ),
        ],
        ladder: Some(ladder()),
        router: Some(table()),
        http: Some(server()),
        transcripts: vec![Transcript {
            title: "Server Startup Test".into(),
            command: Some("uvicorn src.main:app".into()),
            lines: vec!["ImportError: cannot import name 'AsyncEngine'".into()],
        }],
        applied: None,
        repaired: Vec::new(),
        imports: Vec::new(),
        checks_run: 58,
        timings: [("total".to_owned(), 150.0)].into(),
    }
}

/// Nothing wrong.
pub fn clean() -> Report {
    Report {
        startup: Startup::ok(),
        findings: Vec::new(),
        undecided: Vec::new(),
        complete: true,
        totals: Totals::default(),
        ladder: None,
        http: None,
        transcripts: Vec::new(),
        target: ".".into(),
        phases: vec![
            phase(CheckPhase::Deps, "ok", "34 packages, 0 conflicts"),
            phase(CheckPhase::LiveDb, "not-run", "not run (add --live)"),
        ],
        outcomes: vec![outcome("DEP001", CheckPhase::Deps, Outcome::Pass)],
        ..rich()
    }
}

/// The clean report after a fix run.
pub fn fixed() -> Report {
    Report {
        applied: Some(run()),
        repaired: vec![url_finding()],
        criteria: vec![criterion(
            "SC-003",
            CriterionState::Met,
            "every finding has a fix",
            "1 of 1 applied",
        )],
        target: "backend".into(),
        ..clean()
    }
}

/// What a hostile project may put into names and messages.
pub const HOSTILE: &str = "a`b``` <script>alert(1)</script> \x1b[31m\u{202e}\r\n::error::x\n##vso[task]\n]]> | \"q\" & %0A \u{0}";

/// Every text of the target is hostile.
pub fn hostile() -> Report {
    let mut report = rich();
    report.target = HOSTILE.into();
    report.app = Some(HOSTILE.into());
    report.python = HOSTILE.into();
    report.packages = vec![HOSTILE.into()];
    report.startup.exception = Some(Exception {
        kind: "E".into(),
        message: HOSTILE.into(),
    });
    report.startup.file = Some(HOSTILE.into());
    for finding in &mut report.findings {
        finding.message = HOSTILE.into();
        finding.root_cause = HOSTILE.into();
        finding.explanation = HOSTILE.into();
        finding.location = Some(Place::line(HOSTILE, 1));
        finding.anchor = Some(Place::line(HOSTILE, 1));
        finding.cycle = vec![HOSTILE.into(), "b".into(), HOSTILE.into()];
        finding.chain = vec![link(HOSTILE, HOSTILE, 1), link("b", HOSTILE, 2)];
        finding.excerpt = Some(source("x", HOSTILE).excerpt(1, 3));
        finding.evidence = vec![Evidence {
            claim: HOSTILE.into(),
            place: Some(Place::line(HOSTILE, 1)),
        }];
        for fix in &mut finding.fixes {
            fix.title = HOSTILE.into();
            fix.show = vec![HOSTILE.into()];
        }
    }
    for undecided in &mut report.undecided {
        undecided.why = HOSTILE.into();
    }
    if let Some(table) = &mut report.router {
        table.app = HOSTILE.into();
        for row in &mut table.routes {
            row.path = HOSTILE.into();
            row.source = Some(HOSTILE.into());
        }
    }
    for transcript in &mut report.transcripts {
        transcript.title = HOSTILE.into();
        transcript.lines = vec![HOSTILE.into(), "```".into()];
    }
    for criterion in &mut report.criteria {
        criterion.proof = vec![HOSTILE.into()];
    }
    for outcome in &mut report.outcomes {
        if let Outcome::Skipped { because } = &mut outcome.outcome {
            *because = HOSTILE.into();
        }
    }
    report
}
