//! Durations with units: `500ms`, `5s`, `2m`, `1h`. A bare number is an error, because users of
//! tools that accept one have to guess its unit.

use std::time::Duration;

/// Longest accepted duration: a day. Beyond it somebody mistook the unit.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a duration.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "" => {
            return Err(format!(
                "`{text}` has no unit; write {text}s, {text}ms or {text}m"
            ));
        }
        other => return Err(format!("unknown unit `{other}`; use ms, s, m or h")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("`{text}` is not a duration; write 500ms, 5s or 2m"))?;
    let seconds = number * scale;
    if seconds > MAX.as_secs_f64() {
        return Err(format!("`{text}` is longer than a day"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        let cases = [
            ("500ms", Ok(500)),
            ("5s", Ok(5000)),
            ("2m", Ok(120_000)),
            ("1.5s", Ok(1500)),
            ("0s", Ok(0)),
            ("5", Err("no unit")),
            ("5x", Err("unknown unit")),
            ("-1s", Err("unknown unit")),
            ("s", Err("not a duration")),
            ("1..2s", Err("not a duration")),
            ("99999h", Err("longer than a day")),
            ("", Err("no unit")),
        ];
        for (text, expected) in cases {
            match (parse_duration(text), expected) {
                (Ok(d), Ok(ms)) => assert_eq!(d.as_millis(), ms, "{text}"),
                (Err(e), Err(part)) => assert!(e.contains(part), "{text}: {e}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }
}
