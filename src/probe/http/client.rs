//! The client below the questions. reqwest knows TLS, proxies and the authorities of the machine,
//! and loads them before its first request, which takes longer than to ask a local server for
//! fifty routes; a server on this machine's own loopback without TLS needs none of it.

use std::error::Error;
use std::pin::Pin;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Request, Response, header::USER_AGENT};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::redirect;
use url::{Host, Url};

use super::HttpOptions;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(5);

/// What went wrong, with its chain of sources.
pub type Failure = Box<dyn Error + Send + Sync>;

type Body = Pin<Box<dyn axum::body::HttpBody<Data = Bytes, Error = Failure> + Send>>;

/// Nothing came within the limit.
#[derive(Debug, thiserror::Error)]
#[error("nothing came within the limit")]
pub struct TimedOut;

/// Sends requests over connections that are kept.
pub struct Client {
    over: Over,
    headers: HeaderMap,
    timeout: Duration,
}

enum Over {
    Any(reqwest::Client),
    Loopback(legacy::Client<HttpConnector, Full<Bytes>>),
}

/// An answer whose body has not been read.
pub struct Answering {
    /// Status and headers.
    pub head: Response<()>,
    body: Body,
    until: Instant,
}

impl Client {
    /// For one server; `headers` go with every request.
    ///
    /// # Errors
    /// What the TLS library says against its configuration.
    pub fn new(base: &Url, mut headers: HeaderMap, options: &HttpOptions) -> Result<Self, Failure> {
        const AGENT: &str = concat!("audit/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let loopback = is_loopback(base);
        let over = if loopback && base.scheme() == "http" {
            let mut connector = HttpConnector::new();
            connector.set_nodelay(true);
            connector.set_connect_timeout(Some(options.timeout));
            let client = legacy::Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE)
                .pool_timer(TokioTimer::new())
                .build(connector);
            Over::Loopback(client)
        } else {
            let mut builder = reqwest::Client::builder()
                .redirect(redirect::Policy::none())
                .connect_timeout(options.timeout)
                .pool_idle_timeout(IDLE);
            if loopback {
                // A proxy could not reach this machine's own loopback.
                builder = builder.no_proxy();
            }
            Over::Any(builder.build()?)
        };
        Ok(Self {
            over,
            headers,
            timeout: options.timeout,
        })
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// When none came; [`TimedOut`] at the limit.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Answering, Failure> {
        let until = Instant::now() + self.timeout;
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        let sending = async {
            Ok::<Response<Body>, Failure>(match &self.over {
                Over::Loopback(client) => client.request(request).await?.map(boxed),
                Over::Any(client) => {
                    let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))?;
                    let answer = client.execute(request).await;
                    let answer = answer.map_err(reqwest::Error::without_url)?;
                    Response::<reqwest::Body>::from(answer).map(boxed)
                }
            })
        };
        let limited = tokio::time::timeout_at(until.into(), sending).await;
        let (head, body) = limited.map_err(|_| TimedOut)??.into_parts();
        Ok(Answering {
            head: Response::from_parts(head, ()),
            body,
            until,
        })
    }
}

impl Answering {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// When the connection breaks off; [`TimedOut`] at the limit of the whole request.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let limited = tokio::time::timeout_at(self.until.into(), self.body.frame()).await;
            match limited.map_err(|_| TimedOut)? {
                None => return Ok(None),
                Some(frame) => {
                    // Trailers say nothing here.
                    if let Ok(data) = frame?.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// Did the connection itself fail?
pub fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let client = error.downcast_ref::<legacy::Error>();
    client.is_some_and(legacy::Error::is_connect)
}

fn boxed<B>(body: B) -> Body
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Failure>,
{
    Box::pin(body.map_err(Into::into))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
