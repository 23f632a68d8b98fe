//! What an application, router or route does not remember of itself: where it was made, and
//! whether an inclusion made it.

use rustc_hash::FxHashMap;

use crate::python::call::Site;
use crate::python::interp::{FrameKind, Interp};
use crate::python::value::{FileId, Kind, Obj, Owner, Value};

/// What an object is to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// FastAPI, Starlette.
    App,
    /// `APIRouter`, `Router`.
    Router,
    /// Anything that stands in a list of routes.
    Route,
}

/// Bytes of project code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// One `include_router` that runs.
#[derive(Debug, Clone)]
pub(super) struct Inclusion {
    /// The router that is included.
    pub child: Option<Obj>,
    /// The route that is being copied.
    pub route: Option<Obj>,
    /// `prefix=`, when it is known.
    pub prefix: Option<String>,
}

/// How one object came to be.
#[derive(Debug, Clone)]
pub(super) struct Birth {
    pub role: Role,
    pub class: Obj,
    /// Innermost place in the project.
    pub spot: Option<Spot>,
    /// That place is the call itself, not a call of a library that went on to make it.
    pub own: bool,
    pub inclusion: Option<Inclusion>,
    /// Made while FastAPI set up its own routes.
    pub builtin: bool,
}

/// A call of `APIRouter.include_router`.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub parent: Obj,
    pub child: Obj,
    pub prefix: Option<String>,
    pub spot: Option<Spot>,
}

/// All of them, in order.
#[derive(Debug, Default)]
pub struct Births {
    roles: FxHashMap<Obj, Option<Role>>,
    pub(super) all: indexmap::IndexMap<Obj, Birth, rustc_hash::FxBuildHasher>,
    /// Calls of `include_router`, whether they copied something or not.
    pub(super) inclusions: Vec<Call>,
    /// What was handed to code that is not followed, by others than the framework itself.
    pub(super) handed: rustc_hash::FxHashSet<Obj>,
    /// The lifespan has begun and did not reach its end so far: it may register things.
    pub(in crate::python) starting: bool,
    /// The application that the server serves.
    pub(super) served: Option<Value>,
}

impl<'a> Interp<'a> {
    /// Remembers which application object the server serves.
    pub fn note_application(&mut self, app: &Value) {
        self.births.served = Some(app.clone());
    }

    /// An instance of `class` is about to be initialised.
    pub(in crate::python) fn note_birth(&mut self, class: Obj, obj: Obj, site: Option<Site>) {
        let role = match self.births.roles.get(&class) {
            Some(role) => *role,
            None => {
                let role = self.role_of(class);
                self.births.roles.insert(class, role);
                role
            }
        };
        let Some(role) = role else { return };
        if self.births.all.contains_key(&obj) {
            return;
        }
        let own = self.frame().owner == Owner::Project;
        let birth = Birth {
            role,
            class,
            spot: self.project_spot(site),
            own,
            inclusion: (role == Role::Route && !own)
                .then(|| self.running_inclusion())
                .flatten(),
            builtin: role == Role::Route && !own && self.sets_up(),
        };
        self.births.all.insert(obj, birth);
    }

    /// Code that is not followed receives an object.
    pub(in crate::python) fn note_handed(&mut self, obj: Obj) {
        if !self.births.all.contains_key(&obj) {
            return;
        }
        let module = self.module_name(self.frame().module);
        let top = module.split('.').next().unwrap_or_default();
        if !matches!(top, "starlette" | "fastapi") {
            self.births.handed.insert(obj);
        }
    }

    fn role_of(&self, class: Obj) -> Option<Role> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        data.mro.iter().find_map(|ancestor| {
            let Kind::Class(data) = &self.heap.get(*ancestor).kind else {
                return None;
            };
            match (&*data.module, &*data.qualname) {
                ("starlette.applications", "Starlette") => Some(Role::App),
                ("starlette.routing", "Router") => Some(Role::Router),
                ("starlette.routing", "BaseRoute") => Some(Role::Route),
                _ => None,
            }
        })
    }

    /// Where the innermost project code is; with its end when it makes the call itself.
    fn project_spot(&self, site: Option<Site>) -> Option<Spot> {
        let frame = self
            .frames
            .iter()
            .rev()
            .find(|frame| frame.owner == Owner::Project)?;
        let whole = site.filter(|site| {
            site.file == frame.file && (site.start..=site.end).contains(&frame.offset)
        });
        Some(match whole {
            Some(site) => Spot {
                file: site.file,
                start: site.start,
                end: site.end,
            },
            None => Spot {
                file: frame.file,
                start: frame.offset,
                end: frame.offset,
            },
        })
    }

    /// The innermost `APIRouter.include_router` that runs.
    fn running_inclusion(&mut self) -> Option<Inclusion> {
        let names = self
            .frames
            .iter()
            .rev()
            .take_while(|frame| frame.owner != Owner::Project)
            .find(|frame| {
                frame.kind == FrameKind::Function
                    && &*frame.name == "include_router"
                    && &*self.module_name(frame.module) == "fastapi.routing"
            })?
            .names;
        let mut local = |name: &str| {
            let name = self.sym(name);
            let slot = self.heap.get(names).attrs.get(&name)?;
            Some(slot.value.clone())
        };
        let (child, route, prefix) = (local("router"), local("route"), local("prefix"));
        Some(Inclusion {
            child: child.and_then(|v| v.as_obj()),
            route: route.and_then(|v| v.as_obj()),
            prefix: prefix.and_then(|v| v.as_str().map(ToOwned::to_owned)),
        })
    }

    /// A function of the name `include_router` was entered.
    pub(in crate::python) fn note_inclusion(&mut self) {
        let Some(parent) = self.frame().first_arg.as_ref().and_then(Value::as_obj) else {
            return;
        };
        let inclusion = self.running_inclusion();
        let child = inclusion.as_ref().and_then(|i| i.child);
        if let (Some(child), Some(inclusion)) = (child, inclusion) {
            let spot = self.project_spot(None);
            self.births.inclusions.push(Call {
                parent,
                child,
                prefix: inclusion.prefix,
                spot,
            });
        }
    }

    /// Does `FastAPI.setup` run?
    fn sets_up(&self) -> bool {
        self.frames
            .iter()
            .rev()
            .take_while(|frame| frame.owner != Owner::Project)
            .any(|frame| {
                &*frame.name == "setup"
                    && &*self.module_name(frame.module) == "fastapi.applications"
            })
    }
}
