//! `audit demo`: the whole way on the embedded broken backend. Needs no Python: a stand-in for
//! its installed packages is embedded too; its database and its routers are those of the embedded
//! reference server.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use include_dir::{Dir, DirEntry, include_dir};

use crate::cli::args::DemoArgs;
use crate::cli::output::{stdout, write_file};
use crate::cli::{Context, exit};
use crate::host::{Host as _, write};
use crate::model::{Applicability, HttpProbe, Ladder, Report, RouteState, Severity, StartOutcome};
use crate::reference::{Background, ServeOptions};
use crate::render::{self, text};
use crate::session::{self, AuditRequest, BackupMode, FixRequest, LiveOptions, TargetOptions};

static BACKEND: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/backend/broken");
static PACKAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/demo-site/packages");

/// The database of the embedded backend; nobody has that host.
const DATABASE: &str = "postgresql://app_owner:not-a-real-password@db.example.invalid:5432/appdb";

/// Where the stand-in lies below the backend.
const SITE: &str = ".venv/lib/python3.11/site-packages";

/// Unpacks, checks, fixes, checks again, reports.
pub fn run(context: &Context, args: &DemoArgs) -> anyhow::Result<u8> {
    let mut demo = Demo::unpack(context, args.folder.as_deref())?;
    demo.check()?;
    demo.fix()?;
    demo.check_again()?;
    demo.probe()?;
    demo.write_report()?;
    demo.end()
}

struct Demo<'c> {
    context: &'c Context,
    /// The new folder.
    folder: PathBuf,
    /// The backend in it.
    backend: PathBuf,
    request: AuditRequest,
    step: u32,
    /// What did not go as it should.
    wrong: Vec<String>,
    /// Stands in for the backend's database, and for the backend itself when it runs.
    server: Background,
    /// The report after the fix, with what was probed.
    report: Option<Report>,
}

impl<'c> Demo<'c> {
    fn unpack(context: &'c Context, directory: Option<&Path>) -> anyhow::Result<Self> {
        let folder = match directory {
            Some(dir) if context.host.list(dir).is_ok_and(|l| !l.is_empty()) => {
                anyhow::bail!(
                    "{} is not empty; the demo needs a new folder",
                    dir.display()
                )
            }
            Some(dir) => dir.to_path_buf(),
            None => write::temporary_dir("audit-demo-").context("no folder for the demo")?,
        };
        let backend = folder.join("backend");
        extract(&BACKEND, &backend)?;
        extract(&PACKAGES, &backend.join(SITE))?;
        write_file(&backend.join(".venv/pyvenv.cfg"), "version = 3.11.7\n")?;
        let request = AuditRequest {
            target: TargetOptions {
                root: backend.clone(),
                process_env: false,
                ..TargetOptions::default()
            },
            ..AuditRequest::default()
        };
        let server = Background::start(ServeOptions::default())?;
        point_at(&server, &backend.join(".env"), context)?;
        let mut demo = Self {
            context,
            folder,
            backend,
            request,
            step: 0,
            wrong: Vec::new(),
            server,
            report: None,
        };
        let text = format!(
            "a FastAPI backend that does not start, in {}",
            demo.backend.display()
        );
        demo.headline(&text)?;
        stdout(&format!(
            "Its database is the embedded reference server at 127.0.0.1:{}.\n",
            demo.server.pg_port()
        ))?;
        Ok(demo)
    }

    fn headline(&mut self, text: &str) -> anyhow::Result<()> {
        self.step += 1;
        let options = self.context.show();
        let page = text::Page::new(&options);
        let head = page.paint(text::Style::Strong, &format!("== {}. {text}", self.step));
        stdout(&format!("\n{head}\n\n"))
    }

    /// Notes what did not go as it should; the demo goes on.
    fn expect(&mut self, holds: bool, what: &str) {
        if !holds {
            self.wrong.push(format!("step {}: {what}", self.step));
        }
    }

    fn show(&self, report: &Report) -> anyhow::Result<()> {
        stdout(&text::render(report, &self.context.show()))
    }

    fn check(&mut self) -> anyhow::Result<()> {
        self.headline("audit check: what keeps it from starting")?;
        let audit = super::audit(self.context, &self.request, false)?;
        self.show(&audit.report)?;
        let critical = audit.report.totals.critical;
        self.expect(
            critical >= 4,
            &format!("4 critical findings are planted, {critical} were found"),
        );
        self.expect(
            audit.report.startup.outcome == StartOutcome::Error,
            "the start was not predicted to fail",
        );
        Ok(())
    }

    fn fix(&mut self) -> anyhow::Result<()> {
        self.headline("audit fix --yes --level review: one transaction, with backups")?;
        let fix = FixRequest {
            level: Applicability::Review,
            only: None,
        };
        let progress = self.context.progress(false);
        let host = &self.context.host;
        let plan = session::plan_fix(host, &self.request, &fix, &progress);
        progress.clear();
        let plan = plan?;
        stdout(&format!("{}\n", plan.diff))?;
        self.expect(plan.worse.is_empty(), "the fixes would make it worse");
        let chosen = plan.chosen.len();
        self.expect(
            chosen >= 4,
            &format!("4 findings have a fix, {chosen} were chosen"),
        );
        let fixed = session::apply_fix(host, &self.request, plan, BackupMode::Suffix, &progress);
        progress.clear();
        self.show(&fixed?.audit.report)
    }

    /// What `pip install -r requirements.txt` would bring now: a stand-in of the driver, like
    /// the other packages of the demo.
    fn install_driver(&self) -> anyhow::Result<()> {
        stdout(
            "\nIn place of pip install -r requirements.txt, a stand-in of asyncpg is unpacked.\n",
        )?;
        let site = self.backend.join(SITE);
        let metadata = "Metadata-Version: 2.1\nName: asyncpg\nVersion: 0.31.0\n";
        write_file(
            &site.join("asyncpg/__init__.py"),
            "\"\"\"Declared surface only: a stand-in of the demo.\"\"\"\n",
        )?;
        write_file(&site.join("asyncpg-0.31.0.dist-info/METADATA"), metadata)?;
        write_file(
            &site.join("asyncpg-0.31.0.dist-info/top_level.txt"),
            "asyncpg\n",
        )
    }

    fn check_again(&mut self) -> anyhow::Result<()> {
        self.install_driver()?;
        self.headline("audit check: nothing is left")?;
        let audit = super::audit(self.context, &self.request, false)?;
        self.show(&audit.report)?;
        let left = audit
            .report
            .findings
            .iter()
            .filter(|f| f.severity >= Severity::Error)
            .count();
        self.expect(left == 0, &format!("{left} findings are left"));
        self.expect(
            audit.report.startup.outcome == StartOutcome::Ok,
            "the fixed backend is not predicted to start",
        );
        Ok(())
    }

    fn probe(&mut self) -> anyhow::Result<()> {
        let base_url = self.server.http_url();
        let command = format!("audit report --live --base-url {base_url}");
        self.headline(&format!("{command}: database and routers"))?;
        let request = AuditRequest {
            live: Some(LiveOptions {
                base_url: Some(base_url),
                ..LiveOptions::default()
            }),
            ..self.request.clone()
        };
        let progress = self.context.progress(false);
        let audit = session::report(&self.context.host, &request, &progress);
        progress.clear();
        let report = audit?.report;
        self.show(&report)?;
        let climbed = report.ladder.as_ref().is_some_and(Ladder::climbed);
        self.expect(climbed, "the ladder to the database was not climbed");
        let routes = report
            .http
            .as_ref()
            .and_then(HttpProbe::table)
            .unwrap_or_default();
        let reached = routes.iter().filter(|r| r.state == RouteState::Reachable);
        let reached = reached.count();
        self.expect(
            reached > 0 && reached == routes.len(),
            &format!("{reached} of {} routes are reachable", routes.len()),
        );
        self.expect(report.applied.is_some(), "the fix run is not told");
        self.report = Some(report);
        Ok(())
    }

    fn write_report(&mut self) -> anyhow::Result<()> {
        let path = self.folder.join("audit-report.md");
        self.headline(&format!("audit report -o {}", path.display()))?;
        let Some(report) = &self.report else {
            self.expect(false, "there is nothing to report");
            return Ok(());
        };
        write_file(
            &path,
            &render::markdown::render(report, &self.context.show()),
        )?;
        stdout(&format!("written: {}\n", path.display()))
    }

    fn end(&self) -> anyhow::Result<u8> {
        let mut text = format!(
            "\nEverything is in {}; look, try, and remove it when done.\n\
             To see the fixed backend really start, install what requirements.txt names and give\n\
             its .env a database that stays: the one of the demo ends now.\n",
            self.folder.display()
        );
        for wrong in &self.wrong {
            text.push_str(&format!("not as it should be: {wrong}\n"));
        }
        stdout(&text)?;
        Ok(if self.wrong.is_empty() {
            exit::OK
        } else {
            exit::FINDINGS
        })
    }
}

/// Makes the reference server the database of the unpacked backend.
fn point_at(server: &Background, env: &Path, context: &Context) -> anyhow::Result<()> {
    let unreadable = || format!("cannot read {}", env.display());
    let text = context.host.read_text(env).with_context(unreadable)?;
    let pointed = text.replace(DATABASE, &server.shown_url("", ""));
    anyhow::ensure!(
        pointed != text,
        "the embedded backend has another database than the demo knows"
    );
    write_file(env, &pointed)
}

/// Writes an embedded folder.
fn extract(dir: &Dir<'_>, to: &Path) -> anyhow::Result<()> {
    write::create_dirs(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(inner) => {
                let name = inner.path().file_name().unwrap_or_default();
                extract(inner, &to.join(name))?;
            }
            DirEntry::File(file) => {
                let name = file.path().file_name().unwrap_or_default();
                let path = to.join(name);
                write::replace(&path, file.contents(), None)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
    }
    Ok(())
}
