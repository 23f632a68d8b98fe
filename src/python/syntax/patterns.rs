//! Patterns of a `match` statement: what binds twice, what hides what follows (PEP 634).

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{self as ast, Expr, Pattern};
use ruff_text_size::{Ranged, TextSize};

use super::flow::Flow;

/// Checks the patterns of a statement in order.
pub fn check(flow: &mut Flow, statement: &ast::StmtMatch) {
    let last = statement.cases.len().saturating_sub(1);
    for (number, case) in statement.cases.iter().enumerate() {
        let mut reader = Reader {
            found: None,
            irrefutable_allowed: number == last || case.guard.is_some(),
        };
        let mut bound = Vec::new();
        reader.pattern(&case.pattern, &mut bound);
        if let Some((at, message)) = reader.found {
            flow.refuse(at, message);
            return;
        }
        let mut names = Names { flow };
        names.visit_pattern(&case.pattern);
    }
}

/// Expressions inside of patterns, for the checks that hold everywhere.
struct Names<'f> {
    flow: &'f mut Flow,
}

impl<'a> Visitor<'a> for Names<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.flow.visit_expr(expr);
    }
}

struct Reader {
    found: Option<(TextSize, String)>,
    irrefutable_allowed: bool,
}

impl Reader {
    fn refuse(&mut self, at: TextSize, message: String) {
        self.found.get_or_insert((at, message));
    }

    fn bind<'a>(&mut self, name: &'a ast::Identifier, at: TextSize, bound: &mut Vec<&'a str>) {
        if name.as_str() == "__debug__" {
            self.refuse(at, "cannot assign to __debug__".to_owned());
        }
        if bound.contains(&name.as_str()) {
            self.refuse(
                at,
                format!("multiple assignments to name '{name}' in pattern"),
            );
        }
        bound.push(name.as_str());
    }

    fn inner<'a>(&mut self, pattern: &'a Pattern, bound: &mut Vec<&'a str>) {
        let before = std::mem::replace(&mut self.irrefutable_allowed, true);
        self.pattern(pattern, bound);
        self.irrefutable_allowed = before;
    }

    fn pattern<'a>(&mut self, pattern: &'a Pattern, bound: &mut Vec<&'a str>) {
        let at = pattern.start();
        match pattern {
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
            Pattern::MatchAs(p) => match (&p.pattern, &p.name) {
                (None, None) if !self.irrefutable_allowed => {
                    self.refuse(
                        at,
                        "wildcard makes remaining patterns unreachable".to_owned(),
                    );
                }
                (None, Some(name)) if !self.irrefutable_allowed => {
                    self.refuse(
                        at,
                        format!("name capture '{name}' makes remaining patterns unreachable"),
                    );
                }
                (None, None) => {}
                (None, Some(name)) => self.bind(name, at, bound),
                (Some(inner), name) => {
                    self.pattern(inner, bound);
                    if let Some(name) = name {
                        self.bind(name, at, bound);
                    }
                }
            },
            Pattern::MatchStar(p) => {
                if let Some(name) = &p.name {
                    self.bind(name, at, bound);
                }
            }
            Pattern::MatchSequence(p) => self.sequence(p, bound),
            Pattern::MatchMapping(p) => self.mapping(p, bound),
            Pattern::MatchClass(p) => self.class(p, bound),
            Pattern::MatchOr(p) => self.alternatives(p, bound),
        }
    }

    fn sequence<'a>(&mut self, p: &'a ast::PatternMatchSequence, bound: &mut Vec<&'a str>) {
        if p.patterns.iter().filter(|p| p.is_match_star()).count() > 1 {
            self.refuse(
                p.start(),
                "multiple starred names in sequence pattern".to_owned(),
            );
        }
        for pattern in &p.patterns {
            self.inner(pattern, bound);
        }
    }

    fn mapping<'a>(&mut self, p: &'a ast::PatternMatchMapping, bound: &mut Vec<&'a str>) {
        let mut seen: Vec<String> = Vec::new();
        for key in &p.keys {
            if let Some(shown) = constant(key) {
                if seen.contains(&shown) {
                    self.refuse(
                        p.start(),
                        format!("mapping pattern checks duplicate key ({shown})"),
                    );
                }
                seen.push(shown);
            }
        }
        for pattern in &p.patterns {
            self.inner(pattern, bound);
        }
        if let Some(rest) = &p.rest {
            self.bind(rest, p.start(), bound);
        }
    }

    fn class<'a>(&mut self, p: &'a ast::PatternMatchClass, bound: &mut Vec<&'a str>) {
        let keywords = &p.arguments.keywords;
        for (number, keyword) in keywords.iter().enumerate() {
            if keyword.attr.as_str() == "__debug__" {
                self.refuse(keyword.start(), "cannot assign to __debug__".to_owned());
            }
            if keywords[..number]
                .iter()
                .any(|k| k.attr.as_str() == keyword.attr.as_str())
            {
                let text = format!("attribute name repeated in class pattern: {}", keyword.attr);
                self.refuse(keyword.pattern.start(), text);
            }
        }
        for pattern in &p.arguments.patterns {
            self.inner(pattern, bound);
        }
        for keyword in keywords {
            self.inner(&keyword.pattern, bound);
        }
    }

    fn alternatives<'a>(&mut self, p: &'a ast::PatternMatchOr, bound: &mut Vec<&'a str>) {
        let last = p.patterns.len().saturating_sub(1);
        let before = self.irrefutable_allowed;
        let mut names: Option<Vec<&'a str>> = None;
        for (number, pattern) in p.patterns.iter().enumerate() {
            let mut own = Vec::new();
            self.irrefutable_allowed = before && number == last;
            self.pattern(pattern, &mut own);
            let mut sorted = own.clone();
            sorted.sort_unstable();
            match &names {
                None => names = Some(own),
                Some(first) => {
                    let mut first = first.clone();
                    first.sort_unstable();
                    if first != sorted {
                        self.refuse(
                            p.start(),
                            "alternative patterns bind different names".to_owned(),
                        );
                    }
                }
            }
        }
        self.irrefutable_allowed = before;
        for name in names.unwrap_or_default() {
            if bound.contains(&name) {
                self.refuse(
                    p.start(),
                    format!("multiple assignments to name '{name}' in pattern"),
                );
            }
            bound.push(name);
        }
    }
}

/// `repr()` of a key that is a plain constant.
fn constant(key: &Expr) -> Option<String> {
    match key {
        Expr::NumberLiteral(number) => match &number.value {
            ast::Number::Int(n) => Some(n.to_string()),
            _ => None,
        },
        Expr::StringLiteral(text) if !text.value.to_str().contains(['\'', '\\', '\n']) => {
            Some(format!("'{}'", text.value.to_str()))
        }
        Expr::BooleanLiteral(b) => Some(if b.value { "True" } else { "False" }.to_owned()),
        Expr::NoneLiteral(_) => Some("None".to_owned()),
        _ => None,
    }
}
