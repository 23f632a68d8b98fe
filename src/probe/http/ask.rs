//! One request, one bounded answer.

use std::error::Error;
use std::io;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Request};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use url::Url;

use super::HttpOptions;
use super::client::{self, Client, Failure, TimedOut};
use crate::model::Redactor;

/// More of a body is not read.
const LARGEST: usize = 1 << 20;
/// A document that names ten thousand operations is longer.
const LARGEST_DOCUMENT: usize = 64 << 20;

/// Asks one server.
pub struct Asker {
    client: Client,
    base: Url,
    redactor: Redactor,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Methods of the `Allow` header, upper case.
    pub allow: Vec<String>,
    /// `Location`, made absolute.
    pub location: Option<String>,
    /// The body, at most 1 MiB; of a document 64 MiB.
    pub body: Vec<u8>,
    json: bool,
    text: bool,
    redactor: Redactor,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Stable name.
    pub outcome: &'static str,
    /// Masked sentence.
    pub text: String,
}

impl Trouble {
    /// Nothing was heard of the server, in contrast to an answer that is too long.
    pub fn before_any_answer(&self) -> bool {
        self.outcome != "too-large"
    }
}

impl Answer {
    /// Said to be JSON, and JSON?
    pub fn is_json(&self) -> bool {
        self.json && serde_json::from_slice::<serde_json::Value>(&self.body).is_ok()
    }

    /// JSON, a plain word, or nothing at all, as health routes answer; no page.
    pub fn says_something(&self) -> bool {
        self.is_json() || self.text || self.body.is_empty()
    }

    /// The beginning of the body, on one line, masked.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(400)]);
        let words: Vec<&str> = text.split_whitespace().collect();
        let line: String = words
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        self.redactor.apply(&line).chars().take(120).collect()
    }
}

impl Asker {
    /// For one server.
    ///
    /// # Errors
    /// A URL that is none of HTTP, or a header that cannot be sent; never with its value.
    pub fn new(mut base: Url, options: &HttpOptions) -> Result<Self, String> {
        if !["http", "https"].contains(&base.scheme()) {
            return Err(format!("`{}` is not http or https", base.scheme()));
        }
        let mut headers = HeaderMap::new();
        let mut redactor = Redactor::default();
        for (name, value) in &options.headers {
            redactor.add(value.expose());
            let header = HeaderName::try_from(name.as_str());
            let mut content = HeaderValue::try_from(value.expose().as_str())
                .map_err(|_| format!("the value of the header {name} cannot be sent"))?;
            content.set_sensitive(true);
            let header = header.map_err(|_| format!("`{name}` is no name of a header"))?;
            headers.insert(header, content);
        }
        if let Some(credentials) = basic(&mut base, &mut redactor) {
            headers.entry(AUTHORIZATION).or_insert(credentials);
        }
        let client = Client::new(&base, headers, options).map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            base,
            redactor,
        })
    }

    /// Sends a request to a path below the base; `body` is JSON.
    ///
    /// # Errors
    /// When no whole answer came, with the reason.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
    ) -> Result<Answer, Trouble> {
        self.fetch(method, path, body, LARGEST).await
    }

    /// Fetches a document, which may be long.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn document(&self, path: &str) -> Result<Answer, Trouble> {
        self.fetch("GET", path, None, LARGEST_DOCUMENT).await
    }

    async fn fetch(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        largest: usize,
    ) -> Result<Answer, Trouble> {
        let mut url = self.base.clone();
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{path}"));
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::TRACE);
        let mut request = Request::builder().method(method).uri(url.as_str());
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let content = body.unwrap_or_default().to_owned();
        let request = request.body(Full::from(content));
        let request = request.map_err(|error| self.trouble(&error))?;
        let sent = self.client.send(request).await;
        let mut response = sent.map_err(|error| self.trouble(&*error))?;
        let header = |name: &str| {
            let value = response.head.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let allow = header("allow").unwrap_or_default();
        let kind = header("content-type").unwrap_or_default();
        let location = header("location").and_then(|to| url.join(&to).ok());
        let mut answer = Answer {
            status: response.head.status().as_u16(),
            allow: allow
                .split(',')
                .map(|m| m.trim().to_ascii_uppercase())
                .collect(),
            location: location.map(String::from),
            json: kind.contains("json"),
            text: kind.starts_with("text/plain"),
            body: Vec::new(),
            redactor: self.redactor.clone(),
        };
        let broken = |error: Failure| self.trouble(&*error);
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if answer.body.len() + chunk.len() > largest {
                return Err(Trouble {
                    outcome: "too-large",
                    text: format!("the answer is longer than {} MiB", largest >> 20),
                });
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// The path of an absolute URL as [`Self::ask`] takes it; `None` when it is of another server.
    pub fn path_of(&self, url: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        let prefix = self.base.path().trim_end_matches('/');
        let path = url.path().strip_prefix(prefix).unwrap_or(url.path());
        (url.origin() == self.base.origin()).then(|| path.to_owned())
    }

    fn trouble(&self, error: &(dyn Error + 'static)) -> Trouble {
        let (mut texts, mut kind) = (Vec::new(), None);
        let (mut late, mut unconnected) = (false, false);
        let mut source = Some(error);
        while let Some(inner) = source {
            texts.push(inner.to_string());
            late |= inner.is::<TimedOut>();
            unconnected |= client::never_connected(inner);
            if let Some(io) = inner.downcast_ref::<io::Error>() {
                kind = kind.or(Some(io.kind()));
            }
            source = inner.source();
        }
        let all = texts.join(" ").to_lowercase();
        let text = texts.pop().unwrap_or_default();
        let outcome = match kind {
            _ if late => "timeout",
            Some(io::ErrorKind::TimedOut) => "timeout",
            Some(io::ErrorKind::ConnectionRefused) => "refused",
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => "closed",
            _ if all.contains("dns") || all.contains("lookup address") => "dns",
            _ if all.contains("certificate") || all.contains("ssl") => "tls",
            _ if all.contains("before message completed") || all.contains("unexpected eof") => {
                "closed"
            }
            _ if unconnected => "unreachable",
            _ => "garbage",
        };
        let text = match outcome {
            "timeout" => TimedOut.to_string(),
            _ => self.redactor.apply(&text),
        };
        Trouble { outcome, text }
    }
}

/// Takes the credentials out of a URL, for the header that carries them (RFC 7617).
fn basic(base: &mut Url, redactor: &mut Redactor) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let user = decoded(base.username());
    let password = decoded(base.password().unwrap_or_default());
    let named = !base.username().is_empty() || base.password().is_some();
    base.set_username("").ok()?;
    base.set_password(None).ok()?;
    if !named {
        return None;
    }
    redactor.add(&String::from_utf8_lossy(&password));
    let pair = BASE64_STANDARD.encode([&user[..], b":", &password[..]].concat());
    redactor.add(&pair);
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn credentials_of_the_url_travel_in_their_header_only() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answering = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncan@ry-1!";
            stream.write_all(answer).await.unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        let base = format!("http://me:can%40ry-1!@127.0.0.1:{port}/v1/");
        let asker = Asker::new(Url::parse(&base).unwrap(), &HttpOptions::default()).unwrap();
        let answer = asker.ask("GET", "/health", None).await.unwrap();
        let request = answering.await.unwrap();
        assert!(
            request.starts_with("GET /v1/health HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(
            request.contains("authorization: Basic bWU6Y2FuQHJ5LTEh\r\n"),
            "{request}"
        );
        assert!(!request.contains("ry-1"), "{request}");
        assert_eq!(answer.excerpt(), crate::model::MASK);
    }
}
