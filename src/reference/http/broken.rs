//! Answers of a broken deployment, given instead of the application's.

use std::time::Duration;

use axum::response::Response;

use super::super::fault::{Active, Http};
use super::{Answer, Call};

/// Longer than any probe waits.
const FOR_EVER: Duration = Duration::from_secs(600);
/// More than a healthy endpoint may take.
const SLOW: Duration = Duration::from_millis(1700);

const PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// What is answered before the application is asked; `None`: it is asked.
pub async fn instead(call: &Call, faults: &Active) -> Option<Response> {
    if faults.http(Http::Hang) {
        tokio::time::sleep(FOR_EVER).await;
    }
    if faults.http(Http::Slow) && call.path == "/health" {
        tokio::time::sleep(SLOW).await;
    }
    let answer = if faults.http(Http::Html) {
        // Proxies answer their error pages with 200 more often than one would think.
        Answer::text(200, "text/html", PAGE)
    } else if faults.http(Http::AuthWall) {
        let wall = Answer::text(
            401,
            "text/html",
            "<html><body>Authorization Required</body></html>",
        );
        wall.with("www-authenticate", "Basic realm=\"staging\"")
    } else if faults.http(Http::Huge) {
        Answer {
            status: 200,
            headers: vec![("content-type", "application/json".to_owned())],
            body: " ".repeat(8 << 20),
        }
    } else if faults.http(Http::RedirectLoop) && call.path.trim_end_matches('/') == "/api/tasks" {
        Answer::redirect("/api/tasks".to_owned())
    } else {
        return None;
    };
    Some(answer.into_response())
}
