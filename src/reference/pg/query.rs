//! Queries, simple and extended, answered from [`crate::reference::sql`].

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures::Sink;
use pgwire::api::portal::{Format, Portal};
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use pgwire::api::results::{
    DataRowEncoder, DescribePortalResponse, DescribeStatementResponse, FieldFormat, FieldInfo,
    QueryResponse, Response, Tag,
};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::PortalStore;
use pgwire::api::{ClientInfo, ClientPortalStore, Type};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::TransactionStatus;
use pgwire::types::format::FormatOptions;

use super::super::Shared;
use super::super::fault::Active;
use super::super::sql::{self, Answer, Cell, Column, Context, Failure, Kind};

/// A prepared statement: its text. It is answered anew each time; nothing is planned.
#[derive(Debug, Clone)]
pub struct Statement(Arc<str>);

/// Answers the queries of one connection.
pub struct Queries {
    shared: Arc<Shared>,
    faults: Arc<Active>,
    encryption: Option<(String, String)>,
    parser: Arc<Parser>,
}

/// What a statement is answered with.
pub fn session<'a, C: ClientInfo>(
    client: &'a C,
    shared: &'a Shared,
    faults: &'a Active,
    encryption: Option<&'a (String, String)>,
    parameters: &'a [Option<String>],
) -> Context<'a> {
    let metadata = client.metadata();
    let text = |name: &str| metadata.get(name).map_or("", String::as_str);
    let (user, database) = (text("user"), text("database"));
    Context {
        faults,
        user,
        database: if database.is_empty() { user } else { database },
        application: text("application_name"),
        tls: encryption.map(|(version, cipher)| (version.as_str(), cipher.as_str())),
        pid: client.pid_and_secret_key().0,
        tables: &shared.tables,
        alembic: shared.alembic.as_deref(),
        parameters,
    }
}

impl Queries {
    /// For one connection.
    pub fn new(
        shared: Arc<Shared>,
        faults: Arc<Active>,
        encryption: Option<(String, String)>,
    ) -> Self {
        Self {
            shared,
            faults,
            encryption,
            parser: Arc::new(Parser),
        }
    }

    fn answer<C: ClientInfo>(
        &self,
        client: &C,
        sql: &str,
        parameters: &[Option<String>],
    ) -> PgWireResult<Vec<Answer>> {
        let encryption = self.encryption.as_ref();
        let context = session(client, &self.shared, &self.faults, encryption, parameters);
        if client.transaction_status() == TransactionStatus::Error && !ends_transaction(sql) {
            let message =
                "current transaction is aborted, commands ignored until end of transaction block";
            return Err(failed(Failure {
                code: "25P02",
                message: message.to_owned(),
                hint: "",
            }));
        }
        Ok(sql::answer(sql, &context))
    }

    /// The columns of a statement, without running it.
    fn describe<C: ClientInfo>(
        &self,
        client: &C,
        sql: &str,
        format: Option<&Format>,
    ) -> PgWireResult<Vec<FieldInfo>> {
        let encryption = self.encryption.as_ref();
        let context = session(client, &self.shared, &self.faults, encryption, &[]);
        // Describing must not create what the statement would.
        let creates = ["create", "drop"].iter().any(|verb| starts_with(sql, verb));
        if creates {
            return Ok(Vec::new());
        }
        match sql::answer(sql, &context).into_iter().next() {
            Some(Answer::Rows { columns, .. }) => Ok(fields(&columns, format)),
            Some(Answer::Fail(failure)) => Err(failed(failure)),
            _ => Ok(Vec::new()),
        }
    }
}

fn starts_with(sql: &str, verb: &str) -> bool {
    let start = sql.trim_start();
    start
        .get(..verb.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(verb))
}

fn ends_transaction(sql: &str) -> bool {
    ["rollback", "commit", "end", "abort"]
        .iter()
        .any(|verb| starts_with(sql, verb))
}

#[async_trait]
impl SimpleQueryHandler for Queries {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let answers = self.answer(client, query, &[])?;
        if answers.is_empty() {
            return Ok(vec![Response::EmptyQuery]);
        }
        // What was done before the error stays answered.
        let one = |answer| match answer {
            Answer::Fail(failure) => Ok(Response::Error(Box::new(error_info(failure)))),
            other => response(other, None),
        };
        answers.into_iter().map(one).collect()
    }
}

#[async_trait]
impl ExtendedQueryHandler for Queries {
    type Statement = Statement;
    type QueryParser = Parser;

    fn query_parser(&self) -> Arc<Parser> {
        Arc::clone(&self.parser)
    }

    async fn do_describe_statement<C>(
        &self,
        client: &mut C,
        target: &StoredStatement<Statement>,
    ) -> PgWireResult<DescribeStatementResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let sql = &target.statement.0;
        let given = &target.parameter_types;
        let wanted = parameter_types(sql).into_iter().enumerate();
        let types = wanted
            .map(|(n, kind)| given.get(n).cloned().flatten().unwrap_or(kind))
            .collect();
        let fields = self.describe(client, sql, None)?;
        Ok(DescribeStatementResponse::new(types, fields))
    }

    async fn do_describe_portal<C>(
        &self,
        client: &mut C,
        target: &Portal<Statement>,
    ) -> PgWireResult<DescribePortalResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let sql = &target.statement.statement.0;
        let format = Some(&target.result_column_format);
        Ok(DescribePortalResponse::new(
            self.describe(client, sql, format)?,
        ))
    }

    async fn do_query<C>(
        &self,
        client: &mut C,
        portal: &Portal<Statement>,
        _max_rows: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let sql = &portal.statement.statement.0;
        let values = bound_values(portal)?;
        let answers = self.answer(client, sql, &values)?;
        match answers.len() {
            0 => Ok(Response::EmptyQuery),
            1 => {
                let format = Some(&portal.result_column_format);
                let mut answers = answers.into_iter();
                let one = answers.next().map(|answer| response(answer, format));
                one.unwrap_or(Ok(Response::EmptyQuery))
            }
            _ => Err(failed(Failure {
                code: "42601",
                message: "cannot insert multiple commands into a prepared statement".to_owned(),
                hint: "",
            })),
        }
    }
}

/// Keeps statements as text.
#[derive(Debug)]
pub struct Parser;

#[async_trait]
impl QueryParser for Parser {
    type Statement = Statement;

    async fn parse_sql<C>(
        &self,
        client: &C,
        sql: &str,
        _types: &[Option<Type>],
    ) -> PgWireResult<Option<Statement>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let _ = client;
        Ok(Some(Statement(Arc::from(sql))))
    }

    fn get_parameter_types(&self, statement: &Statement) -> PgWireResult<Vec<Type>> {
        Ok(parameter_types(&statement.0))
    }

    fn get_result_schema(
        &self,
        _statement: &Statement,
        _format: Option<&Format>,
    ) -> PgWireResult<Vec<FieldInfo>> {
        Ok(Vec::new())
    }
}

/// Types of `$1`, `$2`, ...: numbers of types are compared with `oid`, everything else is text.
fn parameter_types(sql: &str) -> Vec<Type> {
    let count = sql::parameter_count(sql).min(1000);
    let squeezed: String = sql.split_whitespace().collect();
    (1..=count)
        .map(|n| match squeezed.ends_with(&format!("oid=${n}")) {
            true => Type::OID,
            false => Type::TEXT,
        })
        .collect()
}

/// Bound values as text.
fn bound_values(portal: &Portal<Statement>) -> PgWireResult<Vec<Option<String>>> {
    let types = parameter_types(&portal.statement.statement.0);
    let values = portal.parameters.iter().enumerate().map(|(n, value)| {
        let Some(bytes) = value else {
            return Ok(None);
        };
        let given = portal.statement.parameter_types.get(n).cloned().flatten();
        let kind = given
            .or_else(|| types.get(n).cloned())
            .unwrap_or(Type::TEXT);
        let binary = format_of(&portal.parameter_format, n) == FieldFormat::Binary;
        let number = |bytes: &[u8]| bytes.iter().fold(0i64, |n, b| (n << 8) | i64::from(*b));
        match (binary, kind) {
            (true, Type::OID | Type::INT4 | Type::INT8 | Type::INT2) if bytes.len() <= 8 => {
                Ok(Some(number(bytes).to_string()))
            }
            (true, Type::BOOL) => Ok(Some((bytes.first() == Some(&1)).to_string())),
            _ => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(_) => Err(failed(Failure {
                    code: "22021",
                    message: "invalid byte sequence for encoding \"UTF8\"".to_owned(),
                    hint: "",
                })),
            },
        }
    });
    values.collect()
}

/// The format of a column or parameter. The library's own lookup panics beyond the list.
fn format_of(format: &Format, n: usize) -> FieldFormat {
    match format {
        Format::UnifiedText => FieldFormat::Text,
        Format::UnifiedBinary => FieldFormat::Binary,
        Format::Individual(codes) => FieldFormat::from(codes.get(n).copied().unwrap_or(0)),
    }
}

fn failed(failure: Failure) -> PgWireError {
    PgWireError::UserError(Box::new(error_info(failure)))
}

fn error_info(failure: Failure) -> ErrorInfo {
    let (code, message) = (failure.code.to_owned(), failure.message);
    let mut info = ErrorInfo::new("ERROR".to_owned(), code, message);
    info.severity_nonlocalized = Some("ERROR".to_owned());
    info.hint = (!failure.hint.is_empty()).then(|| failure.hint.to_owned());
    info
}

fn response(answer: Answer, format: Option<&Format>) -> PgWireResult<Response> {
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

fn fields(columns: &[Column], format: Option<&Format>) -> Vec<FieldInfo> {
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
    let out_of_range = |_| {
        failed(Failure {
            code: "22003",
            message: "integer out of range".to_owned(),
            hint: "",
        })
    };
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
