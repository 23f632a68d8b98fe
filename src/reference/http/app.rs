//! The application: accounts and tasks in memory, bounded, gone with the process.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};

use super::super::Shared;
use super::super::fault::{Active, Http};
use super::routes::{self, Handler};
use super::{Answer, Call, validate};

/// More accounts, tasks or tokens are not kept.
const MOST: usize = 1000;

const OPENAPI: &str = include_str!("openapi.json");

/// Everything the application remembers.
#[derive(Debug, Default)]
pub struct State(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    accounts: Vec<(String, String)>,
    tokens: Vec<(String, usize)>,
    tasks: Vec<Task>,
    handled: Vec<String>,
}

#[derive(Debug, Clone)]
struct Task {
    owner: usize,
    title: String,
    done: bool,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Requests that reached a handler.
    pub fn handled(&self) -> Vec<String> {
        self.lock().handled.clone()
    }
}

/// Validates a request as FastAPI does, and runs its handler when it fits.
pub fn run(
    handler: Handler,
    parameter: Option<String>,
    call: &Call,
    shared: &Shared,
    faults: &Active,
) -> Answer {
    let mut memory = shared.state.lock();
    let done = match handler {
        Handler::Openapi => return openapi(faults),
        Handler::Health => Ok(health(faults)),
        Handler::Signup => signup(call, &mut memory),
        Handler::Login => login(call, &mut memory),
        Handler::ListTasks => list(call, &memory),
        Handler::CreateTask => create(call, &mut memory),
        Handler::FinishTask => finish(call, parameter.as_deref(), &mut memory),
    };
    let (ran, answer) = match done {
        Ok(answer) => (true, answer),
        Err(answer) => (false, answer),
    };
    if ran && memory.handled.len() < MOST {
        memory
            .handled
            .push(format!("{} {}", call.method, call.path));
    }
    answer
}

/// The document of the real application, without or with what the faults change.
fn openapi(faults: &Active) -> Answer {
    let Ok(mut document) = serde_json::from_str::<Value>(OPENAPI) else {
        return Answer::text(500, "text/plain", "Internal Server Error");
    };
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        let moved = std::mem::take(paths)
            .into_iter()
            .filter_map(|(path, item)| {
                let mounted = routes::mounted(&path, faults)?;
                Some((mounted, item))
            });
        *paths = moved.collect();
    }
    let mut answer = Answer::json(200, &document);
    if faults.http(Http::BrokenOpenapi) {
        let half = answer.body.len() / 2;
        answer.body.truncate(answer.body.floor_char_boundary(half));
    }
    answer
}

fn health(faults: &Active) -> Answer {
    if faults.http(Http::Unhealthy) {
        let body = json!({ "status": "unhealthy", "database": "unreachable" });
        return Answer::json(503, &body);
    }
    let body = json!({ "status": "healthy", "environment": "reference" });
    Answer::json(200, &body)
}

fn is_json(call: &Call) -> bool {
    let kind = call
        .headers
        .get("content-type")
        .and_then(|v| v.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// `Err` is the answer of a request that no handler saw.
type Handled = Result<Answer, Answer>;

fn signup(call: &Call, memory: &mut Memory) -> Handled {
    let body = validate::object(&call.body, is_json(call))?;
    let email = validate::email(&body, "email");
    let password = validate::text(&body, "password", 8, None);
    let (email, password) = match (email, password) {
        (Ok(email), Ok(password)) => (email, password),
        (email, password) => {
            let complaints = [email.err(), password.err()].into_iter().flatten();
            return Err(validate::refused(complaints.collect()));
        }
    };
    if memory.accounts.iter().any(|(known, _)| *known == email) {
        return Ok(Answer::detail(409, "Email is already registered"));
    }
    if memory.accounts.len() >= MOST {
        return Ok(Answer::detail(
            507,
            "The reference server keeps no more accounts",
        ));
    }
    memory.accounts.push((email.clone(), password));
    let body = json!({ "id": memory.accounts.len(), "email": email });
    Ok(Answer::json(201, &body))
}

fn login(call: &Call, memory: &mut Memory) -> Handled {
    let is_form = call.headers.get("content-type").is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    let body: &[u8] = if is_form { &call.body } else { &[] };
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    // FastAPI takes an empty form field for a missing one.
    let field = |name: &str| {
        let found = form.iter().rev().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let mut complaints = Vec::new();
    if let Some(kind) = field("grant_type")
        && kind != "password"
    {
        let message = "String should match pattern '^password$'";
        let place = ["body", "grant_type"];
        let name = "string_pattern_mismatch";
        let mut complaint = validate::complaint(name, &place, message, &json!(kind));
        complaint["ctx"] = json!({ "pattern": "^password$" });
        complaints.push(complaint);
    }
    for name in ["username", "password"] {
        if field(name).is_none() {
            complaints.push(validate::missing(&["body", name], &Value::Null));
        }
    }
    let (Some(user), Some(password), true) =
        (field("username"), field("password"), complaints.is_empty())
    else {
        return Err(validate::refused(complaints));
    };
    let known = memory.accounts.iter();
    let found = known
        .enumerate()
        .find(|(_, (email, secret))| email == user && secret == password);
    let Some((n, _)) = found else {
        return Ok(Answer::detail(401, "Wrong email or password"));
    };
    let random = RandomState::new().build_hasher().finish();
    let token = format!("reference-{random:016x}");
    if memory.tokens.len() >= MOST {
        memory.tokens.remove(0);
    }
    memory.tokens.push((token.clone(), n + 1));
    let body = json!({ "access_token": token, "token_type": "bearer" });
    Ok(Answer::json(200, &body))
}

/// The account of the bearer token. A dependency, so it is asked before the body is validated.
fn current_user(call: &Call, memory: &Memory) -> Result<usize, Answer> {
    let header = call
        .headers
        .get("authorization")
        .and_then(|v| v.to_str().ok());
    let (scheme, token) = header
        .unwrap_or_default()
        .split_once(' ')
        .unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        let answer = Answer::detail(401, "Not authenticated");
        return Err(answer.with("www-authenticate", "Bearer"));
    }
    let mut known = memory.tokens.iter();
    match known.find(|(issued, _)| issued == token) {
        Some((_, user)) => Ok(*user),
        None => Err(Answer::detail(401, "Invalid token")),
    }
}

fn shown(id: usize, task: &Task) -> Value {
    json!({ "id": id, "title": task.title, "done": task.done })
}

fn list(call: &Call, memory: &Memory) -> Handled {
    let user = current_user(call, memory)?;
    let tasks = memory.tasks.iter().enumerate();
    let own = tasks.filter(|(_, task)| task.owner == user);
    let body: Vec<Value> = own.map(|(n, task)| shown(n + 1, task)).collect();
    Ok(Answer::json(200, &Value::Array(body)))
}

fn create(call: &Call, memory: &mut Memory) -> Handled {
    // Text that is not JSON is refused before the dependencies run.
    if is_json(call) && !call.body.is_empty() {
        validate::parsed(&call.body)?;
    }
    let owner = current_user(call, memory)?;
    let body = validate::object(&call.body, is_json(call))?;
    let title = validate::text(&body, "title", 1, Some(200));
    let title = title.map_err(|complaint| validate::refused(vec![complaint]))?;
    if memory.tasks.len() >= MOST {
        return Ok(Answer::detail(
            507,
            "The reference server keeps no more tasks",
        ));
    }
    let task = Task {
        owner,
        title,
        done: false,
    };
    memory.tasks.push(task.clone());
    Ok(Answer::json(201, &shown(memory.tasks.len(), &task)))
}

fn finish(call: &Call, parameter: Option<&str>, memory: &mut Memory) -> Handled {
    let user = current_user(call, memory)?;
    let text = parameter.unwrap_or_default();
    let Ok(id) = text.parse::<i64>() else {
        let message = "Input should be a valid integer, unable to parse string as an integer";
        let place = ["path", "task_id"];
        let complaint = validate::complaint("int_parsing", &place, message, &json!(text));
        return Err(validate::refused(vec![complaint]));
    };
    let index = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    let task = index.and_then(|n| memory.tasks.get_mut(n));
    match task.filter(|task| task.owner == user) {
        Some(task) => {
            task.done = true;
            let body = shown(index.unwrap_or(0) + 1, task);
            Ok(Answer::json(200, &body))
        }
        None => Ok(Answer::detail(404, "No such task")),
    }
}
