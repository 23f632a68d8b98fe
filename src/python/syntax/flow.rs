//! What CPython's code generator refuses: statements out of place, targets that cannot be,
//! arguments given twice, blocks nested too deeply.
//!
//! Knows `Python/compile.c`; the walk is in the order in which code is generated.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::Refusal;
use super::{patterns, targets};

/// What code is generated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
}

/// A block that `break`, `continue` or `return` would leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Loop,
    ExceptStar,
    Other,
}

struct Scope {
    kind: Kind,
    blocks: Vec<Block>,
    /// An async function that yields.
    async_generator: bool,
}

pub(super) struct Flow {
    scopes: Vec<Scope>,
    minor: u8,
    /// Annotations are not evaluated.
    lazy_annotations: bool,
    /// Line of the last `from __future__` that counts; later ones come too late.
    last_future: TextSize,
    refusal: Option<Refusal>,
}

/// CPython's `CO_MAXBLOCKS`.
fn max_blocks(minor: u8) -> usize {
    if minor >= 13 { 21 } else { 20 }
}

/// The first thing that the code generator refuses.
pub fn check(
    module: &ast::ModModule,
    minor: u8,
    lazy_annotations: bool,
    last_future: TextSize,
) -> Option<Refusal> {
    let mut flow = Flow {
        scopes: vec![Scope {
            kind: Kind::Module,
            blocks: Vec::new(),
            async_generator: false,
        }],
        minor,
        lazy_annotations,
        last_future,
        refusal: None,
    };
    flow.visit_body(&module.body);
    flow.refusal
}

impl Flow {
    pub(super) fn refuse(&mut self, at: TextSize, message: impl Into<String>) {
        self.refusal.get_or_insert_with(|| Refusal {
            message: message.into(),
            at,
        });
    }

    fn kind(&self) -> Kind {
        self.scopes.last().map_or(Kind::Module, |s| s.kind)
    }

    /// Is this code of a function's frame: a function, a lambda or a comprehension?
    fn in_function(&self) -> bool {
        !matches!(self.kind(), Kind::Module | Kind::Class)
    }

    fn awaits_allowed(&self) -> bool {
        matches!(self.kind(), Kind::AsyncFunction | Kind::Comprehension)
    }

    fn within(&mut self, kind: Kind, async_generator: bool, work: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope {
            kind,
            blocks: Vec::new(),
            async_generator,
        });
        work(self);
        self.scopes.pop();
    }

    fn block(&mut self, at: TextSize, block: Block, work: impl FnOnce(&mut Self)) {
        self.push(at, block);
        work(self);
        self.pop();
    }

    fn push(&mut self, at: TextSize, block: Block) {
        let deep = self.scopes.last().map_or(0, |s| s.blocks.len());
        if deep >= max_blocks(self.minor) {
            self.refuse(at, "too many statically nested blocks");
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(block);
        }
    }

    fn pop(&mut self) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
    }

    fn leave(&mut self, at: TextSize, whole: bool, outside: &str) {
        let blocks = self
            .scopes
            .last()
            .map(|s| s.blocks.clone())
            .unwrap_or_default();
        for block in blocks.iter().rev() {
            match block {
                Block::Loop if !whole => return,
                Block::ExceptStar => {
                    self.refuse(
                        at,
                        "'break', 'continue' and 'return' cannot appear in an except* block",
                    );
                    return;
                }
                _ => {}
            }
        }
        if !whole {
            self.refuse(at, outside);
        }
    }

    fn returns(&mut self, s: &ast::StmtReturn) {
        if !matches!(self.kind(), Kind::Function | Kind::AsyncFunction) {
            self.refuse(s.start(), "'return' outside function");
        }
        if s.value.is_some() && self.scopes.last().is_some_and(|f| f.async_generator) {
            self.refuse(s.start(), "'return' with value in async generator");
        }
        self.leave(s.start(), true, "");
    }

    fn annotation(&mut self, annotation: &Expr) {
        if !self.lazy_annotations {
            self.visit_expr(annotation);
        }
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.name(function.name.as_str(), function.start());
        self.parameters(&function.parameters);
        let annotations = function
            .parameters
            .iter()
            .filter_map(|p| p.as_parameter().annotation.as_deref())
            .chain(function.returns.as_deref());
        for annotation in annotations {
            // `*args: *Ts` unpacks into one annotation.
            match annotation {
                Expr::Starred(starred) => self.annotation(&starred.value),
                other => self.annotation(other),
            }
        }
        let kind = if function.is_async {
            Kind::AsyncFunction
        } else {
            Kind::Function
        };
        let generator = function.is_async && targets::yields(&function.body);
        self.within(kind, generator, |flow| flow.visit_body(&function.body));
    }

    fn parameters(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter() {
            self.name(parameter.name().as_str(), parameter.start());
        }
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    /// `__debug__` is bound by nobody.
    pub(super) fn name(&mut self, name: &str, at: TextSize) {
        if name == "__debug__" {
            self.refuse(at, "cannot assign to __debug__");
        }
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.name(class.name.as_str(), class.start());
        // The body is compiled before the bases are.
        self.within(Kind::Class, false, |flow| flow.visit_body(&class.body));
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
    }

    fn comprehension(
        &mut self,
        expr: &Expr,
        generators: &[ast::Comprehension],
        elements: &[&Expr],
    ) {
        let Some((first, rest)) = generators.split_first() else {
            return;
        };
        let is_generator = matches!(expr, Expr::Generator(_));
        let awaits = !is_generator && targets::awaits(generators, elements, self.minor);
        let allowed = match self.kind() {
            Kind::AsyncFunction => true,
            // An async comprehension makes those around it async since 3.11.
            Kind::Comprehension => self.minor >= 11,
            _ => false,
        };
        if awaits && !allowed {
            self.refuse(
                expr.start(),
                "asynchronous comprehension outside of an asynchronous function",
            );
        }
        self.visit_expr(&first.iter);
        self.within(Kind::Comprehension, false, |flow| {
            flow.visit_expr(&first.target);
            for test in &first.ifs {
                flow.visit_expr(test);
            }
            for generator in rest {
                flow.visit_expr(&generator.iter);
                flow.visit_expr(&generator.target);
                for test in &generator.ifs {
                    flow.visit_expr(test);
                }
            }
            for element in elements {
                flow.visit_expr(element);
            }
        });
    }

    fn tries(&mut self, s: &ast::StmtTry) {
        let at = s.start();
        if !s.finalbody.is_empty() {
            self.push(at, Block::Other);
        }
        if s.handlers.is_empty() {
            self.visit_body(&s.body);
        } else {
            self.block(at, Block::Other, |flow| flow.visit_body(&s.body));
            if !s.is_star {
                self.visit_body(&s.orelse);
            }
            let kind = if s.is_star {
                Block::ExceptStar
            } else {
                Block::Other
            };
            self.block(at, kind, |flow| flow.handlers(s));
            if s.is_star {
                self.visit_body(&s.orelse);
            }
        }
        if !s.finalbody.is_empty() {
            self.pop();
            self.visit_body(&s.finalbody);
            self.block(at, Block::Other, |flow| flow.visit_body(&s.finalbody));
        }
    }

    fn handlers(&mut self, s: &ast::StmtTry) {
        let last = s.handlers.len().saturating_sub(1);
        for (number, handler) in s.handlers.iter().enumerate() {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            match &handler.type_ {
                None if number < last => {
                    // 3.9 names the line of the code before.
                    let at = if self.minor <= 9 {
                        s.start()
                    } else {
                        handler.start()
                    };
                    self.refuse(at, "default 'except:' must be last");
                }
                None => {}
                Some(kind) => self.visit_expr(kind),
            }
            if let Some(name) = &handler.name {
                self.name(name.as_str(), handler.start());
            }
            self.block(handler.start(), Block::Other, |flow| {
                flow.visit_body(&handler.body)
            });
        }
    }

    fn with(&mut self, s: &ast::StmtWith) {
        if s.is_async && !self.awaits_allowed() {
            self.refuse(s.start(), "'async with' outside async function");
        }
        for item in &s.items {
            self.visit_expr(&item.context_expr);
            self.push(item.start(), Block::Other);
            if let Some(target) = &item.optional_vars {
                self.visit_expr(target);
            }
        }
        self.visit_body(&s.body);
        for _ in &s.items {
            self.pop();
        }
    }

    fn loops(&mut self, stmt: &Stmt) {
        let at = stmt.start();
        match stmt {
            Stmt::For(s) => {
                if s.is_async && !self.awaits_allowed() {
                    self.refuse(at, "'async for' outside async function");
                }
                self.visit_expr(&s.iter);
                self.block(at, Block::Loop, |flow| {
                    flow.visit_expr(&s.target);
                    flow.visit_body(&s.body);
                });
                self.visit_body(&s.orelse);
            }
            Stmt::While(s) => {
                self.visit_expr(&s.test);
                self.block(at, Block::Loop, |flow| flow.visit_body(&s.body));
                self.visit_body(&s.orelse);
            }
            _ => {}
        }
    }

    fn import_from(&mut self, s: &ast::StmtImportFrom) {
        let future = s.level == 0
            && s.module
                .as_ref()
                .is_some_and(|m| m.as_str() == "__future__");
        if future && s.start() > self.last_future {
            self.refuse(
                s.start(),
                "from __future__ imports must occur at the beginning of the file",
            );
        }
        self.aliases(&s.names, s.start());
    }

    fn aliases(&mut self, names: &[ast::Alias], at: TextSize) {
        for alias in names {
            self.name(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), at);
        }
    }

    /// Elements of something that takes up what a star unpacks.
    fn elements(&mut self, elements: &[Expr]) {
        for element in elements {
            match element {
                Expr::Starred(star) => self.visit_expr(&star.value),
                other => self.visit_expr(other),
            }
        }
    }

    fn suspension(&mut self, expr: &Expr) {
        let (at, kind) = (expr.start(), self.kind());
        match expr {
            Expr::Await(_) if !self.in_function() => {
                self.refuse(at, "'await' outside function");
            }
            Expr::Await(_) if !self.awaits_allowed() => {
                self.refuse(at, "'await' outside async function");
            }
            Expr::Await(_) => {}
            Expr::YieldFrom(_) if !self.in_function() && self.minor >= 13 => {
                self.refuse(at, "'yield from' outside function");
            }
            _ if !self.in_function() => self.refuse(at, "'yield' outside function"),
            Expr::YieldFrom(_) if kind == Kind::AsyncFunction => {
                self.refuse(at, "'yield from' inside async function");
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

impl<'a> Visitor<'a> for Flow {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if self.refusal.is_some() {
            return;
        }
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Return(s) => {
                self.returns(s);
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Break(s) => self.leave(s.start(), false, "'break' outside loop"),
            Stmt::Continue(s) => self.leave(s.start(), false, "'continue' not properly in loop"),
            Stmt::For(_) | Stmt::While(_) => self.loops(stmt),
            Stmt::With(s) => self.with(s),
            Stmt::Try(s) => self.tries(s),
            Stmt::Match(s) => {
                self.visit_expr(&s.subject);
                patterns::check(self, s);
                for case in &s.cases {
                    if let Some(guard) = &case.guard {
                        self.visit_expr(guard);
                    }
                    self.visit_body(&case.body);
                }
            }
            Stmt::Import(s) => self.aliases(&s.names, s.start()),
            Stmt::ImportFrom(s) => self.import_from(s),
            Stmt::AnnAssign(s) => {
                if let Some(value) = &s.value {
                    self.visit_expr(value);
                }
                self.visit_expr(&s.target);
                // Those of local variables are never evaluated.
                let local = self.in_function() && s.simple;
                if !local {
                    self.annotation(&s.annotation);
                }
            }
            Stmt::TypeAlias(_) => {}
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.refusal.is_some() {
            return;
        }
        if let Some((at, message)) = targets::expression(expr, self.minor) {
            self.refuse(at, message);
        }
        match expr {
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.within(Kind::Lambda, false, |flow| flow.visit_expr(&lambda.body));
            }
            Expr::ListComp(c) => self.comprehension(expr, &c.generators, &[&*c.elt]),
            Expr::SetComp(c) => self.comprehension(expr, &c.generators, &[&*c.elt]),
            Expr::Generator(c) => self.comprehension(expr, &c.generators, &[&*c.elt]),
            Expr::DictComp(c) => {
                let mut parts: Vec<&Expr> = c.key.as_deref().into_iter().collect();
                parts.push(&*c.value);
                self.comprehension(expr, &c.generators, &parts);
            }
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => self.suspension(expr),
            Expr::Tuple(e) => self.elements(&e.elts),
            Expr::List(e) => self.elements(&e.elts),
            Expr::Set(e) => self.elements(&e.elts),
            Expr::Starred(star) => self.refuse(star.start(), targets::alone(star)),
            Expr::Name(name) if name.id.as_str() == "__debug__" => match name.ctx {
                ExprContext::Store => self.refuse(name.start(), "cannot assign to __debug__"),
                ExprContext::Del if self.minor >= 10 => {
                    self.refuse(name.start(), "cannot delete __debug__");
                }
                _ => {}
            },
            Expr::Attribute(a) if a.ctx == ExprContext::Store && a.attr.as_str() == "__debug__" => {
                self.refuse(a.start(), "cannot assign to __debug__");
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_arguments(&mut self, arguments: &'a ast::Arguments) {
        if let Some((at, message)) = targets::keywords(arguments) {
            self.refuse(at, message);
        }
        self.elements(&arguments.args);
        for keyword in &arguments.keywords {
            self.visit_expr(&keyword.value);
        }
    }
}
