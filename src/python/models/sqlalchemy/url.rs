//! URL objects: `make_url`, `URL.create`, `URL.set`, `render_as_string`.

use crate::knowledge::dburl;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::text::str_repr;
use crate::python::value::{TextOrigin, Value};

/// A database URL as an engine sees it.
#[derive(Debug, Clone)]
pub struct EngineUrl {
    /// `postgresql+asyncpg`
    pub scheme: String,
    /// Names of the query in order.
    pub query: Vec<(String, String)>,
    /// Database.
    pub database: Option<String>,
    /// Has user, password, host or port.
    pub located: bool,
    /// The text, when it was given as one.
    pub text: Option<String>,
    /// Where the text was written.
    pub origin: Option<TextOrigin>,
}

const PARTS: &[&str] = &[
    "drivername",
    "username",
    "password",
    "host",
    "port",
    "database",
    "query",
];

/// `make_url(name_or_url)`
pub fn make_url(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(given) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    match interp.engine_url(&given)? {
        Some(url) => Ok(interp.url_object(&given, &url)),
        None => Ok(given),
    }
}

/// `URL.create(drivername, username=None, ...)`
pub fn url_create(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let object = interp.library_object("sqlalchemy.engine.url", "URL");
    for part in PARTS {
        let value = interp.parameter(&bound, part);
        interp.store(&object, part, value);
    }
    Ok(object)
}

/// `url.set(drivername=None, ...)`
pub fn url_set(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let copy = interp.copy_object(&this);
    for (name, value) in &args.kw {
        let name = interp.interner.name(*name);
        if !matches!(value, Value::None) {
            interp.store(&copy, &name, value.clone());
        }
    }
    interp.store(&copy, "<text>", Value::Unknown);
    Ok(copy)
}

/// `url.render_as_string(hide_password=True)`
pub fn url_text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let hide = args
        .get(1, interp.sym("hide_password"))
        .cloned()
        .unwrap_or(Value::Bool(true));
    match (interp.own(&this, "<text>"), hide) {
        (Some(text @ Value::Str(_)), Value::Bool(false)) => Ok(text),
        _ => Ok(interp.unknown()),
    }
}

impl<'a> Interp<'a> {
    pub fn url_object(&mut self, given: &Value, url: &EngineUrl) -> Value {
        let object = self.library_object("sqlalchemy.engine.url", "URL");
        self.store(&object, "<text>", given.clone());
        self.store(&object, "drivername", Value::str(url.scheme.as_str()));
        let database = url.database.clone().map_or(Value::None, Value::str);
        self.store(&object, "database", database);
        let query = url
            .query
            .iter()
            .map(|(k, v)| (k.clone(), Value::str(v.as_str())))
            .collect();
        let query = self.dict_of(query);
        self.store(&object, "query", query);
        object
    }

    /// Understands what was given to `create_engine` as URL; `None` when it is not known.
    ///
    /// # Errors
    /// `ArgumentError`, `ValueError` of a port that is no number.
    pub fn engine_url(&mut self, given: &Value) -> R<Option<EngineUrl>> {
        match given {
            Value::Unknown => Ok(None),
            Value::Str(text) => {
                let origin = text.origin.clone();
                let text = text.text.to_string();
                self.parse_url(&text, origin).map(Some)
            }
            Value::Obj(_) if self.is_a(given, "sqlalchemy.engine.url.URL") => {
                self.url_of_object(given)
            }
            Value::Obj(_) => {
                if let Some(text) = self.plain_text(given) {
                    return self.parse_url(&text, None).map(Some);
                }
                let kind = self.qualified_type_name(given);
                if kind.starts_with("pydantic.networks.") {
                    let shown = format!("{}('***')", kind.rsplit('.').next().unwrap_or(&kind));
                    return Err(self.no_url(&shown));
                }
                Ok(None)
            }
            other => {
                let shown = self.repr_of(other).unwrap_or_default();
                Err(self.no_url(&shown))
            }
        }
    }

    fn no_url(&mut self, shown: &str) -> Stop {
        if self.dist_release("sqlalchemy") < (2, 0, 0) {
            let message = format!(
                "'{}' object has no attribute '_instantiate_plugins'",
                type_word(shown)
            );
            return self.fault(
                "AttributeError",
                &message,
                "url-object",
                &[("value", shown)],
            );
        }
        let message = format!("Expected string or URL object, got {shown}");
        self.sqlalchemy_fault("ArgumentError", &message, "url-object", &[("value", shown)])
    }

    fn parse_url(&mut self, text: &str, origin: Option<TextOrigin>) -> R<EngineUrl> {
        let Some(url) = dburl::parse(text) else {
            let release = self.dist_release("sqlalchemy");
            let message = if release >= (2, 0, 41) {
                "Could not parse SQLAlchemy URL from given URL string".to_owned()
            } else {
                let mut shown = text.to_owned();
                for span in crate::model::url_password_spans(text).into_iter().rev() {
                    shown.replace_range(span, "***");
                }
                let word = if release >= (2, 0, 0) {
                    "SQLAlchemy"
                } else {
                    "rfc1738"
                };
                format!("Could not parse {word} URL from string '{shown}'")
            };
            return Err(self.sqlalchemy_fault("ArgumentError", &message, "url-invalid", &[]));
        };
        if let Some(port) = &url.port
            && port.trim().parse::<i64>().is_err()
        {
            let message = format!("invalid literal for int() with base 10: {}", str_repr(port));
            return Err(self.fault("ValueError", &message, "url-invalid", &[("port", port)]));
        }
        Ok(EngineUrl {
            scheme: url.scheme.clone(),
            query: url
                .query
                .iter()
                .map(|q| (q.name.clone(), q.value.clone()))
                .collect(),
            database: url.database.clone(),
            located: [&url.user, &url.host, &url.port]
                .iter()
                .any(|part| part.as_ref().is_some_and(|p| !p.is_empty())),
            text: Some(text.to_owned()),
            origin,
        })
    }

    fn url_of_object(&mut self, given: &Value) -> R<Option<EngineUrl>> {
        if let Some(text @ Value::Str(_)) = self.own(given, "<text>") {
            return self.engine_url(&text);
        }
        let Some(scheme) = self
            .own(given, "drivername")
            .and_then(|v| self.plain_text(&v))
        else {
            return Ok(None);
        };
        let query = self
            .own(given, "query")
            .and_then(|q| self.table_of(&q))
            .map(|(table, _)| {
                table
                    .values()
                    .filter_map(|(k, v)| {
                        Some((
                            k.as_str()?.to_owned(),
                            v.as_str().unwrap_or_default().to_owned(),
                        ))
                    })
                    .collect()
            });
        let database = self
            .own(given, "database")
            .and_then(|v| self.plain_text(&v));
        Ok(Some(EngineUrl {
            scheme,
            query: query.unwrap_or_default(),
            database,
            located: false,
            text: None,
            origin: None,
        }))
    }
}

fn type_word(shown: &str) -> &'static str {
    match shown {
        "None" => "NoneType",
        "True" | "False" => "bool",
        _ => "int",
    }
}
