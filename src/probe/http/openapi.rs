//! The OpenAPI document (3.0 and 3.1), as far as the probe needs it: operations, and which of
//! them are turned away when an empty object is sent.

use serde_json::Value;

/// Methods that a path item may have.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// More operations are not probed.
const MOST: usize = 20_000;

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Upper case.
    pub method: String,
    /// Template.
    pub path: String,
    /// `{}` as JSON cannot be a valid body: the framework refuses it before the handler runs.
    pub refuses_empty: bool,
}

/// What a server publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// In the order of the document.
    pub operations: Vec<Operation>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// The outcome and the reason when it is none.
    pub fn read(body: &[u8]) -> Result<Self, (&'static str, String)> {
        let root: Value = serde_json::from_slice(body).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            ("not-json", format!("the document is not JSON ({place})"))
        })?;
        let Some(paths) = root.get("paths").and_then(Value::as_object) else {
            return Err(("not-openapi", "the document has no `paths`".to_owned()));
        };
        let mut operations = Vec::new();
        for (path, item) in paths.iter().take(MOST) {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    operations.push(Operation {
                        method: method.to_ascii_uppercase(),
                        path: path.clone(),
                        refuses_empty: refuses_empty(operation, &root),
                    });
                }
            }
        }
        Ok(Self { operations })
    }
}

/// A body is required, it is JSON, and its schema is an object with required properties.
fn refuses_empty(operation: &Value, root: &Value) -> bool {
    let Some(body) = operation.get("requestBody").map(|b| resolved(b, root)) else {
        return false;
    };
    let required = body.get("required").and_then(Value::as_bool) == Some(true);
    let schema = body.pointer("/content/application~1json/schema");
    let Some(schema) = schema.map(|schema| resolved(schema, root)) else {
        return false;
    };
    let properties = schema.get("required").and_then(Value::as_array);
    required && properties.is_some_and(|names| !names.is_empty())
}

/// Follows `$ref` within the document, a few steps at most.
fn resolved<'v>(value: &'v Value, root: &'v Value) -> &'v Value {
    let mut value = value;
    for _ in 0..8 {
        let target = value.get("$ref").and_then(Value::as_str);
        let Some(pointer) = target.and_then(|target| target.strip_prefix('#')) else {
            return value;
        };
        match root.pointer(pointer) {
            Some(next) => value = next,
            None => return value,
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_and_their_bodies() {
        let document = json!({
            "paths": {
                "/a": {
                    "get": {},
                    "post": {"requestBody": {"required": true, "content": {"application/json":
                        {"schema": {"$ref": "#/components/schemas/A"}}}}},
                    "put": {"requestBody": {"content": {"application/json":
                        {"schema": {"$ref": "#/components/schemas/A"}}}}},
                    "summary": "x",
                },
                "/b": {"post": {"requestBody": {"required": true, "content": {"application/json":
                    {"schema": {"$ref": "#/components/schemas/B"}}}}}},
                "/c": {"post": {"requestBody": {"required": true, "content": {"application/json":
                    {"schema": {"$ref": "#/components/schemas/loop"}}}}}},
            },
            "components": {"schemas": {
                "A": {"type": "object", "required": ["x"]},
                "B": {"type": "object"},
                "loop": {"$ref": "#/components/schemas/loop"},
            }},
        });
        let document = Document::read(document.to_string().as_bytes()).unwrap();
        let refuses: Vec<(String, bool)> = document
            .operations
            .iter()
            .map(|o| (format!("{} {}", o.method, o.path), o.refuses_empty))
            .collect();
        let expected = [
            ("GET /a", false),
            ("PUT /a", false),
            ("POST /a", true),
            ("POST /b", false),
            ("POST /c", false),
        ];
        assert_eq!(refuses, expected.map(|(name, r)| (name.to_owned(), r)));
    }

    #[test]
    fn what_is_no_document_is_named() {
        assert_eq!(Document::read(b"{").unwrap_err().0, "not-json");
        assert_eq!(Document::read(b"[]").unwrap_err().0, "not-openapi");
        assert_eq!(
            Document::read(b"{\"paths\": 1}").unwrap_err().0,
            "not-openapi"
        );
    }
}
