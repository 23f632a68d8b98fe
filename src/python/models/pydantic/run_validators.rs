//! Validators as they run: those of fields and of whole models, before and after the types are
//! checked, and what their exceptions say.

use indexmap::IndexMap;

use super::fields::Field;
use super::validate::{Filling, Problem};
use crate::python::call::Args;
use crate::python::interp::{HandlerScope, Interp};
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// What the validators that run before the type check say.
pub(super) enum Early {
    /// They pass this value on.
    Passed(Value),
    /// They refuse it.
    Refused(Problem),
    /// What they do is not known.
    Vague,
}

/// Text of the second generation, its type, text of the first.
pub(super) type Refusal = (String, &'static str, String);

impl Interp<'_> {
    /// Runs the validators of the whole model that see the input first.
    pub(super) fn run_model_before(&mut self, class: Obj, filling: &mut Filling) -> R<Early> {
        if filling.open {
            return Ok(Early::Vague);
        }
        let old = self.pydantic_major() < 2;
        let mut early = Vec::new();
        for proxy in self.proxies(class, "model") {
            let mode = self.own(&proxy, "<mode>");
            match mode.as_ref().and_then(Value::as_str) {
                Some("before") => early.push(proxy),
                Some("after") => {}
                _ => return Ok(Early::Vague),
            }
        }
        if !old {
            early.reverse();
        }
        let mut data = self.dict_of(filling.values.clone().into_iter().collect());
        for proxy in early {
            let func = self.bound_validator(class, &proxy)?;
            if self.positional_count(&func) != Some(1) {
                return Ok(Early::Vague);
            }
            let input = data.clone();
            match self.guarded(&func, Args::positional(vec![data]))? {
                Ok(passed) => data = passed,
                Err(text) => return Ok(Early::Refused(refusal(text, input, Vec::new()))),
            }
        }
        let Some((table, false)) = self.table_of(&data) else {
            return Ok(Early::Vague);
        };
        let values: Option<IndexMap<String, Value>> = table
            .values()
            .map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone())))
            .collect();
        Ok(match values {
            Some(values) => {
                filling.values = values;
                Early::Passed(data)
            }
            None => Early::Vague,
        })
    }

    /// Runs the validators of one field that see a value before its type is checked: those that
    /// were defined last come first (first generation: in the order of definition).
    pub(super) fn run_early_validators(
        &mut self,
        class: Obj,
        field: &Field,
        mut value: Value,
        set: &[(String, Value)],
    ) -> R<Early> {
        let mut early = Vec::new();
        for proxy in self.proxies(class, "field") {
            if !self.concerns(&proxy, field) {
                continue;
            }
            let mode = self.own(&proxy, "<mode>");
            match mode.as_ref().and_then(Value::as_str) {
                Some("before") => early.push(proxy),
                Some("after") => {}
                _ => return Ok(Early::Vague),
            }
        }
        if self.pydantic_major() >= 2 {
            early.reverse();
        }
        for proxy in early {
            match self.run_validator(class, field, &proxy, value, set)? {
                Ok(passed) if passed.is_unknown() => return Ok(Early::Vague),
                Ok(passed) => value = passed,
                Err(problem) => return Ok(Early::Refused(problem)),
            }
        }
        Ok(Early::Passed(value))
    }

    /// Is a validator of this field run for its default too?
    pub(super) fn runs_always(&mut self, class: Obj, field: &Field) -> bool {
        self.proxies(class, "field").into_iter().any(|proxy| {
            self.concerns(&proxy, field)
                && matches!(self.own(&proxy, "<always>"), Some(Value::Bool(true)))
        })
    }

    /// Does a validator look at this field?
    fn concerns(&mut self, proxy: &Value, field: &Field) -> bool {
        let names = self.own(proxy, "<fields>");
        matches!(&names, Some(Value::Tuple(items)) if items.iter().any(|i| {
            i.as_str() == Some(&field.name) || i.as_str() == Some("*")
        }))
    }

    /// The function of a proxy as it is called.
    fn bound_validator(&mut self, class: Obj, proxy: &Value) -> R<Value> {
        let func = self.own(proxy, "wrapped").unwrap_or(Value::Unknown);
        let func = self.bind_descriptor(&func, None, class)?;
        Ok(match &func {
            Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Function(_)) => {
                self.method(func.clone(), Value::Obj(class))
            }
            _ => func,
        })
    }

    /// Runs one validator.
    fn run_validator(
        &mut self,
        class: Obj,
        field: &Field,
        proxy: &Value,
        value: Value,
        set: &[(String, Value)],
    ) -> R<Result<Value, Problem>> {
        let func = self.bound_validator(class, proxy)?;
        let input = value.clone();
        let old = self.own(proxy, "<old>").is_some() || self.pydantic_major() < 2;
        let args = if old {
            self.old_arguments(&func, value, set)
        } else {
            self.validator_arguments(&func, value, set)
        };
        Ok(self.guarded(&func, args)?.map_err(|text| {
            let loc = field.aliases.first().unwrap_or(&field.name).clone();
            refusal(text, input, vec![loc])
        }))
    }

    /// Runs the validators of one field that come after its type check.
    pub(super) fn run_field_validators(
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
            match self.run_validator(class, field, &proxy, value, set)? {
                Ok(passed) => value = passed,
                Err(problem) => {
                    problems.push(problem);
                    return Ok(Value::Unknown);
                }
            }
        }
        Ok(value)
    }

    /// Arguments of a validator of the second generation: the value, and the information where
    /// the function takes two.
    pub(super) fn validator_arguments(
        &mut self,
        func: &Value,
        value: Value,
        set: &[(String, Value)],
    ) -> Args {
        let wanted = self.positional_count(func);
        let mut pos = vec![value];
        if wanted.is_none_or(|n| n > 1) {
            let data = self.dict_of(set.to_vec());
            // The class in `core_schema` is a protocol: its properties are not the real ones.
            let object = self.builtins.object_class;
            let class =
                self.synthetic_class("pydantic_core._pydantic_core", "ValidationInfo", object);
            let info = Value::Obj(self.instance(class));
            self.open_instance(&info);
            self.store(&info, "data", data);
            pos.push(info);
        }
        let open = wanted.is_none_or(|n| n > 2);
        Args {
            pos,
            open,
            ..Args::default()
        }
    }

    /// Arguments in the way of the first generation: by the names of the parameters.
    fn old_arguments(&mut self, func: &Value, value: Value, set: &[(String, Value)]) -> Args {
        let mut args = Args::positional(vec![value]);
        let Some((names, all)) = self.further_parameters(func) else {
            args.open = true;
            return args;
        };
        let wants = |name: &str| all || names.iter().any(|n| n == name);
        if wants("values") {
            let data = self.dict_of(set.to_vec());
            args.kw.push((self.sym("values"), data));
        }
        if self.pydantic_major() < 2 {
            for name in ["field", "config"] {
                if wants(name) {
                    args.kw.push((self.sym(name), Value::Unknown));
                }
            }
        }
        args
    }

    /// Names of the parameters behind the value, and whether any keyword is taken.
    fn further_parameters(&self, func: &Value) -> Option<(Vec<String>, bool)> {
        let (skipped, func) = match &self.heap.get(func.as_obj()?).kind {
            Kind::Method { func, .. } => (2, func.as_obj()?),
            _ => (1, func.as_obj()?),
        };
        let Kind::Function(data) = &self.heap.get(func).kind else {
            return None;
        };
        let parameters = data.def.parameters()?;
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let names = positional.skip(skipped).chain(&parameters.kwonlyargs);
        let names = names.map(|p| p.parameter.name.to_string()).collect();
        Some((names, parameters.kwarg.is_some()))
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
    pub(super) fn guarded(&mut self, func: &Value, args: Args) -> R<Result<Value, Refusal>> {
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

    /// Validators of the finished model, and `model_post_init`; what refuses the whole.
    pub(super) fn run_after(
        &mut self,
        this: &Value,
        class: Obj,
        filling: &Filling,
        names: &[String],
    ) -> R<Option<Problem>> {
        let post = self.sym("model_post_init");
        if self.pydantic_major() >= 2
            && let Some((owner, _, true)) = self.class_lookup(class, post)
            && self.class_name(owner) != "pydantic.main.BaseModel"
            && let Some(method) = self.find_attribute(this, post)?
        {
            self.call(&method, Args::positional(vec![Value::None]))?;
        }
        for proxy in self.proxies(class, "model") {
            if self.own(&proxy, "<mode>").as_ref().and_then(Value::as_str) != Some("after") {
                continue;
            }
            if filling.open {
                self.blur();
                continue;
            }
            let old = self.own(&proxy, "<old>").is_some() || self.pydantic_major() < 2;
            let refused = if old {
                self.run_old_after(this, class, &proxy, names)?
            } else {
                self.run_one_after(this, &proxy)?
            };
            if let Some(text) = refused {
                let input = self.dict_of(filling.values.clone().into_iter().collect());
                return Ok(Some(refusal(text, input, Vec::new())));
            }
        }
        Ok(None)
    }

    /// `@model_validator(mode="after")` on a method.
    fn run_one_after(&mut self, this: &Value, proxy: &Value) -> R<Option<Refusal>> {
        let func = self.own(proxy, "wrapped").unwrap_or(Value::Unknown);
        let is_function =
            matches!(&func, Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Function(_)));
        if !is_function {
            self.blur();
            return Ok(None);
        }
        let method = self.method(func, this.clone());
        Ok(self.guarded(&method, Args::none())?.err())
    }

    /// `@root_validator`: it sees a dict of the values and answers the dict to keep.
    fn run_old_after(
        &mut self,
        this: &Value,
        class: Obj,
        proxy: &Value,
        names: &[String],
    ) -> R<Option<Refusal>> {
        let func = self.bound_validator(class, proxy)?;
        let values = names
            .iter()
            .map(|name| {
                let value = self.own(this, name).unwrap_or(Value::Unknown);
                (name.clone(), value)
            })
            .collect();
        let values = self.dict_of(values);
        let answer = match self.guarded(&func, Args::positional(vec![values]))? {
            Ok(answer) => answer,
            Err(text) => return Ok(Some(text)),
        };
        match self.table_of(&answer) {
            Some((table, false)) => {
                for (key, value) in table.values() {
                    if let Some(name) = key.as_str().map(ToOwned::to_owned) {
                        self.store(this, &name, value.clone());
                    }
                }
            }
            _ => {
                for name in names {
                    self.store(this, name, Value::Unknown);
                }
                self.open_instance(this);
            }
        }
        Ok(None)
    }
}

fn refusal(text: Refusal, input: Value, loc: Vec<String>) -> Problem {
    Problem {
        loc,
        message: text.0,
        kind: text.1,
        input,
        old: text.2,
    }
}
