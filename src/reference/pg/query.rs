//! Queries, simple and extended, answered from [`crate::reference::sql`].

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use futures::Sink;
use pgwire::api::portal::{Format, Portal};
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use pgwire::api::results::{
    DescribePortalResponse, DescribeStatementResponse, FieldFormat, FieldInfo, Response,
};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::PortalStore;
use pgwire::api::{ClientInfo, ClientPortalStore, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::TransactionStatus;

use super::super::Shared;
use super::super::fault::{Active, OLD_REVISION, Session, UNKNOWN_REVISION};
use super::super::sql::{self, Answer, Context, Failure};
use super::encode::{error_info, failed, fields, format_of, response};

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
        alembic: revision(shared, faults),
        parameters,
    }
}

/// What `alembic_version` holds.
fn revision<'a>(shared: &'a Shared, faults: &Active) -> Option<&'a str> {
    if faults.session(Session::NoRevision) {
        None
    } else if faults.session(Session::OldRevision) {
        Some(OLD_REVISION)
    } else if faults.session(Session::UnknownRevision) {
        Some(UNKNOWN_REVISION)
    } else {
        shared.alembic.as_deref()
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
            return Err(failed(Failure::new("25P02", message)));
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
            Answer::Fail(failure) if !failure.fatal => {
                Ok(Response::Error(Box::new(error_info(failure))))
            }
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
            _ => Err(failed(Failure::new(
                "42601",
                "cannot insert multiple commands into a prepared statement",
            ))),
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
                Err(_) => Err(failed(Failure::new(
                    "22021",
                    "invalid byte sequence for encoding \"UTF8\"",
                ))),
            },
        }
    });
    values.collect()
}
