//! One try: every address and transport that the driver would use, until one leads to the top or
//! the driver gives up.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::book::{Book, Teller};
use super::limits::{Stop, within};
use super::options::LadderOptions;
use super::plan::{Address, Attrs, Family, Plan, TlsMode};
use super::session::{self, Session};
use super::startup::{self, Opened};
use super::tls::{self, Again, Building, Connector};
use super::trace::{Cause, Trace};
use super::transport::Transport;
use super::{causes, dns, driver, notes, pooler, tcp};
use crate::host::Host;
use crate::model::{LadderNote, Rung};
use crate::wire::pg::SSL_REQUEST;

/// What one try may use.
pub struct Try<'a> {
    pub plan: &'a Plan,
    pub options: &'a LadderOptions,
    pub host: &'a dyn Host,
    pub teller: Teller<'a>,
    pub cancel: &'a CancellationToken,
}

/// How a try ended.
#[derive(Default)]
pub struct Ended {
    /// Runs up the ladder; the last one when it succeeded.
    pub books: Vec<Book>,
    /// One per book that failed.
    pub traces: Vec<Trace>,
    /// What was noticed.
    pub notes: Vec<LadderNote>,
    /// The session, when the top was reached.
    pub session: Session,
    /// The address of the last run.
    pub address: Option<Address>,
    /// The top was reached.
    pub climbed: bool,
}

/// First or second kind of transport at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Tls,
}

/// A run that failed: its book, the cause, the time on the last rung, more words.
struct Fallen {
    cause: Cause,
    rung: Rung,
    peer: Option<SocketAddr>,
    encrypted: bool,
    authenticated: bool,
    took: Duration,
    more: String,
}

impl Try<'_> {
    /// Climbs until something works or the driver would give up.
    pub async fn run(&self) -> Ended {
        let mut ended = Ended::default();
        let mut building =
            (self.plan.tls.mode > TlsMode::Disable).then(|| Building::start(&self.plan.tls));
        let mut connector = None;
        let strict = [self.plan.attrs, Attrs::Any];
        let passes = if self.plan.attrs == Attrs::PreferStandby {
            &strict[..]
        } else {
            &strict[..1]
        };
        for attrs in passes {
            for address in &self.plan.addresses {
                ended.address = Some(address.clone());
                let state = &mut (&mut building, &mut connector);
                if self.address(address, *attrs, state, &mut ended).await {
                    ended.climbed = true;
                    return ended;
                }
                let goes_on = ended
                    .traces
                    .last()
                    .is_some_and(|t| driver::goes_on(self.plan, t));
                if !goes_on || self.cancel.is_cancelled() {
                    return ended;
                }
            }
        }
        ended
    }

    /// One address of the URL: resolve, connect, and both transports where the mode has two.
    async fn address(
        &self,
        address: &Address,
        attrs: Attrs,
        tls: &mut (
            &mut Option<Building>,
            &mut Option<Result<Connector, String>>,
        ),
        ended: &mut Ended,
    ) -> bool {
        let mut book = Book::default();
        let (host, port) = match address {
            Address::Unix(path) => return self.unix(address, path, attrs, book, ended).await,
            Address::Tcp(host, port) => (host, *port),
        };
        let addresses = match self.dns(&mut book, host, port).await {
            Ok(addresses) => addresses,
            Err(fallen) => return self.fell(address, book, fallen, ended),
        };
        let started = self.teller.started(Rung::Tcp);
        let mut remaining;
        let connected = tcp::connect(&addresses, self.options.timeout, self.cancel).await;
        let (mut socket, mut peer) = match connected {
            Ok(connected) => {
                self.partial(address, &connected, ended);
                remaining = connected.open.clone();
                let detail = tcp_detail(&connected);
                self.ok(&mut book, Rung::Tcp, started, &detail);
                (connected.stream, connected.peer)
            }
            Err(error) => {
                let cause = match error {
                    Ok(tried) => Cause::Tcp(
                        tried
                            .into_iter()
                            .filter_map(|t| Some((t.address, t.error?)))
                            .collect(),
                    ),
                    Err(_) => Cause::Cancelled,
                };
                return self.fell(address, book, fallen(cause, Rung::Tcp, started), ended);
            }
        };
        if self.above(Rung::Tcp) {
            ended.books.push(book);
            return true;
        }
        loop {
            let below = book.clone();
            if self
                .transports(address, host, peer, socket, attrs, tls, below, ended)
                .await
            {
                return true;
            }
            // psycopg 3 goes on to every other address of the name.
            let next = (self.plan.client.family == Family::Psycopg)
                .then(|| remaining.pop())
                .flatten();
            let Some(next) = next else { return false };
            match within(self.options.timeout, self.cancel, TcpStream::connect(next)).await {
                Ok(Ok(stream)) => (socket, peer) = (stream, next),
                _ => return false,
            }
        }
    }

    /// First transport, and the other one where the driver falls back to it.
    #[allow(clippy::too_many_arguments)] // one call site; a struct would only rename them
    async fn transports(
        &self,
        address: &Address,
        host: &str,
        peer: SocketAddr,
        socket: TcpStream,
        attrs: Attrs,
        tls: &mut (
            &mut Option<Building>,
            &mut Option<Result<Connector, String>>,
        ),
        below: Book,
        ended: &mut Ended,
    ) -> bool {
        let kinds = match self.plan.tls.mode {
            TlsMode::Disable => [Some(Kind::Plain), None],
            TlsMode::Allow => [Some(Kind::Plain), Some(Kind::Tls)],
            TlsMode::Prefer => [Some(Kind::Tls), Some(Kind::Plain)],
            _ => [Some(Kind::Tls), None],
        };
        let mut socket = Some(socket);
        for kind in kinds.into_iter().flatten() {
            let mut book = below.clone();
            let stream = match socket.take() {
                Some(stream) => stream,
                None => {
                    let again = TcpStream::connect(peer);
                    match within(self.options.timeout, self.cancel, again).await {
                        Ok(Ok(stream)) => stream,
                        _ => return false,
                    }
                }
            };
            let _ = stream.set_nodelay(true);
            let secured = self
                .secure(&mut book, host, peer, stream, kind, tls, ended)
                .await;
            let result = match secured {
                Ok(transport) => {
                    self.rest(address, Some(peer), transport, attrs, &mut book, ended)
                        .await
                }
                Err(fallen) => Err(fallen),
            };
            match result {
                Ok(()) => {
                    ended.books.push(book);
                    return true;
                }
                Err(mut fallen) => {
                    fallen.peer = Some(peer);
                    let closed_before = matches!(fallen.cause, Cause::Cancelled);
                    self.fell(address, book, fallen, ended);
                    let other = ended
                        .traces
                        .last()
                        .is_some_and(|t| driver::tries_other_transport(self.plan, t));
                    // A prefer that ended up without TLS has no other transport left.
                    let spent = kind == Kind::Tls
                        && ended
                            .traces
                            .last()
                            .is_some_and(|t| !t.encrypted && t.rung > Rung::Tls);
                    if closed_before || !other || spent {
                        return false;
                    }
                }
            }
        }
        false
    }

    async fn dns(&self, book: &mut Book, host: &str, port: u16) -> Result<Vec<SocketAddr>, Fallen> {
        let started = self.teller.started(Rung::Dns);
        if let Some(address) = dns::literal(host, port) {
            self.ok(book, Rung::Dns, started, "an address, nothing to resolve");
            return Ok(vec![address]);
        }
        let answer = within(self.options.timeout, self.cancel, dns::resolve(host, port)).await;
        match answer {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(fallen(
                Cause::Dns(-5, "No address associated with hostname".to_owned()),
                Rung::Dns,
                started,
            )),
            Ok(Ok(addresses)) => {
                let list: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
                let detail = match list.len() {
                    1 => list.join(""),
                    n => format!("{n} addresses: {}", list.join(", ")),
                };
                self.ok(book, Rung::Dns, started, &detail);
                Ok(addresses)
            }
            Ok(Err(unresolved)) => {
                let cause = Cause::Dns(unresolved.code, unresolved.text);
                let mut fallen = fallen(cause, Rung::Dns, started);
                fallen.more = dns::hint(host, self.host);
                Err(fallen)
            }
            Err(Stop::Timeout) => {
                let text = "Temporary failure in name resolution".to_owned();
                Err(fallen(Cause::Dns(-3, text), Rung::Dns, started))
            }
            Err(Stop::Cancelled) => Err(fallen(Cause::Cancelled, Rung::Dns, started)),
        }
    }

    /// Addresses that failed before another one connected: libpq tells of them later.
    fn partial(&self, address: &Address, connected: &tcp::Connected, ended: &mut Ended) {
        if !connected.open.is_empty() || connected.tried.is_empty() {
            ended
                .notes
                .extend(notes::slow_addresses(connected, &self.plan.addresses));
        }
        if self.plan.client.is_libpq() && !connected.tried.is_empty() {
            ended.books.push(Book::default());
            ended.traces.push(Trace {
                address: address.clone(),
                peer: None,
                encrypted: false,
                authenticated: false,
                rung: Rung::Tcp,
                cause: Cause::Tcp(
                    connected
                        .tried
                        .iter()
                        .filter_map(|t| Some((t.address, t.error.clone()?)))
                        .collect(),
                ),
            });
        }
    }

    /// SSLRequest and TLS, or neither.
    #[allow(clippy::too_many_arguments)] // see `transports`
    async fn secure(
        &self,
        book: &mut Book,
        host: &str,
        peer: SocketAddr,
        mut socket: TcpStream,
        kind: Kind,
        state: &mut (
            &mut Option<Building>,
            &mut Option<Result<Connector, String>>,
        ),
        ended: &mut Ended,
    ) -> Result<Transport, Fallen> {
        if kind == Kind::Plain {
            for rung in [Rung::SslRequest, Rung::Tls] {
                book.skip(&self.teller, rung, "no TLS wanted");
            }
            return Ok(Transport::Tcp(socket));
        }
        if self.plan.tls.direct {
            book.skip(&self.teller, Rung::SslRequest, "TLS from the first byte");
        } else if !self.ssl_request(book, &mut socket).await? {
            book.skip(&self.teller, Rung::Tls, "the server does not offer it");
            return Ok(Transport::Tcp(socket));
        }
        if let super::plan::Roots::File(path, pem) = &self.plan.tls.roots
            && pem.is_empty()
        {
            let cause = Cause::MissingRoot(path.clone());
            return Err(fallen(cause, Rung::Tls, Instant::now()));
        }
        let (building, connector) = state;
        if let Some(building) = building.take() {
            **connector = Some(building.ready().await);
        }
        let started = self.teller.started(Rung::Tls);
        let connector = match connector {
            Some(Ok(connector)) => connector.clone(),
            Some(Err(text)) => {
                return Err(fallen(Cause::Handshake(text.clone()), Rung::Tls, started));
            }
            None => {
                let text = "the TLS library did not start".to_owned();
                return Err(fallen(Cause::Handshake(text), Rung::Tls, started));
            }
        };
        let again = Again {
            peer,
            limit: self.options.timeout,
        };
        let shaking = tls::handshake(connector, &self.plan.tls, host, socket, &again);
        let shaken = within(self.options.timeout * 2, self.cancel, shaking).await;
        match shaken {
            Ok(Ok(secured)) => {
                let detail = notes::tls_detail(&secured, &self.plan.tls);
                self.ok(book, Rung::Tls, started, &detail);
                notes::tls(&secured, self.plan, peer, ended);
                Ok(Transport::Tls(secured.stream))
            }
            Ok(Err(cause)) => {
                let mut fallen = fallen(cause, Rung::Tls, started);
                fallen.encrypted = true;
                Err(fallen)
            }
            Err(stop) => Err(fallen(stopped(stop), Rung::Tls, started)),
        }
    }

    /// The request and its one byte; `true`: TLS follows.
    async fn ssl_request(&self, book: &mut Book, socket: &mut TcpStream) -> Result<bool, Fallen> {
        let started = self.teller.started(Rung::SslRequest);
        let mut answer = [0u8];
        let asking = async {
            socket.write_all(&SSL_REQUEST).await?;
            // Exactly one byte: what a man in the middle stuffs behind it is never read as if it
            // came through TLS (CVE-2021-23222).
            socket.read_exact(&mut answer).await
        };
        match within(self.options.timeout, self.cancel, asking).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let reset = error.kind() == std::io::ErrorKind::ConnectionReset;
                return Err(fallen(Cause::Closed(reset), Rung::SslRequest, started));
            }
            Err(stop) => return Err(fallen(stopped(stop), Rung::SslRequest, started)),
        }
        match (answer[0], self.plan.tls.mode) {
            (b'S', _) => {
                self.ok(book, Rung::SslRequest, started, "S");
                Ok(true)
            }
            (b'N', TlsMode::Prefer) => {
                let detail = "N: the server offers no TLS, and this mode goes on without";
                self.ok(book, Rung::SslRequest, started, detail);
                Ok(false)
            }
            (byte, _) => Err(fallen(Cause::Answer(byte), Rung::SslRequest, started)),
        }
    }

    async fn unix(
        &self,
        address: &Address,
        path: &str,
        attrs: Attrs,
        mut book: Book,
        ended: &mut Ended,
    ) -> bool {
        book.skip(&self.teller, Rung::Dns, "a socket file");
        let started = self.teller.started(Rung::Tcp);
        let transport = match unix_stream(path, self.options.timeout, self.cancel).await {
            Ok(transport) => transport,
            Err(cause) => {
                return self.fell(address, book, fallen(cause, Rung::Tcp, started), ended);
            }
        };
        self.ok(&mut book, Rung::Tcp, started, path);
        for rung in [Rung::SslRequest, Rung::Tls] {
            book.skip(&self.teller, rung, "a socket file needs no TLS");
        }
        let result = self
            .rest(address, None, transport, attrs, &mut book, ended)
            .await;
        match result {
            Ok(()) => {
                ended.books.push(book);
                true
            }
            Err(fallen) => self.fell(address, book, fallen, ended),
        }
    }

    /// Authentication, database, session.
    async fn rest(
        &self,
        address: &Address,
        peer: Option<SocketAddr>,
        transport: Transport,
        attrs: Attrs,
        book: &mut Book,
        ended: &mut Ended,
    ) -> Result<(), Fallen> {
        if self.above(Rung::Tls) {
            return Ok(());
        }
        let encrypted = transport.encrypted();
        ended
            .notes
            .extend(notes::clear_text(self.plan, peer, encrypted));
        let opened = self.open(book, transport).await?;
        if self.above(Rung::Database) {
            opened.close().await;
            return Ok(());
        }
        let started = self.teller.started(Rung::Session);
        let asked = session::ask(&opened, self.options, self.cancel).await;
        let fell = |cause| {
            let mut fallen = fallen(cause, Rung::Session, started);
            (fallen.encrypted, fallen.authenticated) = (encrypted, true);
            fallen
        };
        let mut session = asked.map_err(fell)?;
        let (standby, read_only) = (session.standby(), session.read_only());
        if !fits(attrs, standby, read_only) {
            opened.close().await;
            return Err(fell(Cause::Target { standby, read_only }));
        }
        session::alembic(&opened, &mut session, self.options, self.cancel).await;
        if pooler::present(&session) {
            self.pooler(address, peer, &opened, &mut session).await;
        }
        opened.close().await;
        self.ok(book, Rung::Session, started, &session.describe());
        ended.notes.append(&mut session.notes);
        ended.session.facts.append(&mut session.facts);
        Ok(())
    }

    async fn open(&self, book: &mut Book, transport: Transport) -> Result<Opened, Fallen> {
        let encrypted = transport.encrypted();
        let started = self.teller.started(Rung::Auth);
        let start = startup::start(self.plan, transport, self.options.timeout, self.cancel).await;
        let authenticated = start.auth.is_some();
        let failed_on = start.result.as_ref().err().map(|cause| match cause {
            Cause::Server(error) => causes::rung_of(error, authenticated),
            _ if authenticated => Rung::Database,
            _ => Rung::Auth,
        });
        if let Some(took) = start.auth.filter(|_| failed_on != Some(Rung::Auth)) {
            let method = start.method.unwrap_or_default();
            book.ok(&self.teller, Rung::Auth, took, &method);
        }
        match start.result {
            Ok(opened) => {
                let detail = format!("accepts \"{}\"", self.plan.database);
                book.ok(&self.teller, Rung::Database, start.database, &detail);
                Ok(opened)
            }
            Err(cause) => {
                let rung = failed_on.unwrap_or(Rung::Auth);
                let mut fallen = fallen(cause, rung, started);
                (fallen.encrypted, fallen.authenticated) = (encrypted, authenticated);
                Err(fallen)
            }
        }
    }

    /// A second connection tells the mode of a pooler; it is opened only when one was found.
    async fn pooler(
        &self,
        _address: &Address,
        peer: Option<SocketAddr>,
        opened: &Opened,
        session: &mut Session,
    ) {
        let (limit, cancel) = (self.options.timeout, self.cancel);
        let mut mode = pooler::Mode::Unknown;
        if let Some(peer) = peer
            && let Some(second) = self.second(peer).await
        {
            mode = pooler::mode(opened, &second, limit, cancel).await;
            second.close().await;
        }
        let carries = match mode {
            pooler::Mode::Transaction => pooler::carries_prepared(opened, limit, cancel).await,
            _ => None,
        };
        pooler::judge(self.plan, session, mode, carries);
    }

    /// Another connection like the first one, quietly.
    async fn second(&self, peer: SocketAddr) -> Option<Opened> {
        let quiet = Try {
            plan: self.plan,
            options: self.options,
            host: self.host,
            teller: Teller {
                observer: &|_| (),
                redactor: self.teller.redactor,
                attempt: self.teller.attempt,
            },
            cancel: self.cancel,
        };
        let Address::Tcp(host, _) = self.plan.addresses.first()? else {
            return None;
        };
        let connecting = TcpStream::connect(peer);
        let socket = within(self.options.timeout, self.cancel, connecting)
            .await
            .ok()?
            .ok()?;
        let kind = if self.plan.tls.mode >= TlsMode::Prefer {
            Kind::Tls
        } else {
            Kind::Plain
        };
        let mut building = Some(Building::start(&self.plan.tls));
        let mut connector = None;
        let mut book = Book::default();
        let transport = quiet
            .secure(
                &mut book,
                host,
                peer,
                socket,
                kind,
                &mut (&mut building, &mut connector),
                &mut Ended::default(),
            )
            .await
            .ok()?;
        quiet.open(&mut book, transport).await.ok()
    }

    fn ok(&self, book: &mut Book, rung: Rung, started: Instant, detail: &str) {
        book.ok(&self.teller, rung, started.elapsed(), detail);
    }

    /// Writes a failed run down; always `false`, for the caller to return.
    fn fell(&self, address: &Address, mut book: Book, fallen: Fallen, ended: &mut Ended) -> bool {
        let trace = Trace {
            address: address.clone(),
            peer: fallen.peer,
            encrypted: fallen.encrypted,
            authenticated: fallen.authenticated,
            rung: fallen.rung,
            cause: fallen.cause,
        };
        book.fail(&self.teller, &trace, fallen.took, &fallen.more);
        ended.books.push(book);
        ended.traces.push(trace);
        false
    }

    /// Was the climb asked to end with this rung?
    fn above(&self, rung: Rung) -> bool {
        self.options.stop_after.is_some_and(|last| last <= rung)
    }
}

fn fallen(cause: Cause, rung: Rung, started: Instant) -> Fallen {
    Fallen {
        cause,
        rung,
        peer: None,
        encrypted: false,
        authenticated: false,
        took: started.elapsed(),
        more: String::new(),
    }
}

fn stopped(stop: Stop) -> Cause {
    match stop {
        Stop::Timeout => Cause::Timeout,
        Stop::Cancelled => Cause::Cancelled,
    }
}

fn tcp_detail(connected: &tcp::Connected) -> String {
    let mut detail = connected.peer.to_string();
    if !connected.tried.is_empty() {
        detail.push_str(&format!(" ({})", tcp::describe(&connected.tried)));
    }
    detail
}

fn fits(attrs: Attrs, standby: bool, read_only: bool) -> bool {
    match attrs {
        Attrs::Any => true,
        Attrs::ReadWrite => !standby && !read_only,
        Attrs::ReadOnly => standby || read_only,
        Attrs::Primary => !standby,
        Attrs::Standby | Attrs::PreferStandby => standby,
    }
}

#[cfg(unix)]
async fn unix_stream(
    path: &str,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Transport, Cause> {
    // libpq takes `@name` for the abstract namespace, which tokio reads as a file.
    match within(limit, cancel, tokio::net::UnixStream::connect(path)).await {
        Ok(Ok(stream)) => Ok(Transport::Unix(stream)),
        Ok(Err(error)) => Err(Cause::Unix(tcp::socket_error(&error))),
        Err(stop) => Err(stopped(stop)),
    }
}

#[cfg(not(unix))]
async fn unix_stream(
    path: &str,
    _limit: Duration,
    _cancel: &CancellationToken,
) -> Result<Transport, Cause> {
    Err(Cause::Unix(super::trace::SocketError {
        errno: None,
        text: format!("this system has no socket files: {path}"),
    }))
}
