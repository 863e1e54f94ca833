//! Samples, collections, and pairs of persons who may be one.

use serde_json::{Value, json};

use super::matching::{maybe, print, probe, proof};
use super::words::word;
use super::{dpi, finger, merged, nullable, number, print_out, text, time};

pub(super) fn sample() -> Value {
    json!({
        "type": "object", "required": ["id", "kind", "state", "primary", "createdAt"],
        "properties": merged(&[print_out(), json!({
            "id": { "type": "string" }, "kind": word("SampleKind"),
            "state": word("SampleState"),
            "primary": { "type": "boolean", "description": "Whether it is shown as the person's." },
            "createdAt": time("When it was taken in."),
            "image": { "type": "string", "contentEncoding": "base64", "description": "As sent, when the sample is read by itself." },
            "template": { "type": "string", "contentEncoding": "base64", "description": "A fingerprint's template as a record of ISO/IEC 19794-2:2005, when the sample is read by itself." },
            "extractor": { "type": "string", "description": "Who found the minutiae of that template." }
        })])
    })
}

pub(super) fn sample_create() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "description": "One of `faceImage` and `fingerprint`.",
        "properties": {
            "faceImage": maybe(probe()), "fingerprint": maybe(print()), "dpi": dpi(), "finger": finger(true),
            "proof": proof(),
            "force": { "type": ["boolean", "null"], "description": "Enrol it even if it does not match; needs the scope `persons:review`." }
        }
    })
}

pub(super) fn collection() -> Value {
    json!({
        "type": "object", "required": ["id", "name", "members", "createdAt", "updatedAt"],
        "properties": {
            "id": { "type": "string" }, "name": { "type": "string" }, "description": { "type": "string" },
            "members": { "type": "integer" }, "membersIsExact": { "type": "boolean", "description": "False when counting stopped at 10,000." },
            "createdAt": time("When it was made."), "updatedAt": time("When its name or description last changed.")
        }
    })
}

pub(super) fn collection_in(required: &[&str]) -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": required,
        "properties": {
            "name": text("Unique in the tenant, whatever its case.", 1, 100),
            "description": nullable(text("What it is for.", 1, 500))
        }
    })
}

pub(super) fn members_add() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["personIds"],
        "properties": { "personIds": { "type": "array", "maxItems": 100, "items": { "type": "string" } } }
    })
}

pub(super) fn merge_request(may_force: bool) -> Value {
    let mut schema = json!({
        "type": "object", "additionalProperties": false, "required": ["personId"],
        "properties": { "personId": { "type": "string", "description": "The other person." } }
    });
    if may_force {
        schema["properties"]["force"] =
            json!({ "type": ["boolean", "null"], "description": "Merge even if the faces do not match." });
    }
    schema
}

pub(super) fn duplicate() -> Value {
    json!({
        "type": "object", "required": ["id", "personIds", "score", "falseMatchRate", "model", "decision", "createdAt"],
        "properties": {
            "id": { "type": "string" },
            "personIds": { "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
            "score": number("How alike they were when they were noticed."), "falseMatchRate": number("The part of strangers that are at least as alike."),
            "model": { "type": "string" }, "decision": word("Decision"),
            "createdAt": time("When they were noticed."), "decidedAt": time("When it was decided."), "reason": { "type": "string" }
        }
    })
}

pub(super) fn duplicate_decision() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["decision"],
        "properties": {
            "decision": word("Decision"),
            "reason": nullable(text("Why; kept with the pair.", 0, 500))
        }
    })
}

/// A page of a list that is read page by page only.
pub(super) fn page_of(name: &str) -> Value {
    json!({
        "type": "object", "required": ["data", "pagination"],
        "properties": {
            "data": { "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } },
            "pagination": {
                "type": "object", "required": ["limit"],
                "properties": { "limit": { "type": "integer" }, "nextCursor": { "type": "string" } }
            }
        }
    })
}
