//! URL types of pydantic 2.10 and later: classes around a compiled URL, no texts.
//!
//! Sources: `pydantic/networks.py` (2.10 to 2.14), messages of pydantic-core 2.27 to 2.50.

use super::verdict::Verdict;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Obj, Value};

const SINGLE: &str = "pydantic.networks._BaseUrl";
const MULTI: &str = "pydantic.networks._BaseMultiHostUrl";

/// Where an instance keeps the text that it was made from.
const TEXT: &str = "<text>";

/// `build(cls, *, scheme, host, port, ...)`
pub fn build(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let port = interp.parameter(&bound, "port");
    if matches!(port, Value::Str(_) | Value::Float(_)) {
        let kind = interp.type_name(&port);
        let refused = format!("'{kind}' object cannot be interpreted as an integer");
        let message = if interp.dist_release("pydantic") < (2, 14, 0) {
            format!("argument 'port': {refused}")
        } else {
            refused
        };
        return Err(interp.error("TypeError", &message));
    }
    let host = interp.parameter(&bound, "host");
    let hosts = interp.parameter(&bound, "hosts");
    if interp.descends_from(class, MULTI) && matches!((&host, &hosts), (Value::None, Value::None)) {
        let message = "expected either `host` or `hosts` to be set";
        return Err(interp.error("ValueError", message));
    }
    // What the parts amount to is left to the library: its escapes are not modelled.
    interp.blur();
    Ok(interp.dsn_object(class, None))
}

/// `str(url)` and `url.unicode_string()`
pub fn text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let kept = args.pos.first().and_then(|this| interp.own(this, TEXT));
    Ok(kept.unwrap_or_else(|| interp.unknown()))
}

/// Is a text shown by a URL as it was written? Special schemes get a path, names are lowered and
/// some characters are escaped.
fn is_plain(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    let special = matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp" | "file");
    let plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-._~:/@?=&%".contains(c);
    !special && text.matches('@').count() < 2 && text.chars().all(plain)
}

impl<'a> Interp<'a> {
    /// Is a class one of the URL types?
    pub(super) fn is_url_class(&self, class: Obj) -> bool {
        self.descends_from(class, SINGLE) || self.descends_from(class, MULTI)
    }

    fn dsn_object(&mut self, class: Obj, text: Option<&Value>) -> Value {
        let url = Value::Obj(self.instance(class));
        let core = self.library_object("pydantic_core._pydantic_core", "MultiHostUrl");
        self.store(&url, "_url", core);
        if let Some(text) = text.filter(|t| t.as_str().is_some_and(is_plain)) {
            self.store(&url, TEXT, text.clone());
        }
        url
    }

    /// What certainly is wrong with a value for a URL type.
    pub(super) fn url_verdict(&mut self, class: Obj, value: &Value) -> Verdict {
        let Some(text) = value.as_str().map(|t| t.trim().to_owned()) else {
            return match value {
                Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
                    self.wrong(value, "url_type", "URL input should be a string or URL", "")
                }
                _ => Verdict::Open,
            };
        };
        if text.is_empty() {
            let message = "Input should be a valid URL, input is empty";
            return self.wrong(value, "url_parsing", message, "");
        }
        let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(in_scheme)
        }) else {
            let message = "Input should be a valid URL, relative URL without a base";
            return self.wrong(value, "url_parsing", message, "");
        };
        let authority = rest
            .strip_prefix("//")
            .map(|r| r.split(['/', '?', '#']).next().unwrap_or_default());
        if let Some(authority) = authority {
            let host = authority.rsplit('@').next().unwrap_or_default();
            let port = host
                .rsplit_once(':')
                .map(|(_, port)| port)
                .unwrap_or_default();
            let odd = host.is_empty() || host.contains('[') || host.contains(',');
            if odd || !port.chars().all(|c| c.is_ascii_digit()) {
                return if authority.is_empty() {
                    self.scheme_verdict(class, scheme, value)
                } else {
                    Verdict::Open
                };
            }
        }
        match self.scheme_verdict(class, scheme, value) {
            Verdict::Open => Verdict::Fine(self.dsn_object(class, Some(value))),
            wrong => wrong,
        }
    }

    fn scheme_verdict(&mut self, class: Obj, scheme: &str, value: &Value) -> Verdict {
        let constraints = self.get(&Value::Obj(class), "_constraints");
        let allowed = constraints.and_then(|c| self.own(&c, "allowed_schemes"));
        let Some(Ok(Some(items))) = allowed.map(|a| self.items_of(&a)) else {
            return Verdict::Open;
        };
        let Some(allowed) = items
            .iter()
            .map(|i| i.as_str().map(ToOwned::to_owned))
            .collect::<Option<Vec<String>>>()
        else {
            return Verdict::Open;
        };
        if allowed.is_empty() || allowed.contains(&scheme.to_ascii_lowercase()) {
            return Verdict::Open;
        }
        let quoted: Vec<String> = allowed.iter().map(|s| format!("'{s}'")).collect();
        let listed = match quoted.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => quoted.join(""),
        };
        let message = format!("URL scheme should be {listed}");
        self.wrong(value, "url_scheme", &message, "")
    }
}
