//! The auth and database rungs: start-up, authentication, first ReadyForQuery.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::config::{ChannelBinding, Config, SslMode, SslNegotiation};
use tokio_util::sync::CancellationToken;

use super::limits::{Stop, within};
use super::plan::{Binding, Plan};
use super::trace::Cause;
use super::transport::{Already, Seen, Transport, Watch};
use crate::wire::pg::AuthRequest;

const PLUS: &str = "SCRAM-SHA-256-PLUS";
const SCRAM: &str = "SCRAM-SHA-256";

/// A connection that accepts queries. Dropping it closes the socket.
pub struct Opened {
    /// For queries.
    pub client: Client,
    /// What the server said on the way.
    pub seen: Arc<Mutex<Seen>>,
    task: Task,
}

/// Ends the connection's task when nobody needs it any more.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Opened {
    /// Says good-bye (the task sends Terminate when its client is gone) and waits for it shortly.
    pub async fn close(self) {
        let Self {
            client, mut task, ..
        } = self;
        drop(client);
        let _ = tokio::time::timeout(Duration::from_millis(200), &mut task.0).await;
    }
}

/// Result of both rungs.
pub struct Start {
    /// How the server authenticates; `None` when it did not come to say so.
    pub method: Option<String>,
    /// Time until AuthenticationOk.
    pub auth: Option<Duration>,
    /// Time from there to ReadyForQuery, or to the failure.
    pub database: Duration,
    /// The connection, or why there is none.
    pub result: Result<Opened, Cause>,
}

/// Sends the start-up packet and authenticates as the driver would.
pub async fn start(
    plan: &Plan,
    transport: Transport,
    limit: Duration,
    cancel: &CancellationToken,
) -> Start {
    let encrypted = transport.encrypted();
    let (binding, has_password) = (plan.binding, plan.password.is_some());
    let stops = move |request: &AuthRequest| match request {
        AuthRequest::Sasl(offered) => unusable(binding, has_password, offered, encrypted).is_some(),
        AuthRequest::Other(_) => true,
        _ => false,
    };
    let (watch, seen) = Watch::new(transport, Box::new(stops));
    let began = Instant::now();
    let config = config(plan);
    let connecting = async {
        let mut connecting = Box::pin(config.connect_raw(watch, Already));
        match within(limit, cancel, &mut connecting).await {
            // Authenticated within the limit: the database has its own.
            Err(Stop::Timeout) if lock(&seen).authenticated.is_some() => {
                within(limit, cancel, &mut connecting).await
            }
            other => other,
        }
    };
    let connected = connecting.await;
    let end = Instant::now();
    let authenticated = lock(&seen).authenticated;
    let method = method(plan, &lock(&seen).auth, encrypted);
    let result = match connected {
        Ok(Ok((client, connection))) => Ok(Opened {
            client,
            seen: Arc::clone(&seen),
            task: Task(tokio::spawn(async move {
                // Its failures show in the queries of the client.
                let _ = connection.await;
            })),
        }),
        Ok(Err(error)) => Err(cause(plan, &lock(&seen), &error, encrypted)),
        Err(Stop::Timeout) => Err(Cause::Timeout),
        Err(Stop::Cancelled) => Err(Cause::Cancelled),
    };
    Start {
        method,
        auth: authenticated.map(|at| at - began),
        database: end - authenticated.unwrap_or(began),
        result,
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn config(plan: &Plan) -> Config {
    let mut config = Config::new();
    config
        .user(&plan.user)
        .dbname(&plan.database)
        .application_name("audit")
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct)
        .channel_binding(match plan.binding {
            Binding::Disable => ChannelBinding::Disable,
            Binding::Prefer => ChannelBinding::Prefer,
            Binding::Require => ChannelBinding::Require,
        });
    if let Some(password) = &plan.password {
        config.password(password.expose());
    }
    if !plan.startup_options.is_empty() {
        config.options(&plan.startup_options);
    }
    config
}

/// Name of the method that the server asked for, as it was answered.
fn method(plan: &Plan, auth: &[AuthRequest], encrypted: bool) -> Option<String> {
    Some(match auth.first()? {
        AuthRequest::Ok => "trust (no password asked for)".to_owned(),
        AuthRequest::ClearText if encrypted => "clear-text password, inside TLS".to_owned(),
        AuthRequest::ClearText => "clear-text password, without TLS".to_owned(),
        AuthRequest::Md5 => "md5".to_owned(),
        AuthRequest::Sasl(offered) => {
            let plus = offered.iter().any(|m| m == PLUS);
            if plus && encrypted && plan.binding != Binding::Disable {
                format!("{SCRAM} with channel binding")
            } else if plus {
                format!("{SCRAM} (channel binding offered, not used)")
            } else {
                offered.join(", ")
            }
        }
        AuthRequest::Other(number) => method_name(*number),
        AuthRequest::SaslContinue(_) | AuthRequest::SaslFinal => return None,
    })
}

fn method_name(number: u32) -> String {
    match number {
        2 => "Kerberos V5".to_owned(),
        6 => "SCM credentials".to_owned(),
        7 => "GSSAPI".to_owned(),
        9 => "SSPI".to_owned(),
        other => format!("method {other}"),
    }
}

/// Why no connection came to be: what the server said first, then what the protocol says.
fn cause(plan: &Plan, seen: &Seen, error: &tokio_postgres::Error, encrypted: bool) -> Cause {
    if let Some(refused) = &seen.refused {
        return Cause::Garbage(refused.to_string());
    }
    // The driver looks at the offer before it answers, so this comes before the server's error.
    if let Some(AuthRequest::Sasl(offered)) = seen.auth.first()
        && let Some(cause) = unusable(plan.binding, plan.password.is_some(), offered, encrypted)
    {
        return cause;
    }
    if let Some(error) = &seen.error {
        return Cause::Server(error.clone());
    }
    match seen.auth.last() {
        Some(AuthRequest::Other(number)) => return Cause::Method(*number),
        Some(AuthRequest::ClearText | AuthRequest::Md5) if plan.password.is_none() => {
            return Cause::NoPassword;
        }
        // A wrong signature leaves the exchange without another message.
        Some(AuthRequest::SaslFinal) if !error.is_closed() => return Cause::Signature,
        _ => {}
    }
    if plan.binding == Binding::Require && !seen.auth.is_empty() && !error.is_closed() {
        return Cause::BindingNotOffered;
    }
    if error.is_closed() {
        return Cause::Closed(false);
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => Cause::Closed(true),
        Some(io::ErrorKind::UnexpectedEof) => Cause::Closed(false),
        _ => Cause::Garbage(error.to_string()),
    }
}

/// Why none of the offered mechanisms will do.
fn unusable(
    binding: Binding,
    has_password: bool,
    offered: &[String],
    encrypted: bool,
) -> Option<Cause> {
    let plus = offered.iter().any(|m| m == PLUS);
    let plain = offered.iter().any(|m| m == SCRAM);
    if binding == Binding::Require && !encrypted {
        return Some(Cause::BindingWithoutTls);
    }
    if binding == Binding::Require && !plus {
        return Some(Cause::BindingNotOffered);
    }
    let usable = plain || plus && encrypted && binding != Binding::Disable;
    if !usable {
        return Some(Cause::Mechanisms(offered.to_vec()));
    }
    (!has_password).then_some(Cause::NoPassword)
}

/// Kind of the input/output error at the bottom of an error.
pub fn io_kind(error: &tokio_postgres::Error) -> Option<io::ErrorKind> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        source = error.source();
    }
    None
}
