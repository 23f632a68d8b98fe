//! The HTTP half: a backend of the shape of `fixtures/backend`, answering as FastAPI does.

mod app;
mod broken;
mod routes;
mod validate;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION, SERVER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::Shared;
use super::fault::{Active, Effect, Http};
use super::listen::{self, Bounds, Held, Listening};
use routes::Found;

pub use app::State;
pub use routes::application;

/// Bodies larger than this are refused: no request of the application needs them.
const LARGEST: usize = 64 * 1024;

/// Accepts for ever; ends with its task.
pub async fn serve(port: Listening, bounds: Bounds, shared: Arc<Shared>) {
    let doors = Doors {
        port,
        places: Arc::new(Semaphore::new(bounds.connections)),
        life: bounds.life,
        shared: Arc::clone(&shared),
    };
    let stop = shared.stop.clone();
    let app = Router::new().fallback(move |request: Request| {
        let shared = Arc::clone(&shared);
        async move { respond(request, &shared).await }
    });
    let served = axum::serve(doors, app).with_graceful_shutdown(stop.cancelled_owned());
    // The listener never fails; an error would only say that it ended.
    let _ = served.await;
}

/// Lets bounded connections in.
struct Doors {
    port: Listening,
    places: Arc<Semaphore>,
    life: Duration,
    shared: Arc<Shared>,
}

impl axum::serve::Listener for Doors {
    type Io = Held;
    type Addr = u16;

    async fn accept(&mut self) -> (Held, u16) {
        loop {
            let faults = &self.shared.faults;
            let down = || faults.peek(true).has(Effect::HttpDown);
            let (stream, peer) = self.port.accept(down).await;
            if faults.peek(true).http(Http::Close) {
                faults.next(true);
                tokio::spawn(hang_up(stream));
                continue;
            }
            let stop = self.shared.stop.clone();
            if let Some(held) = Held::new(stream, &self.places, self.life, stop).await {
                return (held, peer.port());
            }
        }
    }

    fn local_addr(&self) -> io::Result<u16> {
        Ok(self.port.port())
    }
}

/// Reads a request and closes the connection without a word.
async fn hang_up(mut stream: TcpStream) {
    let mut some = [0u8; 1024];
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut some)).await;
    listen::close(&mut stream).await;
}

/// One request, with what the handlers need of it.
struct Call {
    method: Method,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer before it is sent.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }

    fn detail(status: u16, detail: &str) -> Self {
        Self::json(status, &serde_json::json!({ "detail": detail }))
    }

    fn text(status: u16, kind: &str, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", format!("{kind}; charset=utf-8"))],
            body: body.to_owned(),
        }
    }

    fn redirect(to: String) -> Self {
        Self {
            status: 307,
            headers: vec![("location", to)],
            body: String::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(0, (name, value.to_owned()));
        self
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static("audit-reference"));
        for (name, value) in self.headers {
            let name = match name {
                "content-type" => CONTENT_TYPE,
                "location" => LOCATION,
                "allow" => ALLOW,
                other => axum::http::HeaderName::from_static(other),
            };
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

async fn respond(request: Request, shared: &Shared) -> Response {
    let faults = shared.faults.next(true);
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Answer::detail(413, "Request Entity Too Large").into_response();
    };
    let call = Call {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
    };
    if let Some(answer) = broken::instead(&call, &faults).await {
        return answer;
    }
    let answer = answer(&call, shared, &faults);
    if call.method == Method::HEAD {
        let headless = Answer {
            body: String::new(),
            ..answer
        };
        return headless.into_response();
    }
    answer.into_response()
}

/// As Starlette's router: the first full match runs, else the first match of the path alone
/// answers 405, else a slash more or less redirects, else 404.
fn answer(call: &Call, shared: &Shared, faults: &Active) -> Answer {
    match routes::find(call.method.as_str(), &call.path, faults) {
        Found::Handler(handler, parameter) => {
            if faults.http(Http::ServerError) {
                return Answer::text(500, "text/plain", "Internal Server Error");
            }
            app::run(handler, parameter, call, shared, faults)
        }
        Found::OtherMethod(allow) => Answer::detail(405, "Method Not Allowed").with("allow", allow),
        Found::OtherSlash(path) => {
            let host = call.headers.get("host").and_then(|h| h.to_str().ok());
            let query = call
                .query
                .as_ref()
                .map_or(String::new(), |q| format!("?{q}"));
            let host = host.unwrap_or("127.0.0.1");
            Answer::redirect(format!("http://{host}{path}{query}"))
        }
        Found::Nothing => Answer::detail(404, "Not Found"),
    }
}
