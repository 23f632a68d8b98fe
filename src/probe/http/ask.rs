//! One request, one bounded answer.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use url::{Host, Url};

use super::HttpOptions;
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
    pub fn new(base: Url, options: &HttpOptions) -> Result<Self, String> {
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
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .pool_idle_timeout(Duration::from_secs(5))
            .user_agent(concat!("audit/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers);
        if is_loopback(&base) {
            // A proxy could not reach this machine's own loopback.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| error.to_string())?;
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
        let mut request = self.client.request(method, url.clone());
        if let Some(body) = body {
            let kind = ("content-type", "application/json");
            request = request.header(kind.0, kind.1).body(body.to_owned());
        }
        let mut response = request.send().await.map_err(|e| self.trouble(&e))?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let allow = header("allow").unwrap_or_default();
        let kind = header("content-type").unwrap_or_default();
        let location = header("location").and_then(|to| url.join(&to).ok());
        let mut answer = Answer {
            status: response.status().as_u16(),
            allow: allow
                .split(',')
                .map(|m| m.trim().to_ascii_uppercase())
                .collect(),
            location: location.map(String::from),
            json: kind.contains("json"),
            body: Vec::new(),
            redactor: self.redactor.clone(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|e| self.trouble(&e))? {
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

    fn trouble(&self, error: &reqwest::Error) -> Trouble {
        let mut texts = Vec::new();
        let mut kind = None;
        let mut source = error.source();
        while let Some(inner) = source {
            texts.push(inner.to_string());
            if let Some(io) = inner.downcast_ref::<io::Error>() {
                kind = kind.or(Some(io.kind()));
            }
            source = inner.source();
        }
        let text = texts.last().cloned().unwrap_or_else(|| error.to_string());
        let all = texts.join(" ").to_lowercase();
        let outcome = match kind {
            _ if error.is_timeout() => "timeout",
            Some(io::ErrorKind::ConnectionRefused) => "refused",
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => "closed",
            _ if all.contains("dns") || all.contains("lookup address") => "dns",
            _ if all.contains("certificate") || all.contains("ssl") => "tls",
            _ if all.contains("before message completed") || all.contains("unexpected eof") => {
                "closed"
            }
            _ if error.is_connect() => "unreachable",
            _ => "garbage",
        };
        let text = match outcome {
            "timeout" => "nothing came within the limit".to_owned(),
            _ => self.redactor.apply(&text),
        };
        Trouble { outcome, text }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
