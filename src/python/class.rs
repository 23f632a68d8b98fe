//! Classes: definition, order of resolution, instances.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::call::Args;
use super::interp::{Frame, FrameKind, Interp};
use super::raise::{Flow, R, Stop};
use super::scope::ScopeInfo;
use super::value::{ClassData, Key, Kind, Namespace, Obj, Owner, Payload, Slot, Sym, Table, Value};

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
        let meta = self.metaclass(&bases, &mut keywords)?;
        let is_enum = matches!(&meta, Some(Value::Obj(meta)) if self.is_enum_meta(*meta));
        let (namespace, cell) = self.run_class_body(s, is_enum)?;
        self.at(s.start());
        self.at_class_line(s);
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
        for base in bases {
            match &base {
                Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                    Kind::Class(_) => resolved.push(base),
                    Kind::Form { name, origin, .. } => match (name, origin) {
                        ("alias", origin) => {
                            if !resolved.iter().any(|b| b.same(&origin)) {
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
                        let entries = match self.python_method(&base, name) {
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
                _ => resolved.push(Value::Unknown),
            }
        }
        Ok(resolved)
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
                    return Err(self.error(
                        "TypeError",
                        "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
                    ));
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
        let module = self.module_name(outer.module);
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
                let rest = (new.name.to_owned(), new.bases.clone(), new.keywords.clone());
                let made = match custom {
                    Some((owner, Value::Obj(_), _)) if owner != self.builtins.type_class => {
                        self.call_metaclass_new(meta, new)?
                    }
                    _ => self.type_new(new)?,
                };
                self.call_metaclass_init(meta, &made, rest)?;
                Ok(made)
            }
            Some(_) => {
                self.blur();
                Ok(Value::Unknown)
            }
        }
    }

    /// `meta.__init__(class, name, bases, namespace, **keywords)` in Python code.
    fn call_metaclass_init(
        &mut self,
        meta: Obj,
        made: &Value,
        (class_name, bases, keywords): (String, Vec<Value>, Vec<(Sym, Value)>),
    ) -> R<()> {
        let name = self.names.init;
        let Some((owner, method, true)) = self.class_lookup(meta, name) else {
            return Ok(());
        };
        let foreign = matches!(&self.heap.get(owner).kind, Kind::Class(d) if !d.builtin && d.owner != Owner::Stdlib);
        if !foreign || made.is_unknown() {
            return Ok(());
        }
        let namespace = self.heap.alloc(Kind::Dict(Table::default()));
        self.heap.get_mut(namespace).open = true;
        let args = Args {
            pos: vec![
                made.clone(),
                Value::str(class_name),
                Value::tuple(bases),
                Value::Obj(namespace),
            ],
            kw: keywords,
            ..Args::default()
        };
        self.call(&method, args)?;
        Ok(())
    }

    /// `meta.__new__(meta, name, bases, namespace, **keywords)` in Python code.
    fn call_metaclass_new(&mut self, meta: Obj, new: NewClass<'_>) -> R<Value> {
        let table: Table = new
            .namespace
            .iter()
            .filter_map(|(name, slot)| {
                let key = Value::str(&*self.interner.name(*name));
                Some((Key::of(&key)?, (key, slot.value.clone())))
            })
            .collect();
        let dict = self.heap.alloc(Kind::Dict(table));
        self.class_cells.push((dict, new.cell));
        if self.is_enum_meta(meta) {
            self.fill_enum_dict(dict, &new.namespace);
        }
        let name = self.names.new;
        let Some((_, method, _)) = self.class_lookup(meta, name) else {
            return self.type_new(new);
        };
        let method = self.unwrap_static(&method);
        let args = Args {
            pos: vec![
                Value::Obj(meta),
                Value::str(new.name),
                Value::tuple(new.bases.clone()),
                Value::Obj(dict),
            ],
            kw: new.keywords.clone(),
            ..Args::default()
        };
        let value = self.call(&method, args)?;
        if value.is_unknown() {
            // The class exists all the same: keep what its body tells, but nothing for certain.
            let mut plain = new;
            plain.keywords.clear();
            let class = self.type_new_plain(&plain);
            self.heap.get_mut(class).open = true;
            if let Kind::Class(data) = &mut self.heap.get_mut(class).kind {
                data.blurred = true;
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
            if let Some(method) = self.python_method(&value, set_name) {
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
            let name = self.class_short_name(class);
            return Err(self.error(
                "TypeError",
                &format!("{name}.__init_subclass__() takes no keyword arguments"),
            ));
        }
        Ok(())
    }

    fn bad_bases(&mut self, bases: &[Value]) -> Option<Stop> {
        let mut seen: Vec<Obj> = Vec::new();
        for base in bases {
            let Value::Obj(obj) = base else { continue };
            if seen.contains(obj) {
                let name = self.class_short_name(*obj);
                return Some(self.error("TypeError", &format!("duplicate base class {name}")));
            }
            seen.push(*obj);
        }
        let known = bases
            .iter()
            .all(|b| matches!(b, Value::Obj(o) if !self.is_blurred_class(*o)));
        if known && bases.len() > 1 && self.linearise(bases).is_none() {
            let names: Vec<String> = bases
                .iter()
                .filter_map(Value::as_obj)
                .map(|o| self.class_short_name(o))
                .collect();
            let message = format!(
                "Cannot create a consistent method resolution\norder (MRO) for bases {}",
                names.join(", ")
            );
            return Some(self.error("TypeError", &message));
        }
        None
    }

    /// A class object without any ceremony.
    pub(super) fn type_new_plain(&mut self, new: &NewClass<'_>) -> Obj {
        let text = |slot: Option<&Slot>| match slot.map(|s| &s.value) {
            Some(Value::Str(s)) => Some(Rc::<str>::from(&*s.text)),
            _ => None,
        };
        let module = text(new.namespace.get(&self.names.module))
            .unwrap_or_else(|| self.module_name(self.frame().module));
        let qualname =
            text(new.namespace.get(&self.names.qualname)).unwrap_or_else(|| new.name.into());
        let object = self.builtins.object_class;
        let mut bases = new.bases.clone();
        if bases.is_empty() {
            bases.push(Value::Obj(object));
        }
        let unknown_base = bases.iter().any(|b| match b {
            Value::Obj(o) => self.is_blurred_class(*o),
            _ => true,
        });
        let tail = self.linearise(&bases);
        let blurred = unknown_base || tail.is_none();
        let owner = self.frame().owner;
        let class = self.heap.alloc(Kind::Class(Box::new(ClassData {
            name: new.name.into(),
            qualname,
            module,
            bases: bases.into(),
            mro: Rc::from([]),
            blurred,
            meta: new.meta.as_ref().and_then(Value::as_obj),
            builtin: false,
            owner,
        })));
        let mut mro = vec![class];
        mro.extend(tail.unwrap_or_else(|| vec![object]));
        let mut namespace = new.namespace.clone();
        self.make_implicit_methods(&mut namespace);
        let cell = self.heap.get_mut(class);
        cell.attrs = namespace;
        if let Kind::Class(data) = &mut cell.kind {
            data.mro = mro.into();
        }
        let orig = self.names.orig_bases;
        if new.orig_bases.len() != new.bases.len()
            || new
                .orig_bases
                .iter()
                .zip(&new.bases)
                .any(|(a, b)| !a.same(b))
        {
            let value = Value::tuple(new.orig_bases.clone());
            self.heap
                .get_mut(class)
                .attrs
                .insert(orig, Slot::sure(value));
        }
        let class_name = self.names.class;
        self.heap
            .get_mut(new.cell)
            .attrs
            .insert(class_name, Slot::sure(Value::Obj(class)));
        class
    }

    /// `__new__` is a static method and `__init_subclass__` and `__class_getitem__` are class
    /// methods without being declared so (data model, section 3.3.3).
    fn make_implicit_methods(&mut self, namespace: &mut Namespace) {
        let names = self.names;
        for (name, is_static) in [
            (names.new, true),
            (names.init_subclass, false),
            (names.class_getitem, false),
        ] {
            let Some(slot) = namespace.get_mut(&name) else {
                continue;
            };
            let Value::Obj(obj) = slot.value else {
                continue;
            };
            if !matches!(self.heap.get(obj).kind, Kind::Function(_)) {
                continue;
            }
            let function = slot.value.clone();
            let kind = if is_static {
                Kind::StaticMethod(function)
            } else {
                Kind::ClassMethod(function)
            };
            slot.value = Value::Obj(self.heap.alloc(kind));
        }
    }

    /// A class made by the simulator.
    pub fn make_class(&mut self, name: &str, module: &str, bases: Vec<Value>) -> Obj {
        let cell = self.heap.alloc(Kind::List(Vec::new()));
        let mut namespace = Namespace::default();
        namespace.insert(self.names.module, Slot::sure(Value::str(module)));
        namespace.insert(self.names.qualname, Slot::sure(Value::str(name)));
        let new = NewClass {
            name,
            orig_bases: bases.clone(),
            bases,
            meta: None,
            keywords: Vec::new(),
            namespace,
            cell,
        };
        let class = self.type_new_plain(&new);
        if let Kind::Class(data) = &mut self.heap.get_mut(class).kind {
            data.owner = Owner::Stdlib;
        }
        class
    }

    /// C3 linearisation of the bases; `None` when there is none.
    fn linearise(&self, bases: &[Value]) -> Option<Vec<Obj>> {
        let mut lists: Vec<Vec<Obj>> = Vec::new();
        let mut own = Vec::new();
        for base in bases {
            let Value::Obj(obj) = base else { continue };
            let Kind::Class(data) = &self.heap.get(*obj).kind else {
                continue;
            };
            lists.push(data.mro.to_vec());
            own.push(*obj);
        }
        if own.is_empty() {
            return Some(vec![self.builtins.object_class]);
        }
        lists.push(own);
        let mut out = Vec::new();
        loop {
            lists.retain(|l| !l.is_empty());
            if lists.is_empty() {
                return Some(out);
            }
            let next = lists
                .iter()
                .map(|l| l[0])
                .find(|head| !lists.iter().any(|l| l[1..].contains(head)))?;
            out.push(next);
            for list in &mut lists {
                if list[0] == next {
                    list.remove(0);
                }
            }
        }
    }

    /// Is an object a class?
    pub fn is_class(&self, obj: Obj) -> bool {
        matches!(self.heap.get(obj).kind, Kind::Class(_))
    }

    /// Is one class a subclass of the other? `None` when the ancestry is not fully known.
    pub fn is_subclass(&self, class: Obj, of: Obj) -> Option<bool> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        if data.mro.contains(&of) {
            return Some(true);
        }
        if data.blurred || data.mro.iter().any(|c| self.is_blurred_class(*c)) {
            None
        } else {
            Some(false)
        }
    }

    /// Is something unknown in the ancestry of a class?
    pub fn is_blurred_class(&self, class: Obj) -> bool {
        matches!(&self.heap.get(class).kind, Kind::Class(d) if d.blurred)
    }

    /// `__name__` of a class.
    pub fn class_short_name(&self, class: Obj) -> String {
        match &self.heap.get(class).kind {
            // Classes of compiled modules carry their module in the name that messages show.
            Kind::Class(d) if d.builtin && &*d.module != "builtins" => {
                format!("{}.{}", d.module, d.name)
            }
            Kind::Class(d) => d.name.to_string(),
            _ => "?".to_owned(),
        }
    }

    /// First attribute along the resolution order: the class that has it, the value, and whether
    /// it is certainly bound.
    pub fn class_lookup(&self, class: Obj, name: Sym) -> Option<(Obj, Value, bool)> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        data.mro.iter().find_map(|c| {
            let slot = self.heap.get(*c).attrs.get(&name)?;
            Some((*c, slot.value.clone(), slot.sure))
        })
    }

    /// First attribute after a class in the resolution order of another.
    pub fn lookup_after(&self, class: Obj, after: Obj, name: Sym) -> Option<(Obj, Value)> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let at = data.mro.iter().position(|c| *c == after)?;
        data.mro[at + 1..].iter().find_map(|c| {
            let slot = self.heap.get(*c).attrs.get(&name)?;
            Some((*c, slot.value.clone()))
        })
    }

    /// Calls a class: metaclass `__call__`, `__new__`, `__init__`.
    ///
    /// # Errors
    /// What they raise.
    pub fn instantiate(&mut self, class: Obj, args: Args) -> R<Value> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return Ok(self.unknown());
        };
        let (builtin, blurred, meta) = (data.builtin, data.blurred, data.meta);
        if let Some(meta) = meta {
            let call = self.names.call;
            if let Some((owner, method, _)) = self.class_lookup(meta, call)
                && owner != self.builtins.type_class
            {
                return self.call(&method, args.with_first(Value::Obj(class)));
            }
        }
        let new = self.names.new;
        if let Some((owner, method, _)) = self.class_lookup(class, new)
            && owner != self.builtins.object_class
        {
            let native = matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin);
            let method = self.unwrap_static(&method);
            let made = self.call(&method, args.clone().with_first(Value::Obj(class)))?;
            let fills_later = owner != class && self.has_modelled_init(class);
            if builtin && native && !fills_later {
                return Ok(made);
            }
            return self.initialise(class, made, args);
        }
        let opaque = builtin && self.builtins.is_opaque(class) && !self.has_modelled_init(class);
        if opaque || blurred && self.hides_constructor(class) {
            self.escape(&args);
            let obj = self.instance(class);
            self.heap.get_mut(obj).open = true;
            self.blur();
            return Ok(Value::Obj(obj));
        }
        if let Some(stop) = self.abstract_error(class) {
            return Err(stop);
        }
        let obj = self.instance(class);
        self.initialise(class, Value::Obj(obj), args)
    }

    fn has_modelled_init(&self, class: Obj) -> bool {
        match self.class_lookup(class, self.names.init) {
            Some((owner, Value::Obj(init), true)) => {
                owner != self.builtins.object_class && self.is_modelled(init)
            }
            _ => false,
        }
    }

    /// May an unknown ancestor define the constructor?
    fn hides_constructor(&self, class: Obj) -> bool {
        let init = self.names.init;
        match self.class_lookup(class, init) {
            Some((owner, _, _)) => owner == self.builtins.object_class,
            None => true,
        }
    }

    fn initialise(&mut self, class: Obj, made: Value, args: Args) -> R<Value> {
        let Value::Obj(obj) = &made else {
            return Ok(made);
        };
        match &self.heap.get(*obj).kind {
            Kind::Instance {
                class: made_class, ..
            } if self.is_subclass(*made_class, class) != Some(false) => {}
            _ => return Ok(made),
        }
        let init = self.names.init;
        match self.class_lookup(class, init) {
            Some((owner, method, sure)) if owner != self.builtins.object_class => {
                if !sure || method.is_unknown() {
                    self.escape(&args);
                    self.heap.get_mut(*obj).open = true;
                    self.blur();
                    return Ok(made);
                }
                let stdlib = matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.owner == Owner::Stdlib && !d.builtin)
                    && !self.is_followed(&method);
                let returned = self.call(&method, args.with_first(made.clone()))?;
                if stdlib || returned.is_unknown() {
                    self.heap.get_mut(*obj).open = true;
                }
            }
            _ if self.is_blurred_class(class) => {
                self.escape(&args);
                self.heap.get_mut(*obj).open = true;
                self.blur();
            }
            _ => {
                let new = self.names.new;
                let own_new = self
                    .class_lookup(class, new)
                    .is_some_and(|(o, _, _)| o != self.builtins.object_class);
                if !own_new && !args.open && (!args.pos.is_empty() || !args.kw.is_empty()) {
                    let name = self.class_short_name(class);
                    return Err(self.error("TypeError", &format!("{name}() takes no arguments")));
                }
            }
        }
        Ok(made)
    }

    /// Is what a function does known, by a model or because its body is run?
    fn is_followed(&self, method: &Value) -> bool {
        let Value::Obj(obj) = method else {
            return false;
        };
        match &self.heap.get(*obj).kind {
            Kind::Native(_) => true,
            Kind::Function(data) => {
                data.hook.is_some() || data.owner != Owner::Stdlib || self.runs_stdlib(data)
            }
            _ => false,
        }
    }

    /// Finds the function behind a `staticmethod` object.
    pub fn unwrap_static(&self, value: &Value) -> Value {
        match value {
            Value::Obj(o) => match &self.heap.get(*o).kind {
                Kind::StaticMethod(inner) => inner.clone(),
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// The error of instantiating a class with abstract methods, when that is certain.
    fn abstract_error(&mut self, class: Obj) -> Option<Stop> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        if data.blurred || data.builtin {
            return None;
        }
        let meta = data.meta?;
        if self.class_short_name(meta) != "ABCMeta" {
            return None;
        }
        let mro = data.mro.clone();
        let mut missing: Vec<String> = Vec::new();
        for ancestor in mro.iter() {
            let names: Vec<Sym> = self.heap.get(*ancestor).attrs.keys().copied().collect();
            for name in names {
                let Some((_, value, sure)) = self.class_lookup(class, name) else {
                    continue;
                };
                if sure && self.is_abstract(&value) {
                    let text = self.interner.name(name).to_string();
                    if !missing.contains(&text) {
                        missing.push(text);
                    }
                }
            }
        }
        if missing.is_empty() {
            return None;
        }
        missing.sort();
        let name = self.class_short_name(class);
        let plural = if missing.len() == 1 { "" } else { "s" };
        let message = if self.version >= (3, 12) {
            let listed: Vec<String> = missing.iter().map(|m| format!("'{m}'")).collect();
            format!(
                "Can't instantiate abstract class {name} without an implementation for abstract method{plural} {}",
                listed.join(", ")
            )
        } else {
            format!(
                "Can't instantiate abstract class {name} with abstract method{plural} {}",
                missing.join(", ")
            )
        };
        Some(self.error("TypeError", &message))
    }

    fn is_abstract(&self, value: &Value) -> bool {
        let Value::Obj(obj) = value else { return false };
        let cell = self.heap.get(*obj);
        if let Some(slot) = cell.attrs.get(&self.names.abstract_) {
            return matches!(slot.value, Value::Bool(true));
        }
        match &cell.kind {
            Kind::Property { get, .. } => self.is_abstract(get),
            Kind::StaticMethod(inner) | Kind::ClassMethod(inner) => self.is_abstract(inner),
            _ => false,
        }
    }

    /// Wraps the payload of an instance of a subclass of a built-in container.
    pub fn payload(&self, obj: Obj) -> Payload {
        match &self.heap.get(obj).kind {
            Kind::Instance { payload, .. } => payload.clone(),
            _ => Payload::None,
        }
    }
}

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
