//! Symbol tables: which names are local to a function, class body or comprehension.
//!
//! Knows the binding rules of the language reference (section 4.2); knows nothing of values.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Pattern, Stmt};
use rustc_hash::FxHashSet;

use super::value::{Interner, Sym};

/// The symbol table of one scope.
#[derive(Debug)]
pub struct ScopeInfo {
    /// Names bound in the scope itself.
    pub locals: FxHashSet<Sym>,
    /// Names declared `global`.
    pub globals: FxHashSet<Sym>,
    /// Names declared `nonlocal`.
    pub nonlocals: FxHashSet<Sym>,
    /// Contains `yield` (outside nested scopes).
    pub yields: bool,
}

/// Collects the bindings of one scope without entering nested ones.
struct Collect<'i> {
    interner: &'i mut Interner,
    info: ScopeInfo,
}

impl ScopeInfo {
    /// The table of a function body.
    pub fn function(
        interner: &mut Interner,
        params: Option<&ast::Parameters>,
        body: &[Stmt],
    ) -> Self {
        let mut collect = Collect::new(interner);
        if let Some(params) = params {
            for p in params.iter() {
                let sym = collect.interner.intern(p.name());
                collect.info.locals.insert(sym);
            }
        }
        collect.visit_body(body);
        collect.finish()
    }

    /// The table of a lambda.
    pub fn lambda(interner: &mut Interner, lambda: &ast::ExprLambda) -> Self {
        let mut info = Self::function(interner, lambda.parameters.as_deref(), &[]);
        let mut collect = Collect::new(interner);
        collect.visit_expr(&lambda.body);
        info.locals.extend(collect.info.locals);
        info.yields = collect.info.yields;
        info
    }

    /// The table of a class body.
    pub fn class(interner: &mut Interner, body: &[Stmt]) -> Self {
        let mut collect = Collect::new(interner);
        collect.visit_body(body);
        collect.finish()
    }

    /// The table of a comprehension: its targets.
    pub fn comprehension(interner: &mut Interner, generators: &[ast::Comprehension]) -> Self {
        let mut collect = Collect::new(interner);
        for generator in generators {
            collect.visit_expr(&generator.target);
        }
        collect.finish()
    }

    /// An empty table of type parameters or the like.
    pub fn empty() -> Self {
        Self {
            locals: FxHashSet::default(),
            globals: FxHashSet::default(),
            nonlocals: FxHashSet::default(),
            yields: false,
        }
    }
}

impl<'i> Collect<'i> {
    fn new(interner: &'i mut Interner) -> Self {
        Self {
            interner,
            info: ScopeInfo::empty(),
        }
    }

    fn bind(&mut self, name: &str) {
        let sym = self.interner.intern(name);
        self.info.locals.insert(sym);
    }

    fn finish(mut self) -> ScopeInfo {
        for sym in self.info.globals.iter().chain(&self.info.nonlocals) {
            self.info.locals.remove(sym);
        }
        self.info
    }

    fn outer_parts(&mut self, decorators: &[ast::Decorator]) {
        for decorator in decorators {
            self.visit_expr(&decorator.expression);
        }
    }
}

impl<'a> Visitor<'a> for Collect<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(f) => {
                self.outer_parts(&f.decorator_list);
                for default in f
                    .parameters
                    .iter_non_variadic_params()
                    .filter_map(|p| p.default())
                {
                    self.visit_expr(default);
                }
                self.bind(&f.name);
            }
            Stmt::ClassDef(c) => {
                self.outer_parts(&c.decorator_list);
                if let Some(arguments) = &c.arguments {
                    self.visit_arguments(arguments);
                }
                self.bind(&c.name);
            }
            Stmt::Global(g) => {
                for name in &g.names {
                    let sym = self.interner.intern(name);
                    self.info.globals.insert(sym);
                }
            }
            Stmt::Nonlocal(n) => {
                for name in &n.names {
                    let sym = self.interner.intern(name);
                    self.info.nonlocals.insert(sym);
                }
            }
            Stmt::Import(i) => {
                for alias in &i.names {
                    match &alias.asname {
                        Some(name) => self.bind(name),
                        None => self.bind(alias.name.split('.').next().unwrap_or_default()),
                    }
                }
            }
            Stmt::ImportFrom(i) => {
                for alias in &i.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::Try(t) => {
                for ast::ExceptHandler::ExceptHandler(handler) in &t.handlers {
                    if let Some(name) = &handler.name {
                        self.bind(name);
                    }
                }
                walk_stmt(self, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if !name.ctx.is_load() => self.bind(&name.id),
            Expr::Lambda(l) => {
                if let Some(params) = &l.parameters {
                    for default in params
                        .iter_non_variadic_params()
                        .filter_map(|p| p.default())
                    {
                        self.visit_expr(default);
                    }
                }
            }
            // Only the outermost iterable belongs to this scope; a walrus inside binds here too.
            Expr::ListComp(ast::ExprListComp {
                generators, elt, ..
            })
            | Expr::SetComp(ast::ExprSetComp {
                generators, elt, ..
            })
            | Expr::Generator(ast::ExprGenerator {
                generators, elt, ..
            }) => {
                self.comprehension(generators, &[elt]);
            }
            Expr::DictComp(c) => {
                let parts: Vec<&Expr> = c
                    .key
                    .iter()
                    .map(AsRef::as_ref)
                    .chain([c.value.as_ref()])
                    .collect();
                self.comprehension(&c.generators, &parts);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.info.yields = true;
                walk_expr(self, expr);
            }
            _ => walk_expr(self, expr),
        }
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(p) => {
                if let Some(name) = &p.name {
                    self.bind(name);
                }
            }
            Pattern::MatchStar(p) => {
                if let Some(name) = &p.name {
                    self.bind(name);
                }
            }
            Pattern::MatchMapping(p) => {
                if let Some(name) = &p.rest {
                    self.bind(name);
                }
            }
            _ => {}
        }
        walk_pattern(self, pattern);
    }
}

impl<'a> Collect<'_> {
    fn comprehension(&mut self, generators: &'a [ast::Comprehension], parts: &[&'a Expr]) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        let mut walrus = Walrus { found: Vec::new() };
        for part in parts {
            walrus.visit_expr(part);
        }
        for generator in generators {
            for test in &generator.ifs {
                walrus.visit_expr(test);
            }
        }
        for name in walrus.found {
            self.bind(&name);
        }
    }
}

/// Names bound by `:=` inside a comprehension.
struct Walrus {
    found: Vec<String>,
}

impl<'a> Visitor<'a> for Walrus {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Lambda(_) => return,
            Expr::Named(named) => {
                if let Expr::Name(name) = named.target.as_ref() {
                    self.found.push(name.id.to_string());
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// May the body of a module bind names that its text does not show? Knows the ways in which the
/// standard library does it.
pub fn binds_dynamically(body: &[Stmt]) -> bool {
    let mut search = Dynamic { found: false };
    search.visit_body(body);
    search.found
}

struct Dynamic {
    found: bool,
}

impl<'a> Visitor<'a> for Dynamic {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            // Bodies of functions run later, decorators now.
            Stmt::FunctionDef(f) => {
                for decorator in &f.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found |= match expr {
            Expr::Lambda(_) => return,
            Expr::Call(c) => match c.func.as_ref() {
                Expr::Name(n) => matches!(
                    n.id.as_str(),
                    "globals" | "vars" | "locals" | "exec" | "setattr"
                ),
                Expr::Attribute(a) => matches!(a.attr.as_str(), "_convert_" | "_convert"),
                _ => false,
            },
            Expr::Name(n) => n.id.as_str() == "global_enum",
            Expr::Attribute(a) => a.attr.as_str() == "global_enum",
            Expr::Subscript(s) => {
                matches!(s.value.as_ref(), Expr::Attribute(a) if a.attr.as_str() == "modules")
            }
            _ => false,
        };
        walk_expr(self, expr);
    }
}
