//! Stars, targets and arguments: what the code generator says of a single expression.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextSize};

type Found = Option<(TextSize, String)>;

/// A star that stands where no list takes up what it unpacks.
pub fn alone(star: &ast::ExprStarred) -> &'static str {
    if star.ctx == ExprContext::Store {
        "starred assignment target must be in a list or tuple"
    } else {
        "can't use starred expression here"
    }
}

/// What is wrong with one expression, apart from its parts.
pub fn expression(expr: &Expr, minor: u8) -> Found {
    let elements = match expr {
        Expr::Tuple(t) if t.ctx == ExprContext::Store => &t.elts,
        Expr::List(l) if l.ctx == ExprContext::Store => &l.elts,
        Expr::FString(f) => {
            return starred_field(f, minor).or_else(|| nested_formats(f, minor));
        }
        Expr::NumberLiteral(number) => return long_integer(number, minor),
        _ => return None,
    };
    let stars: Vec<usize> = elements
        .iter()
        .enumerate()
        .filter(|(_, e)| e.is_starred_expr())
        .map(|(n, _)| n)
        .collect();
    if stars.len() > 1 {
        return Some((
            expr.start(),
            "multiple starred expressions in assignment".to_owned(),
        ));
    }
    let before = *stars.first()?;
    let after = elements.len() - before - 1;
    (before >= 1 << 8 || after >= 1 << 23).then(|| {
        (
            expr.start(),
            "too many expressions in star-unpacking assignment".to_owned(),
        )
    })
}

/// `f"{*a}"`: the field's code is an expression in brackets.
fn starred_field(fstring: &ast::ExprFString, minor: u8) -> Found {
    let text = match minor {
        ..=9 => "f-string: can't use starred expression here",
        10 | 11 => "f-string: cannot use starred expression here",
        _ => "can't use starred expression here",
    };
    fstring
        .value
        .elements()
        .filter_map(|e| e.as_interpolation())
        .find(|i| i.expression.is_starred_expr())
        .map(|i| (i.start(), text.to_owned()))
}

/// Replacement fields in formats in formats: two before 3.12, three since.
fn nested_formats(fstring: &ast::ExprFString, minor: u8) -> Found {
    fn depth(field: &ast::InterpolatedElement) -> usize {
        let inner = field
            .format_spec
            .iter()
            .flat_map(|spec| spec.elements.iter());
        1 + inner
            .filter_map(|e| e.as_interpolation())
            .map(depth)
            .max()
            .unwrap_or(0)
    }
    let limit = if minor <= 11 { 2 } else { 3 };
    let deepest = fstring
        .value
        .elements()
        .filter_map(|e| e.as_interpolation())
        .map(depth)
        .max();
    (deepest? > limit).then(|| {
        (
            fstring.start(),
            "f-string: expressions nested too deeply".to_owned(),
        )
    })
}

/// CPython's `sys.int_info.default_max_str_digits`.
const MAX_DIGITS: usize = 4300;

/// More decimal digits than CPython converts (3.9.14, 3.10.7 and later).
fn long_integer(number: &ast::ExprNumberLiteral, minor: u8) -> Found {
    let ast::Number::Int(value) = &number.value else {
        return None;
    };
    if value.as_u64().is_some() || minor < 9 {
        return None;
    }
    let text = value.to_string();
    let digits = text.trim_start_matches('0').len();
    let decimal = text.bytes().all(|b| b.is_ascii_digit());
    let unit = if minor >= 11 { " digits" } else { "" };
    (decimal && digits > MAX_DIGITS).then(|| {
        (
            number.start(),
            format!(
                "Exceeds the limit ({MAX_DIGITS}{unit}) for integer string conversion: value has \
                 {digits} digits; use sys.set_int_max_str_digits() to increase the limit - Consider \
                 hexadecimal for huge integer literals to avoid decimal conversion limits."
            ),
        )
    })
}

/// A keyword argument that is given twice.
pub fn keywords(arguments: &ast::Arguments) -> Found {
    let mut seen: Vec<&str> = Vec::new();
    for keyword in &arguments.keywords {
        let Some(name) = &keyword.arg else { continue };
        if name.as_str() == "__debug__" {
            return Some((keyword.start(), "cannot assign to __debug__".to_owned()));
        }
        if seen.contains(&name.as_str()) {
            return Some((
                keyword.start(),
                format!("keyword argument repeated: {name}"),
            ));
        }
        seen.push(name.as_str());
    }
    None
}

/// Does a function's own body yield?
pub fn yields(body: &[Stmt]) -> bool {
    struct Search {
        found: bool,
    }
    impl<'a> Visitor<'a> for Search {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                visitor::walk_stmt(self, stmt);
            }
        }
        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Lambda(_) => {}
                Expr::Yield(_) | Expr::YieldFrom(_) => self.found = true,
                _ => visitor::walk_expr(self, expr),
            }
        }
    }
    let mut search = Search { found: false };
    search.visit_body(body);
    search.found
}

/// Does a comprehension's own code await: an `async for`, an `await`, or (since 3.11) an async
/// comprehension in it?
pub fn awaits(generators: &[ast::Comprehension], elements: &[&Expr], minor: u8) -> bool {
    struct Search {
        found: bool,
        minor: u8,
    }
    impl<'a> Visitor<'a> for Search {
        fn visit_expr(&mut self, expr: &'a Expr) {
            let inner: Option<(&[ast::Comprehension], Vec<&Expr>)> = match expr {
                Expr::Await(_) => {
                    self.found = true;
                    return;
                }
                Expr::Lambda(_) => return,
                Expr::Generator(c) => {
                    // Only its first iterable is evaluated here.
                    if let Some(first) = c.generators.first() {
                        self.visit_expr(&first.iter);
                    }
                    return;
                }
                Expr::ListComp(c) => Some((&c.generators, vec![&*c.elt])),
                Expr::SetComp(c) => Some((&c.generators, vec![&*c.elt])),
                Expr::DictComp(c) => {
                    let mut parts: Vec<&Expr> = c.key.as_deref().into_iter().collect();
                    parts.push(&*c.value);
                    Some((&c.generators, parts))
                }
                _ => None,
            };
            match inner {
                Some((generators, elements)) => {
                    self.found |= self.minor >= 11 && awaits(generators, &elements, self.minor);
                    if let Some(first) = generators.first() {
                        self.visit_expr(&first.iter);
                    }
                }
                None => visitor::walk_expr(self, expr),
            }
        }
    }
    let mut search = Search {
        found: generators.iter().any(|g| g.is_async),
        minor,
    };
    for (number, generator) in generators.iter().enumerate() {
        if number > 0 {
            search.visit_expr(&generator.iter);
        }
        for test in &generator.ifs {
            search.visit_expr(test);
        }
    }
    for element in elements {
        search.visit_expr(element);
    }
    search.found
}
