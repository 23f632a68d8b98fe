//! Writing and undoing on a real disk: every byte and mode, also when a step fails.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use crate::fix::{
    BackupMode, Change, Journal, RunState, UndoError, Workspace, WriteError, Writing, undo, write,
};
use crate::host::RealHost;
use crate::host::write::{Disk, Writer};
use crate::model::{Applicability, EditOp, Fix, FixRun, Source};

/// A disk that refuses the step with a number, and all after it when `dead`.
struct Failing {
    left: AtomicUsize,
    dead: bool,
}

impl Failing {
    fn at(step: usize, dead: bool) -> Self {
        Self {
            left: AtomicUsize::new(step),
            dead,
        }
    }

    fn step(&self) -> io::Result<()> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            if !self.dead {
                self.left.store(usize::MAX, Ordering::Relaxed);
            }
            return Err(io::Error::other("no space left (injected)"));
        }
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        Ok(())
    }
}

impl Writer for Failing {
    fn replace(&self, path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
        self.step()?;
        Disk.replace(path, content, mode)
    }
    fn create_new(
        &self,
        path: &Path,
        content: &[u8],
        mode: u32,
        like: Option<&Path>,
    ) -> io::Result<()> {
        self.step()?;
        Disk.create_new(path, content, mode, like)
    }
    fn create_private_dirs(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.create_private_dirs(path)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.remove(path)
    }
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.remove_dir(path)
    }
    fn mode(&self, path: &Path) -> Option<u32> {
        Disk.mode(path)
    }
}

struct Bench {
    dir: TempDir,
    journal: Journal,
}

type Tree = BTreeMap<String, (Vec<u8>, u32)>;

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("project");
        fs::create_dir_all(root.join("app")).unwrap();
        for (path, content, mode) in [
            (".env", "A=1\r\nU=postgresql://u:c4nary@h/d\r\n", 0o640),
            ("app/main.py", "import os\nx = 1\n", 0o755),
            ("requirements.txt", "\u{feff}fastapi", 0o644),
        ] {
            fs::write(root.join(path), content).unwrap();
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
        }
        let journal = Journal::at(dir.path().join("state"));
        Self { dir, journal }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    fn tree(&self) -> Tree {
        fn walk(dir: &Path, root: &Path, out: &mut Tree) {
            for entry in fs::read_dir(dir).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(&path, root, out);
                    continue;
                }
                let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
                let name = path.strip_prefix(root).unwrap().display().to_string();
                out.insert(name, (fs::read(&path).unwrap(), mode));
            }
        }
        let mut out = Tree::new();
        walk(&self.root(), &self.root(), &mut out);
        out
    }

    fn changes(&self) -> Vec<Change> {
        let sources: BTreeMap<String, Source> = [".env", "app/main.py", "requirements.txt"]
            .into_iter()
            .map(|path| {
                let text = fs::read_to_string(self.root().join(path)).unwrap();
                (path.to_owned(), Source::new(path, text))
            })
            .collect();
        let ops = vec![
            EditOp::EnvAdd {
                path: ".env".into(),
                name: "B".into(),
                value: "2".into(),
                comment: String::new(),
            },
            EditOp::EnvAdd {
                path: "app/.env".into(),
                name: "C".into(),
                value: "3".into(),
                comment: "new file".into(),
            },
            EditOp::ImportAdd {
                path: "app/main.py".into(),
                module: "m".into(),
                name: "n".into(),
                alias: None,
            },
            EditOp::RequirementAdd {
                path: "requirements.txt".into(),
                spec: "m>=1".into(),
            },
        ];
        let mut workspace = Workspace::new(&sources);
        let fix = Fix {
            title: "Test".into(),
            applicability: Applicability::Safe,
            ops,
            edits: Vec::new(),
            show: Vec::new(),
            preview: Vec::new(),
            notes: Vec::new(),
        };
        workspace.apply(&fix).unwrap();
        workspace.changes()
    }

    fn write(
        &self,
        writer: &dyn Writer,
        changes: &[Change],
        backup: BackupMode,
    ) -> Result<FixRun, WriteError> {
        write(Writing {
            host: &RealHost,
            writer,
            root: &self.root(),
            changes,
            backup,
            journal: &self.journal,
            applied: Vec::new(),
            next: Vec::new(),
            repaired: Vec::new(),
        })
    }

    fn undo(&self, writer: &dyn Writer, id: &str) -> Result<super::super::Undone, UndoError> {
        let run = self
            .journal
            .load(&RealHost, id)
            .expect("the run is recorded");
        undo(&RealHost, writer, &self.journal, &run)
    }

    fn state_files(&self) -> usize {
        let mut count = 0;
        let mut dirs = vec![self.dir.path().join("state")];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                match entry.path().is_dir() {
                    true => dirs.push(entry.path()),
                    false => count += 1,
                }
            }
        }
        count
    }
}

#[test]
fn a_run_is_written_and_undone_to_the_last_bit() {
    for backup in [BackupMode::Suffix, BackupMode::Store] {
        let bench = Bench::new();
        fs::write(bench.root().join(".env.backup"), "older").unwrap();
        let before = bench.tree();
        let changes = bench.changes();
        let run = bench.write(&Disk, &changes, backup).unwrap();
        let after = bench.tree();
        for change in &changes {
            let (content, mode) = &after[&change.path];
            assert_eq!(content, change.after.text().as_bytes(), "{}", change.path);
            if let Some((_, old)) = before.get(&change.path) {
                assert_eq!(mode, old, "mode of {}", change.path);
            }
        }
        let extra: Vec<_> = after.keys().filter(|k| !before.contains_key(*k)).collect();
        match backup {
            BackupMode::Suffix => {
                assert_eq!(
                    extra,
                    [
                        "app/.env",
                        "app/main.py.backup",
                        ".env.backup.1",
                        "requirements.txt.backup"
                    ]
                    .iter()
                    .collect::<std::collections::BTreeSet<_>>()
                    .into_iter()
                    .collect::<Vec<_>>()
                );
                assert_eq!(after[".env.backup.1"], (before[".env"].0.clone(), 0o600));
                assert_eq!(after["app/main.py.backup"].1, 0o755);
                let env = run.files.iter().find(|f| f.path == ".env").unwrap();
                assert!(env.secret);
                assert_eq!(env.backup.as_deref(), Some(".env.backup.1"));
            }
            _ => assert_eq!(extra, ["app/.env"]),
        }
        let record = bench.journal.load(&RealHost, &run.id).unwrap();
        assert_eq!(record.state, RunState::Written);
        assert!(!serde_json::to_string(&record).unwrap().contains("c4nary"));
        let undone = bench.undo(&Disk, &run.id).unwrap();
        assert_eq!(undone.removed, ["app/.env"]);
        assert_eq!(bench.tree(), before);
        assert_eq!(bench.state_files(), 0, "nothing is left in the journal");
    }
}

#[test]
fn a_failure_at_any_step_leaves_everything_as_it_was() {
    for backup in [BackupMode::Suffix, BackupMode::Store] {
        let mut failed = 0;
        for step in 0..40 {
            let bench = Bench::new();
            let before = bench.tree();
            match bench.write(&Failing::at(step, false), &bench.changes(), backup) {
                Ok(_) => break,
                Err(WriteError::Failed { .. }) => failed += 1,
                Err(other) => panic!("step {step}: {other}"),
            }
            assert_eq!(bench.tree(), before, "step {step}");
            assert_eq!(bench.state_files(), 0, "step {step}");
        }
        assert!(failed >= 11, "only {failed} steps could fail");
    }
}

#[test]
fn a_disk_that_dies_can_be_undone_later() {
    for step in 0..40 {
        let bench = Bench::new();
        let before = bench.tree();
        let result = bench.write(
            &Failing::at(step, true),
            &bench.changes(),
            BackupMode::Suffix,
        );
        match result {
            Ok(_) => return,
            Err(WriteError::Stuck { id, .. }) => {
                bench.undo(&Disk, &id).unwrap();
                assert_eq!(bench.tree(), before, "step {step}");
            }
            // Copies may be left over; the files themselves are untouched.
            Err(WriteError::Failed { .. }) => {
                for (path, content) in &before {
                    assert_eq!(bench.tree().get(path), Some(content), "step {step}: {path}");
                }
            }
            Err(other) => panic!("step {step}: {other}"),
        }
    }
    panic!("forty steps were not enough");
}

#[test]
fn the_owner_stays() {
    use std::os::unix::fs::{MetadataExt, chown};
    let bench = Bench::new();
    let env = bench.root().join(".env");
    // Only root may give files away; anybody else tests with a file of their own.
    let _ = chown(&env, Some(12_345), Some(23_456));
    let owner = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    let before = owner(&env);
    let run = bench
        .write(&Disk, &bench.changes(), BackupMode::Suffix)
        .unwrap();
    assert_eq!(owner(&env), before, "after the fix");
    assert_eq!(
        owner(&bench.root().join(".env.backup")),
        before,
        "the backup"
    );
    bench.undo(&Disk, &run.id).unwrap();
    assert_eq!(owner(&env), before, "after the undo");
}

#[test]
fn undo_that_fails_leaves_the_fix_in_place() {
    for step in 0..4 {
        let bench = Bench::new();
        let run = bench
            .write(&Disk, &bench.changes(), BackupMode::Suffix)
            .unwrap();
        let fixed = bench.tree();
        let error = bench.undo(&Failing::at(step, false), &run.id).unwrap_err();
        assert!(
            matches!(error, UndoError::Failed { .. }),
            "step {step}: {error}"
        );
        let now = bench.tree();
        for (path, (content, _)) in &fixed {
            assert_eq!(&now[path].0, content, "step {step}: {path}");
        }
        bench.undo(&Disk, &run.id).unwrap();
    }
}

#[test]
fn undo_refuses_what_changed_since() {
    let bench = Bench::new();
    let run = bench
        .write(&Disk, &bench.changes(), BackupMode::Suffix)
        .unwrap();
    fs::write(bench.root().join("app/main.py"), "mine\n").unwrap();
    let before = bench.tree();
    let error = bench.undo(&Disk, &run.id).unwrap_err().to_string();
    assert!(error.contains("`app/main.py`"), "{error}");
    assert_eq!(bench.tree(), before);
}

#[test]
fn undo_refuses_a_backup_that_was_touched() {
    let bench = Bench::new();
    let run = bench
        .write(&Disk, &bench.changes(), BackupMode::Suffix)
        .unwrap();
    fs::write(bench.root().join("app/main.py.backup"), "mine\n").unwrap();
    let before = bench.tree();
    let error = bench.undo(&Disk, &run.id).unwrap_err();
    assert!(matches!(error, UndoError::BadCopy { .. }), "{error}");
    assert_eq!(bench.tree(), before);
}

#[test]
fn a_file_that_changed_since_it_was_read_stops_everything() {
    let bench = Bench::new();
    let changes = bench.changes();
    fs::write(bench.root().join("requirements.txt"), "other\n").unwrap();
    let before = bench.tree();
    let error = bench
        .write(&Disk, &changes, BackupMode::Suffix)
        .unwrap_err();
    assert!(matches!(error, WriteError::Changed { .. }), "{error}");
    assert_eq!(bench.tree(), before);
    let bench = Bench::new();
    let changes = bench.changes();
    fs::write(bench.root().join("app/.env"), "appeared\n").unwrap();
    assert!(bench.write(&Disk, &changes, BackupMode::Suffix).is_err());
}

fn git(root: &Path, args: &[&str]) {
    let done = crate::host::process::Program::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
        .args(args.iter().copied())
        .directory(root)
        .run()
        .unwrap();
    assert!(done.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn git_stands_in_for_backups_only_when_it_is_clean() {
    let bench = Bench::new();
    let files_only = |changes: Vec<Change>| -> Vec<Change> {
        changes.into_iter().filter(|c| c.before.is_some()).collect()
    };
    let changes = files_only(bench.changes());
    let error = bench.write(&Disk, &changes, BackupMode::None).unwrap_err();
    assert!(matches!(error, WriteError::NotClean), "{error}");
    git(&bench.root(), &["init", "-q"]);
    git(&bench.root(), &["add", "."]);
    git(&bench.root(), &["commit", "-qm", "x"]);
    let run = bench.write(&Disk, &changes, BackupMode::None).unwrap();
    assert!(run.files.iter().all(|f| f.backup.is_none()));
    let error = bench.undo(&Disk, &run.id).unwrap_err().to_string();
    assert!(error.contains("git restore"), "{error}");
    let again = files_only(bench.changes());
    assert!(matches!(
        bench.write(&Disk, &again, BackupMode::None),
        Err(WriteError::NotClean)
    ));
}

#[test]
fn backups_that_git_would_pick_up_are_reported() {
    for (rules, expected) in [
        ("", true),
        ("*.backup\n", false),
        (".env*\n!.env.backup\n", true),
    ] {
        let bench = Bench::new();
        git(&bench.root(), &["init", "-q"]);
        fs::write(bench.root().join(".gitignore"), rules).unwrap();
        let run = bench
            .write(&Disk, &bench.changes(), BackupMode::Suffix)
            .unwrap();
        let env = run.files.iter().find(|f| f.path == ".env").unwrap();
        assert_eq!(env.backup_unignored, expected, "{rules:?}");
    }
    let bench = Bench::new();
    let run = bench
        .write(&Disk, &bench.changes(), BackupMode::Suffix)
        .unwrap();
    assert!(run.files.iter().all(|f| !f.backup_unignored), "no Git");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever a file holds, applying and undoing restores all bytes.
    #[test]
    fn undo_restores_all_bytes(
        text in "(\u{feff})?([a-zé =#'\"\\\\]{0,12}(\r\n|\n|\r)){0,6}[a-z]{0,3}",
        line in 0u32..4,
        insert in "[a-z]{1,5}",
        mode in 0o600u32..0o777,
    ) {
        let bench = Bench::new();
        let path = bench.root().join("any.txt");
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode | 0o600)).unwrap();
        let before = bench.tree();
        let sources = BTreeMap::from([("any.txt".to_owned(), Source::new("any.txt", text))]);
        let mut workspace = Workspace::new(&sources);
        let fix = Fix {
            title: String::new(),
            applicability: Applicability::Safe,
            ops: vec![
                EditOp::TextInsertAfter { path: "any.txt".into(), line, text: insert.clone() },
                EditOp::RequirementAdd { path: "any.txt".into(), spec: insert },
            ],
            edits: Vec::new(),
            show: Vec::new(),
            preview: Vec::new(),
            notes: Vec::new(),
        };
        if workspace.apply(&fix).is_ok_and(|changed| changed) {
            let run = bench.write(&Disk, &workspace.changes(), BackupMode::Suffix).unwrap();
            prop_assert_ne!(bench.tree(), before.clone());
            bench.undo(&Disk, &run.id).unwrap();
        }
        prop_assert_eq!(bench.tree(), before);
    }
}
