//! The sample backend repaired: to the last byte, back again, and really started.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use audit::host::{MemoryHost, RealHost};
use audit::model::{Applicability, CriterionState, Report, StartOutcome};
use audit::session::{
    self, AuditRequest, BackupMode, FixPlan, FixRequest, SessionError, Silent, TargetOptions,
};
use tempfile::TempDir;

use super::oracle;
use super::support::envs::Venv;
use super::support::fixture::{Tree, variant};
use super::support::postgres::Postgres;
use super::support::repository;
use super::support::uvicorn::{self, Start};

/// The machine with a state directory of its own.
struct Desk {
    host: MemoryHost,
    state: TempDir,
}

impl Desk {
    fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let host = MemoryHost::over(RealHost)
            .var("XDG_STATE_HOME", state.path().to_str().unwrap())
            .var("SOURCE_DATE_EPOCH", "1770336000");
        Self { host, state }
    }

    fn audit(&self, request: &AuditRequest) -> Report {
        session::audit(&self.host, request, &Silent).unwrap().report
    }

    fn plan(&self, request: &AuditRequest, level: Applicability) -> FixPlan {
        let fix = FixRequest { level, only: None };
        session::plan_fix(&self.host, request, &fix, &Silent).unwrap()
    }

    fn plan_only(&self, request: &AuditRequest, only: &[&str]) -> FixPlan {
        let fix = FixRequest {
            level: Applicability::Review,
            only: Some(only.iter().map(|o| (*o).to_owned()).collect()),
        };
        session::plan_fix(&self.host, request, &fix, &Silent).unwrap()
    }

    fn apply(&self, request: &AuditRequest, plan: FixPlan) -> Result<session::Fixed, SessionError> {
        session::apply_fix(&self.host, request, plan, BackupMode::Suffix, &Silent)
    }
}

fn request(root: &Path, venv: &Venv) -> AuditRequest {
    AuditRequest {
        target: TargetOptions {
            root: root.to_path_buf(),
            python: Some(venv.prefix.clone()),
            process_env: false,
            ..TargetOptions::default()
        },
        ..AuditRequest::default()
    }
}

fn rules(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|f| f.rule.as_str()).collect()
}

fn modes(root: &Path, files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, u32> {
    let mode = |path: &String| fs::metadata(root.join(path)).unwrap().permissions().mode();
    files
        .keys()
        .map(|path| (path.clone(), mode(path)))
        .collect()
}

/// What `database.py` of the broken backend has to become: nothing but the repairs.
fn repaired_database(broken: &str) -> String {
    let steps = [
        ("AsyncSession, AsyncEngine\n", "AsyncSession\n"),
        (
            "import create_async_engine\n",
            "import create_async_engine, AsyncEngine, async_sessionmaker\n",
        ),
        ("from sqlalchemy.orm import sessionmaker\n", ""),
        ("= sessionmaker(", "= async_sessionmaker("),
    ];
    steps.iter().fold(broken.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text.replace(old, new)
    })
}

#[test]

fn the_broken_backend_is_repaired_to_the_last_byte_and_back() {
    let broken = variant("broken");
    let tree = broken.tree();
    fs::set_permissions(tree.root.join(".env"), fs::Permissions::from_mode(0o640)).unwrap();
    let request = request(&tree.root, &broken.venv());
    let desk = Desk::new();
    let before = tree.files();
    let before_modes = modes(&tree.root, &before);

    let plan = desk.plan(&request, Applicability::Review);
    assert_eq!(tree.files(), before, "planning writes nothing");
    assert!(plan.worse.is_empty(), "{:?}", plan.worse);
    assert_eq!(
        plan.files,
        [".env", "requirements.txt", "src/core/database.py"],
        "{}",
        plan.diff
    );
    assert!(!plan.diff.contains("not-a-real-password"), "{}", plan.diff);

    let fixed = desk.apply(&request, plan).unwrap();
    let after = tree.files();
    let text = |path: &str| String::from_utf8(after[path].clone()).unwrap();
    let model = repository("fixtures/backend/fixed");
    for path in [".env", "requirements.txt"] {
        assert_eq!(
            text(path),
            fs::read_to_string(model.join(path)).unwrap(),
            "{path}"
        );
    }
    let database = String::from_utf8(before["src/core/database.py"].clone()).unwrap();
    assert_eq!(text("src/core/database.py"), repaired_database(&database));
    let changed: Vec<&String> = after
        .iter()
        .filter(|(path, bytes)| before.get(*path) != Some(bytes))
        .map(|(path, _)| path)
        .collect();
    let expected = [
        ".env",
        ".env.backup",
        "requirements.txt",
        "requirements.txt.backup",
        "src/core/database.py",
        "src/core/database.py.backup",
    ];
    assert_eq!(changed, expected);
    let after_modes = modes(&tree.root, &after);
    assert_eq!(after_modes[".env"] & 0o777, 0o640);
    assert_eq!(
        after_modes[".env.backup"] & 0o777,
        0o600,
        "a backup with a secret"
    );

    let report = &fixed.audit.report;
    assert_eq!(report.totals.critical, 0, "{:?}", rules(report));
    assert_eq!(report.repaired.len(), 5, "{:?}", report.repaired);
    assert_eq!(fixed.run.next, ["pip install -r requirements.txt"]);
    let minimal = report.criteria.iter().find(|c| c.id == "SC-004").unwrap();
    assert_eq!(minimal.state, CriterionState::Met, "{:?}", minimal.proof);
    let json = serde_json::to_string(report).unwrap();
    assert!(!json.contains("not-a-real-password"));

    let undone = session::undo(&desk.host, &request, None).unwrap();
    assert_eq!(undone.restored.len(), 3);
    assert_eq!(tree.files(), before);
    assert_eq!(modes(&tree.root, &before), before_modes);
}

#[test]

fn safe_fixes_leave_the_rest_with_its_reason() {
    let broken = variant("broken");
    let tree = broken.tree();
    let request = request(&tree.root, &broken.venv());
    let desk = Desk::new();
    let plan = desk.plan(&request, Applicability::Safe);
    assert!(
        plan.chosen
            .iter()
            .all(|c| c.applicability == Applicability::Safe)
    );
    assert!(
        !plan.files.contains(&"requirements.txt".to_owned()),
        "{:?}",
        plan.files
    );
    let left: Vec<&str> = plan.left.iter().map(|l| l.rule.as_str()).collect();
    assert!(left.contains(&"DEP001"), "{:?}", plan.left);
    assert!(plan.left.iter().all(|l| !l.why.is_empty()));
}

#[test]

fn a_second_fix_changes_nothing() {
    let broken = variant("broken");
    let tree = broken.tree();
    let request = request(&tree.root, &broken.venv());
    let desk = Desk::new();
    let plan = desk.plan(&request, Applicability::Review);
    desk.apply(&request, plan).unwrap();
    let again = desk.plan(&request, Applicability::Review);
    assert!(
        again.chosen.is_empty(),
        "{:?}\n{}",
        again.chosen,
        again.diff
    );
}

/// Repairs `tree` for the environment of its variant, installs what it asks for, and gives the
/// environment that it then has.
fn repaired_and_installed(desk: &Desk, tree: &Tree, venv: &Venv) -> Venv {
    let request = request(&tree.root, venv);
    let plan = desk.plan(&request, Applicability::Review);
    desk.apply(&request, plan).unwrap();
    let requirements = fs::read_to_string(tree.root.join("requirements.txt")).unwrap();
    let driver = requirements
        .lines()
        .find(|l| l.starts_with("asyncpg"))
        .unwrap();
    // The version that the pins of the test environments know.
    assert_eq!(driver, "asyncpg>=0.29.0");
    venv.changed(&[], &["asyncpg==0.31.0".to_owned()])
}

#[test]

fn the_repaired_backend_starts() {
    let postgres = Postgres::shared();
    let broken = variant("broken");
    let tree = oracle::ready(&broken, &postgres, "repaired");
    let desk = Desk::new();
    let venv = repaired_and_installed(&desk, &tree, &broken.venv());

    let request = request(&tree.root, &venv);
    let clean = desk.audit(&request);
    assert_eq!(
        clean.startup.outcome,
        StartOutcome::Ok,
        "{:?}",
        clean.startup
    );
    assert_eq!(rules(&clean), Vec::<&str>::new());
    let told = session::report(&desk.host, &request, &Silent)
        .unwrap()
        .report;
    assert_eq!(told.repaired.len(), 5);
    assert!(told.applied.is_some());
    let examined: Vec<(&str, CriterionState)> = told
        .criteria
        .iter()
        .map(|c| (c.id.as_str(), c.state))
        .collect();
    use CriterionState::{Met, NotExamined};
    assert_eq!(
        examined,
        [
            ("SC-001", Met),
            ("SC-002", Met),
            ("SC-003", Met),
            ("SC-004", Met),
            ("SC-005", NotExamined),
            ("SC-006", NotExamined),
            ("SC-007", Met),
            ("SC-008", Met),
        ],
        "{:#?}",
        told.criteria
    );

    match uvicorn::start(&venv, &tree.root, "src.main:app", &[]) {
        Start::Running(server) => oracle::serves(&server, "repaired"),
        Start::Ended(ended) => panic!("it does not start:\n{}", ended.log),
    }
}

/// A backend of a few lines with packages of a few lines, which the simulator knows to the end.
struct Small {
    dir: TempDir,
}

const MAIN: &str = "\
from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine  # both
from app import users
from app.engine import make

engine = make(\"x\", future=True)
";
const USERS: &str = "from app.tasks import Task\n\n\nclass User:\n    tasks = [Task]\n";
const TASKS: &str = "\
from app.users import User

SECRET = \"c4nary-s3cret\"


class Task:
    def owner(self):
        \"\"\"Who has it.\"\"\"
        return User
";

impl Small {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            ("backend/app/__init__.py", ""),
            ("backend/app/main.py", MAIN),
            ("backend/app/users.py", USERS),
            ("backend/app/tasks.py", TASKS),
            (
                "backend/app/engine.py",
                "def make(url, **options):\n    return url\n",
            ),
            ("backend/requirements.txt", "sqlmodel\r\nsqlalchemy"),
            ("site/sqlmodel/__init__.py", ""),
            ("site/sqlmodel/ext/__init__.py", ""),
            ("site/sqlmodel/ext/asyncio/__init__.py", ""),
            (
                "site/sqlmodel/ext/asyncio/session.py",
                "class AsyncSession:\n    pass\n",
            ),
            (
                "site/sqlmodel-0.0.22.dist-info/METADATA",
                "Name: sqlmodel\nVersion: 0.0.22\n",
            ),
            ("site/sqlmodel-0.0.22.dist-info/top_level.txt", "sqlmodel\n"),
            ("site/sqlalchemy/__init__.py", ""),
            ("site/sqlalchemy/ext/__init__.py", ""),
            (
                "site/sqlalchemy/ext/asyncio/__init__.py",
                "class AsyncEngine:\n    pass\n",
            ),
            (
                "site/sqlalchemy-2.0.46.dist-info/METADATA",
                "Name: SQLAlchemy\nVersion: 2.0.46\n",
            ),
            (
                "site/sqlalchemy-2.0.46.dist-info/top_level.txt",
                "sqlalchemy\n",
            ),
        ];
        let small = Self { dir };
        for (path, text) in files {
            small.write(path, text);
        }
        small
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn root(&self) -> std::path::PathBuf {
        self.dir.path().join("backend")
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        super::support::tree::files(&self.root())
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn request(&self) -> AuditRequest {
        AuditRequest {
            target: TargetOptions {
                root: self.root(),
                start: Some("python -c \"import app.main\"".to_owned()),
                site_dirs: vec![self.dir.path().join("site")],
                process_env: false,
                ..TargetOptions::default()
            },
            ..AuditRequest::default()
        }
    }
}

const MAIN_REPAIRED: &str = "\
from sqlmodel.ext.asyncio.session import AsyncSession  # both
from app import users
from app.engine import make
from sqlalchemy.ext.asyncio import AsyncEngine

engine = make(\"x\", future=True)
";
const TASKS_REPAIRED: &str = "\
SECRET = \"c4nary-s3cret\"


class Task:
    def owner(self):
        \"\"\"Who has it.\"\"\"
        from app.users import User
        return User
";

#[test]
fn a_small_backend_is_repaired_and_put_back() {
    let small = Small::new();
    let desk = Desk::new();
    let request = small.request();
    let before = small.files();
    assert_eq!(rules(&desk.audit(&request)), ["IMP101", "IMP110"]);
    let plan = desk.plan(&request, Applicability::Review);
    assert_eq!(small.files(), before, "planning writes nothing");
    assert!(!plan.diff.contains("c4nary"), "{}", plan.diff);
    let chosen: Vec<(&str, &str)> = plan
        .chosen
        .iter()
        .map(|c| (c.report_id.as_str(), c.rule.as_str()))
        .collect();
    assert_eq!(
        chosen,
        [("CRITICAL-001", "IMP101"), ("CRITICAL-002", "IMP110")]
    );

    let fixed = desk.apply(&request, plan).unwrap();
    assert_eq!(small.text("app/main.py"), MAIN_REPAIRED);
    assert_eq!(small.text("app/tasks.py"), TASKS_REPAIRED);
    let report = &fixed.audit.report;
    assert_eq!(
        report.startup.outcome,
        StartOutcome::Ok,
        "{:?}",
        report.startup
    );
    assert_eq!(rules(report), Vec::<&str>::new());
    let repaired: Vec<&str> = report.repaired.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(repaired, ["IMP101", "IMP110"]);
    assert!(!serde_json::to_string(report).unwrap().contains("c4nary"));

    // The report can be made again later, from the record of the run.
    let told = session::report(&desk.host, &request, &Silent)
        .unwrap()
        .report;
    assert_eq!(told.applied.map(|run| run.id), Some(fixed.run.id.clone()));
    assert_eq!(told.repaired.len(), 2);

    let again = desk.plan(&request, Applicability::Review);
    assert!(
        again.chosen.is_empty() && again.diff.is_empty(),
        "{}",
        again.diff
    );

    let undone = session::undo(&desk.host, &request, Some(&fixed.run.id)).unwrap();
    assert_eq!(undone.restored, ["app/main.py", "app/tasks.py"]);
    assert_eq!(small.files(), before);
    let after_undo = session::report(&desk.host, &request, &Silent)
        .unwrap()
        .report;
    assert!(
        after_undo.applied.is_none(),
        "an undone run is told of no more"
    );
}

#[test]
fn only_what_was_chosen_is_repaired() {
    let small = Small::new();
    let desk = Desk::new();
    let request = small.request();
    let safe = desk.plan(&request, Applicability::Safe);
    assert_eq!(safe.files, ["app/main.py"]);
    let left: Vec<(&str, &str)> = safe
        .left
        .iter()
        .map(|l| (l.rule.as_str(), l.report_id.as_str()))
        .collect();
    assert_eq!(left, [("IMP110", "CRITICAL-002")]);
    assert!(
        safe.left[0].why.contains("--level review"),
        "{}",
        safe.left[0].why
    );
    let by_number = desk.plan_only(&request, &["critical-002"]);
    assert_eq!(by_number.files, ["app/tasks.py"]);
    let by_rule = desk.plan_only(&request, &["IMP101"]);
    assert_eq!(by_rule.files, ["app/main.py"]);
}

#[test]
fn a_file_that_changes_after_the_plan_is_left_alone() {
    let small = Small::new();
    let desk = Desk::new();
    let request = small.request();
    let plan = desk.plan(&request, Applicability::Review);
    small.write("backend/app/main.py", "import os\n");
    let before = small.files();
    let error = desk.apply(&request, plan).unwrap_err();
    assert!(matches!(error, SessionError::FixUndone(_)), "{error}");
    assert!(
        error.to_string().contains("`app/main.py` has changed"),
        "{error}"
    );
    assert_eq!(small.files(), before);
}

#[test]
fn a_run_that_was_cut_off_is_taken_back_first() {
    let small = Small::new();
    let desk = Desk::new();
    let request = small.request();
    let before = small.files();
    let plan = desk.plan(&request, Applicability::Review);
    let run = desk.apply(&request, plan).unwrap().run;
    // As after a crash between two files: one is written, the other is not.
    let record = desk
        .state
        .path()
        .join("audit/runs")
        .join(&run.id)
        .join("run.json");
    let text = fs::read_to_string(&record).unwrap();
    assert!(text.contains("\"state\": \"written\""), "{text}");
    fs::write(&record, text.replace("\"written\"", "\"writing\"")).unwrap();
    small.write("backend/app/tasks.py", TASKS);
    let fix = FixRequest::default();
    let error = session::plan_fix(&desk.host, &request, &fix, &Silent).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("audit undo {}", run.id)),
        "{error}"
    );
    session::undo(&desk.host, &request, Some(&run.id)).unwrap();
    assert_eq!(small.files(), before);
}

/// A check of a user whose fix does not do what it promises.
///
/// `insert` is the line that it adds; `cure` is a further operation.
fn bad_check(id: &str, detect: &str, insert: &str, cure: &str) -> String {
    format!(
        r#"format = 1

[check]
id          = "{id}"
name        = "bad-fix-{}"
title       = "A check whose fix does harm"
phase       = "import"
severity    = "warning"
proof       = "resolved"
surfaces_at = "never"
tags        = []

[detect]
{detect}

[text]
message     = "fires"
root_cause  = "because"
explanation = "nothing"

[[fix]]
title         = "Insert a line"
applicability = "safe"
edits         = [{{ op = "text.insert_after", line = "1", text = "{insert}", file = "app/main.py" }}{cure}]

[[example]]
name   = "never run"
expect = "quiet"
[example.files]
"app/main.py" = "x = 1\n"
[example.oracle]
run = "import app.main"
"#,
        id.to_lowercase()
    )
}

const REMOVE_ARGUMENT: &str = r#", { op = "arg.remove", name = "future" }"#;
const CALLS_MAKE: &str =
    "kind = \"call\"\ncallee = \"app.engine.make\"\nwhere = [{ arg = \"future\", is = true }]";

#[test]
fn a_fix_that_does_harm_or_does_not_help_is_not_made() {
    for (insert, cure, reason) in [
        ("import nothing_of_that_name", REMOVE_ARGUMENT, "new: "),
        ("# nothing helps", "", "is still there"),
    ] {
        let small = Small::new();
        small.write("backend/app/main.py", MAIN_REPAIRED);
        small.write("backend/app/tasks.py", TASKS_REPAIRED);
        small.write(
            "checks/X901-bad-fix-x901.toml",
            &bad_check("X901", CALLS_MAKE, insert, cure),
        );
        let desk = Desk::new();
        let request = AuditRequest {
            checks: vec![small.dir.path().join("checks")],
            ..small.request()
        };
        assert_eq!(rules(&desk.audit(&request)), ["X901"], "{insert}");
        let before = small.files();
        let plan = desk.plan(&request, Applicability::Review);
        assert!(plan.chosen.is_empty(), "{insert}: {:?}", plan.chosen);
        assert!(
            plan.left[0].why.contains(reason),
            "{insert}: {:?}",
            plan.left
        );
        let error = desk.apply(&request, plan).unwrap_err();
        assert!(matches!(error, SessionError::FixUndone(_)), "{error}");
        assert_eq!(small.files(), before, "{insert}");
    }
}

#[test]
fn a_good_fix_is_made_although_another_one_does_harm() {
    let small = Small::new();
    small.write(
        "checks/X901-bad-fix-x901.toml",
        &bad_check(
            "X901",
            CALLS_MAKE,
            "import nothing_of_that_name",
            REMOVE_ARGUMENT,
        ),
    );
    let desk = Desk::new();
    let request = AuditRequest {
        checks: vec![small.dir.path().join("checks")],
        ..small.request()
    };
    let plan = desk.plan(&request, Applicability::Review);
    let chosen: Vec<&str> = plan.chosen.iter().map(|c| c.rule.as_str()).collect();
    assert_eq!(chosen, ["IMP101", "IMP110"], "{:?}", plan.left);
    desk.apply(&request, plan).unwrap();
    assert_eq!(small.text("app/main.py"), MAIN_REPAIRED);
}
