//! Every answer is held against the description that clients are generated from: what the one says and the other does cannot
//! drift apart.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::response::Reply;

/// Longest part of a fault that is shown: it may hold an image.
const LONGEST: usize = 300;

static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| Description::of(&api::document()));

/// The description, with every object closed that names its members: a published one stays open, so that clients of today take
/// what is added tomorrow, but what the server sends today it must name.
struct Description {
    /// Responses by path, as its parts, and method.
    paths: Vec<(Vec<String>, Value)>,
    components: Value,
    /// Each schema is compiled once.
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object)
                && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".into(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

impl Description {
    fn of(document: &Value) -> Self {
        let mut components = document["components"].clone();
        close(&mut components);
        let paths = document["paths"].as_object().expect("paths");
        let paths = paths.iter().map(|(path, methods)| (parts(path), methods.clone())).collect();
        Self { paths, components, compiled: Mutex::default() }
    }

    /// What is said of a path and method; a part that is written out goes before one that stands for any.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let asked = parts(path);
        let open = |part: &String| part.starts_with('{');
        let fits = |described: &&(Vec<String>, Value)| {
            let pairs = described.0.iter().zip(&asked);
            described.0.len() == asked.len()
                && pairs.into_iter().all(|(d, a)| d == a || (open(d) && !a.is_empty()))
        };
        let found =
            self.paths.iter().filter(fits).min_by_key(|(parts, _)| parts.iter().filter(|p| open(p)).count());
        found.and_then(|(_, methods)| methods.get(method.as_str().to_ascii_lowercase()))
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let known = compiled.entry(schema.to_string()).or_insert_with(|| {
            let mut whole = schema.clone();
            close(&mut whole);
            whole["components"] = self.components.clone();
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap_or_else(|error| panic!("{schema}: {error}")))
        });
        Arc::clone(known)
    }

    fn faults(&self, schema: &Value, json: &Value) -> Vec<String> {
        let shown = |error: jsonschema::ValidationError<'_>| {
            let text: String = error.to_string().chars().take(LONGEST).collect();
            format!("{}: {text}", error.instance_path())
        };
        self.validator(schema).iter_errors(json).map(shown).collect()
    }

    /// What of an answer is not as described.
    fn faults_of(&self, method: &Method, path: &str, reply: &Reply) -> Vec<String> {
        let kind = reply.header("content-type").split(';').next().unwrap_or_default().trim();
        let Some(operation) = self.operation(method, path) else {
            // No operation: a problem is one all the same.
            let problem = json!({ "$ref": "#/components/schemas/Problem" });
            let is_problem = kind == "application/problem+json" && *method != Method::HEAD;
            return if is_problem { self.faults(&problem, &reply.json) } else { Vec::new() };
        };
        let response = &operation["responses"][reply.status.as_str()];
        if response.is_null() {
            return vec![format!("the status is not described: {:.300}", reply.text)];
        }
        let content = &response["content"];
        if content.is_null() {
            return if reply.text.is_empty() { Vec::new() } else { vec!["there is a body".into()] };
        }
        let Some(described) = content.get(kind) else { return vec![format!("it is `{kind}`")] };
        let codes = response["x-codes"].as_array();
        let mut faults = match codes {
            Some(codes) if !codes.contains(&reply.json["code"]) => {
                vec![format!("the code {} is not described", reply.json["code"])]
            }
            _ => Vec::new(),
        };
        if kind.ends_with("json") {
            faults.extend(self.faults(&described["schema"], &reply.json));
        }
        faults
    }
}

/// Asserts that an answer is as the interface is described.
///
/// # Panics
/// When it is not.
pub(crate) fn check(method: &Method, path: &str, reply: &Reply) {
    let faults = DESCRIPTION.faults_of(method, path, reply);
    assert!(faults.is_empty(), "{method} {path} answers {}, and not as described: {faults:#?}", reply.status);
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode, header};

    use super::*;

    fn faults(method: &Method, path: &str, status: u16, kind: &str, json: &Value) -> Vec<String> {
        let headers: HeaderMap =
            [(header::CONTENT_TYPE, kind.parse().expect("a type"))].into_iter().collect();
        let text = if json.is_null() { String::new() } else { json.to_string() };
        let status = StatusCode::from_u16(status).expect("a status");
        DESCRIPTION.faults_of(method, path, &Reply { status, headers, json: json.clone(), text })
    }

    fn person() -> Value {
        json!({
            "id": "person_x", "firstName": "A", "lastName": "B", "verificationStatus": "pending", "version": 1,
            "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00.123Z",
            "biometricData": { "samples": [{ "id": "s", "kind": "face", "state": "enrolled" }] }
        })
    }

    const PATH: &str = "/v2/persons/person_x";

    #[test]
    fn an_answer_that_is_not_as_described_is_found() {
        let told = |change: &dyn Fn(&mut Value)| {
            let mut json = person();
            change(&mut json);
            faults(&Method::GET, PATH, 200, "application/json", &json)
        };
        assert_eq!(told(&|_| {}), [""; 0]);
        let wrong: [&dyn Fn(&mut Value); 7] = [
            &|p| p["shoeSize"] = json!(43),
            &|p| p["biometricData"]["iris"] = json!(""),
            &|p| p["biometricData"]["samples"][0]["kind"] = json!("iris"),
            &|p| p["verificationStatus"] = json!("perhaps"),
            &|p| p["version"] = json!("1"),
            &|p| p["createdAt"] = json!("yesterday"),
            &|p| drop(p.as_object_mut().and_then(|p| p.remove("version"))),
        ];
        for (n, change) in wrong.into_iter().enumerate() {
            assert_eq!(told(change).len(), 1, "{n}");
        }
    }

    #[test]
    fn a_status_a_code_and_a_type_that_are_not_described_are_found() {
        let problem = |code: &str| json!({ "type": "x", "title": "x", "status": 409, "code": code, "detail": "x", "instance": "x" });
        let kind = "application/problem+json";
        let put = |status, kind: &str, json: &Value| faults(&Method::PUT, PATH, status, kind, json).len();
        assert_eq!(put(409, kind, &problem("face-mismatch")), 0);
        assert_eq!(put(409, kind, &problem("collection-name-taken")), 1, "not of this operation");
        assert_eq!(put(418, kind, &problem("face-mismatch")), 1);
        assert_eq!(put(409, "text/plain", &Value::Null), 1);
        assert_eq!(put(200, "application/json", &person()), 0);
        let changed = json!({ "id": "x", "verificationStatus": "pending", "version": 2 });
        assert_eq!(put(200, "application/json", &changed), 0);
        assert_eq!(faults(&Method::GET, PATH, 304, "x/x", &Value::Null).len(), 0);
        assert_eq!(faults(&Method::GET, PATH, 304, "x/x", &changed).len(), 1, "a body");
        // What is no operation answers a problem.
        assert_eq!(faults(&Method::GET, "/v2/nothing", 404, kind, &problem("not-found")).len(), 0);
        assert_eq!(faults(&Method::GET, "/v2/nothing", 404, kind, &json!({ "error": "x" })).len(), 7);
        // Parts that are written out go first: this is no person.
        assert!(DESCRIPTION.operation(&Method::POST, "/v2/persons/search").is_some());
        assert!(DESCRIPTION.operation(&Method::GET, "/v2/persons/search").is_none());
    }
}
