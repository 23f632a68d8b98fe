//! Hostile sources: whatever a file holds, the simulator answers, in time, and does not fall over.
//!
//! A stack that overflows or memory that runs out ends the test process: that is the failure.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use audit::host::RealHost;
use audit::model::{Project, PythonEnv, StartOutcome};
use audit::python::{SimOptions, simulate, syntax_error};
use proptest::prelude::*;

use crate::support::{importing, repository, written};

/// Simulates the import of a module of `files`; answers the outcome and what was raised.
fn run(files: &[(&str, &str)], module: &str) -> (StartOutcome, Option<String>) {
    let (_scratch, dir) = written(files.iter().copied());
    let project = Project {
        root: dir.to_str().unwrap().to_owned(),
        start: Some(importing(module)),
        python: PythonEnv {
            version: (3, 11),
            micro: None,
            prefix: None,
            stdlib: Some(format!("{}/no-library", dir.display())),
            site_dirs: Vec::new(),
            origin: None,
        },
        env: BTreeMap::new(),
        ..Project::default()
    };
    let options = SimOptions {
        max_steps: 300_000,
        max_seconds: 3.0,
        ..SimOptions::default()
    };
    let startup = simulate(&RealHost, &project, &options).startup.unwrap();
    (startup.outcome, startup.exception.map(|e| e.kind))
}

/// `before` so many times, `middle`, `after` so many times.
fn nested(times: usize, before: &str, middle: &str, after: &str) -> String {
    format!("{}{middle}{}\n", before.repeat(times), after.repeat(times))
}

/// Sources that are deep, long, endless or huge.
fn hazards() -> Vec<(&'static str, String)> {
    let steps = |times: usize, line: &str| {
        (0..times)
            .map(|n| format!("{}{line}\n", " ".repeat(n)))
            .collect::<String>()
            + &" ".repeat(times)
            + "pass\n"
    };
    let mut all = vec![
        (
            "brackets",
            format!("x = {}", nested(100_000, "(", "1", ")")),
        ),
        (
            "190 brackets",
            format!("x = {}", nested(190, "[", "1", "]")),
        ),
        ("signs", format!("x = {}", nested(3_000, "-", "1", ""))),
        (
            "negations",
            format!("x = {}", nested(3_000, "not ", "1", "")),
        ),
        (
            "sums",
            format!("y = 1\nx = {}", nested(5_000, "y + ", "y", "")),
        ),
        (
            "texts",
            format!("x = ({})", nested(5_000, "'a' ", "'a'", "")),
        ),
        (
            "attributes",
            format!(
                "class A: pass\nA.b = A\nx = A{}",
                nested(3_000, ".b", "", "")
            ),
        ),
        (
            "calls",
            format!("def f(): return f\nx = f{}", nested(3_000, "()", "", "")),
        ),
        (
            "lambdas",
            format!("x = {}", nested(2_000, "lambda: ", "1", "")),
        ),
        (
            "conditions",
            format!("x = {}", nested(2_000, "1 if 0 else ", "1", "")),
        ),
        ("powers", format!("x = {}", nested(2_000, "2**", "2", ""))),
        ("blocks", steps(10_000, "if x:")),
        ("functions", steps(99, "def f():")),
        (
            "comprehensions",
            format!("x = {}", nested(50, "[", "1", " for i in (1, 2, 3)]")),
        ),
    ];
    for (name, text) in [
        (
            "integers",
            "x = 9**9**9\ny = 1 << 10**12\nz = -2**63 // -1\nabs(-2**63)\n",
        ),
        (
            "repetition",
            "x = 'a' * 10**12\ny = [0] * 10**12\nz = (1,) * 10**10\n",
        ),
        (
            "doubling",
            "x = 'a'\ny = [1]\nz = (1,)\nfor i in range(60):\n    x += x\n    y += y\n    z = (z, z)\nstr(z)\nhash(z)\nz == (z, z)\n{z: 1}\n",
        ),
        (
            "ranges",
            "x = list(range(10**12))\ny = sum(range(10**12))\nfor i in range(10**12): pass\nz = [i for i in range(10**9)]\nrange(10)[10**30:]\n",
        ),
        (
            "widths",
            "a = 1\nx = f'{a:1000000000000}'\ny = '%1000000000d' % 1\nz = '{:1000000000000}'.format(1)\nw = 'a'.ljust(10**11)\nv = 'a'.zfill(10**11)\nu = f'{1.5:.1000000000f}'\n",
        ),
        ("endless loop", "while True: pass\n"),
        ("endless growth", "x = []\nwhile True: x.append(x)\n"),
        (
            "endless generator",
            "def g():\n    while 1: yield 1\nlist(g())\n",
        ),
        ("recursion", "def f(n): return f(n + 1)\nf(0)\n"),
        (
            "recursion in handlers",
            "def f():\n    try: f()\n    except Exception: f()\n    finally: f()\nf()\n",
        ),
        (
            "fibonacci",
            "def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nx = f(40)\n",
        ),
        (
            "special methods",
            "class A:\n    def __getattr__(self, n): return self.x\n    def __eq__(self, o): return self == o\n    def __repr__(self): return repr(self)\n    def __iter__(self): return iter(self)\n    def __call__(self): return self()\n    def __bool__(self): return bool(self)\n    def __hash__(self): return hash(self)\na = A()\na.y\n",
        ),
        (
            "itself",
            "x = []\nx.append(x)\ny = {}\ny['a'] = y\nprint(x, y)\nx == [x]\ny == {'a': y}\nfor i in x: x.append(i)\nx.extend(x)\n",
        ),
        (
            "itself as a module",
            "import main\nfrom main import *\nimport importlib\nimportlib.reload(main)\n",
        ),
        (
            "evaluation",
            "s = 'eval(s)'\neval(s)\nt = 'exec(t)'\nexec(t)\n",
        ),
        (
            "metaclass",
            "class M(type):\n    def __new__(c, n, b, d): return M(n, b, d)\nclass A(metaclass=M): pass\n",
        ),
        (
            "subclass hook",
            "class A:\n    def __init_subclass__(cls):\n        class B(cls): pass\nclass C(A): pass\n",
        ),
        (
            "slices",
            "x = [1][10**30:-10**30:10**30]\n'abc'[::-10**30]\nrange(0, 10**30, 10**29)\n",
        ),
        (
            "modules",
            "import sys\nsys.modules.clear()\nsys.modules[__name__] = None\nsys.path = None\nimport x\n",
        ),
    ] {
        all.push((name, text.to_owned()));
    }
    all
}

#[test]
fn hazards_are_answered() {
    let mut slow = Vec::new();
    for (name, text) in hazards() {
        let begin = Instant::now();
        // As the entry, and behind an import that a handler guards.
        run(&[("main.py", &text)], "main");
        let guarded = "try:\n    import other\nexcept BaseException:\n    pass\n";
        run(&[("main.py", guarded), ("other.py", &text)], "main");
        if begin.elapsed() > Duration::from_secs(20) {
            slow.push(format!("{name}: {:?}", begin.elapsed()));
        }
    }
    assert!(slow.is_empty(), "too slow: {slow:?}");
}

#[test]
fn brackets_beyond_the_limit_are_a_syntax_error() {
    let text = format!("x = {}", nested(100_000, "(", "1", ")"));
    assert_eq!(
        run(&[("main.py", &text)], "main"),
        (StartOutcome::Error, Some("SyntaxError".to_owned()))
    );
}

/// A parser whose input is not known goes every way: what a library does with it is soon given up,
/// so that the rest of the start is still told.
#[test]
fn libraries_that_parse_what_is_not_known_are_given_up_soon() {
    let chain: String = (1..9)
        .map(|n| {
            format!(
                "def step{n}(text):\n    if text.a:\n        return step{m}(text)\n    \
                 return step{m}(text)\n",
                m = n + 1
            )
        })
        .collect();
    let library = format!(
        "{chain}def step9(text): return text.b\ndef parse(text):\n    for n in range(200):\n        \
         step1(text)\n"
    );
    let main = "import sys\nsys.path.insert(0, 'site-packages')\nfrom parser_of_text import parse\n\
                for n in range(8):\n    parse(input())\nraise LookupError('the end')\n";
    let files = [
        ("main.py", main),
        ("site-packages/parser_of_text.py", library.as_str()),
    ];
    assert_eq!(
        run(&files, "main"),
        (StartOutcome::Error, Some("LookupError".to_owned()))
    );
}

#[test]
fn a_file_that_is_too_large_to_read_is_not_known() {
    let huge = "x = 1\n".repeat(5_700_000);
    let unknown = (StartOutcome::Unknown, None);
    assert_eq!(run(&[("main.py", &huge)], "main"), unknown);
    let main = "import huge\nhuge.anything\n";
    assert_eq!(
        run(&[("main.py", main), ("huge.py", &huge)], "main"),
        unknown
    );
}

/// Pieces of Python in any order.
fn soup() -> impl Strategy<Value = String> {
    let word = prop::sample::select(
        "if else elif for while in is not and or def class return yield await async with as try except \
         finally raise import from lambda global nonlocal del pass break continue match case type print \
         x y f A self None True 1 2.5 'a' f'{x}' f'{ b'c' \"\"\" ( ) [ ] { } : , . ; = == := + - * ** / % @ -> ... \\ # \t \n \n \n    "
            .split(' ')
            .map(|w| if w.is_empty() { "    " } else { w })
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300), minor in 8_u8..15) {
        syntax_error(&bytes, (3, minor));
    }

    #[test]
    fn any_words_are_judged(text in soup(), minor in 8_u8..15) {
        syntax_error(text.as_bytes(), (3, minor));
    }

    #[test]
    fn real_files_cut_anywhere_are_judged(name in prop::sample::select(vec!["record.py", "oracle.py"]), at in 0.0..1.0_f64, minor in 9_u8..15) {
        let folder = if name == "record.py" { "tests/syntax" } else { "tests/differential" };
        let bytes = fs::read(repository(folder).join(name)).unwrap();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let end = (bytes.len() as f64 * at) as usize;
        syntax_error(&bytes[..end], (3, minor));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_words_are_simulated(lines in prop::collection::vec(soup(), 0..4)) {
        run(&[("main.py", &lines.join("\n"))], "main");
    }
}
