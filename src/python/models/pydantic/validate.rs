//! Instances of models: what certainly does not fit, with pydantic's text, and what the
//! attributes of the instance are.

use indexmap::IndexMap;

use super::fields::Field;
use super::run_validators::Early;
use super::validators::Influence;
use super::verdict::Verdict;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
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

/// What every instance carries beside its fields (both generations).
const INSTANCE: &[&str] = &[
    "__pydantic_fields_set__",
    "__pydantic_extra__",
    "__pydantic_private__",
    "__fields_set__",
];

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
    interp.refuse_incomplete(class)?;
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
        let problems = self.fill_fields(this, class, &mut filling)?;
        if problems.is_empty() {
            return Ok(());
        }
        let fields = self.model_fields(class).unwrap_or_default();
        Err(self.validation_error(class, &problems, &filling, &fields))
    }

    /// The same for an instance inside another: what is refused is the outer one's to tell.
    ///
    /// # Errors
    /// What validators raise beside refusals.
    pub(super) fn fill_instance(
        &mut self,
        this: &Value,
        class: Obj,
        mut filling: Filling,
    ) -> R<Vec<Problem>> {
        self.fill_fields(this, class, &mut filling)
    }

    fn fill_fields(&mut self, this: &Value, class: Obj, filling: &mut Filling) -> R<Vec<Problem>> {
        for name in INSTANCE {
            self.store(this, name, Value::Unknown);
        }
        let Some(fields) = self.model_fields(class) else {
            self.open_instance(this);
            self.blur();
            return Ok(Vec::new());
        };
        let mut influence = self.influence_of(class);
        let mut problems = Vec::new();
        if influence.before_model {
            match self.run_model_before(class, filling)? {
                Early::Passed(_) => influence.before_model = false,
                Early::Refused(problem) => return Ok(vec![problem]),
                Early::Vague => filling.open = true,
            }
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
            let key = self.key_of_field(field, by_name, filling);
            let value = match key.as_ref().and_then(|k| filling.values.get(k)).cloned() {
                Some(value) => {
                    used.extend(key);
                    self.judge(class, field, value, &influence, &mut problems, &set)?
                }
                None => {
                    self.missing_value(class, field, filling, &influence, &mut problems, &set)?
                }
            };
            // A field that is refused is not among the data that later validators see.
            if problems.len() == before {
                set.push((field.name.clone(), value));
            }
        }
        self.judge_extra(class, filling, &used, &mut problems, &mut set);
        if !problems.is_empty() {
            return Ok(problems);
        }
        for (name, value) in set {
            self.store(this, &name, value);
        }
        self.set_private_attributes(this, class);
        if filling.open {
            self.open_instance(this);
        }
        let names: Vec<String> = fields.into_iter().map(|f| f.name).collect();
        Ok(self
            .run_after(this, class, filling, &names)?
            .into_iter()
            .collect())
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
        if self.runs_always(class, field) {
            return Some(true);
        }
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
            match self.run_early_validators(class, field, value.clone(), set)? {
                Early::Passed(passed) if !passed.is_unknown() => {
                    value = passed;
                    before = false;
                }
                Early::Passed(_) | Early::Vague => {}
                Early::Refused(problem) => {
                    problems.push(problem);
                    return Ok(Value::Unknown);
                }
            }
        }
        let verdict = if before || !field.annotation.resolved {
            Verdict::Open
        } else {
            let (shape, metadata) = (&field.annotation.shape, &field.annotation.metadata);
            self.marked_verdict(shape, metadata, &value)?
                .unwrap_or(Verdict::Open)
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
}
