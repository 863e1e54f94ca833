//! The OpenAPI 3.1 document, made from the same table as the router: a route without a description, or a
//! description without a route, cannot exist.

mod operation;
mod schemas;

pub(crate) use operation::Operation;
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
            { "name": "Liveness", "description": "Stateless checks: nothing is stored." },
            { "name": "Tokens" },
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
