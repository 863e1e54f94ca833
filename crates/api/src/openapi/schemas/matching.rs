//! Comparing and searching.

use serde_json::{Value, json};

use super::words::word;
use super::{dpi, finger, number, print_out};

pub(super) fn probe() -> Value {
    json!({ "type": "string", "contentEncoding": "base64", "description": "JPEG, PNG, WebP, BMP or TIFF with one face, in base64." })
}

pub(super) fn print() -> Value {
    json!({ "type": "string", "contentEncoding": "base64", "description": "Image, image record or minutiae record of one finger, in base64." })
}

/// What shows that a new fingerprint is the same person's.
pub(super) fn proof() -> Value {
    json!({
        "type": ["object", "null"], "additionalProperties": false,
        "description": "With a fingerprint of a person who was verified: a face picture taken now, or an impression of a finger that was enrolled then. It is compared and not kept.",
        "properties": { "faceImage": maybe(probe()), "fingerprint": maybe(print()), "dpi": dpi(), "finger": finger(true) }
    })
}

/// The same, or null.
pub(super) fn maybe(mut schema: Value) -> Value {
    schema["type"] = json!(["string", "null"]);
    schema
}

pub(super) fn score(description: &str) -> Value {
    json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": description })
}

pub(super) fn rate(description: &str) -> Value {
    json!({ "type": ["number", "null"], "minimum": 1e-12, "maximum": 1, "description": description })
}

pub(super) fn verify_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "description": "`faceImage`, `fingerprint` or both.",
        "properties": {
            "faceImage": maybe(probe()), "fingerprint": maybe(print()), "dpi": dpi(), "finger": finger(true), "minScore": score("The threshold, as a score."),
            "maxFalseMatchRate": rate("The threshold, as the rate of strangers who would match. Instead of `minScore`."),
            "statuses": statuses("A person of another status matches nobody; by default pending and verified ones match.")
        }
    })
}

fn statuses(description: &str) -> Value {
    json!({
        "type": ["array", "null"], "minItems": 1, "maxItems": 4, "items": word("VerificationStatus"), "description": description
    })
}

pub(super) fn search_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "description": "`faceImage`, `fingerprint` or both.",
        "properties": {
            "faceImage": maybe(probe()), "fingerprint": maybe(print()), "dpi": dpi(), "finger": finger(true),
            "limit": { "type": ["integer", "null"], "minimum": 1, "maximum": 100, "default": 10, "description": "Most candidates." },
            "minScore": score("The least score to be listed; `match` is still judged by `threshold`."),
            "maxFalsePositiveRate": rate("The threshold, as the probability that somebody who is not enrolled finds a match. Instead of `minScore`."),
            "collections": {
                "type": ["array", "null"], "maxItems": 50, "items": { "type": "string" },
                "description": "Only members of at least one of these, each by identifier or name."
            },
            "statuses": statuses("Only persons of these statuses; by default pending and verified ones.")
        }
    })
}

pub(super) fn alike(mut more: Value) -> Value {
    let own = json!({
        "match": { "type": "boolean", "description": "Whether `score` reaches the threshold." },
        "score": { "type": "number", "minimum": 0, "maximum": 1, "description": "0.5 where one pair of strangers in 100 is as alike, 0.7 for 1,000, 0.8 for 10,000, 0.9 for a million. Below the threshold in steps of 0.1, unless the token has the scope `persons:review`." },
        "falseMatchRate": number("The part of strangers that are at least as alike; never shown smaller than 1e-9, and not shown where the score comes in steps."),
        "extrapolated": { "type": "boolean", "description": "Whether that rate is smaller than any that was observed." }
    });
    if let (Some(all), Some(own)) = (more.as_object_mut(), own.as_object()) {
        all.extend(own.clone());
    }
    more
}

pub(super) fn verdict() -> Value {
    let mut part = alike(json!({ "modality": word("Modality") }));
    if let Some(part) = part.as_object_mut() {
        part.remove("match");
    }
    json!({
        "type": "object", "required": ["match", "score", "threshold", "modality", "models"],
        "properties": alike(json!({
            "threshold": number("The threshold in force."),
            "modality": word("Modalities"),
            "verificationStatus": word("VerificationStatus"),
            "parts": { "type": "array", "items": { "type": "object", "properties": part }, "description": "With face and fingerprint: how alike each was." },
            "results": { "type": "array", "items": { "type": "object", "properties": alike(json!({})) }, "description": "Of a comparison: one for each image of the gallery." },
            "fingerprint": presented_print(),
            "models": { "$ref": "#/components/schemas/Models" }
        }))
    })
}

/// How a fingerprint was read that was presented.
fn presented_print() -> Value {
    json!({ "type": "object", "properties": print_out(), "description": "How the fingerprint that was sent was read." })
}

pub(super) fn search_answer() -> Value {
    let candidate = alike(json!({
        "personId": { "type": "string" }, "sampleId": { "type": "string", "description": "The enrolled sample that is most alike." },
        "verificationStatus": word("VerificationStatus")
    }));
    json!({
        "type": "object", "required": ["candidates", "gallerySize", "falsePositiveRate", "threshold", "models"],
        "properties": {
            "candidates": { "type": "array", "items": { "type": "object", "properties": candidate }, "description": "Most alike first; empty when it is nobody." },
            "gallerySize": { "type": "integer", "description": "Persons it was compared with." },
            "falsePositiveRate": number("The probability that somebody who is not enrolled finds a match at the threshold."),
            "threshold": number("The threshold in force."),
            "fingerprint": presented_print(),
            "models": { "$ref": "#/components/schemas/Models" }
        }
    })
}

pub(super) fn compare_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["probe", "gallery"],
        "properties": {
            "probe": probe(), "gallery": { "type": "array", "minItems": 1, "maxItems": 10, "items": probe() },
            "minScore": score("The threshold, as a score."),
            "maxFalseMatchRate": rate("The threshold, as the rate of strangers who would match. Instead of `minScore`.")
        }
    })
}

pub(super) fn detection() -> Value {
    let point = json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 });
    let face = json!({
        "type": "object", "required": ["box", "confidence", "landmarks", "quality"],
        "properties": {
            "box": { "type": "object", "properties": { "x": number("Left edge."), "y": number("Upper edge."), "width": number("Width."), "height": number("Height.") } },
            "confidence": number("Of the detector, 0-1."),
            "landmarks": { "type": "object", "properties": { "leftEye": point, "rightEye": point, "nose": point, "mouthLeft": point, "mouthRight": point } },
            "quality": { "$ref": "#/components/schemas/Quality" }
        }
    });
    json!({
        "type": "object", "required": ["width", "height", "faces", "models"],
        "properties": {
            "width": { "type": "integer" }, "height": { "type": "integer" },
            "faces": { "type": "array", "items": face }, "models": { "$ref": "#/components/schemas/Models" }
        }
    })
}

pub(super) fn detect_request() -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": ["faceImage"], "properties": { "faceImage": probe() } })
}
