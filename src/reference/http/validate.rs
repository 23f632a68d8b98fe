//! What FastAPI and pydantic say about a request that does not fit: the 422 bodies, word for word.

use serde_json::{Value, json};

use super::Answer;

/// One entry of `detail`.
pub fn complaint(kind: &str, place: &[&str], message: &str, input: &Value) -> Value {
    json!({ "type": kind, "loc": place, "msg": message, "input": input })
}

/// A field that is not there; `body` is what was sent instead.
pub fn missing(place: &[&str], body: &Value) -> Value {
    complaint("missing", place, "Field required", body)
}

/// The answer to a request with complaints.
pub fn refused(detail: Vec<Value>) -> Answer {
    Answer::json(422, &json!({ "detail": detail }))
}

/// The object in a JSON body.
///
/// # Errors
/// The answer, when there is no body, no JSON or no object.
pub fn object(body: &[u8], is_json: bool) -> Result<Value, Answer> {
    let value = if body.is_empty() {
        Value::Null
    } else if is_json {
        parsed(body)?
    } else {
        // Without a JSON content type FastAPI hands the text on as it is.
        Value::String(String::from_utf8_lossy(body).into_owned())
    };
    match value {
        Value::Null => Err(refused(vec![missing(&["body"], &Value::Null)])),
        Value::Object(_) => Ok(value),
        other => {
            let message = "Input should be a valid dictionary or object to extract fields from";
            let kind = "model_attributes_type";
            Err(refused(vec![complaint(kind, &["body"], message, &other)]))
        }
    }
}

/// The body as JSON, before anything else is looked at.
///
/// # Errors
/// The answer to something that is not JSON.
pub fn parsed(body: &[u8]) -> Result<Value, Answer> {
    if std::str::from_utf8(body).is_err() {
        return Err(Answer::detail(400, "There was an error parsing the body"));
    }
    serde_json::from_slice(body).map_err(|error| not_json(body, &error))
}

/// Python's `json` names what it expected and the index of the character.
fn not_json(body: &[u8], error: &serde_json::Error) -> Answer {
    const WORDS: [(&str, &str); 8] = [
        (
            "key must be a string",
            "Expecting property name enclosed in double quotes",
        ),
        (
            "EOF while parsing an object",
            "Expecting property name enclosed in double quotes",
        ),
        (
            "EOF while parsing a string",
            "Unterminated string starting at",
        ),
        ("expected `:`", "Expecting ':' delimiter"),
        ("expected `,`", "Expecting ',' delimiter"),
        ("trailing characters", "Extra data"),
        (
            "trailing comma",
            "Expecting property name enclosed in double quotes",
        ),
        ("control character", "Invalid control character at"),
    ];
    let text = error.to_string();
    let found = WORDS.iter().find(|(ours, _)| text.contains(ours));
    let words = found.map_or("Expecting value", |(_, python)| python);
    let lines = body
        .split(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1));
    let before: usize = lines.map(|line| line.len() + 1).sum();
    let end = text.starts_with("EOF");
    let mut index = before + error.column() - usize::from(!end && error.column() > 0);
    if text.starts_with("expected ident") {
        // Ours points into the word, Python's to its beginning.
        let word = body.iter().take(index).rev();
        index -= word.take_while(|byte| byte.is_ascii_alphabetic()).count();
    }
    let complaint = json!({
        "type": "json_invalid",
        "loc": ["body", index],
        "msg": "JSON decode error",
        "input": {},
        "ctx": { "error": words },
    });
    refused(vec![complaint])
}

/// A string field with a minimal and a maximal length.
pub fn text(body: &Value, name: &str, least: usize, most: Option<usize>) -> Result<String, Value> {
    let place = ["body", name];
    let Some(value) = body.get(name) else {
        return Err(missing(&place, body));
    };
    let Some(text) = value.as_str() else {
        let message = "Input should be a valid string";
        return Err(complaint("string_type", &place, message, value));
    };
    let plural = |n: usize| if n == 1 { "character" } else { "characters" };
    let length = text.chars().count();
    let (kind, limit, words, key) = if length < least {
        ("string_too_short", least, "at least", "min_length")
    } else if most.is_some_and(|most| length > most) {
        (
            "string_too_long",
            most.unwrap_or(0),
            "at most",
            "max_length",
        )
    } else {
        return Ok(text.to_owned());
    };
    let message = format!("String should have {words} {limit} {}", plural(limit));
    let mut complaint = complaint(kind, &place, &message, value);
    complaint["ctx"] = json!({ key: limit });
    Err(complaint)
}

/// An `EmailStr`, in the words of email-validator 2.
pub fn email(body: &Value, name: &str) -> Result<String, Value> {
    let text = text(body, name, 0, None)?;
    let reason = match text.rsplit_once('@') {
        None => "An email address must have an @-sign.",
        Some(("", _)) => "There must be something before the @-sign.",
        Some((_, "")) => "There must be something after the @-sign.",
        Some((_, domain)) if !domain.contains('.') => {
            "The part after the @-sign is not valid. It should have a period."
        }
        Some(_) => return Ok(text),
    };
    let message = format!("value is not a valid email address: {reason}");
    let mut complaint = complaint("value_error", &["body", name], &message, &json!(text));
    complaint["ctx"] = json!({ "reason": reason });
    Err(complaint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_errors_are_worded_as_by_python() {
        // Texts and indices of CPython 3.11's json module.
        let cases = [
            ("{", 1, "Expecting property name enclosed in double quotes"),
            ("{\"a\" 1}", 5, "Expecting ':' delimiter"),
            ("{\"a\": 1 \"b\"}", 8, "Expecting ',' delimiter"),
            ("{} x", 3, "Extra data"),
            ("nope", 0, "Expecting value"),
        ];
        for (body, index, words) in cases {
            let answer = parsed(body.as_bytes()).unwrap_err();
            let detail: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(detail["detail"][0]["ctx"]["error"], words, "{body}");
            assert_eq!(detail["detail"][0]["loc"][1], index, "{body}");
        }
    }
}
