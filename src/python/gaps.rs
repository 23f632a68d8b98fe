//! Exceptions that are taken for gaps of the simulator, not for faults of the target.
//!
//! Knows whose code is trusted to import without errors; must not know what statements do.

use super::interp::{FrameKind, Interp};
use super::raise::Raised;
use super::value::{Key, Kind, Owner};

impl Interp<'_> {
    /// Keeps what was forgiven: each is a gap to close.
    pub(super) fn note_gap(&mut self, raised: &Raised) {
        self.forgiven += 1;
        if self.doubt > 0 || self.seen.gaps.len() >= MAX_GAPS {
            return;
        }
        let Some(fault) = self.fault_from(raised) else {
            return;
        };
        let place = fault.slots.get("innermost").cloned().unwrap_or_default();
        let exception = fault.exception;
        self.seen.gaps.push(format!(
            "{}: {} at {place}",
            exception.kind, exception.message
        ));
    }

    /// Does what runs now run on behalf of a source in whose stead an extension is loaded?
    pub(super) fn stands_in(&self) -> bool {
        !self.compiled_sources.is_empty()
            && self.frames.iter().any(|f| {
                matches!(f.kind, FrameKind::Module) && self.compiled_sources.contains(&f.file)
            })
    }

    /// The standard library of an installed Python imports without errors, so an exception in
    /// one of its bodies is a gap of the models here. Two kinds are real: a module that is not
    /// there, and a file of the project that stands in a standard module's place. The same holds
    /// for what a distribution does to itself while it is imported.
    pub(super) fn forgives(&self, raised: &Raised) -> bool {
        let frame = self.frame();
        if self.compiled_sources.contains(&frame.file) {
            // What is loaded was made of some such source, or this one only stands in for it.
            return matches!(frame.kind, FrameKind::Module | FrameKind::Class)
                && !self.is_handled_since(&raised.exc, frame.handlers_below);
        }
        let gap = match frame.owner {
            Owner::Stdlib => raised.kind != "module-not-found",
            Owner::ThirdParty => self.is_own_affair(raised),
            Owner::Project => false,
        };
        gap && matches!(frame.kind, FrameKind::Module | FrameKind::Class)
            && !self.blames_project(raised)
            && !self.is_handled_since(&raised.exc, frame.handlers_below)
    }

    /// An operation that fails between objects of one installed distribution: releases are
    /// imported by their authors. What it asks of another distribution, what it says itself by
    /// `raise`, and names and modules that are not there may well be true.
    fn is_own_affair(&self, raised: &Raised) -> bool {
        let class = self.class_of_exception(&raised.exc);
        let named = |name: &str| class == Some(self.builtins.exception(name));
        if named("AssertionError") {
            return true;
        }
        if raised.explicit {
            return false;
        }
        match raised.kind {
            "attribute-error" | "circular-attribute" => {
                // The names of a module whose body ran are known; what a class or an instance
                // has may have come about in ways that are not.
                !raised.slots.contains_key("module")
            }
            "key-error" => true,
            "raised" => [
                "TypeError",
                "ValueError",
                "KeyError",
                "IndexError",
                "AttributeError",
            ]
            .iter()
            .any(|name| named(name)),
            _ => false,
        }
    }

    fn blames_project(&self, raised: &Raised) -> bool {
        let below = raised
            .frames
            .get(self.frames.len().saturating_sub(1)..)
            .unwrap_or_default();
        if below
            .iter()
            .any(|f| self.source(f.file).owner == Owner::Project)
        {
            return true;
        }
        let named = raised.slots.get("module");
        named.is_some_and(|name| {
            let loaded = match &self.heap.get(self.modules).kind {
                Kind::Dict(table) => table.get(&Key::Str(name.as_str().into())),
                _ => None,
            };
            loaded
                .and_then(|(_, module)| module.as_obj())
                .is_some_and(|module| self.module_owner(module) == Owner::Project)
        })
    }
}

/// More than these say nothing new.
const MAX_GAPS: usize = 200;
