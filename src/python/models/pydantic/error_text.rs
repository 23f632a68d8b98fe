//! The `ValidationError` of problems: its text, its slots, and the place of the field.

use super::fields::Field;
use super::validate::{Filling, Problem};
use crate::python::interp::Interp;
use crate::python::raise::Stop;
use crate::python::value::{Kind, Obj, Value};

impl Interp<'_> {
    /// The `ValidationError` of these problems.
    pub(super) fn validation_error(
        &mut self,
        class: Obj,
        problems: &[Problem],
        filling: &Filling,
        fields: &[Field],
    ) -> Stop {
        let title = match self.model_config(class, "title") {
            Some(Some(Value::Str(title))) => title.text.to_string(),
            _ => self.class_short_name(class),
        };
        let plural = if problems.len() == 1 { "" } else { "s" };
        let mut text = format!("{} validation error{plural} for {title}", problems.len());
        let old = self.pydantic_major() < 2;
        let link = format!("https://errors.pydantic.dev/{}/v", self.pydantic_short());
        for problem in problems {
            if old {
                let loc = if problem.loc.is_empty() {
                    "__root__".to_owned()
                } else {
                    problem.loc.join(" -> ")
                };
                text.push_str(&format!("\n{loc}\n  {}", problem.old));
                continue;
            }
            if !problem.loc.is_empty() {
                text.push_str(&format!("\n{}", problem.loc.join(".")));
            }
            let shown = self.input_text(problem);
            let kind = self.type_name(&problem.input);
            text.push_str(&format!(
                "\n  {} [type={}, input_value={shown}, input_type={kind}]\n    For further information visit {link}/{}",
                problem.message, problem.kind, problem.kind
            ));
        }
        let (module, name) = if old {
            ("pydantic.error_wrappers", "ValidationError")
        } else {
            ("pydantic_core._pydantic_core", "ValidationError")
        };
        let (kind, slots) = self.error_slots(class, problems, filling, fields);
        let slots: Vec<(&str, &str)> = slots.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.library_fault(module, name, "ValueError", &text, kind, &slots)
    }

    fn error_slots(
        &mut self,
        class: Obj,
        problems: &[Problem],
        filling: &Filling,
        fields: &[Field],
    ) -> (&'static str, Vec<(&'static str, String)>) {
        let Some(first) = problems.first() else {
            return ("raised", Vec::new());
        };
        let key = first.loc.first().cloned().unwrap_or_default();
        let field = fields
            .iter()
            .find(|f| f.name == key || f.aliases.contains(&key))
            .map_or(key, |f| f.name.clone());
        let all: Vec<String> = problems
            .iter()
            .filter_map(|p| p.loc.first().cloned())
            .collect();
        let mut slots = vec![
            ("class", self.class_short_name(class)),
            ("field", field.clone()),
            ("fields", all.join(", ")),
            ("reason", first.message.clone()),
        ];
        let Some(names) = &filling.settings else {
            return ("raised", slots);
        };
        slots.push(("env_names", names.get(&field).cloned().unwrap_or_default()));
        slots.push(("sources", filling.sources.clone()));
        if let Some((file, line)) = self.field_place(class, &field) {
            slots.push(("field.file", file));
            slots.push(("field.line", line.to_string()));
        }
        (
            if first.kind == "missing" {
                "setting-missing"
            } else {
                "setting-invalid"
            },
            slots,
        )
    }

    /// `repr` of the input, shortened as pydantic does it.
    fn input_text(&mut self, problem: &Problem) -> String {
        let secret = problem.loc.last().is_some_and(|name| looks_secret(name));
        let whole = match (&problem.input, problem.kind) {
            (Value::Str(_), _) if secret => "'***'".to_owned(),
            (input, _) => {
                let masked = self.masked(input);
                self.repr_of(&masked).unwrap_or_else(|| "...".to_owned())
            }
        };
        shortened(&whole)
    }

    /// A copy of an input in which secrets are stars.
    fn masked(&mut self, value: &Value) -> Value {
        match value {
            Value::Str(s) => {
                let mut text = s.text.to_string();
                for span in crate::model::url_password_spans(&text.clone())
                    .into_iter()
                    .rev()
                {
                    text.replace_range(span, "***");
                }
                Value::str(text)
            }
            Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                Kind::Dict(table) if !self.heap.get(*obj).open => {
                    let items = table
                        .values()
                        .filter_map(|(k, v)| {
                            let name = k.as_str()?.to_owned();
                            let value = if looks_secret(&name) && matches!(v, Value::Str(_)) {
                                Value::str("***")
                            } else {
                                self.masked(v)
                            };
                            Some((name, value))
                        })
                        .collect();
                    self.dict_of(items)
                }
                _ => value.clone(),
            },
            other => other.clone(),
        }
    }

    /// File and line of a field's declaration, when the class stands at top level.
    pub fn field_place(&mut self, class: Obj, field: &str) -> Option<(String, u32)> {
        use ruff_text_size::Ranged;
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let mro = data.mro.clone();
        for ancestor in mro.iter() {
            let Kind::Class(data) = &self.heap.get(*ancestor).kind else {
                continue;
            };
            let (module, name) = (data.module.clone(), data.name.clone());
            let file = match self
                .loaded(&module)
                .and_then(|m| m.as_obj())
                .map(|m| self.heap.get(m).kind.clone())
            {
                Some(Kind::Module { info, .. }) => info.file,
                _ => None,
            };
            let Some(file) = file else { continue };
            let source = self.source(file);
            let Ok(tree) = &source.tree else { continue };
            let body = tree.body.iter().find_map(|s| match s {
                ruff_python_ast::Stmt::ClassDef(c) if c.name.as_str() == &*name => Some(&c.body),
                _ => None,
            });
            let Some(body) = body else { continue };
            let at = body.iter().find_map(|s| match s {
                ruff_python_ast::Stmt::AnnAssign(a) => match a.target.as_ref() {
                    ruff_python_ast::Expr::Name(n) if n.id.as_str() == field => {
                        Some(a.start().to_u32())
                    }
                    _ => None,
                },
                _ => None,
            });
            if let Some(at) = at {
                return Some((self.shown(file), source.line(at)));
            }
        }
        None
    }
}

/// At most 50 characters, the middle replaced by dots (pydantic-core's `truncate_safe_repr`).
fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 50 {
        return text.to_owned();
    }
    let head: String = chars[..25].iter().collect();
    let tail: String = chars[chars.len() - 24..].iter().collect();
    format!("{head}...{tail}")
}

/// Names whose values are never shown.
fn looks_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "secret", "password", "passwd", "token", "api_key", "apikey", "private",
    ]
    .iter()
    .any(|w| lower.contains(w))
        || lower.ends_with("_key")
        || lower == "key"
}
