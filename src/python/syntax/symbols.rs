//! What CPython's symbol table refuses: names that are declared too late, twice or nowhere.
//!
//! Knows `Python/symtable.c`: a pass over the tree that fills scopes, then one over the scopes.

use indexmap::IndexMap;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::Refusal;

const GLOBAL: u16 = 1;
const LOCAL: u16 = 1 << 1;
const PARAMETER: u16 = 1 << 2;
const NONLOCAL: u16 = 1 << 3;
const USED: u16 = 1 << 4;
const ANNOTATED: u16 = 1 << 5;
const IMPORTED: u16 = 1 << 6;
const ITERATED: u16 = 1 << 7;
const TYPE_PARAMETER: u16 = 1 << 8;
const BOUND: u16 = LOCAL | PARAMETER | IMPORTED | TYPE_PARAMETER;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Function,
    Class,
    /// A comprehension, with the word for `yield` in it.
    Comprehension(&'static str),
    /// An annotation that is not evaluated, a bound, an alias: with what may not stand in it.
    Lazy(&'static str),
    TypeParameters,
}

#[derive(Debug)]
struct Scope<'a> {
    kind: Kind,
    parent: Option<usize>,
    symbols: IndexMap<&'a str, u16>,
    /// `global` and `nonlocal` statements: name and place.
    directives: Vec<(&'a str, TextSize)>,
    children: Vec<usize>,
    in_target: bool,
    in_iterable: u32,
}

struct Table<'a> {
    scopes: Vec<Scope<'a>>,
    current: usize,
    /// `from __future__ import annotations`, or Python 3.14: annotations are not evaluated.
    lazy_annotations: bool,
    minor: u8,
    refusal: Option<Refusal>,
}

/// The first thing that the symbol table refuses.
pub fn check(module: &ast::ModModule, minor: u8, lazy_annotations: bool) -> Option<Refusal> {
    let mut table = Table {
        scopes: Vec::new(),
        current: 0,
        lazy_annotations,
        minor,
        refusal: None,
    };
    table.enter(Kind::Module);
    table.visit_body(&module.body);
    if table.refusal.is_none() {
        table.analyse(0, None);
    }
    table.refusal
}

impl<'a> Table<'a> {
    fn refuse(&mut self, at: TextSize, message: impl Into<String>) {
        self.refusal.get_or_insert_with(|| Refusal {
            message: message.into(),
            at,
        });
    }

    fn enter(&mut self, kind: Kind) -> usize {
        let before = self.current;
        let parent = (!self.scopes.is_empty()).then_some(before);
        self.scopes.push(Scope {
            kind,
            parent,
            symbols: IndexMap::new(),
            directives: Vec::new(),
            children: Vec::new(),
            in_target: false,
            in_iterable: 0,
        });
        self.current = self.scopes.len() - 1;
        if let Some(parent) = parent {
            let new = self.current;
            self.scopes[parent].children.push(new);
        }
        before
    }

    fn scope(&mut self) -> &mut Scope<'a> {
        let current = self.current;
        &mut self.scopes[current]
    }

    fn within<T>(&mut self, kind: Kind, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.enter(kind);
        let result = work(self);
        self.current = before;
        result
    }

    fn flags(&self, name: &str) -> u16 {
        self.scopes[self.current]
            .symbols
            .get(name)
            .copied()
            .unwrap_or(0)
    }

    fn define(&mut self, name: &'a str, flag: u16, at: TextSize) {
        let old = self.flags(name);
        if flag & PARAMETER != 0 && old & PARAMETER != 0 {
            self.refuse(
                at,
                format!("duplicate argument '{name}' in function definition"),
            );
        }
        if flag & TYPE_PARAMETER != 0 && old & TYPE_PARAMETER != 0 {
            self.refuse(at, format!("duplicate type parameter '{name}'"));
        }
        let mut flag = flag;
        if self.scope().in_target {
            if old & (GLOBAL | NONLOCAL) != 0 {
                self.refuse(
                    at,
                    format!("comprehension inner loop cannot rebind assignment expression target '{name}'"),
                );
            }
            flag |= ITERATED;
        }
        *self.scope().symbols.entry(name).or_insert(0) |= flag;
    }

    /// `global` or `nonlocal` of names that the scope has already met.
    fn declare(&mut self, names: &'a [ast::Identifier], flag: u16, at: TextSize) {
        let word = if flag == GLOBAL { "global" } else { "nonlocal" };
        for name in names {
            let flags = self.flags(name.as_str());
            let text = if flags & PARAMETER != 0 {
                Some(format!("name '{name}' is parameter and {word}"))
            } else if flags & USED != 0 {
                Some(format!("name '{name}' is used prior to {word} declaration"))
            } else if flags & ANNOTATED != 0 {
                Some(format!("annotated name '{name}' can't be {word}"))
            } else if flags & LOCAL != 0 {
                Some(format!(
                    "name '{name}' is assigned to before {word} declaration"
                ))
            } else {
                None
            };
            if let Some(text) = text {
                self.refuse(at, text);
            }
            self.define(name.as_str(), flag, at);
            self.scope().directives.push((name.as_str(), at));
        }
    }

    fn parameters(&mut self, parameters: &'a ast::Parameters) {
        let order = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .chain(&parameters.kwonlyargs)
            .map(|p| &p.parameter)
            .chain(parameters.vararg.as_deref())
            .chain(parameters.kwarg.as_deref());
        for parameter in order {
            self.define(parameter.name.as_str(), PARAMETER, parameter.start());
        }
    }

    fn defaults(&mut self, parameters: &'a ast::Parameters) {
        let all = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .chain(&parameters.kwonlyargs);
        for parameter in all {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn annotation(&mut self, annotation: &'a Expr) {
        if self.lazy_annotations && self.minor >= 10 {
            self.within(Kind::Lazy("an annotation"), |table| {
                table.visit_expr(annotation)
            });
        } else {
            self.visit_expr(annotation);
        }
    }

    fn annotations(&mut self, parameters: &'a ast::Parameters, returns: Option<&'a Expr>) {
        let all = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .map(|p| &p.parameter)
            .chain(parameters.vararg.as_deref())
            .chain(parameters.kwarg.as_deref())
            .chain(parameters.kwonlyargs.iter().map(|p| &p.parameter));
        for annotation in all.filter_map(|p| p.annotation.as_deref()).chain(returns) {
            self.annotation(annotation);
        }
    }

    fn type_parameters(&mut self, parameters: &'a ast::TypeParams) {
        let mut after_default = false;
        for parameter in &parameters.type_params {
            let (name, bound, default) = match parameter {
                ast::TypeParam::TypeVar(p) => (&p.name, p.bound.as_deref(), p.default.as_deref()),
                ast::TypeParam::TypeVarTuple(p) => (&p.name, None, p.default.as_deref()),
                ast::TypeParam::ParamSpec(p) => (&p.name, None, p.default.as_deref()),
            };
            if after_default && default.is_none() {
                let text =
                    format!("non-default type parameter '{name}' follows default type parameter");
                self.refuse(parameter.start(), text);
            }
            after_default |= default.is_some();
            self.define(name.as_str(), TYPE_PARAMETER | LOCAL, parameter.start());
            let what = match bound {
                Some(Expr::Tuple(_)) if self.minor >= 13 => "a TypeVar constraint",
                _ => "a TypeVar bound",
            };
            for (part, what) in [(bound, what), (default, "a TypeVar default")] {
                if let Some(part) = part {
                    self.within(Kind::Lazy(what), |table| table.visit_expr(part));
                }
            }
        }
    }

    fn generic(&mut self, parameters: Option<&'a ast::TypeParams>, work: impl FnOnce(&mut Self)) {
        match parameters {
            None => work(self),
            Some(parameters) => self.within(Kind::TypeParameters, |table| {
                table.type_parameters(parameters);
                work(table);
            }),
        }
    }

    fn function(&mut self, function: &'a ast::StmtFunctionDef) {
        self.define(function.name.as_str(), LOCAL, function.start());
        self.defaults(&function.parameters);
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.generic(function.type_params.as_deref(), |table| {
            table.annotations(&function.parameters, function.returns.as_deref());
            table.within(Kind::Function, |table| {
                table.parameters(&function.parameters);
                table.visit_body(&function.body);
            });
        });
    }

    fn class(&mut self, class: &'a ast::StmtClassDef) {
        self.define(class.name.as_str(), LOCAL, class.start());
        for decorator in &class.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.generic(class.type_params.as_deref(), |table| {
            if let Some(arguments) = &class.arguments {
                table.visit_arguments(arguments);
            }
            table.within(Kind::Class, |table| table.visit_body(&class.body));
        });
    }

    fn annotated(&mut self, statement: &'a ast::StmtAnnAssign) {
        if let Expr::Name(name) = statement.target.as_ref() {
            let flags = self.flags(name.id.as_str());
            let module = self.scopes[self.current].kind == Kind::Module;
            if flags & (GLOBAL | NONLOCAL) != 0 && !module && statement.simple {
                let word = if flags & GLOBAL != 0 {
                    "global"
                } else {
                    "nonlocal"
                };
                self.refuse(
                    statement.start(),
                    format!("annotated name '{}' can't be {word}", name.id),
                );
            }
            if statement.simple {
                self.define(name.id.as_str(), ANNOTATED | LOCAL, statement.start());
            } else if statement.value.is_some() {
                self.define(name.id.as_str(), LOCAL, statement.start());
            }
        } else {
            self.visit_expr(&statement.target);
        }
        self.annotation(&statement.annotation);
        if let Some(value) = &statement.value {
            self.visit_expr(value);
        }
    }

    fn import(&mut self, names: &'a [ast::Alias], at: TextSize) {
        for alias in names {
            let name = alias.name.as_str();
            if name == "*" {
                if self.scopes[self.current].kind != Kind::Module {
                    self.refuse(at, "import * only allowed at module level");
                }
                continue;
            }
            let bound = match &alias.asname {
                Some(name) => name.as_str(),
                None => name.split('.').next().unwrap_or(name),
            };
            self.define(bound, IMPORTED, alias.start());
        }
    }

    fn comprehension(
        &mut self,
        word: &'static str,
        generators: &'a [ast::Comprehension],
        elements: &[&'a Expr],
    ) {
        let Some((first, rest)) = generators.split_first() else {
            return;
        };
        self.scope().in_iterable += 1;
        self.visit_expr(&first.iter);
        self.scope().in_iterable -= 1;
        self.within(Kind::Comprehension(word), |table| {
            table.target(&first.target);
            for test in &first.ifs {
                table.visit_expr(test);
            }
            for generator in rest {
                table.target(&generator.target);
                table.scope().in_iterable += 1;
                table.visit_expr(&generator.iter);
                table.scope().in_iterable -= 1;
                for test in &generator.ifs {
                    table.visit_expr(test);
                }
            }
            for element in elements {
                table.visit_expr(element);
            }
        });
    }

    fn target(&mut self, target: &'a Expr) {
        self.scope().in_target = true;
        self.visit_expr(target);
        self.scope().in_target = false;
    }

    /// `name := value`, which inside of a comprehension binds outside of it.
    fn named(&mut self, expression: &'a ast::ExprNamed) {
        let at = expression.start();
        if self.refuse_lazy("named expression", at) {
            return;
        }
        if self.scopes[self.current].in_iterable > 0 {
            self.refuse(
                at,
                "assignment expression cannot be used in a comprehension iterable expression",
            );
        }
        if let Expr::Name(name) = expression.target.as_ref()
            && matches!(self.scopes[self.current].kind, Kind::Comprehension(_))
        {
            self.extend(name.id.as_str(), at);
        }
        self.visit_expr(&expression.value);
        self.visit_expr(&expression.target);
    }

    fn extend(&mut self, name: &'a str, at: TextSize) {
        let mut next = Some(self.current);
        while let Some(number) = next {
            let scope = &self.scopes[number];
            next = scope.parent;
            match scope.kind {
                Kind::Comprehension(_) => {
                    let flags = scope.symbols.get(name).copied().unwrap_or(0);
                    if flags & ITERATED != 0 && flags & (LOCAL | GLOBAL) != 0 {
                        let text = format!(
                            "assignment expression cannot rebind comprehension iteration variable '{name}'"
                        );
                        self.refuse(at, text);
                        return;
                    }
                }
                Kind::Function => {
                    let global = scope.symbols.get(name).is_some_and(|f| f & GLOBAL != 0);
                    let flag = if global { GLOBAL } else { NONLOCAL };
                    self.define(name, flag, at);
                    self.scope().directives.push((name, at));
                    *self.scopes[number].symbols.entry(name).or_insert(0) |= LOCAL;
                    return;
                }
                Kind::Module => {
                    self.define(name, GLOBAL, at);
                    self.scope().directives.push((name, at));
                    *self.scopes[number].symbols.entry(name).or_insert(0) |= GLOBAL;
                    return;
                }
                Kind::Class => {
                    self.refuse(
                        at,
                        "assignment expression within a comprehension cannot be used in a class body",
                    );
                    return;
                }
                Kind::Lazy(what) => {
                    self.refuse(
                        at,
                        format!(
                            "assignment expression within a comprehension cannot be used in {what}"
                        ),
                    );
                    return;
                }
                Kind::TypeParameters => {}
            }
        }
    }

    /// Expressions that have no place in what is not evaluated where it stands.
    fn refuse_lazy(&mut self, word: &str, at: TextSize) -> bool {
        let what = match self.scopes[self.current].kind {
            Kind::Lazy(what) => what,
            Kind::TypeParameters => "the definition of a generic",
            _ => return false,
        };
        self.refuse(at, format!("{word} cannot be used within {what}"));
        true
    }

    fn suspension(&mut self, word: &str, at: TextSize, yields: bool) {
        if self.refuse_lazy(word, at) {
            return;
        }
        if let Kind::Comprehension(what) = self.scopes[self.current].kind
            && yields
        {
            self.refuse(at, format!("'yield' inside {what}"));
        }
    }

    /// The second pass: what is declared nonlocal must be bound around.
    fn analyse(&mut self, number: usize, bound: Option<&Vec<&'a str>>) {
        let scope = &self.scopes[number];
        let kind = scope.kind;
        for (name, flags) in &scope.symbols {
            let place = scope
                .directives
                .iter()
                .find(|d| d.0 == *name)
                .map_or(TextSize::new(0), |d| d.1);
            let text = if flags & GLOBAL != 0 && flags & NONLOCAL != 0 {
                format!("name '{name}' is nonlocal and global")
            } else if flags & NONLOCAL != 0 && bound.is_none() {
                "nonlocal declaration not allowed at module level".to_owned()
            } else if flags & NONLOCAL != 0 && !bound.is_some_and(|b| b.contains(name)) {
                format!("no binding for nonlocal '{name}' found")
            } else {
                continue;
            };
            self.refuse(place, text);
            return;
        }
        let mut inner: Vec<&'a str> = bound.cloned().unwrap_or_default();
        if kind != Kind::Module && kind != Kind::Class {
            for (name, flags) in &scope.symbols {
                if flags & GLOBAL != 0 {
                    inner.retain(|n| n != name);
                } else if flags & BOUND != 0 && flags & NONLOCAL == 0 {
                    inner.push(name);
                }
            }
        }
        if kind == Kind::Class {
            inner.push("__class__");
        }
        for child in self.scopes[number].children.clone() {
            self.analyse(child, Some(&inner));
            if self.refusal.is_some() {
                return;
            }
        }
    }
}

impl<'a> Visitor<'a> for Table<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.refusal.is_some() {
            return;
        }
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Global(s) => self.declare(&s.names, GLOBAL, s.start()),
            Stmt::Nonlocal(s) => self.declare(&s.names, NONLOCAL, s.start()),
            Stmt::AnnAssign(s) => self.annotated(s),
            Stmt::Import(s) => self.import(&s.names, s.start()),
            Stmt::ImportFrom(s) => self.import(&s.names, s.start()),
            Stmt::Assign(s) => {
                for target in &s.targets {
                    self.visit_expr(target);
                }
                self.visit_expr(&s.value);
            }
            Stmt::AugAssign(s) => {
                self.visit_expr(&s.target);
                self.visit_expr(&s.value);
            }
            Stmt::For(s) => {
                self.visit_expr(&s.target);
                self.visit_expr(&s.iter);
                self.visit_body(&s.body);
                self.visit_body(&s.orelse);
            }
            Stmt::TypeAlias(s) => {
                self.visit_expr(&s.name);
                self.generic(s.type_params.as_deref(), |table| {
                    table.within(Kind::Lazy("a type alias"), |table| {
                        table.visit_expr(&s.value)
                    });
                });
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(handler) = handler;
        if let Some(kind) = &handler.type_ {
            self.visit_expr(kind);
        }
        if let Some(name) = &handler.name {
            self.define(name.as_str(), LOCAL, handler.start());
        }
        self.visit_body(&handler.body);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(p) => p.name.as_ref(),
            ast::Pattern::MatchStar(p) => p.name.as_ref(),
            ast::Pattern::MatchMapping(p) => p.rest.as_ref(),
            _ => None,
        };
        visitor::walk_pattern(self, pattern);
        if let Some(name) = name {
            self.define(name.as_str(), LOCAL, pattern.start());
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.refusal.is_some() {
            return;
        }
        match expr {
            Expr::Name(name) => {
                let flag = if name.ctx == ExprContext::Load {
                    USED
                } else {
                    LOCAL
                };
                self.define(name.id.as_str(), flag, name.start());
            }
            Expr::Named(named) => self.named(named),
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                self.within(Kind::Function, |table| {
                    if let Some(parameters) = &lambda.parameters {
                        table.parameters(parameters);
                    }
                    table.visit_expr(&lambda.body);
                });
            }
            Expr::ListComp(c) => {
                self.comprehension("list comprehension", &c.generators, &[&*c.elt])
            }
            Expr::SetComp(c) => self.comprehension("set comprehension", &c.generators, &[&*c.elt]),
            Expr::Generator(c) => {
                self.comprehension("generator expression", &c.generators, &[&*c.elt]);
            }
            Expr::DictComp(c) => {
                let mut parts: Vec<&Expr> = vec![&*c.value];
                parts.extend(c.key.as_deref());
                self.comprehension("dict comprehension", &c.generators, &parts);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                // The operand is read first.
                self.suspend_after(expr, "yield expression", true);
            }
            Expr::Await(_) => self.suspend_after(expr, "await expression", false),
            _ => visitor::walk_expr(self, expr),
        }
    }
}

impl<'a> Table<'a> {
    fn suspend_after(&mut self, expr: &'a Expr, word: &str, yields: bool) {
        if self.refuse_lazy(word, expr.start()) {
            return;
        }
        visitor::walk_expr(self, expr);
        self.suspension(word, expr.start(), yields);
    }
}
