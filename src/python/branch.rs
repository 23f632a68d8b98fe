//! Code that may or may not run: walk every way on its own copy of the state, then merge.
//!
//! An exception inside such a way is possible, not certain; it ends only its own way.

use super::interp::Interp;
use super::raise::{Flow, R, Stop};
use super::value::{Cell, Kind, Namespace, Obj, Slot, Table, Value};

/// One way that execution may go.
pub type Way<'w, 'a> = &'w mut dyn FnMut(&mut Interp<'a>) -> R<Flow>;

/// A way that was walked, and the objects as it left them.
struct Walked<'a> {
    flow: Flow,
    left: Vec<(Obj, Cell<'a>)>,
}

impl<'a> Interp<'a> {
    /// Walks all ways from the same state and merges what they leave.
    ///
    /// # Errors
    /// When no way gets through: the exception of the first. A spent budget passes.
    pub fn branch(&mut self, ways: &mut [Way<'_, 'a>]) -> R<Flow> {
        let mut walked: Vec<Walked<'a>> = Vec::new();
        let mut failed: Option<(Stop, Vec<(Obj, Cell<'a>)>)> = None;
        for way in ways {
            let frames = self.frames.len();
            let handlers = self.handlers.len();
            let handling = self.handling.len();
            self.heap.begin();
            self.doubt += 1;
            let result = way(self);
            self.doubt -= 1;
            let left = self.heap.rollback();
            self.frames.truncate(frames);
            self.handlers.truncate(handlers);
            self.handling.truncate(handling);
            match result {
                Ok(flow) => walked.push(Walked { flow, left }),
                Err(Stop::Budget(why)) => return Err(Stop::Budget(why)),
                Err(stop) => {
                    if let Stop::Raise(raised) = &stop {
                        self.possible(raised);
                    }
                    self.blur();
                    self.failed_ways += 1;
                    if failed.is_none() {
                        failed = Some((stop, left));
                    }
                }
            }
        }
        if walked.is_empty() {
            return match failed {
                Some((stop, left)) => {
                    self.adopt(left);
                    Err(stop)
                }
                None => Ok(Flow::Next),
            };
        }
        let flows: Vec<Flow> = walked.iter().map(|w| w.flow.clone()).collect();
        self.merge(walked);
        Ok(merge_flows(flows))
    }

    /// Takes over the state that a way left.
    fn adopt(&mut self, left: Vec<(Obj, Cell<'a>)>) {
        for (obj, cell) in left {
            *self.heap.get_mut(obj) = cell;
        }
    }

    fn merge(&mut self, walked: Vec<Walked<'a>>) {
        if walked.len() == 1 {
            for way in walked {
                self.adopt(way.left);
            }
            return;
        }
        let mut objects: Vec<Obj> = walked
            .iter()
            .flat_map(|w| w.left.iter().map(|(o, _)| *o))
            .collect();
        objects.sort_unstable();
        objects.dedup();
        let ways: Vec<rustc_hash::FxHashMap<Obj, Cell<'a>>> = walked
            .into_iter()
            .map(|w| w.left.into_iter().collect())
            .collect();
        for obj in objects {
            let base = self.heap.get(obj).clone();
            let mut merged: Option<Cell<'a>> = None;
            for way in &ways {
                let cell = way.get(&obj).unwrap_or(&base);
                merged = Some(match merged {
                    None => cell.clone(),
                    Some(so_far) => merge_cells(so_far, cell),
                });
            }
            if let Some(cell) = merged {
                *self.heap.get_mut(obj) = cell;
            }
        }
    }

    /// Runs code that may run any number of times, or not at all.
    ///
    /// # Errors
    /// A spent budget.
    pub fn maybe(&mut self, way: Way<'_, 'a>) -> R<Flow> {
        self.branch(&mut [way, &mut |_| Ok(Flow::Next)])
    }
}

fn merge_flows(flows: Vec<Flow>) -> Flow {
    let mut flows = flows.into_iter();
    let Some(mut merged) = flows.next() else {
        return Flow::Next;
    };
    for flow in flows {
        merged = match (merged, flow) {
            (Flow::Next, Flow::Next) => Flow::Next,
            (Flow::Break, Flow::Break) => Flow::Break,
            (Flow::Continue, Flow::Continue) => Flow::Continue,
            (Flow::Return(a), Flow::Return(b)) => {
                Flow::Return(if a.same(&b) { a } else { Value::Unknown })
            }
            (Flow::Return(a) | Flow::MaybeReturn(a), Flow::Return(b) | Flow::MaybeReturn(b)) => {
                Flow::MaybeReturn(if a.same(&b) { a } else { Value::Unknown })
            }
            (Flow::Return(v) | Flow::MaybeReturn(v), Flow::Next)
            | (Flow::Next, Flow::Return(v) | Flow::MaybeReturn(v)) => Flow::MaybeReturn(v),
            (Flow::Return(_) | Flow::MaybeReturn(_), _)
            | (_, Flow::Return(_) | Flow::MaybeReturn(_)) => Flow::MaybeReturn(Value::Unknown),
            _ => Flow::MaybeLeave,
        };
    }
    merged
}

fn merge_cells<'a>(mut a: Cell<'a>, b: &Cell<'a>) -> Cell<'a> {
    a.open |= b.open;
    a.attrs = merge_names(a.attrs, &b.attrs);
    let (kind, same) = merge_kinds(a.kind, &b.kind);
    a.kind = kind;
    a.open |= !same;
    a
}

fn merge_names(mut a: Namespace, b: &Namespace) -> Namespace {
    for (name, slot) in &mut a {
        match b.get(name) {
            Some(other) if slot.value.same(&other.value) => slot.sure &= other.sure,
            Some(other) => {
                *slot = Slot {
                    value: Value::Unknown,
                    sure: slot.sure && other.sure,
                }
            }
            None => slot.sure = false,
        }
    }
    for (name, slot) in b {
        if !a.contains_key(name) {
            a.insert(
                *name,
                Slot {
                    value: slot.value.clone(),
                    sure: false,
                },
            );
        }
    }
    a
}

/// The merged content, and whether the two were the same.
fn merge_kinds<'a>(a: Kind<'a>, b: &Kind<'a>) -> (Kind<'a>, bool) {
    match (a, b) {
        (Kind::List(x), Kind::List(y)) => {
            // What both begin with is certainly there; what follows is open.
            let begin = x.iter().zip(y).take_while(|(p, q)| p.same(q)).count();
            let same = begin == x.len() && begin == y.len();
            let items = x.into_iter().take(begin).collect();
            (Kind::List(items), same)
        }
        (Kind::Dict(x), Kind::Dict(y)) => {
            let (table, same) = merge_tables(x, y);
            (Kind::Dict(table), same)
        }
        (Kind::Set(x), Kind::Set(y)) => {
            let (table, same) = merge_tables(x, y);
            (Kind::Set(table), same)
        }
        (kind @ Kind::Suspended { started: true, .. }, Kind::Suspended { started: false, .. })
        | (kind @ Kind::Suspended { started: false, .. }, Kind::Suspended { started: true, .. }) => {
            (kind, false)
        }
        (Kind::Module { info, state }, Kind::Module { .. }) => (Kind::Module { info, state }, true),
        (other, _) => (other, true),
    }
}

fn merge_tables(mut a: Table, b: &Table) -> (Table, bool) {
    let mut same = a.len() == b.len();
    a.retain(|key, (_, value)| match b.get(key) {
        Some((_, other)) => {
            if !value.same(other) {
                *value = Value::Unknown;
            }
            true
        }
        None => {
            same = false;
            false
        }
    });
    (a, same)
}
