//! Where a Python module uses a name, and whether the import of the module reaches that use.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, ExprLambda, Stmt, StmtFunctionDef, StringLiteral};
use ruff_text_size::{Ranged, TextRange};

/// When a use is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// While the module is imported.
    Import,
    /// In an annotation: at import or later, and frameworks read it at run time.
    Annotation,
    /// When the outermost function with this index is called.
    Function(usize),
    /// In a lambda at module level.
    Lambda,
}

/// One occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Bytes of the name.
    pub at: TextRange,
    /// When.
    pub when: When,
    /// Assigned or deleted rather than read.
    pub stored: bool,
}

/// Occurrences of one name, import statements left out.
pub struct Uses<'t> {
    name: &'t str,
    /// In source order of the walk.
    pub uses: Vec<Use>,
    /// Outermost functions, for [`When::Function`].
    pub functions: Vec<&'t StmtFunctionDef>,
    /// A string, a `global` or another definition mentions the name.
    pub mentioned: bool,
    when: When,
}

impl<'t> Uses<'t> {
    /// Finds all uses of `name`.
    pub fn find(body: &'t [Stmt], name: &'t str) -> Self {
        let mut uses = Self {
            name,
            uses: Vec::new(),
            functions: Vec::new(),
            mentioned: false,
            when: When::Import,
        };
        uses.visit_body(body);
        uses
    }

    /// Nothing reads, writes or mentions it.
    pub fn is_empty(&self) -> bool {
        self.uses.is_empty() && !self.mentioned
    }

    /// Offset of the first use that the import of the module executes (annotations included).
    pub fn first_at_import(&self) -> Option<usize> {
        self.uses
            .iter()
            .filter(|u| matches!(u.when, When::Import | When::Annotation))
            .map(|u| u.at.start().to_usize())
            .min()
    }

    fn during(&mut self, when: When, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.when, when);
        walk(self);
        self.when = outer;
    }

    fn function(&mut self, function: &'t StmtFunctionDef) {
        if function.name.as_str() == self.name {
            self.mentioned = true;
        }
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(params) = &function.type_params {
            self.visit_type_params(params);
        }
        self.visit_parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        let when = match self.when {
            When::Function(index) => When::Function(index),
            _ => {
                self.functions.push(function);
                When::Function(self.functions.len() - 1)
            }
        };
        self.during(when, |this| this.visit_body(&function.body));
    }

    fn lambda(&mut self, lambda: &'t ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameters(parameters);
        }
        let when = match self.when {
            When::Function(index) => When::Function(index),
            _ => When::Lambda,
        };
        self.during(when, |this| this.visit_expr(&lambda.body));
    }

    fn string(&mut self, text: &str) {
        if has_word(text, self.name) {
            self.mentioned = true;
        }
    }
}

impl<'t> Visitor<'t> for Uses<'t> {
    fn visit_stmt(&mut self, stmt: &'t Stmt) {
        match stmt {
            Stmt::Import(_) | Stmt::ImportFrom(_) => {}
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => {
                if class.name.as_str() == self.name {
                    self.mentioned = true;
                }
                visitor::walk_stmt(self, stmt);
            }
            Stmt::Global(global) => {
                self.mentioned |= global.names.iter().any(|n| n.as_str() == self.name);
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_annotation(&mut self, expr: &'t Expr) {
        let when = match self.when {
            When::Function(index) => When::Function(index),
            _ => When::Annotation,
        };
        self.during(when, |this| this.visit_expr(expr));
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        match expr {
            Expr::Name(name) if name.id.as_str() == self.name => self.uses.push(Use {
                at: name.range(),
                when: self.when,
                stored: name.ctx != ExprContext::Load,
            }),
            Expr::Lambda(lambda) => self.lambda(lambda),
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_string_literal(&mut self, literal: &'t StringLiteral) {
        self.string(&literal.value);
    }
}

/// Does `text` hold `word`, not as a part of a longer name?
pub fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
