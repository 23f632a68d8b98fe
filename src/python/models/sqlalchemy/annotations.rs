//! Annotations of mapped classes: what `Mapped[...]` holds, and whether a column type follows
//! from it (`orm/util.py:_extract_mapped_subtype`, `orm/properties.py:MappedColumn`,
//! `orm/decl_api.py:registry._resolve_type`).

use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// What the annotation of a class attribute says.
#[derive(Debug, Clone)]
pub enum Noted {
    /// There is none.
    Absent,
    /// `ClassVar`, or another descriptor: not mapped, not complained of.
    Other,
    /// `Mapped[inner]`
    Mapped(Value),
    /// Something without `Mapped[]`.
    Plain,
    /// A text that names something which does not exist: `Mapped[...]` itself is not imported.
    Broken(String),
    /// Not known.
    Vague,
}

/// What a type means for a column.
enum Verdict {
    /// A type follows, or may follow.
    Fine,
    /// None does; how Python shows it.
    Missing(String),
    /// It is a type of SQLAlchemy itself.
    Own(String),
    /// It names something that does not exist.
    Undefined,
    /// So does an argument of a container.
    Inside(String),
}

/// Python types that the registry always knows.
const KNOWN: &[&str] = &[
    "int",
    "str",
    "bool",
    "float",
    "bytes",
    "NoneType",
    "datetime.date",
    "datetime.time",
    "datetime.datetime",
    "datetime.timedelta",
    "decimal.Decimal",
    "uuid.UUID",
    "enum.Enum",
];

/// Containers that no column type follows from.
const CONTAINERS: &[&str] = &["dict", "list", "set", "tuple", "frozenset"];

impl<'a> Interp<'a> {
    /// Annotations that a class body has made, by name.
    pub fn noted_annotations(&mut self, class: Obj) -> Option<Vec<(String, Value)>> {
        let Some(found) = self.own(&Value::Obj(class), "__annotations__") else {
            return Some(Vec::new());
        };
        let (table, open) = self.table_of(&found)?;
        if open {
            return None;
        }
        Some(
            table
                .values()
                .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
                .collect(),
        )
    }

    /// Understands an annotation of a class.
    pub fn noted(&mut self, class: Obj, annotation: &Value) -> Noted {
        match annotation {
            Value::Unknown => Noted::Vague,
            Value::Str(text) => {
                let text = text.text.trim().to_owned();
                self.noted_text(class, &text)
            }
            Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                Kind::Form {
                    name: "ClassVar", ..
                } => Noted::Other,
                Kind::Form {
                    name: "alias",
                    origin: Value::Obj(origin),
                    args,
                } if self.is_class(origin) => self.noted_alias(origin, args.first()),
                Kind::Form { .. } => Noted::Plain,
                Kind::Class(data) if data.blurred => Noted::Vague,
                Kind::Class(_) => Noted::Plain,
                _ => Noted::Vague,
            },
            _ => Noted::Vague,
        }
    }

    fn noted_alias(&mut self, origin: Obj, inner: Option<&Value>) -> Noted {
        if self.is_mapped_container(origin) {
            return match inner {
                Some(inner) => Noted::Mapped(inner.clone()),
                None => Noted::Vague,
            };
        }
        if self.is_blurred_class(origin)
            || self.descends_from(origin, "sqlalchemy.orm.base.ORMDescriptor")
            || self.descends_from(origin, "sqlalchemy.orm.base.InspectionAttr")
        {
            return Noted::Other;
        }
        Noted::Plain
    }

    fn is_mapped_container(&self, class: Obj) -> bool {
        [
            "sqlalchemy.orm.base._MappedAnnotationBase",
            "sqlalchemy.orm.base.Mapped",
        ]
        .iter()
        .any(|name| self.descends_from(class, name))
    }

    /// A text: `Mapped[List[User]]`, whose inside is not evaluated yet.
    fn noted_text(&mut self, class: Obj, text: &str) -> Noted {
        let Some(module) = self.module_of_class(class) else {
            return Noted::Vague;
        };
        let text = text.trim_matches(['"', '\'']);
        let generic = text
            .split_once('[')
            .filter(|(head, rest)| !head.contains([' ', '|']) && rest.ends_with(']'));
        let Some((head, rest)) = generic else {
            let found = self.resolve_annotation(&Value::str(text), module);
            return match found {
                Value::Unknown if self.certainly_undefined(class, module, text) => Noted::Plain,
                Value::None => Noted::Plain,
                Value::Str(_) => Noted::Vague,
                found => self.noted(class, &found),
            };
        };
        let inner = rest[..rest.len() - 1].trim();
        let found = self.resolve_annotation(&Value::str(head), module);
        match &found {
            Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                Kind::Class(_) => {
                    let inner = Value::str(inner.trim_matches(['"', '\'']));
                    self.noted_alias(*obj, Some(&inner))
                }
                Kind::Form {
                    name: "ClassVar", ..
                } => Noted::Other,
                Kind::Form { .. } => Noted::Plain,
                _ => Noted::Vague,
            },
            Value::Unknown if self.certainly_undefined(class, module, head) => {
                Noted::Broken(text.to_owned())
            }
            _ => Noted::Vague,
        }
    }

    /// Is a plain name certainly bound nowhere that an annotation of the class looks?
    fn certainly_undefined(&mut self, class: Obj, module: Obj, name: &str) -> bool {
        let name = name.trim().trim_matches(['"', '\'']);
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && name.chars().next().is_some_and(|c| !c.is_numeric());
        if !plain || matches!(name, "None" | "True" | "False") {
            return false;
        }
        let word = self.sym(name);
        let bound = |i: &Self, owner: Obj| {
            i.heap.get(owner).open || i.heap.get(owner).attrs.contains_key(&word)
        };
        if bound(self, module) || bound(self, class) {
            return false;
        }
        let builtins = self.builtins.module;
        !self.heap.get(builtins).attrs.contains_key(&word)
    }

    /// A column whose type must follow from its annotation.
    ///
    /// # Errors
    /// `MappedAnnotationError` (`ArgumentError` before 2.0.40).
    pub fn type_from_annotation(
        &mut self,
        class: Obj,
        name: &str,
        raw: &Value,
        inner: &Value,
        registry: &Value,
    ) -> R<()> {
        let message = match self.judge_type(class, inner, registry, 0) {
            Verdict::Fine => return Ok(()),
            Verdict::Missing(shown) if self.dist_release("sqlalchemy") >= (2, 0, 42) => format!(
                "Could not locate SQLAlchemy Core type when resolving for Python type indicated by '{shown}' inside the Mapped[] annotation for the '{name}' attribute; the type object is not resolvable by the registry"
            ),
            Verdict::Missing(shown) => format!(
                "Could not locate SQLAlchemy Core type for Python type {shown} inside the '{name}' attribute Mapped annotation"
            ),
            Verdict::Own(shown) => format!(
                "The type provided inside the '{name}' attribute Mapped annotation is the SQLAlchemy type {shown}. Expected a Python type instead"
            ),
            Verdict::Inside(shown) => {
                let message = format!("Could not de-stringify annotation {shown}");
                let slots = [("name", name)];
                return Err(self.fault("NameError", &message, "orm-class", &slots));
            }
            Verdict::Undefined => {
                let shown = match raw {
                    Value::Str(text) => text.text.to_string(),
                    _ => match inner {
                        Value::Str(text) => {
                            format!("sqlalchemy.orm.base.Mapped[ForwardRef('{}')]", text.text)
                        }
                        _ => String::new(),
                    },
                };
                format!(
                    "Could not resolve all types within mapped annotation: \"{shown}\".  Ensure all types are written correctly and are imported within the module in use."
                )
            }
        };
        Err(self.annotation_fault(class, name, &message))
    }

    /// The error of an attribute with a mapped value, or none, and an annotation without `Mapped`.
    pub fn not_mapped(&mut self, class: Obj, name: &str) -> Stop {
        let short = self.class_short_name(class);
        let link = self.sqlalchemy_link("zlpr");
        let message = format!(
            "Type annotation for \"{short}.{name}\" can't be correctly interpreted for Annotated Declarative Table form.  ORM annotations should normally make use of the ``Mapped[]`` generic type, or other ORM-compatible generic type, as a container for the actual type, which indicates the intent that the attribute is mapped. Class variables that are not intended to be mapped by the ORM should use ClassVar[].  To allow Annotated Declarative to disregard legacy annotations which don't use Mapped[] to pass, set \"__allow_unmapped__ = True\" on the class or a superclass this class. {link}"
        );
        self.annotation_fault(class, name, &message)
    }

    /// The error of an annotation whose container is not imported.
    pub fn not_interpreted(&mut self, class: Obj, name: &str, text: &str) -> Stop {
        let message = format!(
            "Could not interpret annotation {text}.  Check that it uses names that are correctly imported at the module level. See chained stack trace for more hints."
        );
        self.annotation_fault(class, name, &message)
    }

    fn annotation_fault(&mut self, class: Obj, name: &str, message: &str) -> Stop {
        let short = self.class_short_name(class);
        let slots = [("class", short.as_str()), ("field", name)];
        let newer = self
            .loaded_attribute("sqlalchemy.orm.exc", "MappedAnnotationError")
            .is_some();
        let (module, kind) = if newer {
            ("sqlalchemy.orm.exc", "MappedAnnotationError")
        } else {
            ("sqlalchemy.exc", "ArgumentError")
        };
        self.library_fault(module, kind, "Exception", message, "orm-class", &slots)
    }

    /// The `mapped_column()` inside an `Annotated[...]`.
    pub fn annotated_column(&mut self, class: Obj, inner: &Value) -> Option<Value> {
        let found = self.inner_type(class, inner);
        let Value::Obj(obj) = &found else { return None };
        match self.heap.get(*obj).kind.clone() {
            Kind::Form {
                name: "Annotated",
                args,
                ..
            } => args
                .iter()
                .skip(1)
                .find(|a| self.is_a(a, "sqlalchemy.orm.properties.MappedColumn"))
                .cloned(),
            Kind::Form {
                name: "Union",
                args,
                ..
            } => args.iter().find_map(|a| self.annotated_column(class, a)),
            _ => None,
        }
    }

    /// May something unknown be inside: a key, a foreign key, a type?
    pub fn annotation_is_vague(&mut self, class: Obj, inner: &Value) -> bool {
        self.inner_type(class, inner).is_unknown()
    }

    fn inner_type(&mut self, class: Obj, inner: &Value) -> Value {
        match inner {
            Value::Str(_) => match self.module_of_class(class) {
                Some(module) => self.resolve_annotation(inner, module),
                None => Value::Unknown,
            },
            other => other.clone(),
        }
    }

    fn judge_type(&mut self, class: Obj, inner: &Value, registry: &Value, depth: u32) -> Verdict {
        if depth > 6 {
            return Verdict::Fine;
        }
        if let Value::Str(text) = inner {
            let text = text.text.to_string();
            let Some(module) = self.module_of_class(class) else {
                return Verdict::Fine;
            };
            let found = self.resolve_annotation(inner, module);
            return match found {
                Value::Unknown if self.certainly_undefined(class, module, &text) => {
                    Verdict::Undefined
                }
                Value::Unknown | Value::Str(_) => Verdict::Fine,
                found => self.judge_type(class, &found, registry, depth + 1),
            };
        }
        let Value::Obj(obj) = inner else {
            return Verdict::Fine;
        };
        if self.in_type_map(class, registry, inner) {
            return Verdict::Fine;
        }
        match self.heap.get(*obj).kind.clone() {
            Kind::Class(data) => {
                if data.blurred {
                    return Verdict::Fine;
                }
                self.judge_class(*obj)
            }
            Kind::Form { name, origin, args } => {
                self.judge_form(class, inner, name, &origin, &args, registry, depth)
            }
            _ => Verdict::Fine,
        }
    }

    fn judge_class(&mut self, class: Obj) -> Verdict {
        let name = self.class_name(class);
        if self.descends_from(class, "sqlalchemy.sql.type_api.TypeEngine") {
            return Verdict::Own(format!("<class '{name}'>"));
        }
        if KNOWN.iter().any(|known| self.descends_from(class, known)) {
            return Verdict::Fine;
        }
        if name == "typing.Any" {
            return Verdict::Missing(name);
        }
        Verdict::Missing(format!("<class '{name}'>"))
    }

    #[allow(clippy::too_many_arguments)]
    fn judge_form(
        &mut self,
        class: Obj,
        form: &Value,
        name: &str,
        origin: &Value,
        args: &[Value],
        registry: &Value,
        depth: u32,
    ) -> Verdict {
        match name {
            "Union" => {
                let rest: Vec<&Value> = args.iter().filter(|a| !matches!(a, Value::None)).collect();
                match rest.as_slice() {
                    [one] => self.judge_type(class, one, registry, depth + 1),
                    _ => match self.type_text(form) {
                        Some(shown) if rest.iter().all(|a| matches!(a, Value::Obj(_))) => {
                            Verdict::Missing(shown)
                        }
                        _ => Verdict::Fine,
                    },
                }
            }
            "Any" => Verdict::Missing("typing.Any".to_owned()),
            "Annotated" => match args.first() {
                Some(first) if args.iter().all(|a| !a.is_unknown()) => {
                    let column = self.annotated_column(class, form);
                    let typed = column.is_some_and(|c| {
                        !matches!(self.own(&c, "<type>"), Some(Value::None))
                            || self.has_keys(&c)
                            || self.is_vague(&c)
                    });
                    if typed {
                        return Verdict::Fine;
                    }
                    self.judge_type(class, first, registry, depth + 1)
                }
                _ => Verdict::Fine,
            },
            "alias" => {
                let container = origin
                    .as_obj()
                    .map(|o| self.class_name(o))
                    .filter(|n| CONTAINERS.contains(&n.as_str()));
                let module = self.module_of_class(class);
                let missing = args.iter().find_map(|arg| match (arg, module) {
                    (Value::Str(text), Some(module))
                        if self.certainly_undefined(class, module, &text.text) =>
                    {
                        Some(crate::python::text::str_repr(&text.text))
                    }
                    _ => None,
                });
                if let (Some(_), Some(missing)) = (&container, missing) {
                    return Verdict::Inside(missing);
                }
                match (container, self.type_text(form)) {
                    (Some(_), Some(shown)) => Verdict::Missing(shown),
                    _ => Verdict::Fine,
                }
            }
            _ => Verdict::Fine,
        }
    }

    /// Has a column foreign keys?
    pub fn has_keys(&mut self, column: &Value) -> bool {
        !matches!(self.own(column, "<fks>"), Some(Value::Tuple(keys)) if keys.is_empty())
    }

    /// May `type_annotation_map` have an entry for a type?
    fn in_type_map(&mut self, class: Obj, registry: &Value, wanted: &Value) -> bool {
        let map = self
            .class_value(class, "type_annotation_map")
            .or_else(|| self.own(registry, "type_annotation_map"));
        let Some(map) = map else { return false };
        let Some((table, open)) = self.table_of(&map) else {
            return true;
        };
        let shape = |i: &Self, value: &Value| {
            value
                .as_obj()
                .map(|o| matches!(i.heap.get(o).kind, Kind::Class(_)))
        };
        open || table
            .values()
            .any(|(key, _)| match (shape(self, key), shape(self, wanted)) {
                (Some(true), Some(true)) => key.same(wanted),
                (Some(a), Some(b)) => a == b,
                _ => true,
            })
    }

    /// A type as `str()` shows it.
    fn type_text(&mut self, value: &Value) -> Option<String> {
        let Value::Obj(obj) = value else {
            return match value {
                Value::None => Some("None".to_owned()),
                Value::Str(text) => Some(format!("'{}'", text.text)),
                _ => None,
            };
        };
        match self.heap.get(*obj).kind.clone() {
            Kind::Class(_) => Some(self.class_name(*obj)),
            Kind::Form { name, origin, args } => {
                let parts: Vec<String> = args
                    .iter()
                    .map(|a| self.type_text(a))
                    .collect::<Option<_>>()?;
                let head = match (name, origin.as_obj()) {
                    ("alias", Some(class)) => self.class_name(class),
                    ("Union", _) => "typing.Union".to_owned(),
                    (other, _) => format!("typing.{other}"),
                };
                Some(if parts.is_empty() {
                    head
                } else {
                    format!("{head}[{}]", parts.join(", "))
                })
            }
            _ => None,
        }
    }
}
