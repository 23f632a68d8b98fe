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
    /// They refuse it; the problem is noted.
    Refused,
    /// What they do is not known.
    Vague,
}

impl Interp<'_> {
    /// Runs the validators of the whole model that see the input first; true when what they make
    /// of it is known.
    pub(super) fn run_model_before(&mut self, class: Obj, filling: &mut Filling) -> R<bool> {
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

    /// Runs the validators of one field that see a value before its type is checked: those that
    /// were defined last come first (first generation: in the order of definition).
    pub(super) fn run_early_validators(
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
    pub(super) fn run_after(
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
}
