//! From the text of an exception to the kind of fault that the checks know, with its slots.
//!
//! A row is an exception type, a template of its text and a kind. `{name}` takes the shortest
//! text up to what follows; `{_}` takes it and forgets it. The first row that fits decides.

use std::collections::BTreeMap;

use super::read::Crash;

/// Type (last component), text, kind.
type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("ModuleNotFoundError", "No module named '{name}'{_}", "module-not-found"),
    ("ImportError", "cannot import name '{name}' from partially initialized module '{module}' (most likely due to a circular import) ({module.file})", "circular-import"),
    ("ImportError", "cannot import name '{name}' from '{module}' ({module.file})", "import-name"),
    ("ImportError", "cannot import name '{name}' from '{module}'{_}", "import-name"),
    ("ImportError", "attempted relative import{_}", "relative-import"),
    ("ImportError", "email-validator is not installed{_}", "email-validator-missing"),
    ("AttributeError", "partially initialized module '{module}' has no attribute '{name}' (most likely due to a circular import)", "circular-attribute"),
    ("AttributeError", "cannot access submodule '{name}' of module '{module}' (most likely due to a circular import)", "circular-attribute"),
    ("AttributeError", "module '{module}' has no attribute '__all__'{_}", "star-import"),
    ("AttributeError", "module '{object}' has no attribute '{name}'{_}", "attribute-error"),
    ("AttributeError", "type object '{object}' has no attribute '{name}'{_}", "attribute-error"),
    ("AttributeError", "'{object}' object has no attribute '{name}'{_}", "attribute-error"),
    ("NameError", "name '{name}' is not defined{_}", "name-error"),
    ("TypeError", "asyncio.run() cannot be called from a running event loop", "event-loop"),
    ("TypeError", "{callee}() got an unexpected keyword argument '{parameter}'{_}", "call-signature"),
    ("TypeError", "{callee}() missing {_} required {_}: '{parameter}'{_}", "call-signature"),
    ("TypeError", "{callee}() takes {_} positional argument{_}", "call-signature"),
    ("InvalidRequestError", "The asyncio extension requires an async driver to be used. The loaded '{driver}' is not async.{_}", "engine-sync-driver"),
    ("InvalidRequestError", "Table '{table}' is already defined for this MetaData instance.{_}", "table-redefined"),
    ("InvalidRequestError", "Attribute name '{field}' is reserved{_}", "orm-class"),
    ("ArgumentError", "Mapper Mapper[{class}({_})] could not assemble any primary key columns{_}", "orm-class"),
    ("ArgumentError", "Pool class {pool} cannot be used with asyncio engine{_}", "pool-class"),
    ("ArgumentError", "Could not parse {_}URL{_}", "url-invalid"),
    ("ArgumentError", "Expected string or URL object{_}", "url-invalid"),
    ("NoSuchModuleError", "Can't load plugin: sqlalchemy.dialects:{dialect}", "dialect-unknown"),
    ("ValidationError", "{_} validation error{_} for {class}\n{field}\n  Field required{_}", "setting-missing"),
    ("ValidationError", "{_} validation error{_} for {class}\n{field}\n  {reason} [type={_}", "setting-invalid"),
    ("SettingsError", "error parsing value for field \"{field}\" from source \"{_}\"", "settings-json"),
    ("PydanticImportError", "`{name}` has been moved to the `{use}`{_}", "pydantic-import"),
    ("PydanticImportError", "`{name}` has been moved to `{use}`{_}", "pydantic-import"),
    ("PydanticImportError", "`{name}` has been removed{_}", "pydantic-import"),
    ("PydanticUserError", "A non-annotated attribute was detected: `{field} = {_}", "pydantic-class"),
    ("PydanticUserError", "{_}", "pydantic-class"),
    ("FastAPIError", "Invalid args for response field!{_}", "response-model"),
    ("RuntimeError", "Form data requires \"python-multipart\" to be installed.{_}", "multipart-missing"),
    ("RuntimeError", "asyncio.run() cannot be called from a running event loop{_}", "event-loop"),
    ("RuntimeError", "There is no current event loop{_}", "event-loop"),
    ("RuntimeError", "no running event loop{_}", "event-loop"),
    ("SyntaxError", "{text}", "syntax-error"),
    ("IndentationError", "{text}", "syntax-error"),
    ("TabError", "{text}", "syntax-error"),
    ("SystemExit", "Error loading ASGI app. Could not import module \"{module}\".{_}", "entry-module"),
    ("SystemExit", "Error loading ASGI app. Attribute \"{attr}\" not found in module \"{module}\".{_}", "entry-attribute"),
    ("SystemExit", "Failed to find attribute '{attr}' in '{module}'.{_}", "entry-attribute"),
    ("KeyError", "'{variable}'", "environ-missing"),
];

/// Kind and slots of a crash.
pub fn classify(crash: &Crash) -> (&'static str, BTreeMap<String, String>) {
    let kind = crash.kind.rsplit('.').next().unwrap_or(&crash.kind);
    let row = ROWS
        .iter()
        .filter(|(row, ..)| *row == kind)
        .find_map(|(_, template, fault)| Some((*fault, capture(template, &crash.message)?)));
    let Some((fault, mut slots)) = row else {
        return ("raised", BTreeMap::new());
    };
    let inside = |part: &str| crash.frames.iter().any(|f| f.file.contains(part));
    let function = |name: &str| crash.frames.iter().any(|f| f.function == name);
    let slot =
        |slots: &BTreeMap<String, String>, name: &str| slots.get(name).cloned().unwrap_or_default();
    match fault {
        // SQLAlchemy imports the driver of the URL in a method of that name.
        "module-not-found"
            if inside("sqlalchemy/") && (function("import_dbapi") || function("dbapi")) =>
        {
            let module = slot(&slots, "name");
            let dist = if module == "psycopg2" {
                "psycopg2-binary"
            } else {
                module.as_str()
            };
            slots.insert("dist".to_owned(), dist.to_owned());
            slots.insert("driver".to_owned(), module.clone());
            slots.insert("module".to_owned(), module);
            ("engine-driver-missing", slots)
        }
        "call-signature" if slot(&slots, "callee") == "connect" && inside("sqlalchemy/") => {
            let driver = ["asyncpg", "psycopg2", "psycopg", "pg8000", "aiomysql"]
                .into_iter()
                .find(|d| inside(&format!("/{d}/")) || inside(&format!("/{d}.py")))
                .unwrap_or("asyncpg");
            let param = slot(&slots, "parameter");
            slots.insert("param".to_owned(), param);
            slots.insert("driver".to_owned(), driver.to_owned());
            ("url-parameter", slots)
        }
        "setting-missing" | "setting-invalid" if !inside("pydantic_settings/") => ("raised", slots),
        "setting-missing" | "setting-invalid" | "settings-json" => {
            let field = slot(&slots, "field");
            slots.insert("env_names".to_owned(), field.to_uppercase());
            (fault, slots)
        }
        "environ-missing" if !function("__getitem__") => ("raised", slots),
        fault => (fault, slots),
    }
}

/// The slots of `template` in `text`; `None` when it does not fit as a whole.
fn capture(template: &str, text: &str) -> Option<BTreeMap<String, String>> {
    let mut slots = BTreeMap::new();
    let mut rest = text;
    let mut template = template;
    loop {
        let Some(open) = template.find('{') else {
            return (rest == template).then_some(slots);
        };
        rest = rest.strip_prefix(&template[..open])?;
        let close = open + template[open..].find('}')?;
        let name = &template[open + 1..close];
        template = &template[close + 1..];
        let literal = &template[..template.find('{').unwrap_or(template.len())];
        let value = if literal.is_empty() && template.is_empty() {
            rest
        } else {
            // Nothing follows before the next slot: this one is empty.
            &rest[..rest.find(literal)?]
        };
        rest = &rest[value.len()..];
        if name != "_" {
            slots.insert(name.to_owned(), value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Frame;

    fn crash(kind: &str, message: &str, files: &[(&str, &str)]) -> Crash {
        Crash {
            kind: kind.into(),
            message: message.into(),
            frames: files
                .iter()
                .map(|(file, function)| Frame {
                    file: (*file).into(),
                    line: 1,
                    function: (*function).into(),
                })
                .collect(),
            text: Vec::new(),
        }
    }

    #[test]
    fn texts_become_kinds_and_slots() {
        let sqlalchemy = (
            "/v/site-packages/sqlalchemy/engine/create.py",
            "create_engine",
        );
        let settings = ("/v/site-packages/pydantic_settings/main.py", "__init__");
        type Case<'a> = (Crash, &'a str, &'a [(&'a str, &'a str)]);
        #[rustfmt::skip]
        let cases: &[Case<'_>] = &[
            (crash("ModuleNotFoundError", "No module named 'a.b'; 'a' is not a package", &[]), "module-not-found", &[("name", "a.b")]),
            (crash("ModuleNotFoundError", "No module named 'asyncpg'", &[sqlalchemy, ("/v/sqlalchemy/x.py", "import_dbapi")]), "engine-driver-missing", &[("driver", "asyncpg")]),
            (crash("ImportError", "cannot import name 'X' from partially initialized module 'a.b' (most likely due to a circular import) (/srv/a/b.py)", &[]), "circular-import", &[("name", "X"), ("module", "a.b"), ("module.file", "/srv/a/b.py")]),
            (crash("ImportError", "cannot import name 'X' from 'm' (/m.py)", &[]), "import-name", &[("module.file", "/m.py")]),
            (crash("TypeError", "connect() got an unexpected keyword argument 'sslmode'", &[sqlalchemy]), "url-parameter", &[("param", "sslmode"), ("driver", "asyncpg")]),
            (crash("TypeError", "f() got an unexpected keyword argument 'x'", &[]), "call-signature", &[("callee", "f"), ("parameter", "x")]),
            (crash("pydantic_core._pydantic_core.ValidationError", "1 validation error for Settings\nsecret\n  Field required [type=missing, input_value={}]\n    more", &[settings]), "setting-missing", &[("class", "Settings"), ("field", "secret"), ("env_names", "SECRET")]),
            (crash("pydantic_core._pydantic_core.ValidationError", "1 validation error for Settings\nport\n  Input should be a valid integer [type=int_parsing, input]", &[settings]), "setting-invalid", &[("reason", "Input should be a valid integer")]),
            (crash("pydantic_core._pydantic_core.ValidationError", "1 validation error for Item\nx\n  Field required [type=missing]", &[]), "raised", &[]),
            (crash("sqlalchemy.exc.NoSuchModuleError", "Can't load plugin: sqlalchemy.dialects:postgres", &[]), "dialect-unknown", &[("dialect", "postgres")]),
            (crash("KeyError", "'DATABASE_URL'", &[("/lib/python3.11/os.py", "__getitem__")]), "environ-missing", &[("variable", "DATABASE_URL")]),
            (crash("KeyError", "'x'", &[]), "raised", &[]),
            (crash("ValueError", "whatever", &[]), "raised", &[]),
            (crash("SystemExit", "Error loading ASGI app. Attribute \"app\" not found in module \"main\".", &[]), "entry-attribute", &[("attr", "app"), ("module", "main")]),
        ];
        for (crash, kind, slots) in cases {
            let (got, found) = classify(crash);
            assert_eq!(got, *kind, "{}: {}", crash.kind, crash.message);
            for (name, value) in *slots {
                assert_eq!(
                    found.get(*name).map(String::as_str),
                    Some(*value),
                    "{name} of {}",
                    crash.message
                );
            }
        }
    }
}
