//! The OpenAPI 3.1 document, made from the same table as the router: a route without a description, or a
//! description without a route, cannot exist.

mod operation;
mod schemas;

pub(crate) use operation::Operation;
pub(crate) use schemas::{word, word_or};
use serde_json::{Map, Value, json};

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in crate::routes::table() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = route.operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Personhood",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Persons with a face, a fingerprint and a liveness score",
            "description": "Keeps identity records and tells whether a face is alive and whether it is this person. \
                All errors are `application/problem+json` (RFC 9457); every code has a page under `/docs/errors/`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "tags": [
            { "name": "Persons", "description": "Identity records and their verification." },
            { "name": "Biometrics", "description": "The faces and fingerprints of a person." },
            { "name": "Matching", "description": "Comparing faces and fingerprints, one with one and one with all." },
            { "name": "Duplicates", "description": "Persons who may be one, and joining and parting them." },
            { "name": "Collections", "description": "Named groups of persons." },
            { "name": "Liveness", "description": "Stateless checks: nothing is stored." },
            { "name": "Tokens", "description": "The token in use, and the limit on its failed comparisons." },
            { "name": "Server", "description": "Health and description; no token needed." }
        ],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas::all()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Some(target)) = (name == "$ref", value.as_str()) {
                        found.push(target);
                    }
                    references(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|i| references(i, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_in_the_document_resolves() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for target in found {
            assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
    }

    /// Each operation, with its path and method.
    fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
        let paths = document["paths"].as_object().unwrap().iter();
        paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
    }

    #[test]
    fn every_tag_is_declared_and_used() {
        let document = document();
        let declared: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
        let used: Vec<&Value> =
            operations(&document).flat_map(|(_, o)| o["tags"].as_array().unwrap()).collect();
        for tag in &declared {
            assert!(used.contains(tag), "{tag} is not used");
        }
        for tag in used {
            assert!(declared.contains(&tag), "{tag} is not declared");
        }
    }

    fn enums<'v>(value: &'v Value, at: &str, found: &mut Vec<(String, &'v Value)>) {
        match value {
            Value::Object(members) => {
                // A member that is itself called so is an object.
                found.extend(members.get("enum").filter(|e| e.is_array()).map(|e| (at.to_owned(), e)));
                members.iter().for_each(|(name, value)| enums(value, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, v)| enums(v, &format!("{at}/{i}"), found));
            }
            _ => {}
        }
    }

    #[test]
    fn every_set_of_words_is_a_component_of_its_own() {
        let document = document();
        let mut found = Vec::new();
        enums(&document, "", &mut found);
        assert!(found.len() > 8);
        for (at, _) in found {
            let name = at.strip_prefix("/components/schemas/");
            assert!(name.is_some_and(|name| !name.contains('/')), "{at}: give it a name in `words.rs`");
        }
    }

    #[test]
    fn changes_of_a_person_name_what_a_sample_may_be_refused_for() {
        let document = document();
        let changes = [
            "put /v2/persons/{personId}",
            "patch /v2/persons/{personId}",
            "post /v2/persons/{personId}/biometrics",
        ];
        for change in changes {
            let (_, operation) = operations(&document).find(|(name, _)| name == change).unwrap();
            let codes = operation["responses"]["409"]["x-codes"].as_array().unwrap();
            for code in ["face-mismatch", "fingerprint-mismatch", "duplicate-person", "too-many-samples"] {
                assert!(codes.iter().any(|c| c == code), "{change}: {code}");
            }
        }
    }

    #[test]
    fn operations_have_identifiers_of_their_own() {
        let document = document();
        let mut ids: Vec<&str> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|p| p.as_object().unwrap().values())
            .map(|o| o["operationId"].as_str().unwrap())
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
