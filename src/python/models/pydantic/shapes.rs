//! What an annotation means to pydantic: the few shapes whose values can be judged, and
//! "anything" for the rest.

use crate::python::interp::{Frame, FrameKind, HandlerScope, Interp};
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Value};

/// An annotation as far as it is understood.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Anything is accepted.
    Any,
    /// Nothing is known.
    Vague,
    /// Inside another: something that carries metadata of its own.
    Marked(Box<Shape>),
    /// A class.
    Class(Obj),
    /// `None`
    Nothing,
    /// One of several.
    Union(Vec<Shape>),
    /// One of these values.
    Literal(Vec<Value>),
    /// A generic container: the class and its arguments.
    Generic(Container, Vec<Shape>),
    /// `ClassVar[...]`
    ClassVar,
}

/// Kinds of containers that settings decode as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `list`, `Sequence`
    List,
    /// `set`, `frozenset`
    Set,
    /// `tuple`
    Tuple,
    /// `dict`, `Mapping`
    Dict,
    /// Any other generic class.
    Other,
}

/// An annotation with the metadata of its `Annotated[...]`.
#[derive(Debug, Clone)]
pub struct Annotation {
    /// Shape without the metadata.
    pub shape: Shape,
    /// Metadata, outermost last.
    pub metadata: Vec<Value>,
    /// False when it is a text that could not be evaluated, or not known.
    pub resolved: bool,
}

impl<'a> Interp<'a> {
    /// Evaluates an annotation that is a text, in the globals of a module; `Unknown` when that
    /// does not work.
    pub fn resolve_annotation(&mut self, value: &Value, module: Obj) -> Value {
        self.evaluate_annotation(value, module)
            .unwrap_or(Value::Unknown)
    }

    /// The same; what evaluating it raises is the caller's.
    pub(super) fn evaluate_annotation(&mut self, value: &Value, module: Obj) -> R<Value> {
        let Value::Str(text) = value else {
            return Ok(value.clone());
        };
        let Ok(parsed) = ruff_python_parser::parse_expression(text.text.trim()) else {
            return Ok(Value::Unknown);
        };
        // The few texts that are evaluated live as long as the run.
        let parsed: &'static ruff_python_ast::ModExpression =
            Box::leak(Box::new(parsed.into_syntax()));
        let expression: &'a ruff_python_ast::Expr = &parsed.body;
        let (frames, handlers, offset) =
            (self.frames.len(), self.handlers.len(), self.frame().offset);
        let outer = self.frame().clone();
        self.frames.push(Frame {
            kind: FrameKind::Module,
            module,
            names: module,
            info: None,
            parent: None,
            ..outer
        });
        self.handlers.push(HandlerScope { classes: None });
        let result = self.eval(expression);
        self.handlers.truncate(handlers);
        self.frames.truncate(frames);
        self.frame_mut().offset = offset;
        result
    }

    /// The module object of a class or function by its `__module__`.
    pub fn module_named(&mut self, name: &str) -> Option<Obj> {
        self.loaded(name)?.as_obj()
    }

    /// Understands an annotation.
    pub fn annotation_of(&mut self, value: &Value, module: Option<Obj>) -> Annotation {
        let mut metadata = Vec::new();
        let mut resolved = true;
        let shape = self.shape_of(value, module, &mut metadata, &mut resolved, 0);
        Annotation {
            shape,
            metadata,
            resolved,
        }
    }

    fn shape_of(
        &mut self,
        value: &Value,
        module: Option<Obj>,
        metadata: &mut Vec<Value>,
        resolved: &mut bool,
        depth: u32,
    ) -> Shape {
        if depth > 12 {
            return Shape::Vague;
        }
        match value {
            Value::None => Shape::Nothing,
            Value::Str(_) => {
                let found = match module {
                    Some(module) => self.resolve_annotation(value, module),
                    None => Value::Unknown,
                };
                if found.is_unknown() || matches!(found, Value::Str(_)) {
                    *resolved = false;
                    return Shape::Vague;
                }
                self.shape_of(&found, module, metadata, resolved, depth + 1)
            }
            Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                Kind::Class(_) => self.class_shape(*obj),
                Kind::Form { name, origin, args } => {
                    self.form_shape(name, &origin, &args, (module, metadata, resolved, depth))
                }
                _ => Shape::Vague,
            },
            Value::Unknown => {
                *resolved = false;
                Shape::Vague
            }
            _ => Shape::Vague,
        }
    }

    fn class_shape(&mut self, class: Obj) -> Shape {
        match self.class_name(class).as_str() {
            "typing.Any" | "object" => Shape::Any,
            "NoneType" => Shape::Nothing,
            _ => Shape::Class(class),
        }
    }

    fn form_shape(
        &mut self,
        name: &str,
        origin: &Value,
        args: &[Value],
        rest: (Option<Obj>, &mut Vec<Value>, &mut bool, u32),
    ) -> Shape {
        let (module, metadata, resolved, depth) = rest;
        let mut inner = |i: &mut Self, arg: &Value| {
            let mut marks = Vec::new();
            let shape = i.shape_of(arg, module, &mut marks, resolved, depth + 1);
            if marks.iter().all(|m| matches!(m, Value::Str(_))) {
                shape
            } else {
                Shape::Marked(Box::new(shape))
            }
        };
        match name {
            "Union" => Shape::Union(args.iter().map(|a| inner(self, a)).collect()),
            "Optional" => {
                let mut ways: Vec<Shape> = args.iter().map(|a| inner(self, a)).collect();
                ways.push(Shape::Nothing);
                Shape::Union(ways)
            }
            "Literal" => Shape::Literal(args.to_vec()),
            "ClassVar" => Shape::ClassVar,
            "Annotated" => {
                let Some((first, rest)) = args.split_first() else {
                    return Shape::Vague;
                };
                let shape = self.shape_of(first, module, metadata, resolved, depth + 1);
                metadata.extend(rest.iter().cloned());
                shape
            }
            "Final" | "Required" | "NotRequired" | "ReadOnly" => match args.first() {
                Some(first) => self.shape_of(first, module, metadata, resolved, depth + 1),
                None => Shape::Vague,
            },
            "alias" => {
                let container = match origin.as_obj().map(|o| self.class_name(o)).as_deref() {
                    Some(
                        "list"
                        | "typing.List"
                        | "typing.Sequence"
                        | "collections.abc.Sequence"
                        | "collections.deque",
                    ) => Container::List,
                    Some("set" | "frozenset" | "typing.Set" | "typing.FrozenSet") => Container::Set,
                    Some("tuple" | "typing.Tuple") => Container::Tuple,
                    Some("dict" | "typing.Dict" | "typing.Mapping" | "collections.abc.Mapping") => {
                        Container::Dict
                    }
                    Some("type" | "typing.Type") => return Shape::Vague,
                    _ => Container::Other,
                };
                if container == Container::Other {
                    return match origin {
                        Value::Obj(class) if self.is_class(*class) => {
                            Shape::Generic(Container::Other, vec![Shape::Class(*class)])
                        }
                        _ => Shape::Vague,
                    };
                }
                Shape::Generic(container, args.iter().map(|a| inner(self, a)).collect())
            }
            "List" | "Sequence" | "Deque" => Shape::Generic(
                Container::List,
                args.iter().map(|a| inner(self, a)).collect(),
            ),
            "Set" | "FrozenSet" => Shape::Generic(
                Container::Set,
                args.iter().map(|a| inner(self, a)).collect(),
            ),
            "Tuple" => Shape::Generic(
                Container::Tuple,
                args.iter().map(|a| inner(self, a)).collect(),
            ),
            "Dict" | "Mapping" => Shape::Generic(
                Container::Dict,
                args.iter().map(|a| inner(self, a)).collect(),
            ),
            _ => Shape::Vague,
        }
    }

    /// May a value of this shape be `None`? `None` when that is not known.
    pub fn allows_none(shape: &Shape) -> bool {
        match shape {
            Shape::Nothing | Shape::Any | Shape::Vague => true,
            Shape::Marked(inner) => Self::allows_none(inner),
            Shape::Union(ways) => ways.iter().any(Self::allows_none),
            Shape::Literal(values) => values.iter().any(|v| matches!(v, Value::None)),
            _ => false,
        }
    }

    /// Every class that occurs in a shape.
    pub fn classes_in(shape: &Shape, found: &mut Vec<Obj>) {
        match shape {
            Shape::Class(class) => found.push(*class),
            Shape::Union(parts) | Shape::Generic(_, parts) => {
                for part in parts {
                    Self::classes_in(part, found);
                }
            }
            Shape::Marked(inner) => Self::classes_in(inner, found),
            _ => {}
        }
    }

    /// pydantic-settings' "complex" fields, whose text is decoded as JSON. The second answer:
    /// a text that is no JSON is passed on all the same.
    pub fn is_complex_shape(&self, shape: &Shape) -> (bool, bool) {
        match shape {
            Shape::Generic(Container::Other, _) => (false, true),
            Shape::Generic(..) => (true, false),
            Shape::Marked(inner) => self.is_complex_shape(inner),
            Shape::Class(class) => (self.is_complex_class(*class), false),
            Shape::Union(parts) => (parts.iter().any(|p| self.is_complex_shape(p).0), true),
            _ => (false, false),
        }
    }

    fn is_complex_class(&self, class: Obj) -> bool {
        let name = self.class_name(class);
        matches!(
            name.as_str(),
            "list" | "dict" | "set" | "frozenset" | "tuple" | "collections.deque"
        ) || self.descends_from(class, "pydantic.main.BaseModel")
    }
}
