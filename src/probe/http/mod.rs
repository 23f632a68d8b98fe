//! The HTTP probe: does it listen, is it healthy, what does it publish, which routes answer?
//!
//! No handler of the target runs, but that of the health route, which is there to be asked. A
//! route is proven by a request that the framework itself turns away: a method that the path
//! does not have (405, with `Allow`), or an empty object where a body with required fields is
//! declared (422). The parts build on one another; whatever a server sends, time and memory are
//! bounded. Must not know checks, nor how results are shown.

mod ask;
mod client;
mod openapi;
mod routes;

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use url::Url;

use crate::model::{HttpPart, HttpProbe, Redacted};
use ask::{Answer, Asker, Trouble};
use openapi::Document;

/// A route of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRoute {
    /// Upper-case methods.
    pub methods: Vec<String>,
    /// Full path template, `/api/tasks/{task_id}/done`.
    pub path: String,
    /// `file:line` of the registration.
    pub source: Option<String>,
}

/// Where an application publishes its OpenAPI document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// Nobody knows: at FastAPI's usual place, `/openapi.json`.
    Usual,
    /// At this path.
    At(String),
    /// The source turns it off.
    Nowhere,
}

/// How to probe.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Limit of one request.
    pub timeout: Duration,
    /// Headers for every request, for authentication.
    pub headers: Vec<(String, Redacted<String>)>,
    /// Requests at a time.
    pub concurrency: usize,
    /// Health route; `None`: `/health` or its like among the routes of the source.
    pub health: Option<String>,
    /// Where the OpenAPI document is.
    pub openapi: Published,
    /// A healthy endpoint answers faster than this.
    pub slow: Duration,
    /// Keep trying so long while nothing answers.
    pub wait: Option<Duration>,
    /// Pause between two tries.
    pub interval: Duration,
    /// Call `GET` routes without parameters for real: their handlers run.
    pub active: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            headers: Vec::new(),
            concurrency: 16,
            health: None,
            openapi: Published::Usual,
            slow: Duration::from_secs(1),
            wait: None,
            interval: Duration::from_millis(500),
            active: false,
        }
    }
}

/// Probes the server at `base` and joins its answers with the routes of the source.
///
/// Returns always; what was not asked is `blocked` or `skipped`. Cancelling ends the probe with
/// what was learned until then.
pub async fn reach(
    base: &str,
    source: &[SourceRoute],
    options: &HttpOptions,
    cancel: CancellationToken,
) -> HttpProbe {
    let mut probe = HttpProbe {
        base_url: shown(base),
        parts: Vec::new(),
        routes: Vec::new(),
    };
    tokio::select! {
        () = climb(base, source, options, &mut probe) => {}
        () = cancel.cancelled() => {}
    }
    for part in ["listen", "health", "openapi", "routes"] {
        if !probe.parts.iter().any(|p| p.part == part) {
            let why = match probe.failed() {
                Some(failed) => format!("blocked by {}", failed.part),
                None => "interrupted".to_owned(),
            };
            probe
                .parts
                .push(part_of(part, "blocked", why, Duration::ZERO));
        }
    }
    probe
}

async fn climb(base: &str, source: &[SourceRoute], options: &HttpOptions, probe: &mut HttpProbe) {
    let asker = match Url::parse(base)
        .map_err(|e| format!("{e}"))
        .and_then(|url| Asker::new(url, options))
    {
        Ok(asker) => asker,
        Err(why) => {
            let part = part_of("listen", "url", why, Duration::ZERO);
            return probe.parts.push(part);
        }
    };
    let health = options.health.clone().or_else(|| health_route(source));
    let listen = listens(&asker, health.as_deref(), options).await;
    let (part, answer) = listen;
    let stands = part.outcome == "ok";
    probe.parts.push(part);
    if !stands {
        return;
    }
    let (openapi, document) = published(&asker, &options.openapi).await;
    let health = match (health, answer) {
        (Some(path), Some((answer, took))) => healthy(&path, &answer, took, options.slow),
        _ => match health_operation(&document) {
            Some(path) => {
                let asked = Instant::now();
                let answer = asker.ask("GET", &path, None).await;
                healthy(&path, &answer, asked.elapsed(), options.slow)
            }
            None => {
                let why = "neither source nor document names a health route".to_owned();
                part_of("health", "skipped", why, Duration::ZERO)
            }
        },
    };
    probe.parts.extend([health, openapi]);
    let (part, rows) = routes::prove(&asker, source, &document, options).await;
    probe.parts.push(part);
    probe.routes = rows;
}

fn part_of(part: &'static str, outcome: &str, detail: String, took: Duration) -> HttpPart {
    HttpPart {
        part,
        path: None,
        outcome: outcome.to_owned(),
        detail,
        status: None,
        ms: milliseconds(took),
    }
}

fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The URL without credentials, or the text itself when it is none.
fn shown(base: &str) -> String {
    match Url::parse(base) {
        Ok(mut url) => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.as_str().trim_end_matches('/').to_owned()
        }
        Err(_) => crate::model::Redactor::default().apply(base),
    }
}

/// A `GET` route of the source that is called like a health route.
fn health_route(source: &[SourceRoute]) -> Option<String> {
    let mut gets = source
        .iter()
        .filter(|r| r.methods.iter().any(|m| m == "GET"));
    let found = gets.find(|route| about_health(&route.path));
    found.map(|route| route.path.clone())
}

/// The same among the operations that the server publishes.
fn health_operation(document: &Document) -> Option<String> {
    let mut gets = document.operations.iter().filter(|o| o.method == "GET");
    let found = gets.find(|operation| about_health(&operation.path));
    found.map(|operation| operation.path.clone())
}

fn about_health(path: &str) -> bool {
    const NAMES: [&str; 7] = [
        "health",
        "healthz",
        "livez",
        "readyz",
        "healthcheck",
        "health-check",
        "ping",
    ];
    let last = path.trim_end_matches('/').rsplit('/').next();
    last.is_some_and(|last| NAMES.contains(&last))
}

type Timed = Option<(Result<Answer, Trouble>, Duration)>;

/// Does anything answer with HTTP? The first question is the one about health, so that a server
/// is asked as little as possible.
async fn listens(asker: &Asker, health: Option<&str>, options: &HttpOptions) -> (HttpPart, Timed) {
    let begun = Instant::now();
    let (method, path) = match health {
        Some(path) => ("GET", path),
        None => (routes::FOREIGN[0], "/"),
    };
    loop {
        let asked = Instant::now();
        let answer = asker.ask(method, path, None).await;
        let took = asked.elapsed();
        let (outcome, detail) = match &answer {
            Err(trouble) if trouble.before_any_answer() => (trouble.outcome, trouble.text.clone()),
            _ => {
                let part = part_of("listen", "ok", "HTTP/1.1".to_owned(), took);
                return (part, Some((answer, took)));
            }
        };
        let left = options
            .wait
            .is_some_and(|wait| begun.elapsed() + options.interval < wait);
        if !left || outcome == "url" {
            return (part_of("listen", outcome, detail, took), None);
        }
        tokio::time::sleep(options.interval).await;
    }
}

fn healthy(
    path: &str,
    answer: &Result<Answer, Trouble>,
    took: Duration,
    slow: Duration,
) -> HttpPart {
    let part = |outcome: &str, detail, status| HttpPart {
        path: Some(path.to_owned()),
        status,
        ..part_of("health", outcome, detail, took)
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(trouble) => {
            let detail = format!("GET {path}: {}", trouble.text);
            return part(trouble.outcome, detail, None);
        }
    };
    let status = answer.status;
    let (outcome, why) = match status {
        200..=299 if !answer.says_something() => ("not-json", "the answer is not JSON"),
        200..=299 if took > slow => ("slow", "it takes too long"),
        200..=299 => ("ok", ""),
        300..=399 => ("redirect", "it redirects"),
        401 | 403 => ("auth-wall", "it asks for credentials"),
        404 => ("missing", "it is not registered"),
        503 => ("unhealthy", "it says that it is not healthy"),
        500..=599 => ("server-error", "it fails"),
        _ => ("status", "unexpected"),
    };
    let said = answer.excerpt();
    let mut detail = format!("GET {path} {status}");
    for text in [why, said.as_str()] {
        if !text.is_empty() {
            detail.push_str(": ");
            detail.push_str(text);
        }
    }
    part(outcome, detail, Some(status))
}

/// The OpenAPI document, empty when there is none that can be read.
async fn published(asker: &Asker, published: &Published) -> (HttpPart, Document) {
    let path = match published {
        Published::At(path) => path.as_str(),
        Published::Usual => "/openapi.json",
        Published::Nowhere => {
            let why = "the source publishes no document".to_owned();
            let part = part_of("openapi", "skipped", why, Duration::ZERO);
            return (part, Document::default());
        }
    };
    let asked = Instant::now();
    let answer = asker.document(path).await;
    let took = asked.elapsed();
    let told = |outcome: &str, status: Option<u16>, why: &str| {
        let shown = status.map_or_else(String::new, |status| format!(" {status}"));
        HttpPart {
            path: Some(path.to_owned()),
            status,
            ..part_of(
                "openapi",
                outcome,
                format!("GET {path}{shown}: {why}"),
                took,
            )
        }
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(trouble) => {
            return (
                told(trouble.outcome, None, &trouble.text),
                Document::default(),
            );
        }
    };
    let status = answer.status;
    let outcome = match status {
        200..=299 => match Document::read(&answer.body) {
            Ok(document) => {
                let count = document.operations.len();
                return (
                    told("ok", Some(status), &format!("{count} operations")),
                    document,
                );
            }
            Err((outcome, why)) => {
                return (told(outcome, Some(status), &why), Document::default());
            }
        },
        300..=399 => "redirect",
        401 | 403 => "auth-wall",
        404 => "missing",
        500..=599 => "server-error",
        _ => "status",
    };
    let part = told(outcome, Some(status), &answer.excerpt());
    (part, Document::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_credentials() {
        for (base, expected) in [
            ("http://u:canary@host:1/x/", "http://host:1/x"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("x://u:canary@:", "x://u:***@:"),
        ] {
            assert_eq!(shown(base), expected);
        }
    }

    #[test]
    fn health_routes_are_known_by_name() {
        let route = |method: &str, path: &str| SourceRoute {
            methods: vec![method.to_owned()],
            path: path.to_owned(),
            source: None,
        };
        let routes = [
            route("POST", "/health"),
            route("GET", "/health/{id}"),
            route("GET", "/api/healthz/"),
        ];
        assert_eq!(health_route(&routes).as_deref(), Some("/api/healthz/"));
        assert_eq!(health_route(&routes[..2]), None);
    }
}
