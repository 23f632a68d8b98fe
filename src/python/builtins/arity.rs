//! How many positional arguments built-in functions and methods take, and how CPython refuses
//! a call that gives more or fewer. Must not know what they do.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

const TABLE: &str = include_str!("arity.txt");

static ARITIES: LazyLock<FxHashMap<&'static str, Arity>> = LazyLock::new(|| {
    let mut arities = FxHashMap::default();
    for row in TABLE.lines().filter(|row| !row.starts_with('#')) {
        let mut words = row.split_whitespace();
        let (Some(form), Some(least), Some(most)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let arity = Arity {
            form: form.chars().next().unwrap_or('n'),
            least: least.parse().unwrap_or(0),
            most: most.parse().unwrap_or(usize::MAX),
        };
        arities.extend(words.map(|name| (name, arity)));
    }
    arities
});

#[derive(Debug, Clone, Copy)]
struct Arity {
    /// As the head of the table explains.
    form: char,
    least: usize,
    most: usize,
}

/// The text of the `TypeError` that a call with `given` positional arguments and no keywords
/// certainly gets; `None` when it fits or nothing is known. Methods are named `str.join`, and
/// their receiver does not count.
pub fn refusal(name: &str, given: usize, version: (u8, u8)) -> Option<String> {
    let arity = ARITIES.get(name)?;
    let (least, most) = (arity.least, arity.most);
    let short = name.rsplit_once('.').map_or(name, |(_, short)| short);
    let fits = given >= least && given <= most;
    let modern = version >= (3, 13);
    let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
    let parsed = |bound: &str, n: usize| {
        let noun = plural(n);
        format!("{short}() takes {bound} {n} {noun} ({given} given)")
    };
    match arity.form {
        _ if fits => None,
        'n' => Some(format!("{name}() takes no arguments ({given} given)")),
        'o' => Some(format!(
            "{name}() takes exactly one argument ({given} given)"
        )),
        'e' => Some(counted(short, least, most, given)),
        'f' | 's' if modern => Some(counted(short, least, most, given)),
        _ if given > most => Some(parsed("at most", most)),
        'f' => Some(parsed("at least", least)),
        _ => None,
    }
}

/// The text of `_PyArg_CheckPositional`.
fn counted(name: &str, least: usize, most: usize, given: usize) -> String {
    let (bound, wanted) = if least == most {
        ("", least)
    } else if given < least {
        ("at least ", least)
    } else {
        ("at most ", most)
    };
    let noun = if wanted == 1 { "argument" } else { "arguments" };
    format!("{name} expected {bound}{wanted} {noun}, got {given}")
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn refusals_read_as_in_cpython() {
        let said = |name, given| refusal(name, given, (3, 11)).unwrap_or_default();
        assert_eq!(said("len", 2), "len() takes exactly one argument (2 given)");
        assert_eq!(
            said("str.upper", 1),
            "str.upper() takes no arguments (1 given)"
        );
        assert_eq!(
            said("getattr", 1),
            "getattr expected at least 2 arguments, got 1"
        );
        assert_eq!(said("float", 2), "float expected at most 1 argument, got 2");
        assert_eq!(
            said("str.split", 3),
            "split() takes at most 2 arguments (3 given)"
        );
        assert_eq!(said("int", 3), "int() takes at most 2 arguments (3 given)");
        assert_eq!(said("max", 9), "");
        assert_eq!(
            refusal("int", 3, (3, 13)).unwrap_or_default(),
            "int expected at most 2 arguments, got 3"
        );
    }
}
