//! Instances of models: what certainly does not fit, with pydantic's text, and what the
//! attributes of the instance are.

use indexmap::IndexMap;

use super::fields::Field;
use super::shapes::{Container, Shape};
use super::validators::Influence;
use crate::python::call::Args;
use crate::python::interp::{HandlerScope, Interp};
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// One line of a `ValidationError`.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Where: field names and indexes.
    pub loc: Vec<String>,
    /// Text of the second generation.
    pub message: String,
    /// Its type.
    pub kind: &'static str,
    /// What was given.
    pub input: Value,
    /// Text of the first generation.
    pub old: String,
}

/// What the fields say to one value.
pub(super) enum Verdict {
    Fine(Value),
    Wrong(Vec<Problem>),
    Open,
}

/// What every instance carries beside its fields (both generations).
const INSTANCE: &[&str] = &[
    "__pydantic_fields_set__",
    "__pydantic_extra__",
    "__pydantic_private__",
    "__fields_set__",
];

/// What the validators that run before the type check say.
enum Early {
    /// They pass this value on.
    Passed(Value),
    /// They refuse it; the problem is noted.
    Refused,
    /// What they do is not known.
    Vague,
}

/// How an instance is filled, for texts and kinds.
#[derive(Debug, Clone, Default)]
pub struct Filling {
    /// Values by key, in the order of the input.
    pub values: IndexMap<String, Value>,
    /// More values may have been given.
    pub open: bool,
    /// The class reads settings: variable names by field, and where they were looked for.
    pub settings: Option<IndexMap<String, String>>,
    /// Files that were read.
    pub sources: String,
}

/// `BaseModel.__init__(self, /, **data)`
pub fn model_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let Some(class) = interp.class_of_instance(&this) else {
        return Ok(Value::None);
    };
    let (values, open) = interp.keywords(&bound, "data");
    let filling = Filling {
        values: values.into_iter().collect(),
        open,
        ..Filling::default()
    };
    interp.fill_model(&this, class, filling)?;
    Ok(Value::None)
}

/// `Model.model_validate(obj)`
pub fn model_validate(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(Value::Obj(class)), Some(given)) =
        (args.pos.first().cloned(), args.pos.get(1).cloned())
    else {
        return Ok(interp.unknown());
    };
    if !interp.is_class(class) {
        return Ok(interp.unknown());
    }
    let this = Value::Obj(interp.instance(class));
    match interp.table_of(&given) {
        Some((table, open)) if matches!(&given, Value::Obj(o) if matches!(interp.heap.get(*o).kind, Kind::Dict(_))) =>
        {
            let values = table
                .values()
                .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
                .collect();
            interp.fill_model(
                &this,
                class,
                Filling {
                    values,
                    open,
                    ..Filling::default()
                },
            )?;
        }
        _ => interp.open_instance(&this),
    }
    Ok(this)
}

/// A method without effect here.
pub fn nothing(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::None)
}

impl<'a> Interp<'a> {
    /// Attributes of an instance that are not known may exist.
    pub fn open_instance(&mut self, this: &Value) {
        if let Value::Obj(obj) = this {
            self.heap.get_mut(*obj).open = true;
        }
    }

    /// A setting of a model's configuration. Outer `None`: not known.
    pub fn model_config(&mut self, class: Obj, name: &str) -> Option<Option<Value>> {
        let config = self.get(&Value::Obj(class), "<config>")?;
        let (table, open) = self.table_of(&config)?;
        match table.values().find(|(k, _)| k.as_str() == Some(name)) {
            Some((_, Value::Unknown)) => None,
            Some((_, value)) => Some(Some(value.clone())),
            None if open => None,
            None => Some(None),
        }
    }

    fn influence_of(&mut self, class: Obj) -> Influence {
        let mut influence = Influence::default();
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return influence;
        };
        let mro = data.mro.clone();
        for ancestor in mro.iter() {
            let values: Vec<Value> = self
                .heap
                .get(*ancestor)
                .attrs
                .values()
                .map(|s| s.value.clone())
                .collect();
            for value in values {
                self.add_influence(&value, &mut influence);
            }
        }
        influence
    }

    /// Validates values and sets the attributes of the instance.
    ///
    /// # Errors
    /// `ValidationError`, and what validators raise.
    pub fn fill_model(&mut self, this: &Value, class: Obj, mut filling: Filling) -> R<()> {
        for name in INSTANCE {
            self.store(this, name, Value::Unknown);
        }
        let Some(fields) = self.model_fields(class) else {
            self.open_instance(this);
            self.blur();
            return Ok(());
        };
        let mut influence = self.influence_of(class);
        let mut problems = Vec::new();
        if influence.before_model && self.run_model_before(class, &mut filling)? {
            influence.before_model = false;
        }
        if influence.before_model {
            filling.open = true;
        }
        let by_name = [
            "populate_by_name",
            "validate_by_name",
            "allow_population_by_field_name",
        ];
        let by_name = by_name.iter().any(|n| {
            !matches!(
                self.model_config(class, n),
                Some(None | Some(Value::Bool(false)))
            )
        });
        let mut used: Vec<String> = Vec::new();
        let mut set: Vec<(String, Value)> = Vec::new();
        for field in &fields {
            let before = problems.len();
            let key = self.key_of_field(field, by_name, &filling);
            let value = match key.as_ref().and_then(|k| filling.values.get(k)).cloned() {
                Some(value) => {
                    used.extend(key);
                    self.judge(class, field, value, &influence, &mut problems, &set)?
                }
                None => {
                    self.missing_value(class, field, &filling, &influence, &mut problems, &set)?
                }
            };
            // A field that is refused is not among the data that later validators see.
            if problems.len() == before {
                set.push((field.name.clone(), value));
            }
        }
        self.judge_extra(class, &filling, &used, &mut problems, &mut set);
        if !problems.is_empty() {
            return Err(self.validation_error(class, &problems, &filling, &fields));
        }
        for (name, value) in set {
            self.store(this, &name, value);
        }
        self.set_private_attributes(this, class);
        if filling.open {
            self.open_instance(this);
        }
        self.run_after(this, class, &filling, &fields)
    }

    /// Runs the validators of the whole model that see the input first; true when what they make
    /// of it is known.
    fn run_model_before(&mut self, class: Obj, filling: &mut Filling) -> R<bool> {
        if self.pydantic_major() < 2 || filling.open {
            return Ok(false);
        }
        let mut early = Vec::new();
        for proxy in self.proxies(class, "model") {
            let old = self.own(&proxy, "<old>").is_some();
            let mode = self.own(&proxy, "<mode>");
            match mode.as_ref().and_then(Value::as_str) {
                Some("before") if !old => early.push(proxy),
                Some("after") => {}
                _ => return Ok(false),
            }
        }
        let mut data = self.dict_of(filling.values.clone().into_iter().collect());
        for proxy in early.into_iter().rev() {
            let func = self.own(&proxy, "wrapped").unwrap_or(Value::Unknown);
            let func = self.bind_descriptor(&func, None, class)?;
            if self.positional_count(&func) != Some(1) {
                return Ok(false);
            }
            match self.guarded(&func, Args::positional(vec![data]))? {
                Ok(passed) => data = passed,
                Err(_) => return Ok(false),
            }
        }
        let Some((table, false)) = self.table_of(&data) else {
            return Ok(false);
        };
        let values: Option<IndexMap<String, Value>> = table
            .values()
            .map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone())))
            .collect();
        Ok(match values {
            Some(values) => {
                filling.values = values;
                true
            }
            None => false,
        })
    }

    fn key_of_field(&self, field: &Field, by_name: bool, filling: &Filling) -> Option<String> {
        if field.vague_alias {
            return None;
        }
        let mut keys: Vec<&String> = field.aliases.iter().collect();
        if keys.is_empty() || by_name {
            keys.push(&field.name);
        }
        keys.into_iter()
            .find(|k| filling.values.contains_key(*k))
            .cloned()
    }

    fn missing_value(
        &mut self,
        class: Obj,
        field: &Field,
        filling: &Filling,
        influence: &Influence,
        problems: &mut Vec<Problem>,
        set: &[(String, Value)],
    ) -> R<Value> {
        let certain = !filling.open && !field.vague_alias && !influence.before_model;
        match field.required {
            Some(true) if certain => {
                let loc = field.aliases.first().unwrap_or(&field.name).clone();
                let input = self.dict_of(filling.values.clone().into_iter().collect());
                problems.push(Problem {
                    loc: vec![loc],
                    message: "Field required".to_owned(),
                    kind: "missing",
                    input,
                    old: "field required (type=value_error.missing)".to_owned(),
                });
                Ok(Value::Unknown)
            }
            Some(false) if !filling.open && !field.vague_alias => {
                let value = self.field_default(field)?;
                match self.validates_default(class, field) {
                    Some(true) if !value.is_unknown() && !influence.before_model => {
                        let before = problems.len();
                        let judged =
                            self.judge(class, field, value.clone(), influence, problems, set)?;
                        let vague = judged.is_unknown() && problems.len() == before;
                        let kept = vague && self.is_old_url(&value);
                        Ok(if kept { value } else { judged })
                    }
                    Some(false) if !influence.concerns(&field.name) => Ok(value),
                    _ => Ok(Value::Unknown),
                }
            }
            _ => Ok(self.unknown()),
        }
    }

    /// Is a default validated like a given value? `None` when that is not known.
    fn validates_default(&mut self, class: Obj, field: &Field) -> Option<bool> {
        match self.own(&field.info, "validate_default") {
            Some(Value::Bool(flag)) => return Some(flag),
            Some(Value::None) | None => {}
            Some(_) => return None,
        }
        let (name, settings) = if self.pydantic_major() >= 2 {
            ("validate_default", "pydantic_settings.main.BaseSettings")
        } else {
            ("validate_all", "pydantic.env_settings.BaseSettings")
        };
        match self.model_config(class, name)? {
            Some(Value::Bool(flag)) => Some(flag),
            Some(_) => None,
            None => Some(self.descends_from(class, settings)),
        }
    }

    /// A text for a URL type before 2.10: its instance is taken for the text that it was made from.
    fn is_old_url(&self, value: &Value) -> bool {
        let release = self.dist_release("pydantic");
        release != (0, 0, 0)
            && release < (2, 10, 0)
            && value.as_str().is_some_and(|text| text.contains("://"))
    }

    fn judge(
        &mut self,
        class: Obj,
        field: &Field,
        value: Value,
        influence: &Influence,
        problems: &mut Vec<Problem>,
        set: &[(String, Value)],
    ) -> R<Value> {
        let loc = field.aliases.first().unwrap_or(&field.name).clone();
        let mut value = value;
        let mut before = influence.concerns(&field.name);
        if before {
            match self.run_early_validators(class, field, value.clone(), problems, set)? {
                Early::Passed(passed) if !passed.is_unknown() => {
                    value = passed;
                    before = false;
                }
                Early::Passed(_) | Early::Vague => {}
                Early::Refused => return Ok(Value::Unknown),
            }
        }
        let custom = field
            .annotation
            .metadata
            .iter()
            .any(|m| !self.is_field_info(m) && !matches!(m, Value::Str(_)));
        let verdict = if before || custom {
            Verdict::Open
        } else {
            self.verdict(&field.annotation.shape, &value)
        };
        let fine = match verdict {
            Verdict::Fine(fine) => fine,
            Verdict::Open => return Ok(self.unknown()),
            Verdict::Wrong(wrong) => {
                for mut problem in wrong {
                    problem.loc.insert(0, loc.clone());
                    problems.push(problem);
                }
                return Ok(Value::Unknown);
            }
        };
        if let Some(mut problem) = self.constraint(field, &fine, &value) {
            problem.loc.insert(0, loc);
            problems.push(problem);
            return Ok(Value::Unknown);
        }
        self.run_field_validators(class, field, fine, problems, set)
    }

    /// What certainly is wrong with a value of this shape (lax mode).
    pub(super) fn verdict(&mut self, shape: &Shape, value: &Value) -> Verdict {
        match shape {
            Shape::Any | Shape::ClassVar => {
                if matches!(shape, Shape::Any) {
                    Verdict::Fine(value.clone())
                } else {
                    Verdict::Open
                }
            }
            Shape::Nothing => match value {
                Value::None => Verdict::Fine(Value::None),
                Value::Str(_) | Value::Int(_) | Value::Float(_) if self.pydantic_major() >= 2 => {
                    self.wrong(value, "none_required", "Input should be None", "")
                }
                _ => Verdict::Open,
            },
            Shape::Union(ways) => self.union_verdict(ways, value),
            Shape::Literal(values) => self.literal_verdict(values, value),
            Shape::Class(class) => self.class_verdict(*class, value),
            Shape::Generic(container, inner) => self.container_verdict(*container, inner, value),
        }
    }

    fn union_verdict(&mut self, ways: &[Shape], value: &Value) -> Verdict {
        if matches!(value, Value::None) && ways.iter().any(|w| matches!(w, Shape::Nothing)) {
            return Verdict::Fine(Value::None);
        }
        let others: Vec<&Shape> = ways
            .iter()
            .filter(|w| !matches!(w, Shape::Nothing))
            .collect();
        if let [one] = others.as_slice() {
            return self.verdict(one, value);
        }
        let text = self.builtins.class("str");
        let takes_text = others
            .iter()
            .any(|w| matches!(w, Shape::Class(c) if *c == text));
        if takes_text && value.as_str().is_some() {
            return Verdict::Fine(value.clone());
        }
        Verdict::Open
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
        self.wrong(
            value,
            "literal_error",
            &format!("Input should be {}", listed(&shown)),
            "",
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

    fn class_verdict(&mut self, class: Obj, value: &Value) -> Verdict {
        let name = self.class_name(class);
        match (name.as_str(), value) {
            (_, Value::Unknown) => Verdict::Open,
            ("str", Value::Str(_)) => Verdict::Fine(value.clone()),
            ("str", Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_))
                if self.pydantic_major() >= 2 =>
            {
                self.wrong(value, "string_type", "Input should be a valid string", "")
            }
            ("int", Value::Str(text)) => {
                let text = text.text.trim().to_owned();
                match text.parse::<i64>() {
                    Ok(number) => Verdict::Fine(Value::Int(number)),
                    Err(_)
                        if !text.is_empty()
                            && text.chars().all(|c| c.is_numeric() || "+-._".contains(c)) =>
                    {
                        Verdict::Open
                    }
                    Err(_) => self.wrong(
                        value,
                        "int_parsing",
                        "Input should be a valid integer, unable to parse string as an integer",
                        "value is not a valid integer (type=type_error.integer)",
                    ),
                }
            }
            ("int", Value::Int(_)) | ("float", Value::Float(_)) | ("bool", Value::Bool(_)) => {
                Verdict::Fine(value.clone())
            }
            ("int", Value::None) => self.wrong(
                value,
                "int_type",
                "Input should be a valid integer",
                NONE_V1,
            ),
            ("float", Value::None) => self.wrong(
                value,
                "float_type",
                "Input should be a valid number",
                NONE_V1,
            ),
            ("bool", Value::None) => self.wrong(
                value,
                "bool_type",
                "Input should be a valid boolean",
                NONE_V1,
            ),
            ("float", Value::Str(text)) => match text.text.trim().parse::<f64>() {
                Ok(number) => Verdict::Fine(Value::Float(number)),
                Err(_) if text.text.contains('_') => Verdict::Open,
                Err(_) => self.wrong(
                    value,
                    "float_parsing",
                    "Input should be a valid number, unable to parse string as a number",
                    "value is not a valid float (type=type_error.float)",
                ),
            },
            ("bool", Value::Str(text)) => match text.text.to_ascii_lowercase().as_str() {
                "0" | "off" | "f" | "false" | "n" | "no" => Verdict::Fine(Value::Bool(false)),
                "1" | "on" | "t" | "true" | "y" | "yes" => Verdict::Fine(Value::Bool(true)),
                other if other.trim() != other => Verdict::Open,
                _ => self.wrong(
                    value,
                    "bool_parsing",
                    "Input should be a valid boolean, unable to interpret input",
                    "value could not be parsed to a boolean (type=type_error.bool)",
                ),
            },
            ("pydantic.types.SecretStr", Value::Str(_)) => {
                let secret = self.library_object("pydantic.types", "SecretStr");
                self.store(&secret, "_secret_value", value.clone());
                Verdict::Fine(secret)
            }
            ("list" | "set" | "dict" | "tuple" | "frozenset", _) => {
                self.container_verdict(container_named(&name), &[], value)
            }
            _ => self.other_class_verdict(class, &name, value),
        }
    }

    fn other_class_verdict(&mut self, class: Obj, name: &str, value: &Value) -> Verdict {
        if self.pydantic_major() >= 2
            && self.is_url_class(class)
            && (value.as_obj().is_none() && !value.is_unknown())
        {
            return self.url_verdict(class, value);
        }
        if name.starts_with("pydantic.networks.") && value.as_str().is_some() {
            let url =
                self.library_object("pydantic.networks", name.rsplit('.').next().unwrap_or(name));
            self.store(&url, "_url", value.clone());
            return Verdict::Fine(url);
        }
        if let Some(own) = self.class_of_instance(value)
            && self.is_subclass(own, class) == Some(true)
        {
            return Verdict::Fine(value.clone());
        }
        if self.is_model_class(class)
            && self.table_of(value).is_none()
            && !matches!(value, Value::Obj(_))
        {
            let shown = self.class_short_name(class);
            let message = format!("Input should be a valid dictionary or instance of {shown}");
            return self.wrong(
                value,
                "model_type",
                &message,
                "value is not a valid dict (type=type_error.dict)",
            );
        }
        Verdict::Open
    }

    fn container_verdict(
        &mut self,
        container: Container,
        _inner: &[Shape],
        value: &Value,
    ) -> Verdict {
        let (kind, message) = match container {
            Container::List => ("list_type", "Input should be a valid list"),
            Container::Set => ("set_type", "Input should be a valid set"),
            Container::Tuple => ("tuple_type", "Input should be a valid tuple"),
            Container::Dict => ("dict_type", "Input should be a valid dictionary"),
            Container::Other => return Verdict::Open,
        };
        match value {
            Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::None
                if self.pydantic_major() >= 2 =>
            {
                self.wrong(value, kind, message, "")
            }
            Value::Obj(obj) => match (&self.heap.get(*obj).kind, container) {
                (Kind::List(_), Container::List)
                | (Kind::Dict(_), Container::Dict)
                | (Kind::Set(_), Container::Set) => Verdict::Fine(value.clone()),
                _ => Verdict::Open,
            },
            _ => Verdict::Open,
        }
    }

    /// Constraints of `Field(...)` on text and numbers.
    fn constraint(&mut self, field: &Field, value: &Value, input: &Value) -> Option<Problem> {
        if self.pydantic_major() < 2 {
            return None;
        }
        let number = |i: &mut Self, name: &str| match i.own(&field.info, name) {
            Some(Value::Int(n)) => Some(n),
            _ => None,
        };
        let problem = |kind: &'static str, message: String| Problem {
            loc: Vec::new(),
            message,
            kind,
            input: input.clone(),
            old: String::new(),
        };
        match value {
            Value::Str(text) => {
                let length = i64::try_from(text.text.chars().count()).unwrap_or(i64::MAX);
                let plural = |n: i64| if n == 1 { "" } else { "s" };
                if let Some(min) = number(self, "min_length").filter(|m| length < *m) {
                    let message =
                        format!("String should have at least {min} character{}", plural(min));
                    return Some(problem("string_too_short", message));
                }
                let max = number(self, "max_length").filter(|m| length > *m)?;
                Some(problem(
                    "string_too_long",
                    format!("String should have at most {max} character{}", plural(max)),
                ))
            }
            Value::Int(n) => {
                if let Some(ge) = number(self, "ge").filter(|b| n < b) {
                    return Some(problem(
                        "greater_than_equal",
                        format!("Input should be greater than or equal to {ge}"),
                    ));
                }
                if let Some(gt) = number(self, "gt").filter(|b| n <= b) {
                    return Some(problem(
                        "greater_than",
                        format!("Input should be greater than {gt}"),
                    ));
                }
                if let Some(le) = number(self, "le").filter(|b| n > b) {
                    return Some(problem(
                        "less_than_equal",
                        format!("Input should be less than or equal to {le}"),
                    ));
                }
                let lt = number(self, "lt").filter(|b| n >= b)?;
                Some(problem(
                    "less_than",
                    format!("Input should be less than {lt}"),
                ))
            }
            _ => None,
        }
    }

    fn judge_extra(
        &mut self,
        class: Obj,
        filling: &Filling,
        used: &[String],
        problems: &mut Vec<Problem>,
        set: &mut Vec<(String, Value)>,
    ) {
        let policy = self.model_config(class, "extra");
        let policy = match policy {
            Some(Some(value)) => self.plain_text(&value),
            Some(None) => Some("ignore".to_owned()),
            None => None,
        };
        for (key, value) in &filling.values {
            if used.contains(key) {
                continue;
            }
            match policy.as_deref() {
                Some("forbid") => problems.push(Problem {
                    loc: vec![key.clone()],
                    message: "Extra inputs are not permitted".to_owned(),
                    kind: "extra_forbidden",
                    input: value.clone(),
                    old: "extra fields not permitted (type=value_error.extra)".to_owned(),
                }),
                Some("allow") => set.push((key.clone(), value.clone())),
                _ => {}
            }
        }
    }

    fn set_private_attributes(&mut self, this: &Value, class: Obj) {
        let Some(table) = self
            .get(&Value::Obj(class), "__private_attributes__")
            .and_then(|t| self.table_of(&t))
        else {
            return;
        };
        for (key, value) in table.0.values() {
            let Some(name) = key.as_str() else { continue };
            let value = if self.class_of_instance(value).is_some() {
                Value::Unknown
            } else {
                value.clone()
            };
            self.store(this, name, value);
        }
    }

    /// Runs the validators of one field that see a value before its type is checked: those that
    /// were defined last come first (first generation: in the order of definition).
    fn run_early_validators(
        &mut self,
        class: Obj,
        field: &Field,
        mut value: Value,
        problems: &mut Vec<Problem>,
        set: &[(String, Value)],
    ) -> R<Early> {
        let mut early = Vec::new();
        for proxy in self.proxies(class, "field") {
            if !self.concerns(&proxy, field) {
                continue;
            }
            let old = self.own(&proxy, "<old>").is_some() && self.pydantic_major() >= 2;
            let mode = self.own(&proxy, "<mode>");
            match mode.as_ref().and_then(Value::as_str) {
                Some("before") if !old => early.push(proxy),
                Some("after") if !old => {}
                _ => return Ok(Early::Vague),
            }
        }
        if self.pydantic_major() >= 2 {
            early.reverse();
        }
        for proxy in early {
            match self.run_validator(class, field, &proxy, value, problems, set)? {
                Some(passed) if passed.is_unknown() => return Ok(Early::Vague),
                Some(passed) => value = passed,
                None => return Ok(Early::Refused),
            }
        }
        Ok(Early::Passed(value))
    }

    /// Does a validator look at this field?
    fn concerns(&mut self, proxy: &Value, field: &Field) -> bool {
        let names = self.own(proxy, "<fields>");
        matches!(&names, Some(Value::Tuple(items)) if items.iter().any(|i| {
            i.as_str() == Some(&field.name) || i.as_str() == Some("*")
        }))
    }

    /// Runs one validator; `None` when it refuses the value.
    fn run_validator(
        &mut self,
        class: Obj,
        field: &Field,
        proxy: &Value,
        value: Value,
        problems: &mut Vec<Problem>,
        set: &[(String, Value)],
    ) -> R<Option<Value>> {
        let func = self.own(proxy, "wrapped").unwrap_or(Value::Unknown);
        let func = self.bind_descriptor(&func, None, class)?;
        let func = match &func {
            Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Function(_)) => {
                self.method(func.clone(), Value::Obj(class))
            }
            _ => func,
        };
        let input = value.clone();
        let args = self.validator_arguments(&func, value, set);
        match self.guarded(&func, args)? {
            Ok(result) => Ok(Some(result)),
            Err(text) => {
                problems.push(Problem {
                    loc: vec![field.aliases.first().unwrap_or(&field.name).clone()],
                    message: text.0.clone(),
                    kind: text.1,
                    input,
                    old: text.2,
                });
                Ok(None)
            }
        }
    }

    /// Runs the validators of one field that come after its type check.
    fn run_field_validators(
        &mut self,
        class: Obj,
        field: &Field,
        mut value: Value,
        problems: &mut Vec<Problem>,
        set: &[(String, Value)],
    ) -> R<Value> {
        for proxy in self.proxies(class, "field") {
            let mode = self.own(&proxy, "<mode>");
            let early = mode.as_ref().and_then(Value::as_str) == Some("before");
            if early || !self.concerns(&proxy, field) {
                continue;
            }
            match self.run_validator(class, field, &proxy, value, problems, set)? {
                Some(passed) => value = passed,
                None => return Ok(Value::Unknown),
            }
        }
        Ok(value)
    }

    fn validator_arguments(&mut self, func: &Value, value: Value, set: &[(String, Value)]) -> Args {
        let wanted = self.positional_count(func);
        let named = self.second_parameter(func);
        let mut pos = vec![value];
        if wanted.is_none_or(|n| n > 1) {
            let data = self.dict_of(set.to_vec());
            if self.pydantic_major() >= 2 {
                // The class in `core_schema` is a protocol: its properties are not the real ones.
                let object = self.builtins.object_class;
                let class =
                    self.synthetic_class("pydantic_core._pydantic_core", "ValidationInfo", object);
                let info = Value::Obj(self.instance(class));
                self.open_instance(&info);
                self.store(&info, "data", data);
                pos.push(info);
            } else if named.as_deref() == Some("values") {
                pos.push(data);
            } else {
                pos.push(Value::Unknown);
            }
        }
        let open = wanted.is_none_or(|n| n > 2);
        Args {
            pos,
            open,
            ..Args::default()
        }
    }

    /// Name of the parameter behind the value, by which the first generation decides what it gets.
    fn second_parameter(&self, func: &Value) -> Option<String> {
        match &self.heap.get(func.as_obj()?).kind {
            Kind::Method { func, .. } => match &self.heap.get(func.as_obj()?).kind {
                Kind::Function(data) => {
                    let parameters = data.def.parameters()?;
                    let mut all = parameters.posonlyargs.iter().chain(&parameters.args);
                    all.nth(2).map(|p| p.parameter.name.to_string())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Number of positional parameters of a bound method, without the receiver.
    fn positional_count(&self, func: &Value) -> Option<usize> {
        match &self.heap.get(func.as_obj()?).kind {
            Kind::Method { func, .. } => self
                .positional_count(&func.clone())
                .map(|n| n.saturating_sub(1)),
            Kind::Function(data) => {
                let parameters = data.def.parameters()?;
                Some(parameters.posonlyargs.len() + parameters.args.len())
            }
            _ => None,
        }
    }

    /// Calls a validator: `ValueError` and `AssertionError` are answers, not failures.
    fn guarded(
        &mut self,
        func: &Value,
        args: Args,
    ) -> R<Result<Value, (String, &'static str, String)>> {
        let value_error = self.builtins.exception("ValueError");
        let assertion = self.builtins.exception("AssertionError");
        let type_error = self.builtins.exception("TypeError");
        let old = self.pydantic_major() < 2;
        let mut classes = vec![value_error, assertion];
        classes.extend(old.then_some(type_error));
        let depth = self.handlers.len();
        self.handlers.push(HandlerScope {
            classes: Some(classes),
        });
        let result = self.call(func, args);
        self.handlers.truncate(depth);
        let raised = match result {
            Ok(value) => return Ok(Ok(value)),
            Err(Stop::Raise(raised)) => raised,
            Err(stop) => return Err(stop),
        };
        let is_value = self.exception_matches(&raised.exc, &Value::Obj(value_error));
        let is_assertion = self.exception_matches(&raised.exc, &Value::Obj(assertion));
        let is_type = self.exception_matches(&raised.exc, &Value::Obj(type_error));
        match (is_value, is_assertion) {
            // The first generation takes a `TypeError` for an answer too.
            (Some(false), Some(false)) if old && is_type == Some(true) => {
                let text = self.exception_text(&raised.exc).unwrap_or_default();
                let told = format!("{text} (type=type_error)");
                Ok(Err((text, "type_error", told)))
            }
            (Some(false), Some(false)) => Err(Stop::Raise(raised)),
            (Some(true), _) | (_, Some(true)) => {
                let text = self.exception_text(&raised.exc).unwrap_or_default();
                Ok(Err(if is_value == Some(true) {
                    (
                        format!("Value error, {text}"),
                        "value_error",
                        format!("{text} (type=value_error)"),
                    )
                } else {
                    (
                        format!("Assertion failed, {text}"),
                        "assertion_error",
                        format!("{text} (type=assertion_error)"),
                    )
                }))
            }
            _ => Ok(Ok(Value::Unknown)),
        }
    }

    /// Proxies of one kind, those of ancestors first.
    fn proxies(&mut self, class: Obj, kind: &str) -> Vec<Value> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return Vec::new();
        };
        let mro = data.mro.clone();
        let mut found = Vec::new();
        for ancestor in mro.iter().rev() {
            let values: Vec<Value> = self
                .heap
                .get(*ancestor)
                .attrs
                .values()
                .map(|s| s.value.clone())
                .collect();
            for value in values {
                if self.is_decorator_proxy(&value)
                    && self.own(&value, "<kind>").as_ref().and_then(Value::as_str) == Some(kind)
                {
                    found.push(value);
                }
            }
        }
        found
    }

    /// Validators of the finished model, and `model_post_init`.
    fn run_after(
        &mut self,
        this: &Value,
        class: Obj,
        filling: &Filling,
        fields: &[Field],
    ) -> R<()> {
        if self.pydantic_major() < 2 {
            if !self.proxies(class, "model").is_empty() {
                self.blur();
            }
            return Ok(());
        }
        let post = self.sym("model_post_init");
        if let Some((owner, _, true)) = self.class_lookup(class, post)
            && self.class_name(owner) != "pydantic.main.BaseModel"
            && let Some(method) = self.find_attribute(this, post)?
        {
            self.call(&method, Args::positional(vec![Value::None]))?;
        }
        for proxy in self.proxies(class, "model") {
            if self.own(&proxy, "<mode>").as_ref().and_then(Value::as_str) != Some("after") {
                continue;
            }
            let func = self.own(&proxy, "wrapped").unwrap_or(Value::Unknown);
            let is_function = matches!(&func, Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Function(_)));
            if !is_function || filling.open {
                self.blur();
                continue;
            }
            let method = self.method(func, this.clone());
            if let Err(text) = self.guarded(&method, Args::none())? {
                let input = self.dict_of(filling.values.clone().into_iter().collect());
                let problem = Problem {
                    loc: Vec::new(),
                    message: text.0,
                    kind: text.1,
                    input,
                    old: text.2,
                };
                return Err(self.validation_error(class, &[problem], filling, fields));
            }
        }
        Ok(())
    }

    /// The `ValidationError` of these problems.
    fn validation_error(
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

const NONE_V1: &str = "none is not an allowed value (type=type_error.none.not_allowed)";

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
