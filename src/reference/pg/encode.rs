//! Rows on the wire: types, text and binary forms.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::{DataRowEncoder, FieldFormat, FieldInfo, QueryResponse, Response, Tag};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::types::format::FormatOptions;

use super::super::sql::{Answer, Cell, Column, Failure, Kind};

/// The format of a column or parameter. The library's own lookup panics beyond the list.
pub(super) fn format_of(format: &Format, n: usize) -> FieldFormat {
    match format {
        Format::UnifiedText => FieldFormat::Text,
        Format::UnifiedBinary => FieldFormat::Binary,
        Format::Individual(codes) => FieldFormat::from(codes.get(n).copied().unwrap_or(0)),
    }
}

/// An error that does not end the session.
pub(super) fn failed(failure: Failure) -> PgWireError {
    PgWireError::UserError(Box::new(error_info(failure)))
}

/// The same, as the library wants it within a response.
pub(super) fn error_info(failure: Failure) -> ErrorInfo {
    let severity = if failure.fatal { "FATAL" } else { "ERROR" };
    let (code, message) = (failure.code.to_owned(), failure.message);
    let mut info = ErrorInfo::new(severity.to_owned(), code, message);
    info.severity_nonlocalized = Some(severity.to_owned());
    info.position = failure.position.map(|at| at.to_string());
    info.hint = (!failure.hint.is_empty()).then(|| failure.hint.to_owned());
    info
}

/// An answer with its rows in the wanted form.
pub(super) fn response(answer: Answer, format: Option<&Format>) -> PgWireResult<Response> {
    match answer {
        Answer::Fail(failure) => Err(failed(failure)),
        Answer::Done(tag) => Ok(Response::Execution(Tag::new(&tag))),
        Answer::Begin(tag) => Ok(Response::TransactionStart(Tag::new(tag))),
        Answer::End(tag) => Ok(Response::TransactionEnd(Tag::new(tag))),
        Answer::Rows { tag, columns, rows } => {
            let fields = Arc::new(fields(&columns, format));
            let mut encoder = DataRowEncoder::new(Arc::clone(&fields));
            let mut encoded = Vec::with_capacity(rows.len());
            for row in rows {
                for ((cell, column), field) in row.iter().zip(&columns).zip(fields.iter()) {
                    encode(&mut encoder, cell, column.kind, field.format())?;
                }
                encoded.push(Ok(encoder.take_row()));
            }
            let mut result = QueryResponse::new(fields, futures::stream::iter(encoded));
            result.set_command_tag(tag);
            Ok(Response::Query(result))
        }
    }
}

/// Heads of the columns.
pub(super) fn fields(columns: &[Column], format: Option<&Format>) -> Vec<FieldInfo> {
    let all = columns.iter().enumerate().map(|(n, column)| {
        let (kind, size) = wire_type(column.kind);
        let format = format.map_or(FieldFormat::Text, |f| format_of(f, n));
        FieldInfo::new(column.name.clone(), None, None, kind, format).with_type_size(size)
    });
    all.collect()
}

/// Type and `typlen` on the wire.
fn wire_type(kind: Kind) -> (Type, i16) {
    match kind {
        Kind::Bool => (Type::BOOL, 1),
        Kind::Int4 => (Type::INT4, 4),
        Kind::Int8 => (Type::INT8, 8),
        Kind::Oid => (Type::OID, 4),
        // `numeric` has a binary form of its own; a double says the same to every driver here.
        Kind::Float8 | Kind::Numeric => (Type::FLOAT8, 8),
        Kind::Text => (Type::TEXT, -1),
        Kind::Varchar => (Type::VARCHAR, -1),
        Kind::Name => (Type::NAME, 64),
        Kind::Char => (Type::CHAR, 1),
        Kind::Timestamptz => (Type::TIMESTAMPTZ, 8),
    }
}

fn encode(
    encoder: &mut DataRowEncoder,
    cell: &Cell,
    kind: Kind,
    format: FieldFormat,
) -> PgWireResult<()> {
    let out_of_range = |_| failed(Failure::new("22003", "integer out of range"));
    match (cell, kind) {
        (Cell::Null, _) => encoder.encode_field(&None::<String>),
        (Cell::Bool(b), _) => encoder.encode_field(b),
        (Cell::Int(n), Kind::Int8) => encoder.encode_field(n),
        (Cell::Int(n), Kind::Oid) => {
            encoder.encode_field(&u32::try_from(*n).map_err(out_of_range)?)
        }
        (Cell::Int(n), _) => encoder.encode_field(&i32::try_from(*n).map_err(out_of_range)?),
        (Cell::Float(f), _) => encoder.encode_field(f),
        (Cell::Text(t), Kind::Char) => {
            let byte = t.bytes().next().unwrap_or(0);
            encoder.encode_field(&byte.cast_signed())
        }
        (Cell::Text(t), _) => encoder.encode_field(t),
        (Cell::Time(t), _) if format == FieldFormat::Text => encoder.encode_field(&moment(*t)),
        // Binary moments are microseconds since 2000 (`timestamp.h`), written like an `int8`.
        (Cell::Time(t), _) => {
            let micros = micros_since_2000(*t);
            let options = FormatOptions::default();
            encoder.encode_field_with_type_and_format(&micros, &Type::INT8, format, &options)
        }
    }
}

/// 1970-01-01 to 2000-01-01 in seconds.
const EPOCH_2000: u64 = 946_684_800;

fn micros_since_2000(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let since = since.saturating_sub(Duration::from_secs(EPOCH_2000));
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// `2026-11-24 06:30:00.123456+00`
fn moment(time: SystemTime) -> String {
    let micros = micros_since_2000(time);
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 2000;
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    let february = 28 + i64::from(leap(year));
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let day = days + 1;
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}+00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_postgresql_does() {
        // SELECT to_timestamp(n) AT TIME ZONE 'UTC', PostgreSQL 15.
        let cases = [
            (946_684_800, "2000-01-01 00:00:00.000000+00"),
            (1_709_164_799, "2024-02-28 23:59:59.000000+00"),
            (1_709_251_199, "2024-02-29 23:59:59.000000+00"),
            (1_735_689_599, "2024-12-31 23:59:59.000000+00"),
            (4_102_444_800, "2100-01-01 00:00:00.000000+00"),
        ];
        for (seconds, text) in cases {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(moment(time), text);
        }
    }
}
