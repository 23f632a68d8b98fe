//! The route table, and how Starlette looks things up in it.

use super::super::fault::{Active, Http};

/// What a route runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// `/openapi.json`
    Openapi,
    /// `/health`
    Health,
    /// `/api/auth/signup`
    Signup,
    /// `/api/auth/login`
    Login,
    /// `GET /api/tasks`
    ListTasks,
    /// `POST /api/tasks`
    CreateTask,
    /// `/api/tasks/{task_id}/done`
    FinishTask,
}

/// Method, value of the `Allow` header, path, handler; in the order of registration.
const ROUTES: &[(&[&str], &str, &str, Handler)] = &[
    (
        &["GET", "HEAD"],
        "GET, HEAD",
        "/openapi.json",
        Handler::Openapi,
    ),
    (&["GET"], "GET", "/health", Handler::Health),
    (&["POST"], "POST", "/api/auth/signup", Handler::Signup),
    (&["POST"], "POST", "/api/auth/login", Handler::Login),
    (&["GET"], "GET", TASKS, Handler::ListTasks),
    (&["POST"], "POST", TASKS, Handler::CreateTask),
    (
        &["POST"],
        "POST",
        "/api/tasks/{task_id}/done",
        Handler::FinishTask,
    ),
];

const TASKS: &str = "/api/tasks";

/// Methods and path of every route that the source of the application registers.
pub fn application() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    let own = ROUTES.iter().filter(|route| route.3 != Handler::Openapi);
    own.map(|(methods, _, path, _)| (*methods, *path))
}

/// The result of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A route with this path and method; the path parameter, if it has one.
    Handler(Handler, Option<String>),
    /// The path is known, the method is not: the methods of the first such route.
    OtherMethod(&'static str),
    /// The path with a slash more or less is known.
    OtherSlash(String),
    /// Nothing.
    Nothing,
}

/// Looks up method and path.
pub fn find(method: &str, path: &str, faults: &Active) -> Found {
    if let Some(found) = registered(method, path, faults) {
        return found;
    }
    // `redirect_slashes` of Starlette: any method will do.
    let other = match path.strip_suffix('/') {
        Some(bare) if !bare.is_empty() => bare.to_owned(),
        Some(_) => return Found::Nothing,
        None => format!("{path}/"),
    };
    match registered(method, &other, faults) {
        Some(_) => Found::OtherSlash(other),
        None => Found::Nothing,
    }
}

fn registered(method: &str, path: &str, faults: &Active) -> Option<Found> {
    let mut known = None;
    for (methods, allow, template, handler) in ROUTES {
        let Some(template) = mounted(template, faults) else {
            continue;
        };
        let Some(parameter) = matches(&template, path) else {
            continue;
        };
        if methods.contains(&method) {
            return Some(Found::Handler(*handler, parameter));
        }
        known = known.or(Some(Found::OtherMethod(allow)));
    }
    known
}

/// Where a route really is, with the faults that are on; `None`: nowhere.
pub fn mounted(template: &str, faults: &Active) -> Option<String> {
    if template == "/openapi.json" && faults.http(Http::NoOpenapi) {
        return None;
    }
    if !template.starts_with(TASKS) {
        return Some(template.to_owned());
    }
    if faults.http(Http::MissingRouter) {
        return None;
    }
    let mut path = template.to_owned();
    if faults.http(Http::WrongPrefix) {
        path = format!("{TASKS}{path}");
    }
    if faults.http(Http::TrailingSlash) && template == TASKS {
        path.push('/');
    }
    Some(path)
}

/// The path parameter of a match (at most one segment), `Some(None)` when there is none.
fn matches(template: &str, path: &str) -> Option<Option<String>> {
    let Some((before, rest)) = template.split_once('{') else {
        return (template == path).then_some(None);
    };
    let after = rest.split_once('}')?.1;
    let value = path.strip_prefix(before)?.strip_suffix(after)?;
    let one = !value.is_empty() && !value.contains('/');
    one.then(|| Some(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::super::fault::Fault;
    use super::*;

    fn on(names: &[&str]) -> Active {
        Active(names.iter().map(|n| Fault::named(n).unwrap()).collect())
    }

    #[test]
    fn lookup_follows_starlette() {
        let handler = |h| Found::Handler(h, None);
        let cases = [
            ("GET", "/health", "", handler(Handler::Health)),
            ("HEAD", "/health", "", Found::OtherMethod("GET")),
            ("DELETE", "/api/tasks", "", Found::OtherMethod("GET")),
            (
                "POST",
                "/api/tasks/7/done",
                "",
                Found::Handler(Handler::FinishTask, Some("7".to_owned())),
            ),
            ("POST", "/api/tasks/a/b/done", "", Found::Nothing),
            (
                "POST",
                "/health/",
                "",
                Found::OtherSlash("/health".to_owned()),
            ),
            ("GET", "/", "", Found::Nothing),
            ("GET", "/api/tasks", "missing-router", Found::Nothing),
            ("GET", "/api/tasks", "wrong-prefix", Found::Nothing),
            (
                "GET",
                "/api/tasks/api/tasks",
                "wrong-prefix",
                handler(Handler::ListTasks),
            ),
            (
                "GET",
                "/api/tasks",
                "trailing-slash",
                Found::OtherSlash("/api/tasks/".to_owned()),
            ),
            ("GET", "/openapi.json", "no-openapi", Found::Nothing),
        ];
        for (method, path, fault, expected) in cases {
            let faults = if fault.is_empty() {
                on(&[])
            } else {
                on(&[fault])
            };
            let found = find(method, path, &faults);
            assert_eq!(found, expected, "{method} {path} with `{fault}`");
        }
    }
}
