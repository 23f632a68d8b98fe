//! What certainly is wrong with a value of a shape, in the lax mode of both generations, and what
//! it becomes where it fits.
//!
//! Sources: pydantic-core 2.6 to 2.50 (`src/validators`, `src/errors/types.rs`), pydantic 1.10
//! (`validators.py`, `errors.py`). A union of the second generation follows "smart mode".

use super::shapes::{Container, Shape};
use super::validate::{Filling, Problem};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Value};

/// What a shape says to one value.
pub(super) enum Verdict {
    /// It becomes this.
    Fine(Value),
    /// It is refused.
    Wrong(Vec<Problem>),
    /// That is not known.
    Open,
}

const NONE_V1: &str = "none is not an allowed value (type=type_error.none.not_allowed)";

/// Problems of something inside, as seen from outside.
fn inside(place: &str, problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    problems.into_iter().map(move |mut problem| {
        problem.loc.insert(0, place.to_owned());
        problem
    })
}

impl Interp<'_> {
    /// What certainly is wrong with a value of this shape (lax mode).
    ///
    /// # Errors
    /// What validators of nested models raise beside refusals.
    pub(super) fn verdict(&mut self, shape: &Shape, value: &Value) -> R<Verdict> {
        Ok(match shape {
            Shape::Any => Verdict::Fine(value.clone()),
            Shape::ClassVar | Shape::Vague | Shape::Marked(_) => Verdict::Open,
            Shape::Nothing => match value {
                Value::None => Verdict::Fine(Value::None),
                Value::Str(_) | Value::Int(_) | Value::Float(_) if self.pydantic_major() >= 2 => {
                    self.wrong(value, "none_required", "Input should be None", "")
                }
                _ => Verdict::Open,
            },
            Shape::Union(ways) => self.union_verdict(ways, value)?,
            Shape::Literal(values) => self.literal_verdict(values, value),
            Shape::Class(class) => self.class_verdict(*class, value)?,
            Shape::Generic(container, inner) => self.container_verdict(*container, inner, value)?,
        })
    }

    fn union_verdict(&mut self, ways: &[Shape], value: &Value) -> R<Verdict> {
        if matches!(value, Value::None) && ways.iter().any(|w| matches!(w, Shape::Nothing)) {
            return Ok(Verdict::Fine(Value::None));
        }
        let others: Vec<&Shape> = ways
            .iter()
            .filter(|w| !matches!(w, Shape::Nothing))
            .collect();
        if let [one] = others.as_slice() {
            return self.verdict(one, value);
        }
        if value.is_unknown() {
            return Ok(Verdict::Open);
        }
        if self.pydantic_major() < 2 {
            return self.old_union_verdict(&others, value);
        }
        if others.iter().any(|way| self.is_exact_way(way, value)) {
            return Ok(Verdict::Fine(value.clone()));
        }
        let (mut fine, mut problems, mut named) = (Vec::new(), Vec::new(), true);
        for way in &others {
            match self.verdict(way, value)? {
                Verdict::Open => return Ok(Verdict::Open),
                Verdict::Fine(found) => fine.push(found),
                Verdict::Wrong(wrong) => match self.way_name(way) {
                    Some(name) => problems.extend(inside(&name, wrong)),
                    None => named = false,
                },
            }
        }
        Ok(match fine.as_slice() {
            [] if named => Verdict::Wrong(problems),
            [one] => Verdict::Fine(one.clone()),
            _ => Verdict::Open,
        })
    }

    /// The first way that takes the value.
    fn old_union_verdict(&mut self, ways: &[&Shape], value: &Value) -> R<Verdict> {
        let mut problems = Vec::new();
        for way in ways {
            match self.verdict(way, value)? {
                Verdict::Wrong(wrong) => problems.extend(wrong),
                other => return Ok(other),
            }
        }
        Ok(Verdict::Wrong(problems))
    }

    /// Does a way of a union take a plain value as it is?
    fn is_exact_way(&self, way: &Shape, value: &Value) -> bool {
        let kind = match value {
            Value::Str(_) => "str",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Bool(_) => "bool",
            _ => return false,
        };
        matches!(way, Shape::Class(class) if self.class_name(*class) == kind)
    }

    /// What a way of a union is called in the place of a problem.
    fn way_name(&mut self, way: &Shape) -> Option<String> {
        match way {
            Shape::Class(class) if self.is_model_class(*class) => {
                Some(self.class_short_name(*class))
            }
            Shape::Class(class) if self.is_url_class(*class) => (self.dist_release("pydantic")
                >= (2, 10, 0))
                .then(|| "function-wrap[wrap_val()]".to_owned()),
            Shape::Class(class) => {
                let name = self.class_name(*class);
                matches!(name.as_str(), "str" | "int" | "float" | "bool").then_some(name)
            }
            Shape::Generic(Container::List, inner) => {
                let [one] = inner.as_slice() else { return None };
                Some(format!("list[{}]", self.way_name(one)?))
            }
            Shape::Generic(Container::Dict, inner) => {
                let [key, value] = inner.as_slice() else {
                    return None;
                };
                Some(format!(
                    "dict[{},{}]",
                    self.way_name(key)?,
                    self.way_name(value)?
                ))
            }
            Shape::Literal(values) => {
                let shown: Option<Vec<String>> = values.iter().map(|v| self.repr_of(v)).collect();
                Some(format!("literal[{}]", shown?.join(",")))
            }
            _ => None,
        }
    }

    fn literal_verdict(&mut self, values: &[Value], value: &Value) -> Verdict {
        if values.iter().any(|v| v.same(value)) {
            return Verdict::Fine(value.clone());
        }
        let plain = |v: &Value| {
            matches!(
                v,
                Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None
            )
        };
        if !values.iter().all(plain) || !plain(value) {
            return Verdict::Open;
        }
        let shown: Vec<String> = values.iter().filter_map(|v| self.repr_of(v)).collect();
        let permitted = self.repr_of(&Value::tuple(values.to_vec()));
        let given = self.text_of(value);
        let old = format!(
            "unexpected value; permitted: {} (type=value_error.const; given={}; permitted={})",
            shown.join(", "),
            given.unwrap_or_default(),
            permitted.unwrap_or_default()
        );
        self.wrong(
            value,
            "literal_error",
            &format!("Input should be {}", listed(&shown)),
            &old,
        )
    }

    pub(super) fn wrong(
        &mut self,
        value: &Value,
        kind: &'static str,
        message: &str,
        old: &str,
    ) -> Verdict {
        Verdict::Wrong(vec![Problem {
            loc: Vec::new(),
            message: message.to_owned(),
            kind,
            input: value.clone(),
            old: old.to_owned(),
        }])
    }

    fn class_verdict(&mut self, class: Obj, value: &Value) -> R<Verdict> {
        let name = self.class_name(class);
        Ok(match (name.as_str(), value) {
            (_, Value::Unknown) => Verdict::Open,
            ("str", _) => self.text_verdict(value),
            ("int", _) => self.integer_verdict(value),
            ("float", _) => self.float_verdict(value),
            ("bool", _) => self.flag_verdict(value),
            ("pydantic.types.SecretStr", Value::Str(_)) => {
                let secret = self.library_object("pydantic.types", "SecretStr");
                self.store(&secret, "_secret_value", value.clone());
                Verdict::Fine(secret)
            }
            ("pathlib.Path", Value::Str(_)) => {
                let path = self.call(&Value::Obj(class), Args::positional(vec![value.clone()]))?;
                Verdict::Fine(path)
            }
            ("list" | "set" | "dict" | "tuple" | "frozenset", _) => {
                self.container_verdict(container_named(&name), &[], value)?
            }
            _ => self.other_class_verdict(class, &name, value)?,
        })
    }

    /// A list, a dict or another container where one plain value is wanted.
    fn is_container(&self, value: &Value) -> bool {
        match value {
            Value::Tuple(_) => true,
            Value::Obj(obj) => matches!(
                self.heap.get(*obj).kind,
                Kind::List(_) | Kind::Dict(_) | Kind::Set(_)
            ),
            _ => false,
        }
    }

    fn text_verdict(&mut self, value: &Value) -> Verdict {
        let plain = matches!(
            value,
            Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_)
        );
        match value {
            Value::Str(_) => Verdict::Fine(value.clone()),
            _ if self.pydantic_major() >= 2 && (plain || self.is_container(value)) => {
                self.wrong(value, "string_type", "Input should be a valid string", "")
            }
            Value::None => self.wrong(value, "string_type", "", NONE_V1),
            _ if self.is_container(value) => {
                let old = "str type expected (type=type_error.str)";
                self.wrong(value, "string_type", "", old)
            }
            _ => Verdict::Open,
        }
    }

    fn integer_verdict(&mut self, value: &Value) -> Verdict {
        let old = "value is not a valid integer (type=type_error.integer)";
        match value {
            Value::Int(_) => Verdict::Fine(value.clone()),
            Value::Str(text) => {
                let text = text.text.trim().to_owned();
                let odd =
                    !text.is_empty() && text.chars().all(|c| c.is_numeric() || "+-._".contains(c));
                match text.parse::<i64>() {
                    Ok(number) => Verdict::Fine(Value::Int(number)),
                    Err(_) if odd => Verdict::Open,
                    Err(_) => {
                        let message =
                            "Input should be a valid integer, unable to parse string as an integer";
                        self.wrong(value, "int_parsing", message, old)
                    }
                }
            }
            Value::Float(number) if number.fract() != 0.0 && self.pydantic_major() >= 2 => {
                let message =
                    "Input should be a valid integer, got a number with a fractional part";
                self.wrong(value, "int_from_float", message, "")
            }
            Value::None => self.wrong(
                value,
                "int_type",
                "Input should be a valid integer",
                NONE_V1,
            ),
            _ if self.is_container(value) => {
                self.wrong(value, "int_type", "Input should be a valid integer", old)
            }
            _ => Verdict::Open,
        }
    }

    fn float_verdict(&mut self, value: &Value) -> Verdict {
        let old = "value is not a valid float (type=type_error.float)";
        match value {
            Value::Float(_) => Verdict::Fine(value.clone()),
            Value::Str(text) => match text.text.trim().parse::<f64>() {
                Ok(number) => Verdict::Fine(Value::Float(number)),
                Err(_) if text.text.contains('_') => Verdict::Open,
                Err(_) => {
                    let message =
                        "Input should be a valid number, unable to parse string as a number";
                    self.wrong(value, "float_parsing", message, old)
                }
            },
            Value::None => self.wrong(
                value,
                "float_type",
                "Input should be a valid number",
                NONE_V1,
            ),
            _ if self.is_container(value) => {
                self.wrong(value, "float_type", "Input should be a valid number", old)
            }
            _ => Verdict::Open,
        }
    }

    fn flag_verdict(&mut self, value: &Value) -> Verdict {
        let old = "value could not be parsed to a boolean (type=type_error.bool)";
        match value {
            Value::Bool(_) => Verdict::Fine(value.clone()),
            Value::Int(number @ (0 | 1)) => Verdict::Fine(Value::Bool(*number == 1)),
            Value::Str(text) => match text.text.to_ascii_lowercase().as_str() {
                "0" | "off" | "f" | "false" | "n" | "no" => Verdict::Fine(Value::Bool(false)),
                "1" | "on" | "t" | "true" | "y" | "yes" => Verdict::Fine(Value::Bool(true)),
                other if other.trim() != other => Verdict::Open,
                _ => {
                    let message = "Input should be a valid boolean, unable to interpret input";
                    self.wrong(value, "bool_parsing", message, old)
                }
            },
            Value::None => self.wrong(
                value,
                "bool_type",
                "Input should be a valid boolean",
                NONE_V1,
            ),
            _ if self.is_container(value) => {
                self.wrong(value, "bool_type", "Input should be a valid boolean", old)
            }
            _ => Verdict::Open,
        }
    }

    fn other_class_verdict(&mut self, class: Obj, name: &str, value: &Value) -> R<Verdict> {
        if self.pydantic_major() >= 2
            && self.is_url_class(class)
            && (value.as_obj().is_none() && !value.is_unknown())
        {
            return Ok(self.url_verdict(class, value));
        }
        if name.starts_with("pydantic.networks.") && value.as_str().is_some() {
            let url =
                self.library_object("pydantic.networks", name.rsplit('.').next().unwrap_or(name));
            self.store(&url, "_url", value.clone());
            return Ok(Verdict::Fine(url));
        }
        if let Some(own) = self.class_of_instance(value)
            && self.is_subclass(own, class) == Some(true)
        {
            return Ok(Verdict::Fine(value.clone()));
        }
        if self.is_model_class(class) {
            return self.model_verdict(class, value);
        }
        if let Some(members) = self.enum_members(class) {
            if matches!(value, Value::None) && self.pydantic_major() < 2 {
                return Ok(self.wrong(value, "enum", "", NONE_V1));
            }
            return Ok(self.member_verdict(class, &members, value));
        }
        Ok(Verdict::Open)
    }

    /// A member of an enumeration by its value.
    fn member_verdict(&mut self, class: Obj, members: &[Value], value: &Value) -> Verdict {
        let missing = self.sym("_missing_");
        let own_lookup = self.class_lookup(class, missing).is_some_and(|(owner, _, _)| {
            !matches!(&self.heap.get(owner).kind, Kind::Class(d) if &*d.module == "enum")
        });
        let plain = matches!(
            value,
            Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::None
        );
        if own_lookup || !plain {
            return Verdict::Open;
        }
        let Some(values) = members
            .iter()
            .map(|m| self.own(m, "_value_").filter(|v| !v.is_unknown()))
            .collect::<Option<Vec<Value>>>()
        else {
            return Verdict::Open;
        };
        if let Some(at) = values.iter().position(|v| v.same(value)) {
            return Verdict::Fine(members[at].clone());
        }
        // Texts for numbers are converted where the enumeration mixes in a number.
        let comparable = values.iter().all(|v| matches!(v, Value::Str(_)));
        if !comparable && matches!(value, Value::Str(_) | Value::Float(_) | Value::Bool(_)) {
            return Verdict::Open;
        }
        let shown: Vec<String> = values.iter().filter_map(|v| self.repr_of(v)).collect();
        let listed_members = self.list(members.to_vec());
        let old = format!(
            "value is not a valid enumeration member; permitted: {} (type=type_error.enum; enum_values={})",
            shown.join(", "),
            self.repr_of(&listed_members).unwrap_or_default()
        );
        let message = format!("Input should be {}", listed(&shown));
        self.wrong(value, "enum", &message, &old)
    }

    /// An instance of a model from a dict.
    fn model_verdict(&mut self, class: Obj, value: &Value) -> R<Verdict> {
        let is_dict =
            matches!(value, Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Dict(_)));
        let table = self.table_of(value).filter(|_| is_dict);
        let Some((table, open)) = table else {
            let refused = !matches!(value, Value::Obj(_)) || self.is_container(value);
            let shown = self.class_short_name(class);
            let message = format!("Input should be a valid dictionary or instance of {shown}");
            let old = "value is not a valid dict (type=type_error.dict)";
            return Ok(if refused && !self.is_root_model(class) {
                self.wrong(value, "model_type", &message, old)
            } else {
                Verdict::Open
            });
        };
        let values: Option<_> = table
            .values()
            .map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
            .collect();
        let Some(values) = values.filter(|_| !self.is_root_model(class)) else {
            return Ok(Verdict::Open);
        };
        let this = Value::Obj(self.instance(class));
        let filling = Filling {
            values,
            open,
            ..Filling::default()
        };
        let own_start = self.sym("__init__");
        let plain_start = self
            .class_lookup(class, own_start)
            .is_some_and(|(owner, _, _)| self.class_name(owner) == "pydantic.main.BaseModel");
        if !plain_start {
            return Ok(Verdict::Open);
        }
        let problems = self.fill_instance(&this, class, filling)?;
        Ok(if problems.is_empty() {
            Verdict::Fine(this)
        } else {
            Verdict::Wrong(problems)
        })
    }

    fn is_root_model(&self, class: Obj) -> bool {
        self.descends_from(class, "pydantic.root_model.RootModel")
    }

    fn container_verdict(
        &mut self,
        container: Container,
        inner: &[Shape],
        value: &Value,
    ) -> R<Verdict> {
        let (kind, message, old) = match container {
            Container::List => (
                "list_type",
                "Input should be a valid list",
                "value is not a valid list (type=type_error.list)",
            ),
            Container::Set => (
                "set_type",
                "Input should be a valid set",
                "value is not a valid set (type=type_error.set)",
            ),
            Container::Tuple => (
                "tuple_type",
                "Input should be a valid tuple",
                "value is not a valid tuple (type=type_error.tuple)",
            ),
            Container::Dict => (
                "dict_type",
                "Input should be a valid dictionary",
                "value is not a valid dict (type=type_error.dict)",
            ),
            Container::Other => return Ok(Verdict::Open),
        };
        let plain = matches!(
            value,
            Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::None
        );
        if plain {
            let none = matches!(value, Value::None);
            return Ok(self.wrong(value, kind, message, if none { NONE_V1 } else { old }));
        }
        let (mut list, mut dict, mut set) = (matches!(value, Value::Tuple(_)), false, false);
        if let Value::Obj(obj) = value {
            let cell = self.heap.get(*obj);
            list = matches!(cell.kind, Kind::List(_));
            dict = matches!(cell.kind, Kind::Dict(_)) && !cell.open;
            set = matches!(cell.kind, Kind::Set(_));
        }
        match container {
            Container::List if list => self.items_verdict(inner, value),
            Container::Set if list => Ok(match self.items_verdict(inner, value)? {
                Verdict::Fine(list) => {
                    let items = self.items_of(&list)?;
                    Verdict::Fine(self.set_of(items))
                }
                other => other,
            }),
            Container::Set if set && inner.is_empty() => Ok(Verdict::Fine(value.clone())),
            Container::Dict if dict => self.entries_verdict(inner, value),
            Container::List | Container::Set if dict => Ok(self.wrong(value, kind, message, old)),
            Container::Dict if list => Ok(self.wrong(value, kind, message, old)),
            _ => Ok(Verdict::Open),
        }
    }

    /// Every item of a list or tuple.
    fn items_verdict(&mut self, inner: &[Shape], value: &Value) -> R<Verdict> {
        let Some(items) = self.items_of(value)? else {
            return Ok(Verdict::Open);
        };
        let [shape] = inner else {
            return Ok(Verdict::Fine(self.list(items)));
        };
        let (mut kept, mut problems) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            match self.verdict(shape, item)? {
                Verdict::Fine(item) => kept.push(item),
                Verdict::Open => kept.push(self.unknown()),
                Verdict::Wrong(wrong) => problems.extend(inside(&at.to_string(), wrong)),
            }
        }
        Ok(if problems.is_empty() {
            Verdict::Fine(self.list(kept))
        } else {
            Verdict::Wrong(problems)
        })
    }

    /// Every entry of a dict.
    fn entries_verdict(&mut self, inner: &[Shape], value: &Value) -> R<Verdict> {
        let (Some((table, false)), [keys, values]) = (self.table_of(value), inner) else {
            return Ok(Verdict::Fine(value.clone()));
        };
        let (mut kept, mut problems) = (Vec::new(), Vec::new());
        for (key, item) in table.values() {
            let Some(place) = self.text_of(key) else {
                return Ok(Verdict::Open);
            };
            match self.verdict(keys, key)? {
                Verdict::Fine(new) => match new.as_str() {
                    Some(new) => kept.push((new.to_owned(), Value::Unknown)),
                    None => return Ok(Verdict::Open),
                },
                Verdict::Open => return Ok(Verdict::Open),
                Verdict::Wrong(wrong) => {
                    let old = self.pydantic_major() < 2;
                    let mark = if old { "__key__" } else { "[key]" };
                    for problem in inside(mark, wrong) {
                        let place = if old { None } else { Some(place.as_str()) };
                        match place {
                            Some(place) => problems.extend(inside(place, vec![problem])),
                            None => problems.push(problem),
                        }
                    }
                    continue;
                }
            }
            match self.verdict(values, item)? {
                Verdict::Fine(new) => {
                    if let Some(last) = kept.last_mut() {
                        last.1 = new;
                    }
                }
                Verdict::Open => self.blur(),
                Verdict::Wrong(wrong) => problems.extend(inside(&place, wrong)),
            }
        }
        Ok(if problems.is_empty() {
            Verdict::Fine(self.dict_of(kept))
        } else {
            Verdict::Wrong(problems)
        })
    }

    /// Runs the functions of `Annotated[...]` around the check of a shape. `None` when some of
    /// the metadata is nothing that is understood.
    pub(super) fn marked_verdict(
        &mut self,
        shape: &Shape,
        metadata: &[Value],
        value: &Value,
    ) -> R<Option<Verdict>> {
        let mut functions = Vec::new();
        for mark in metadata {
            let Some(class) = self.class_of_instance(mark) else {
                if matches!(mark, Value::Str(_)) {
                    continue;
                }
                return Ok(None);
            };
            if self.is_field_info(mark) {
                continue;
            }
            let name = self.class_name(class);
            let Some(kind) = name.strip_prefix("pydantic.functional_validators.") else {
                return Ok(None);
            };
            match (kind, self.own(mark, "func")) {
                ("BeforeValidator" | "AfterValidator", Some(func)) if !func.is_unknown() => {
                    functions.push((kind == "BeforeValidator", func));
                }
                _ => return Ok(None),
            }
        }
        let mut value = value.clone();
        for (_, func) in functions.iter().rev().filter(|(before, _)| *before) {
            match self.run_mark(func, value)? {
                Ok(Value::Unknown) => return Ok(Some(Verdict::Open)),
                Ok(passed) => value = passed,
                Err(problem) => return Ok(Some(Verdict::Wrong(vec![problem]))),
            }
        }
        let mut value = match self.verdict(shape, &value)? {
            Verdict::Fine(value) => value,
            other => return Ok(Some(other)),
        };
        for (_, func) in functions.iter().filter(|(before, _)| !*before) {
            match self.run_mark(func, value)? {
                Ok(passed) => value = passed,
                Err(problem) => return Ok(Some(Verdict::Wrong(vec![problem]))),
            }
        }
        Ok(Some(Verdict::Fine(value)))
    }

    fn run_mark(&mut self, func: &Value, value: Value) -> R<Result<Value, Problem>> {
        let input = value.clone();
        let args = self.validator_arguments(func, value, &[]);
        Ok(self.guarded(func, args)?.map_err(|text| Problem {
            loc: Vec::new(),
            message: text.0,
            kind: text.1,
            input,
            old: text.2,
        }))
    }
}

fn container_named(name: &str) -> Container {
    match name {
        "list" => Container::List,
        "dict" => Container::Dict,
        "tuple" => Container::Tuple,
        _ => Container::Set,
    }
}

/// `'a', 'b' or 'c'`
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
