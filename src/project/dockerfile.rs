//! Dockerfiles (BuildKit syntax): the last stage with what it inherits from earlier ones.

use std::collections::BTreeMap;

use super::files::Files;
use super::image::{Copy, EnvSet, Image, Install, Run};
use super::{paths, shell};
use crate::model::Origin;

/// One instruction: its word, the rest with continuations joined, its line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instruction {
    word: String,
    rest: String,
    line: u32,
}

/// Where a build takes place.
#[derive(Debug, Clone, Default)]
pub(super) struct Build {
    /// Context directory, relative to the base.
    pub context: String,
    /// Stage to build; the last one when empty.
    pub target: Option<String>,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
}

/// Reads a build file as `docker build` would with this context.
pub(super) fn read(files: &mut Files, path: &str, build: &Build) -> Option<Image> {
    let text = files.text(path)?;
    let mut args = build.args.clone();
    let mut stages: Vec<(String, Image)> = Vec::new();
    for instruction in instructions(&text) {
        match (instruction.word.as_str(), stages.last_mut()) {
            ("FROM", _) => {
                let stage = from(&instruction, path, build, &args, &stages);
                let wanted = build.target.as_deref();
                let done = wanted.is_some_and(|t| stages.last().is_some_and(|(n, _)| n == t));
                if done {
                    break;
                }
                stages.push(stage);
            }
            ("ARG", None) => argument(&instruction.rest, &mut args, build),
            (_, None) => {}
            (_, Some(_)) => {
                if let Some((name, mut image)) = stages.pop() {
                    apply(files, &mut image, &instruction, &mut args, build, &stages);
                    stages.push((name, image));
                }
            }
        }
    }
    let wanted = build.target.as_deref();
    let index = wanted.and_then(|t| stages.iter().position(|(n, _)| n == t));
    match index {
        Some(index) => Some(stages.swap_remove(index).1),
        None => stages.pop().map(|(_, image)| image),
    }
}

/// Splits a build file into instructions.
fn instructions(text: &str) -> Vec<Instruction> {
    let text = text.trim_start_matches('\u{feff}');
    let escape = escape_character(text);
    let mut out: Vec<Instruction> = Vec::new();
    let mut open = false;
    let mut heredoc: Option<String> = None;
    for (n, line) in text.lines().enumerate() {
        if let Some(end) = &heredoc {
            let finished = line.trim() == end;
            if let Some(last) = out.last_mut().filter(|_| !finished) {
                last.rest.push('\n');
                last.rest.push_str(line);
            }
            if finished {
                heredoc = None;
            }
            continue;
        }
        let trimmed = line.trim();
        if trimmed.starts_with('#') || (trimmed.is_empty() && !open) {
            continue;
        }
        let (body, more) = match trimmed.strip_suffix(escape) {
            Some(body) => (body.trim_end(), true),
            None => (trimmed, false),
        };
        if open {
            if let Some(last) = out.last_mut() {
                last.rest.push(' ');
                last.rest.push_str(body);
            }
        } else {
            let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
            out.push(Instruction {
                word: word.to_ascii_uppercase(),
                rest: rest.trim().to_owned(),
                line: u32::try_from(n + 1).unwrap_or(u32::MAX),
            });
        }
        open = more;
        if !open && let Some(last) = out.last_mut() {
            heredoc = here_document(last);
        }
    }
    out
}

fn escape_character(text: &str) -> char {
    let directive = text
        .lines()
        .take_while(|l| l.trim_start().starts_with('#'))
        .find_map(|l| {
            l.trim_start()
                .trim_start_matches('#')
                .trim()
                .strip_prefix("escape=")
        });
    match directive.and_then(|d| d.trim().chars().next()) {
        Some('`') => '`',
        _ => '\\',
    }
}

/// `RUN <<EOF`: the end mark, which is taken out of the text.
fn here_document(instruction: &mut Instruction) -> Option<String> {
    if !matches!(instruction.word.as_str(), "RUN" | "COPY" | "ADD") {
        return None;
    }
    let at = instruction.rest.find("<<")?;
    let mark: String = instruction.rest[at + 2..]
        .trim_start_matches('-')
        .trim_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    if mark.is_empty() {
        return None;
    }
    instruction.rest.truncate(at);
    Some(mark)
}

fn argument(rest: &str, args: &mut BTreeMap<String, String>, build: &Build) {
    for word in shell::words(rest) {
        let (name, value) = match shell::assignment(&word) {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if let Some(given) = build.args.get(&name) {
            args.insert(name, given.clone());
        } else if let Some(value) = value {
            let value = shell::expand(&value, args);
            args.insert(name, value);
        }
    }
}

/// A new stage: an earlier one by name or number, or an image from a registry.
fn from(
    instruction: &Instruction,
    path: &str,
    build: &Build,
    args: &BTreeMap<String, String>,
    stages: &[(String, Image)],
) -> (String, Image) {
    let rest = shell::expand(&instruction.rest, args);
    let words: Vec<&str> = rest
        .split_whitespace()
        .filter(|w| !w.starts_with("--"))
        .collect();
    let base = words.first().copied().unwrap_or_default();
    let name = match words.get(1) {
        Some(word) if word.eq_ignore_ascii_case("as") => {
            words.get(2).copied().unwrap_or_default().to_owned()
        }
        _ => stages.len().to_string(),
    };
    if let Some((_, parent)) = stages.iter().find(|(n, _)| n.eq_ignore_ascii_case(base)) {
        return (name, parent.clone());
    }
    let python = python_of_image(base);
    let image = Image {
        file: path.to_owned(),
        context: build.context.clone(),
        python,
        python_line: instruction.line,
        workdir: "/".to_owned(),
        open: !is_plain_base(base),
        ..preset(base)
    };
    (name, image)
}

/// Base images that bring nothing but Python or an operating system.
fn is_plain_base(image: &str) -> bool {
    let name = image_name(image);
    matches!(
        name,
        "python"
            | "debian"
            | "ubuntu"
            | "alpine"
            | "uv"
            | "scratch"
            | "fedora"
            | "pypy"
            | "slim"
            | "poetry"
    )
}

fn image_name(image: &str) -> &str {
    let without_tag = image.split('@').next().unwrap_or(image);
    let last = without_tag.rsplit('/').next().unwrap_or(without_tag);
    last.split(':').next().unwrap_or(last)
}

/// What well-known images define themselves.
fn preset(image: &str) -> Image {
    let words: &[&str] = match image_name(image) {
        // The start script of these images runs gunicorn on `app.main:app` or `main:app` in /app.
        "uvicorn-gunicorn-fastapi" | "uvicorn-gunicorn" | "uvicorn-gunicorn-starlette" => &[
            "gunicorn",
            "-k",
            "uvicorn.workers.UvicornWorker",
            "app.main:app",
        ],
        _ => return Image::default(),
    };
    Image {
        command: Some(Run {
            words: words.iter().map(|w| (*w).to_owned()).collect(),
            shell: false,
            line: 1,
        }),
        env: vec![EnvSet {
            name: "PYTHONPATH".into(),
            value: "/app".into(),
            origin: Origin::named("default"),
        }],
        workdir: "/app".into(),
        ..Image::default()
    }
}

/// `python:3.12.4-slim`, `ghcr.io/astral-sh/uv:python3.12-bookworm`, `...:python3.11`.
fn python_of_image(image: &str) -> Option<((u8, u8), Option<u8>)> {
    let tag = image.rsplit('/').next()?.split_once(':')?.1;
    let tag = tag.split('@').next().unwrap_or(tag);
    let text = match tag.find("python") {
        Some(at) => &tag[at + "python".len()..],
        None if image_name(image).contains("python") => tag,
        None => return None,
    };
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let mut numbers = text[..end].split('.').map(str::parse::<u8>);
    let major = numbers.next()?.ok()?;
    let minor = numbers.next()?.ok()?;
    Some(((major, minor), numbers.next().and_then(Result::ok)))
}

fn apply(
    files: &mut Files,
    image: &mut Image,
    instruction: &Instruction,
    args: &mut BTreeMap<String, String>,
    build: &Build,
    stages: &[(String, Image)],
) {
    let variables = |image: &Image| {
        let mut all = args.clone();
        all.extend(image.env.iter().map(|s| (s.name.clone(), s.value.clone())));
        all
    };
    let line = instruction.line;
    match instruction.word.as_str() {
        "ARG" => argument(&instruction.rest, args, build),
        "ENV" => {
            for (name, value) in env_pairs(&instruction.rest, &variables(image)) {
                image.env.retain(|s| s.name != name);
                let origin = Origin::line(&image.file, line);
                image.env.push(EnvSet {
                    name,
                    value,
                    origin,
                });
            }
        }
        "WORKDIR" => {
            let dir = shell::expand(
                instruction.rest.trim_matches(['"', '\'']),
                &variables(image),
            );
            image.workdir = in_image(&image.workdir, &dir);
        }
        "COPY" | "ADD" => copy(
            files,
            image,
            &shell::expand(&instruction.rest, &variables(image)),
            stages,
        ),
        "RUN" => image.installs.push(Install {
            text: instruction.rest.clone(),
            workdir: image.workdir.clone(),
            line,
        }),
        "CMD" => image.command = run(&instruction.rest, line),
        "ENTRYPOINT" => {
            image.entrypoint = run(&instruction.rest, line);
            // Docker resets an inherited CMD when ENTRYPOINT is set.
            if !image.file.is_empty() && image.command.as_ref().is_some_and(|c| c.line < line) {
                let inherited = image.command.take();
                image.command = inherited.filter(|c| c.line > image.python_line);
            }
        }
        _ => {}
    }
}

fn in_image(workdir: &str, path: &str) -> String {
    if path.starts_with('/') {
        paths::clean(path)
    } else {
        paths::clean(&format!("{workdir}/{path}"))
    }
}

/// `ENV a=b c="d e"` and `ENV a b c`.
fn env_pairs(rest: &str, variables: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let first = rest.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        return rest
            .split_once(char::is_whitespace)
            .map(|(name, value)| (name.to_owned(), shell::expand(value.trim(), variables)))
            .into_iter()
            .collect();
    }
    let command = shell::commands(rest, variables, &[]).into_iter().next();
    command
        .map(|c| {
            let words = c.words.iter().filter_map(|w| shell::assignment(w));
            c.assigns.iter().cloned().chain(words).collect()
        })
        .unwrap_or_default()
}

/// `COPY [--from=stage] src... dest`
fn copy(files: &Files, image: &mut Image, rest: &str, stages: &[(String, Image)]) {
    let mut words = match json_words(rest) {
        Some(words) => words,
        None => rest.split_whitespace().map(str::to_owned).collect(),
    };
    let mut from_stage = None;
    words.retain(|word| {
        if let Some(stage) = word.strip_prefix("--from=") {
            from_stage = Some(stage.to_owned());
        }
        !word.starts_with("--")
    });
    let Some(dest) = words.pop() else { return };
    let into_dir = dest.ends_with('/') || words.len() > 1 || dest == ".";
    let dest = in_image(&image.workdir, &dest);
    for source in words {
        if let Some(stage) = &from_stage {
            copy_from_stage(image, stage, &source, &dest, stages);
            continue;
        }
        let host = paths::join(&image.context, source.trim_start_matches('/'));
        let host = host.trim_end_matches("/*").trim_end_matches('*').to_owned();
        if host.contains('*') {
            continue;
        }
        let is_file =
            files.is_file(&host) || (!files.is_dir(&host) && paths::file_name(&host).contains('.'));
        let to = if is_file && (into_dir || dest == image.workdir) {
            in_image(&dest, paths::file_name(&host))
        } else {
            dest.clone()
        };
        image.copies.push(Copy {
            from: host,
            to,
            is_file,
        });
    }
}

/// Files that an earlier stage copied come along when their directory is copied.
fn copy_from_stage(
    image: &mut Image,
    stage: &str,
    source: &str,
    dest: &str,
    stages: &[(String, Image)],
) {
    let by_number = stage.parse::<usize>().ok().and_then(|n| stages.get(n));
    let by_name = stages.iter().find(|(n, _)| n.eq_ignore_ascii_case(stage));
    let Some((_, parent)) = by_name.or(by_number) else {
        return;
    };
    let source = in_image(&parent.workdir, source);
    let source = source.trim_end_matches('/');
    for copy in &parent.copies {
        if let Some(rest) = paths::below(&copy.to, source) {
            image.copies.push(Copy {
                from: copy.from.clone(),
                to: in_image(dest, rest).trim_end_matches('/').to_owned(),
                is_file: copy.is_file,
            });
        }
    }
    let inside = parent.host_path(source).filter(|(_, certain)| *certain);
    if let Some((host, _)) = inside
        && !image.copies.iter().any(|c| c.to == dest)
    {
        image.copies.push(Copy {
            from: host,
            to: dest.to_owned(),
            is_file: false,
        });
    }
    // What the earlier stage installed is installed here as well.
    let known = image.installs.len();
    image.installs.extend(parent.installs.iter().cloned());
    image.installs.rotate_left(known);
}

fn run(rest: &str, line: u32) -> Option<Run> {
    if let Some(words) = json_words(rest) {
        return (!words.is_empty()).then_some(Run {
            words,
            shell: false,
            line,
        });
    }
    (!rest.is_empty()).then(|| Run {
        words: vec![rest.to_owned()],
        shell: true,
        line,
    })
}

/// The exec form: a JSON list of strings.
fn json_words(rest: &str) -> Option<Vec<String>> {
    let at = rest.find('[')?;
    // Options of COPY may stand before the list.
    let options = rest[..at].trim();
    if !options.split_whitespace().all(|w| w.starts_with("--")) {
        return None;
    }
    let words: Vec<String> = serde_json::from_str(rest[at..].trim()).ok()?;
    let options = options.split_whitespace().map(str::to_owned);
    Some(options.chain(words).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    fn image(text: &str) -> Image {
        let host = MemoryHost::new()
            .file("/p/Dockerfile", text)
            .file("/p/app/main.py", "")
            .file("/p/requirements.txt", "");
        let mut files = Files::new(&host, "/p".into());
        read(&mut files, "Dockerfile", &Build::default()).unwrap()
    }

    #[test]
    fn the_last_stage_inherits() {
        let image = image(
            "ARG V=3.12\nFROM python:${V}.1-slim AS base\nENV A=1 B=\"x y\"\nENV C two words\nWORKDIR /code\n\
             FROM base AS build\nCOPY requirements.txt .\nRUN pip install \\\n  -r requirements.txt\n\
             FROM base\nCOPY --from=build /code /code\nCOPY ./app ./app\nWORKDIR app\n\
             CMD [\"uvicorn\", \"main:app\"]\n",
        );
        assert_eq!(image.python, Some(((3, 12), Some(1))));
        assert_eq!(image.workdir, "/code/app");
        let env: Vec<_> = image
            .env
            .iter()
            .map(|s| format!("{}={}", s.name, s.value))
            .collect();
        assert_eq!(env, ["A=1", "B=x y", "C=two words"]);
        assert_eq!(
            image.command.as_ref().unwrap().words,
            ["uvicorn", "main:app"]
        );
        assert_eq!(image.installs[0].text, "pip install -r requirements.txt");
        assert_eq!(image.host_path("/code/app"), Some(("app".into(), true)));
        assert_eq!(
            image.host_path("/code/requirements.txt"),
            Some(("requirements.txt".into(), true))
        );
    }

    #[test]
    fn shell_forms_and_escapes_are_read() {
        let image = image(
            "# escape=`\nFROM ghcr.io/astral-sh/uv:python3.13-bookworm\nCMD uvicorn a:b `\n  --port 80\n",
        );
        assert_eq!(image.python, Some(((3, 13), None)));
        assert!(image.command.as_ref().unwrap().shell);
        assert_eq!(image.command.unwrap().words, ["uvicorn a:b --port 80"]);
    }

    #[test]
    fn images_tell_their_python() {
        for (name, expected) in [
            ("python:3.11", Some(((3, 11), None))),
            ("python:3.11.7-slim-bookworm", Some(((3, 11), Some(7)))),
            (
                "tiangolo/uvicorn-gunicorn-fastapi:python3.11",
                Some(((3, 11), None)),
            ),
            (
                "registry:5000/x/python:3.10@sha256:aa",
                Some(((3, 10), None)),
            ),
            ("python:slim", None),
            ("node:18", None),
            ("ubuntu:22.04", None),
        ] {
            assert_eq!(python_of_image(name), expected, "{name}");
        }
    }
}
