//! Class objects: bases and resolution order, and what is asked of them.

use std::rc::Rc;

use crate::python::class::NewClass;
use crate::python::interp::Interp;
use crate::python::raise::Stop;
use crate::python::value::{ClassData, Kind, Namespace, Obj, Owner, Slot, Sym, Value};

impl<'a> Interp<'a> {
    /// What `type.__new__` refuses: a base twice, and bases without a common order.
    pub(in crate::python) fn bad_bases(&mut self, bases: &[Value]) -> Option<Stop> {
        let mut seen: Vec<Obj> = Vec::new();
        for base in bases {
            let Value::Obj(obj) = base else { continue };
            if seen.contains(obj) {
                let name = self.class_short_name(*obj);
                let message = format!("duplicate base class {name}");
                return Some(self.refusal("TypeError", &message));
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
    pub(in crate::python) fn type_new_plain(&mut self, new: &NewClass<'_>) -> Obj {
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
            unknown_names: false,
            meta: new.meta.as_ref().and_then(Value::as_obj),
            builtin: false,
            owner,
        })));
        let mut mro = vec![class];
        mro.extend(tail.unwrap_or_else(|| vec![object]));
        let mut namespace = new.namespace.clone();
        // Kept by the type itself, as CPython does; `vars(cls)` has no such entry.
        namespace.shift_remove(&self.names.qualname);
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
    pub(super) fn make_implicit_methods(&mut self, namespace: &mut Namespace) {
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
    pub(super) fn linearise(&self, bases: &[Value]) -> Option<Vec<Obj>> {
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

    /// `__qualname__` of a class.
    pub fn class_qualname_of(&self, class: Obj) -> String {
        match &self.heap.get(class).kind {
            Kind::Class(d) => d.qualname.to_string(),
            _ => "?".to_owned(),
        }
    }

    /// The name of a class as most messages show it.
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
        let mut hidden = false;
        data.mro.iter().find_map(|c| {
            let cell = self.heap.get(*c);
            let Some(slot) = cell.attrs.get(&name) else {
                hidden |= matches!(&cell.kind, Kind::Class(d) if d.unknown_names);
                return None;
            };
            Some(if hidden {
                (*c, Value::Unknown, false)
            } else {
                (*c, slot.value.clone(), slot.sure)
            })
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
}
