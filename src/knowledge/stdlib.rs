//! Modules of the standard library, per Python version (3.9 to 3.14).

use ruff_python_stdlib::sys::{is_builtin_module, is_known_standard_library};

/// Versions with data.
const MINORS: std::ops::RangeInclusive<u8> = 9..=14;

/// Is the top-level module of this (dotted) name part of the standard library? Versions without
/// data are answered by the nearest one with.
pub fn is_stdlib(version: (u8, u8), module: &str) -> bool {
    is_known_standard_library(nearest(version), top(module))
}

/// Is it compiled into the interpreter on most builds?
pub fn is_builtin(version: (u8, u8), module: &str) -> bool {
    is_builtin_module(nearest(version), top(module))
}

/// The first minor version of Python 3 that has the module, when that is later than 3.9.
pub fn added_in(module: &str) -> Option<u8> {
    let first = MINORS.clone().find(|m| is_stdlib((3, *m), module))?;
    (first > *MINORS.start()).then_some(first)
}

/// The first minor version of Python 3 that no longer has the module.
pub fn removed_in(module: &str) -> Option<u8> {
    let last = MINORS.clone().rev().find(|m| is_stdlib((3, *m), module))?;
    (last < *MINORS.end()).then_some(last + 1)
}

fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

fn nearest((major, minor): (u8, u8)) -> u8 {
    if major > 3 {
        return *MINORS.end();
    }
    minor.clamp(*MINORS.start(), *MINORS.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_and_go() {
        assert!(is_stdlib((3, 12), "os.path"));
        assert!(!is_stdlib((3, 12), "fastapi"));
        assert_eq!(added_in("tomllib"), Some(11));
        assert_eq!(removed_in("distutils"), Some(12));
        assert_eq!(removed_in("cgi"), Some(13));
        assert_eq!((added_in("json"), removed_in("json")), (None, None));
        assert!(is_builtin((3, 11), "sys"));
    }
}
