//! The matrix as a table and as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::Row;
use crate::cli::Context;
use crate::render::layout;

/// For people.
pub fn table(rows: &[Row], took: Duration, context: &Context) -> String {
    let (good, bad) = match context.terminal.unicode {
        true => ("✓", "✗"),
        false => ("ok", "x"),
    };
    let width = rows.iter().map(|row| row.fault.len()).max().unwrap_or(0);
    let wide = rows.iter().map(|row| row.seen.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let mark = if row.right { good } else { bad };
        let seen = layout::pad(&row.seen, wide);
        let checks = row.checks.join(" ");
        let line = format!("  {mark:2} {:width$}  {seen}  {checks}", row.fault);
        text.push_str(line.trim_end());
        if !row.right {
            let _ = write!(text, "   expected {}", row.expected);
        }
        text.push('\n');
    }
    let wrong = rows.iter().filter(|row| !row.right).count();
    let seconds = took.as_secs_f64();
    let _ = match wrong {
        0 => writeln!(
            text,
            "\nok: each of {} servers is told apart, and nothing else is claimed   {seconds:.1} s",
            rows.len()
        ),
        _ => writeln!(
            text,
            "\nx: {wrong} of {} rows are wrong: a defect of audit, please report it   {seconds:.1} s",
            rows.len()
        ),
    };
    text
}

/// For programs.
pub fn json(rows: &[Row], took: Duration) -> String {
    let ms = |time: Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
    let wrong = rows.iter().filter(|row| !row.right).count();
    let rows = rows.iter().map(|row| {
        json!({
            "fault": row.fault,
            "expected": row.expected,
            "seen": row.seen,
            "checks": row.checks,
            "ok": row.right,
            "ms": ms(row.took),
        })
    });
    let rows: Vec<_> = rows.collect();
    let document = json!({
        "schema": 1,
        "passed": rows.len() - wrong,
        "failed": wrong,
        "ms": ms(took),
        "rows": rows,
    });
    format!("{document:#}\n")
}
