//! Closed sets of words. Each has a name of its own, so that a generated client has one type of it wherever it stands, and no two
//! types of one name.

use serde_json::{Value, json};

fn of<'w>(description: &str, words: impl IntoIterator<Item = &'w str>) -> Value {
    let words: Vec<&str> = words.into_iter().collect();
    json!({ "type": "string", "enum": words, "description": description })
}

/// All sets by name.
pub(super) fn all() -> Value {
    json!({
        "VerificationStatus": of("What is known of a person now.", ["pending", "verified", "failed", "expired"]),
        "NewStatus": of("What a person is that is only created.", ["pending"]),
        "VerificationMethod": of("How a status came about.", ["passive-liveness", "review"]),
        "CaptureAssurance": of(
            "What the way a face was taken says. `none`: an uploaded file says nothing about the camera it came from. `frames`: an attack had to look alive in nearly all frames.",
            registry::Assurance::ALL.map(registry::Assurance::as_str)
        ),
        "SampleKind": of("What a sample is of.", ["face", "fingerprint"]),
        "SampleState": of("Whether a sample is compared with, or kept of a check that failed.", ["enrolled", "evidence"]),
        "Modality": of("What was compared.", ["face", "fingerprint"]),
        "Modalities": of("What was compared, alone or together.", ["face", "fingerprint", "face+fingerprint"]),
        "Finger": of("Which finger it is.", registry::Position::all().map(registry::Position::as_str)),
        "OnDuplicate": of("What happens when the person is enrolled already.", ["reject", "flag", "allow"]),
        "Decision": of("Whether two persons are one.", ["open", "same", "different"]),
        "PersonOrder": of("Order of a list; `-` is newest first.", ["createdAt", "-createdAt", "updatedAt", "-updatedAt"]),
        "PersonPart": of("A part of a person that a list shows when asked for.", ["biometricData"])
    })
}

/// A reference to the set of this name.
pub(crate) fn word(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The same, where one of the set is meant when nothing is said.
pub(crate) fn word_or(name: &str, default: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}"), "default": default })
}

/// The same, with a word on what it is here.
pub(super) fn described(name: &str, description: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}"), "description": description })
}

/// One of the set, or null.
pub(super) fn or_null(name: &str, description: &str) -> Value {
    json!({ "anyOf": [word(name), { "type": "null" }], "description": description })
}
