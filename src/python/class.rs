//! Classes: definition, order of resolution, instances.

mod instance;
mod make;

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::call::Args;
use super::interp::{Frame, FrameKind, Interp};
use super::raise::{Flow, R};
use super::scope::ScopeInfo;
use super::value::{Key, Kind, Namespace, Obj, Owner, Slot, Sym, Table, Value};

impl<'a> Interp<'a> {
    /// `class`
    pub(super) fn class_statement(&mut self, s: &'a ast::StmtClassDef) -> R<Flow> {
        let mut decorators = Vec::with_capacity(s.decorator_list.len());
        for decorator in &s.decorator_list {
            decorators.push(self.eval(&decorator.expression)?);
        }
        // PEP 695: the type parameters are visible in bases and body.
        let outer = self.enter_type_params(s.type_params.as_deref());
        let result = self.build_class(s);
        self.leave_type_params(outer);
        let mut value = result?;
        for (decorator, node) in decorators.into_iter().zip(&s.decorator_list).rev() {
            self.at(node.expression.start());
            value = self.call(&decorator, Args::positional(vec![value]))?;
        }
        let name = self.sym(&s.name);
        self.bind(name, value)?;
        Ok(Flow::Next)
    }

    fn build_class(&mut self, s: &'a ast::StmtClassDef) -> R<Value> {
        let mut bases = Vec::new();
        let mut bases_known = true;
        let mut keywords: Vec<(Sym, Value)> = Vec::new();
        if let Some(arguments) = &s.arguments {
            for base in &arguments.args {
                if let ast::Expr::Starred(starred) = base {
                    let value = self.eval(&starred.value)?;
                    match self.items_of(&value)? {
                        Some(items) => bases.extend(items),
                        None => bases_known = false,
                    }
                } else {
                    bases.push(self.eval(base)?);
                }
            }
            for keyword in &arguments.keywords {
                let value = self.eval(&keyword.value)?;
                match &keyword.arg {
                    Some(name) => {
                        let name = self.sym(name);
                        keywords.push((name, value));
                    }
                    None => bases_known = false,
                }
            }
        }
        if !bases_known {
            bases.push(Value::Unknown);
        }
        let orig_bases = bases.clone();
        let bases = self.resolve_bases(bases)?;
        let refused = self.refused_bases(&bases)?;
        let meta = self.metaclass(&bases, &mut keywords)?;
        let is_enum = matches!(&meta, Some(Value::Obj(meta)) if self.is_enum_meta(*meta));
        let (mut namespace, cell) = self.run_class_body(s, is_enum)?;
        if !Value::tuple(bases.clone()).same(&Value::tuple(orig_bases.clone())) {
            // `__build_class__` writes it into the namespace, whatever the metaclass makes of it.
            let written = Slot::sure(Value::tuple(orig_bases.clone()));
            namespace.insert(self.names.orig_bases, written);
        }
        if s.type_params.is_some() {
            // PEP 695: that is what makes the class generic; what stands in it is not told apart.
            let name = self.sym("__type_params__");
            namespace.insert(name, Slot::sure(Value::Unknown));
        }
        self.at(s.start());
        self.at_class_line(s);
        if let Some(message) = refused {
            return Err(self.refusal("TypeError", &message));
        }
        self.create_class(NewClass {
            name: &s.name,
            bases,
            orig_bases,
            meta,
            keywords,
            namespace,
            cell,
        })
    }

    /// With decorators the traceback names the `class` line up to 3.7 and since 3.8 the line of
    /// the keyword as well.
    fn at_class_line(&mut self, s: &'a ast::StmtClassDef) {
        if let Some(last) = s.decorator_list.last() {
            let file = self.frame().file;
            let text = &self.source(file).text;
            let after = last.end().to_usize();
            let at = text[after..].find("class").map_or(after, |n| after + n);
            self.at(u32::try_from(at).unwrap_or(u32::MAX));
        }
    }

    /// `__mro_entries__` (PEP 560): what stands for a base that is not a class.
    fn resolve_bases(&mut self, bases: Vec<Value>) -> R<Vec<Value>> {
        let mut resolved: Vec<Value> = Vec::new();
        let written = Value::tuple(bases.clone());
        for (at, base) in bases.iter().enumerate() {
            let base = base.clone();
            match &base {
                Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                    Kind::Class(_) => resolved.push(base),
                    Kind::Form { name, origin, .. }
                        if (name == "Generic" || self.is_generic_itself(&origin))
                            && self.generic_follows(&bases[at + 1..]) => {}
                    Kind::Form { name, origin, .. } => match (name, origin) {
                        // Two aliases of one class are a duplicate base; only those of `typing`
                        // itself step back behind what they stand for.
                        ("alias", origin) => {
                            let python = origin.as_obj().is_some_and(|o| {
                                matches!(&self.heap.get(o).kind, Kind::Class(d)
                                    if !d.builtin && d.owner != Owner::Stdlib)
                            });
                            if python || !resolved.iter().any(|b| b.same(&origin)) {
                                resolved.push(origin);
                            }
                        }
                        ("Generic" | "Protocol", _) => {
                            let class = self.typing_class(name);
                            if !resolved.iter().any(|b| b.same(&class)) {
                                resolved.push(class);
                            }
                        }
                        _ => resolved.push(Value::Unknown),
                    },
                    // `typing.NamedTuple` and `TypedDict` are functions that stand for a class.
                    Kind::Function(_)
                        if self
                            .heap
                            .get(*obj)
                            .attrs
                            .contains_key(&self.names.mro_entries) =>
                    {
                        let class = self.stands_for(*obj);
                        resolved.push(class);
                    }
                    Kind::Function(_) | Kind::Module { .. } => {
                        // Any function as a base is refused by the metaclass call of `type`.
                        let kind = self.type_name(&base);
                        let found = if kind == "module" {
                            "module() takes at most 2 arguments (3 given)".to_owned()
                        } else {
                            "function() argument 'code' must be code, not str".to_owned()
                        };
                        return Err(self.error("TypeError", &found));
                    }
                    _ => {
                        let name = self.names.mro_entries;
                        let entries = match self.runnable(&base, name) {
                            Some(method) => {
                                self.call(&method, Args::positional(vec![written.clone()]))?
                            }
                            None => Value::Unknown,
                        };
                        match entries {
                            Value::Tuple(classes) if !classes.iter().any(Value::is_unknown) => {
                                resolved.extend(classes.iter().cloned());
                            }
                            _ if self.type_name(&base) == "_TypedDictSpecialForm" => {
                                let class = self.typed_dict_base();
                                resolved.push(class);
                            }
                            _ => resolved.push(Value::Unknown),
                        }
                    }
                },
                _ => resolved.push(base),
            }
        }
        Ok(resolved)
    }

    /// A base that is no class makes its own type the metaclass: what that says once the body has
    /// run, or at once where other bases do not agree.
    fn refused_bases(&mut self, bases: &[Value]) -> R<Option<String>> {
        let Some(odd) = bases
            .iter()
            .find(|b| !matches!(b, Value::Obj(_) | Value::Unknown))
        else {
            return Ok(None);
        };
        let kind = self.type_name(odd);
        if bases.iter().any(Value::is_unknown) {
            return Ok(None);
        }
        if bases.iter().any(|b| self.type_name(b) != kind) {
            return Err(self.error("TypeError", METACLASS_CONFLICT));
        }
        Ok(match odd {
            Value::None => Some("NoneType takes no arguments".to_owned()),
            Value::Str(_) | Value::Bytes(_) => Some(format!(
                "{kind}() argument 'encoding' must be str, not tuple"
            )),
            _ => super::builtins::arity::refusal(&kind, 3, self.version),
        })
    }

    fn is_generic_itself(&self, origin: &Value) -> bool {
        origin.as_obj().is_some_and(|o| {
            matches!(&self.heap.get(o).kind, Kind::Class(d) if &*d.name == "Generic" && &*d.module == "typing")
        })
    }

    /// `Generic[T]` steps back behind another generic base (`_GenericAlias.__mro_entries__`).
    fn generic_follows(&self, bases: &[Value]) -> bool {
        bases.iter().filter_map(Value::as_obj).any(|base| {
            let Kind::Form { name, origin, .. } = &self.heap.get(base).kind else {
                return false;
            };
            let python = |o: Obj| matches!(&self.heap.get(o).kind, Kind::Class(d) if !d.builtin);
            *name == "Protocol" || *name == "alias" && origin.as_obj().is_some_and(python)
        })
    }

    /// The class that `NamedTuple` or `TypedDict` puts in its own place.
    fn stands_for(&mut self, function: Obj) -> Value {
        let Kind::Function(data) = &self.heap.get(function).kind else {
            return Value::Unknown;
        };
        let (module, name) = (data.module, format!("_{}", data.name));
        let name = self.sym(&name);
        match self.heap.get(module).attrs.get(&name) {
            Some(Slot {
                value: Value::Obj(class),
                sure: true,
            }) if self.is_class(*class) => Value::Obj(*class),
            _ => Value::Unknown,
        }
    }

    /// The metaclass: the most derived of the explicit one and those of the bases. `None` is `type`.
    fn metaclass(&mut self, bases: &[Value], keywords: &mut Vec<(Sym, Value)>) -> R<Option<Value>> {
        let explicit = keywords
            .iter()
            .position(|(n, _)| *n == self.names.metaclass)
            .map(|at| keywords.remove(at).1);
        let type_class = self.builtins.type_class;
        let mut winner = match explicit {
            Some(Value::Obj(obj)) if self.is_class(obj) => obj,
            Some(other) => return Ok(Some(other)),
            None => type_class,
        };
        for base in bases {
            let Value::Obj(obj) = base else { continue };
            let Kind::Class(data) = &self.heap.get(*obj).kind else {
                continue;
            };
            let meta = data.meta.unwrap_or(type_class);
            if self.is_subclass(winner, meta) == Some(true) {
                continue;
            }
            match self.is_subclass(meta, winner) {
                Some(true) => winner = meta,
                Some(false) if self.is_subclass(winner, meta) == Some(false) => {
                    return Err(self.error("TypeError", METACLASS_CONFLICT));
                }
                _ => return Ok(Some(Value::Unknown)),
            }
        }
        Ok((winner != type_class).then_some(Value::Obj(winner)))
    }

    /// Runs a class body; returns its names and the scope that its methods close over.
    fn run_class_body(&mut self, s: &'a ast::StmtClassDef, is_enum: bool) -> R<(Namespace, Obj)> {
        let file = self.frame().file;
        let info = self.scope(file, s.name.start().to_u32(), |i| {
            ScopeInfo::class(i, &s.body)
        });
        let parent = self.visible_scope();
        let names = self.heap.alloc(Kind::Env {
            info: info.clone(),
            parent,
        });
        // Methods close over a scope that holds only `__class__` (PEP 3135).
        let cell = self.heap.alloc(Kind::Env {
            info: Rc::new(ScopeInfo::empty()),
            parent,
        });
        let outer = self.frame().clone();
        let qualname = match outer.kind {
            FrameKind::Module => s.name.to_string(),
            FrameKind::Class => format!("{}.{}", self.class_qualname(), s.name),
            _ => format!("{}.<locals>.{}", outer.name, s.name),
        };
        // `__name__` of the globals: `_collections_abc` calls itself `collections.abc`.
        let named = self.heap.get(outer.module).attrs.get(&self.names.name);
        let module = match named {
            Some(slot) if slot.value.as_str().is_some() => slot.value.as_str().unwrap_or("").into(),
            _ => self.module_name(outer.module),
        };
        let (module_sym, qualname_sym) = (self.names.module, self.names.qualname);
        let attrs = &mut self.heap.get_mut(names).attrs;
        attrs.insert(module_sym, Slot::sure(Value::str(&*module)));
        attrs.insert(qualname_sym, Slot::sure(Value::str(qualname)));
        let depth = self.frames.len();
        self.frames.push(Frame {
            kind: FrameKind::Class,
            names,
            info: Some(info),
            parent,
            name: s.name.as_str().into(),
            offset: s.start().to_u32(),
            class_cell: Some(cell),
            first_arg: None,
            handlers_below: self.handlers.len(),
            doubt: self.doubt,
            ..outer
        });
        if is_enum {
            self.enum_bodies.insert(names);
        }
        let ended = self.block(&s.body);
        self.frames.truncate(depth);
        ended?;
        let mut namespace = self.heap.get(names).attrs.clone();
        if self.heap.get(names).open {
            for slot in namespace.values_mut() {
                slot.sure = false;
            }
        }
        Ok((namespace, cell))
    }

    /// Qualified name of the class whose body runs.
    pub fn class_qualname(&self) -> String {
        let names = self.frame().names;
        match self
            .heap
            .get(names)
            .attrs
            .get(&self.names.qualname)
            .map(|s| &s.value)
        {
            Some(Value::Str(s)) => s.text.to_string(),
            _ => self.frame().name.to_string(),
        }
    }

    /// Calls the metaclass.
    fn create_class(&mut self, new: NewClass<'_>) -> R<Value> {
        match new.meta.clone() {
            None => self.type_new(new),
            Some(Value::Obj(meta)) => {
                let name = self.names.new;
                let custom = self.class_lookup(meta, name);
                // One namespace for both: what `__new__` changes in it is what `__init__` reads.
                let dict = self.namespace_dict(&new.namespace);
                let args = Args {
                    pos: vec![
                        Value::str(new.name),
                        Value::tuple(new.bases.clone()),
                        Value::Obj(dict),
                    ],
                    kw: new.keywords.clone(),
                    ..Args::default()
                };
                let made = match custom {
                    Some((owner, Value::Obj(_), _)) if owner != self.builtins.type_class => {
                        self.call_metaclass_new(meta, new, dict, args.clone())?
                    }
                    _ => self.type_new(new)?,
                };
                self.call_metaclass_init(meta, &made, args)?;
                Ok(made)
            }
            Some(_) => {
                self.blur();
                Ok(Value::Unknown)
            }
        }
    }

    /// `meta.__init__(class, name, bases, namespace, **keywords)` in Python code.
    fn call_metaclass_init(&mut self, meta: Obj, made: &Value, args: Args) -> R<()> {
        let name = self.names.init;
        let Some((owner, method, true)) = self.class_lookup(meta, name) else {
            return Ok(());
        };
        let foreign = matches!(&self.heap.get(owner).kind, Kind::Class(d) if !d.builtin && d.owner != Owner::Stdlib);
        if !foreign || made.is_unknown() {
            return Ok(());
        }
        self.call(&method, args.with_first(made.clone()))?;
        Ok(())
    }

    /// What the body bound, as the dict that the metaclass is given.
    fn namespace_dict(&mut self, namespace: &Namespace) -> Obj {
        let table: Table = namespace
            .iter()
            .filter_map(|(name, slot)| {
                let key = Value::str(&*self.interner.name(*name));
                Some((Key::of(&key)?, (key, slot.value.clone())))
            })
            .collect();
        self.heap.alloc(Kind::Dict(table))
    }

    /// `meta.__new__(meta, name, bases, namespace, **keywords)` in Python code.
    fn call_metaclass_new(
        &mut self,
        meta: Obj,
        new: NewClass<'_>,
        dict: Obj,
        args: Args,
    ) -> R<Value> {
        self.class_cells.push((dict, new.cell));
        if self.is_enum_meta(meta) {
            self.fill_enum_dict(dict, &new.namespace);
        }
        let name = self.names.new;
        let Some((_, method, _)) = self.class_lookup(meta, name) else {
            return self.type_new(new);
        };
        let method = self.unwrap_static(&method);
        let args = args.with_first(Value::Obj(meta));
        if let Some(obj) = method.as_obj()
            && let Kind::Function(data) = &self.heap.get(obj).kind
            && data.hook.is_some()
        {
            let data = data.clone();
            self.bind_arguments(&data, args.clone())?;
        }
        let value = self.call(&method, args)?;
        if value.is_unknown() {
            // The class exists all the same: keep what its body tells, but nothing for certain.
            let mut plain = new;
            plain.keywords.clear();
            let class = self.type_new_plain(&plain);
            self.heap.get_mut(class).open = true;
            if let Kind::Class(data) = &mut self.heap.get_mut(class).kind {
                data.blurred = true;
                data.unknown_names = true;
            }
            return Ok(Value::Obj(class));
        }
        Ok(value)
    }

    /// `type.__new__`, then `__set_name__` and `__init_subclass__`.
    fn type_new(&mut self, new: NewClass<'_>) -> R<Value> {
        if let Some(stop) = self.bad_bases(&new.bases) {
            return Err(stop);
        }
        let keywords = new.keywords.clone();
        let class = self.type_new_plain(&new);
        self.after_type_new(class, keywords)?;
        Ok(Value::Obj(class))
    }

    /// What `type.__new__` does once the class object exists.
    ///
    /// # Errors
    /// What `__set_name__` or `__init_subclass__` raises.
    pub fn after_type_new(&mut self, class: Obj, keywords: Vec<(Sym, Value)>) -> R<()> {
        let members: Vec<(Sym, Value)> = self
            .heap
            .get(class)
            .attrs
            .iter()
            .map(|(n, s)| (*n, s.value.clone()))
            .collect();
        let set_name = self.names.set_name;
        for (name, value) in members {
            if !matches!(&value, Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Instance { .. }))
            {
                continue;
            }
            if let Some(method) = self.runnable(&value, set_name) {
                let text = Value::str(&*self.interner.name(name));
                self.call(&method, Args::positional(vec![Value::Obj(class), text]))?;
            }
        }
        let init_subclass = self.names.init_subclass;
        if let Some((owner, method)) = self.lookup_after(class, class, init_subclass) {
            let builtin = matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin);
            if !builtin {
                let function = match &method {
                    Value::Obj(o) => match &self.heap.get(*o).kind {
                        Kind::ClassMethod(inner) => inner.clone(),
                        _ => method.clone(),
                    },
                    _ => method.clone(),
                };
                let args = Args {
                    pos: vec![Value::Obj(class)],
                    kw: keywords,
                    ..Args::default()
                };
                self.call(&function, args)?;
                return Ok(());
            }
        }
        if !keywords.is_empty() && !self.is_blurred_class(class) {
            let name = self.class_qualname_of(class);
            let message = format!("{name}.__init_subclass__() takes no keyword arguments");
            return Err(self.refusal("TypeError", &message));
        }
        Ok(())
    }
}

const METACLASS_CONFLICT: &str = "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases";

/// A class about to be made.
#[derive(Debug, Clone)]
pub struct NewClass<'n> {
    /// `__name__`
    pub name: &'n str,
    /// Bases, resolved.
    pub bases: Vec<Value>,
    /// Bases as written.
    pub orig_bases: Vec<Value>,
    /// Metaclass when it is not `type`.
    pub meta: Option<Value>,
    /// Further keywords.
    pub keywords: Vec<(Sym, Value)>,
    /// What the body bound.
    pub namespace: Namespace,
    /// Scope that the methods close over.
    pub cell: Obj,
}
