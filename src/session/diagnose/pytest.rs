//! Errors of collection as pytest prints them: `file.py:3: in <module>`, then the line of source,
//! and the exception behind an `E`.

const HEADER: &str = "Traceback (most recent call last):";

/// The same lines with every such block written as Python writes a traceback.
pub fn as_python(lines: Vec<String>) -> Vec<String> {
    if !lines.iter().any(|line| frame(line).is_some()) {
        return lines;
    }
    let mut out: Vec<String> = Vec::with_capacity(lines.len() + 1);
    let mut inside = false;
    for line in lines {
        if let Some(frame) = frame(&line) {
            if !inside {
                out.push(HEADER.to_owned());
            }
            inside = true;
            out.push(frame);
            continue;
        }
        let raised = line.strip_prefix("E   ").filter(|_| inside);
        if inside && raised.is_none() && !line.starts_with(' ') {
            inside = false;
            out.push(String::new());
        }
        match raised {
            Some(text) => out.push(text.to_owned()),
            None => out.push(line),
        }
    }
    out
}

/// `app/main.py:2: in <module>`
fn frame(line: &str) -> Option<String> {
    let (place, function) = line.split_once(": in ")?;
    let (path, number) = place.rsplit_once(':')?;
    let plain = path.ends_with(".py") && !path.starts_with(' ');
    let number: u32 = number.parse().ok().filter(|_| plain)?;
    Some(format!("  File \"{path}\", line {number}, in {function}"))
}

#[cfg(test)]
mod tests {
    use super::super::read::Log;

    #[test]
    fn an_error_of_collection_is_a_traceback() {
        let log = "ImportError while importing test module '/app/tests/test_main.py'.\nTraceback:\n/usr/lib/python3.11/importlib/__init__.py:126: in import_module\n    return _bootstrap._gcd_import(name[level:], package, level)\ntests/test_main.py:1: in <module>\n    from app.main import app\napp/main.py:2: in <module>\n    import psycopg2\nE   ModuleNotFoundError: No module named 'psycopg2'\n=== short test summary info ===\nERROR tests/test_main.py\n";
        let crash = Log::read(log).last().unwrap_or_default();
        assert_eq!(crash.kind, "ModuleNotFoundError");
        assert_eq!(crash.message, "No module named 'psycopg2'");
        let last = crash.frames.last().map(|f| (f.file.as_str(), f.line));
        assert_eq!(last, Some(("app/main.py", 2)));
    }
}
