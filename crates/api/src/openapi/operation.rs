//! Describing one operation.

use std::collections::BTreeMap;

use domain::Scope;
use serde_json::{Value, json};

use crate::problem::{Code, codes};

/// A description under way.
pub(crate) struct Operation {
    value: Value,
    codes: Vec<Code>,
}

/// What any request may meet.
const ALWAYS: [Code; 5] =
    [codes::INVALID_PARAMETER, codes::HEADERS_TOO_LARGE, codes::INTERNAL, codes::BUSY, codes::UNAVAILABLE];

impl Operation {
    /// An operation that needs a token with `scope`, or any valid token.
    pub(crate) fn new(tag: &str, id: &str, summary: &str, scope: Option<Scope>) -> Self {
        let mut codes = ALWAYS.to_vec();
        codes.extend([codes::UNAUTHORIZED, codes::TOO_MANY_REQUESTS, codes::NOT_ACCEPTABLE]);
        let description = match scope {
            Some(scope) => {
                codes.push(codes::MISSING_SCOPE);
                format!("Needs the scope `{}`.", scope.as_str())
            }
            None => "Needs any valid token.".to_owned(),
        };
        let value = json!({
            "tags": [tag], "operationId": id, "summary": summary, "description": description,
            "parameters": [], "responses": {}
        });
        let mut value = value;
        if let Some(scope) = scope {
            value["x-required-scope"] = json!(scope.as_str());
        }
        Self { value, codes }
    }

    /// An operation that needs no token.
    pub(crate) fn open(tag: &str, id: &str, summary: &str) -> Self {
        let value = json!({
            "tags": [tag], "operationId": id, "summary": summary, "security": [], "parameters": [], "responses": {}
        });
        Self { value, codes: ALWAYS.to_vec() }
    }

    /// More to say.
    pub(crate) fn describe(mut self, text: &str) -> Self {
        let present = self.value["description"].as_str().unwrap_or_default();
        self.value["description"] = json!(format!("{text}\n\n{present}").trim());
        self
    }

    fn parameter(mut self, parameter: Value) -> Self {
        if let Some(list) = self.value["parameters"].as_array_mut() {
            list.push(parameter);
        }
        self
    }

    /// A query parameter.
    pub(crate) fn query(self, name: &str, schema: &Value, description: &str) -> Self {
        self.parameter(json!({ "name": name, "in": "query", "schema": schema, "description": description }))
    }

    /// The person's identifier in the path.
    pub(crate) fn person_id(mut self) -> Self {
        self.codes.push(codes::NOT_FOUND);
        self.parameter(json!({
            "name": "personId", "in": "path", "required": true,
            "schema": { "type": "string", "examples": ["person_01jhbq7z9pf6dvyr3s5t8w2xkm"] }
        }))
    }

    /// Another identifier in the path.
    pub(crate) fn path(mut self, name: &str, example: &str) -> Self {
        self.codes.push(codes::NOT_FOUND);
        self.parameter(json!({
            "name": name, "in": "path", "required": true, "schema": { "type": "string", "examples": [example] }
        }))
    }

    /// The collection's identifier in the path.
    pub(crate) fn collection_id(self) -> Self {
        self.path("collectionId", "collection_01jhbq7z9pf6dvyr3s5t8w2xkm")
    }

    /// A token's identifier in the path.
    pub(crate) fn token_id(self) -> Self {
        self.path("tokenId", "token_01jhbq7z9pf6dvyr3s5t8w2xkm")
    }

    /// A conditional header.
    pub(crate) fn header(self, name: &str, description: &str) -> Self {
        self.parameter(json!({ "name": name, "in": "header", "schema": { "type": "string" }, "description": description }))
    }

    /// `Idempotency-Key`.
    pub(crate) fn idempotent(mut self) -> Self {
        self.codes.extend([codes::IDEMPOTENCY_IN_PROGRESS, codes::IDEMPOTENCY_KEY_REUSED]);
        self.header(
            "Idempotency-Key",
            "1-255 visible ASCII characters. The answer to the first request with a key is given again for 24 hours, without images.",
        )
    }

    /// A JSON body of the schema `name`.
    pub(crate) fn body(mut self, name: &str, example: &Value) -> Self {
        self.codes.extend([
            codes::MALFORMED_JSON,
            codes::REQUEST_TIMEOUT,
            codes::BODY_TOO_LARGE,
            codes::UNSUPPORTED_MEDIA_TYPE,
            codes::VALIDATION_FAILED,
        ]);
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.value["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema, "example": example } } });
        self
    }

    /// The body may also be a merge patch by name (RFC 7396).
    pub(crate) fn merge_patch(mut self) -> Self {
        let content = &mut self.value["requestBody"]["content"];
        content["application/merge-patch+json"] = content["application/json"].clone();
        self
    }

    /// What a face image may be refused for.
    pub(crate) fn face(mut self) -> Self {
        self.codes.extend([
            codes::IMAGE_UNDECODABLE,
            codes::IMAGE_TOO_LARGE,
            codes::FACE_NOT_FOUND,
            codes::MULTIPLE_FACES,
            codes::FACE_TOO_SMALL,
            codes::TOO_BLURRY,
            codes::TOO_BRIGHT,
            codes::FACE_UNCLEAR,
        ]);
        self
    }

    /// What a face that proves something beside a fingerprint may be refused for: it is judged as on the liveness routes.
    pub(crate) fn proof(self) -> Self {
        self.face().problems(&[
            codes::FACE_CUT_OFF,
            codes::FACE_CONTEXT_MISSING,
            codes::TOO_DARK,
            codes::POSE_TOO_FAR,
            codes::LIVENESS_REPLAYED,
            codes::PROOF_NEEDED,
            codes::FINGERPRINTS_NOT_CONFIGURED,
        ])
    }

    /// What a fingerprint may be refused for.
    pub(crate) fn fingerprint(self) -> Self {
        self.problems(&[
            codes::FINGERPRINT_UNDECODABLE,
            codes::FINGERPRINT_QUALITY_TOO_LOW,
            codes::IMAGE_TOO_LARGE,
        ])
    }

    /// What a face image may be refused for where liveness is judged.
    pub(crate) fn live_face(self) -> Self {
        self.face().problems(&[
            codes::FACE_CUT_OFF,
            codes::FACE_CONTEXT_MISSING,
            codes::TOO_DARK,
            codes::POSE_TOO_FAR,
            codes::FRAMES_REPEATED,
            codes::FRAMES_DIFFER,
            codes::LIVENESS_NOT_CONFIGURED,
        ])
    }

    /// Problems beside the usual ones.
    pub(crate) fn problems(mut self, more: &[Code]) -> Self {
        self.codes.extend_from_slice(more);
        self
    }

    /// The wished answer.
    pub(crate) fn answer(mut self, status: u16, description: &str, schema: Option<&str>) -> Self {
        let mut response = json!({ "description": description });
        if let Some(name) = schema {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        self.value["responses"][status.to_string()] = response;
        self
    }

    /// An answer that is not JSON.
    pub(crate) fn page(mut self, status: u16, description: &str, content_type: &str) -> Self {
        self.value["responses"][status.to_string()] = json!({ "description": description, "content": { content_type: { "schema": { "type": "string" } } } });
        self
    }

    /// The finished description.
    pub(crate) fn build(mut self) -> Value {
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in self.codes {
            let codes = by_status.entry(code.status.as_u16()).or_default();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        for (status, codes) in by_status {
            let lines: Vec<String> = codes.iter().map(|c| format!("`{}`: {}", c.name, c.title)).collect();
            let names: Vec<&str> = codes.iter().map(|c| c.name).collect();
            self.value["responses"][status.to_string()] = json!({
                "description": lines.join(". "), "x-codes": names,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
            });
        }
        self.value
    }
}
