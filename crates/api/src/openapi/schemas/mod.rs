//! The schemas of bodies and answers.

mod groups;
mod matching;
mod words;

use serde_json::{Value, json};

use words::{described, or_null};
pub(crate) use words::{word, word_or};

fn text(description: &str, min: u32, max: u32) -> Value {
    json!({ "type": "string", "minLength": min, "maxLength": max, "description": description })
}

fn nullable(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"].clone(), "null"]);
    schema
}

fn time(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

/// A year, a month or a day.
const DATE_OF_BIRTH: &str = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$";

/// What a client may write, apart from biometrics; members can be cleared with `null`, but not both names.
fn profile() -> Value {
    let code = |d: &str| json!({ "type": "string", "pattern": "^[A-Za-z0-9_ -]{1,40}$", "description": d });
    json!({
        "firstName": nullable(text("Given name or names, in Unicode normalisation form C. One of the two names is enough. Of every text, white space and unseen characters around it are cut.", 1, 200)),
        "lastName": nullable(text("Family name or names. One of the two names is enough.", 1, 200)),
        "email": nullable(json!({ "type": "string", "maxLength": 254, "description": "E-mail address of any script (RFC 6531), the local part quoted or not; not unique.", "example": "name@example.com" })),
        "phone": nullable(json!({ "type": "string", "maxLength": 400, "description": "E.164 number: + and the country code. Spaces, dashes, dots, brackets, slashes, `(0)` and `tel:` are cut; an extension is refused.", "example": "+1234567890" })),
        "dateOfBirth": nullable(json!({ "type": "string", "pattern": DATE_OF_BIRTH, "description": "Real calendar date, or YYYY-MM or YYYY where no more is known; not in the future. It comes back as given.", "example": "1990-01-15" })),
        "documentType": nullable(code("Suggested: passport, national_id, driver_license, residence_permit, voter_id.")),
        "documentNumber": nullable(text("Printable characters of any script, but no controls or bidirectional overrides.", 1, 40)),
        "externalId": nullable(text("The operator's own key; unique in the tenant.", 1, 200)),
        "nationality": nullable(json!({ "type": "string", "pattern": "^[A-Za-z]{1,3}<{0,2}$", "description": "ISO 3166-1 code of two or three letters, or ICAO 9303 code as in a passport (D<<); kept in capital letters, without fillers.", "example": "COL" })),
        "gender": nullable(code("In the operator's own vocabulary.")),
        "collections": {
            "type": ["array", "null"], "maxItems": 50, "items": { "type": "string", "maxLength": 200 },
            "description": "Collections the person is in, each by identifier or name; answers show identifiers."
        },
        "metadata": {
            "type": ["object", "null"], "maxProperties": 50,
            "description": "Pairs of strings: keys of 1-64 characters on one line, values of up to 500, with or without line breaks. In an update, null removes a key.",
            "additionalProperties": { "type": ["string", "null"], "maxLength": 500 }
        }
    })
}

fn image(description: &str) -> Value {
    json!({
        "type": ["string", "null"], "contentEncoding": "base64",
        "description": format!("{description} Base64: standard or URL-safe, padded or not, with or without a `data:` prefix.")
    })
}

fn dpi() -> Value {
    json!({ "type": ["integer", "null"], "minimum": 250, "maximum": 1200, "description": "Resolution of the fingerprint's image. Unless said, that of the image record around it, or what the file says where that is 250 to 1,200 dots per inch and the same in both directions; else 500. A minutiae record has its own." })
}

/// A finger; `null` only where a client may send it.
fn finger(sent: bool) -> Value {
    if sent { or_null("Finger", "Which finger it is.") } else { word("Finger") }
}

/// What is said of a fingerprint's sample.
fn print_out() -> Value {
    json!({
        "finger": finger(false), "dpi": { "type": "integer", "description": "Resolution of a fingerprint's image, as it was read." },
        "quality": { "type": "integer", "minimum": 0, "maximum": 100, "description": "Of a fingerprint, by its minutiae that are beyond doubt; not NFIQ." },
        "advice": { "type": "string", "description": "What would make a fingerprint match more surely." },
        "notes": {
            "type": "array", "items": { "type": "string" },
            "description": "What was put up with or believed when a fingerprint was read: minutiae that were left out, a resolution that the file says."
        }
    })
}

fn biometrics_in() -> Value {
    json!({
        "type": ["object", "null"], "additionalProperties": false,
        "properties": {
            "faceImage": image("JPEG, PNG, WebP, BMP or TIFF, at most 10,000 pixels a side and 25 million pixels, a baseline JPEG in one scan 64 million."),
            "images": frames(),
            "fingerprint": image("PNG, JPEG, BMP, TIFF, WSQ or JPEG 2000 (grey, eight bits) image of one finger, an image record of ISO/IEC 19794-4:2005 or 2011 or ANSI 381-2004 around such an image or around uncompressed pixels, or a minutiae record of ISO/IEC 19794-2:2005 or 2011 or ANSI 378-2004 or 2009, at most 1 MiB. An image is kept without its record and the metadata of its file."),
            "dpi": dpi(), "finger": finger(true),
            "livenessDetection": { "type": ["boolean", "null"], "description": "Accepted on the liveness route; `true` elsewhere is refused." },
            "livenessScore": { "description": "Read-only: may be repeated." },
            "quality": { "description": "Read-only: may be repeated." },
            "samples": { "description": "Read-only: may be repeated." }
        }
    })
}

fn read_only() -> Value {
    json!({
        "id": { "description": "Read-only: may be repeated." },
        "createdAt": { "description": "Read-only: may be repeated." },
        "updatedAt": { "description": "Read-only: a stale value is 412." },
        "version": { "description": "Read-only: a stale value is 412." },
        "verifiedAt": { "description": "Read-only: may be repeated." },
        "expiresAt": { "description": "Read-only: may be repeated." },
        "verification": { "description": "Read-only: may be repeated." },
        "mergedIds": { "description": "Read-only: may be repeated." }
    })
}

fn merged(parts: &[Value]) -> Value {
    let mut all = serde_json::Map::new();
    for part in parts.iter().filter_map(Value::as_object) {
        all.extend(part.clone());
    }
    Value::Object(all)
}

fn create() -> Value {
    let own = json!({
        "biometricData": biometrics_in(),
        "verificationStatus": or_null("NewStatus", "Nothing else can be said of a person that is created."),
        "onDuplicate": or_null(
            "OnDuplicate",
            "What happens when the person is enrolled already: `reject` refuses it where the other person is verified and puts the pair on the review list where not, `flag` always puts the pair on the list, `allow` does nothing. By default as the server is set up; looser than that needs the scope `persons:review`."
        )
    });
    json!({
        "type": "object", "additionalProperties": false, "description": "One of `firstName` and `lastName` is required.",
        "properties": merged(&[profile(), own])
    })
}

fn update() -> Value {
    let mut biometrics = biometrics_in();
    biometrics["properties"]["proof"] = matching::proof();
    let own = json!({
        "biometricData": biometrics,
        "verificationStatus": described("VerificationStatus", "Changed only with the scope `persons:review`. `pending` with a `statusReason` lets somebody who was verified begin anew with another face."),
        "statusReason": text("Why a reviewer changes the status; kept in the history.", 1, 500)
    });
    json!({ "type": "object", "additionalProperties": false, "properties": merged(&[profile(), own, read_only()]) })
}

fn number(description: &str) -> Value {
    json!({ "type": "number", "description": description })
}

fn quality() -> Value {
    json!({
        "type": "object",
        "properties": {
            "overall": number("The worst part, 0-1."), "faceHeight": number("Pixels."), "detection": number("Detector confidence, 0-1."),
            "sharpness": number("Grey levels."), "brightness": number("Mean luma, 0-255."),
            "yaw": number("Turn of the head, degrees."), "roll": number("Tilt of the head, degrees.")
        }
    })
}

fn models() -> Value {
    let id = json!({ "type": "string" });
    json!({ "type": "object", "properties": { "detector": id, "embedder": id, "liveness": id, "extractor": id } })
}

fn verification() -> Value {
    json!({
        "type": "object", "description": "Why the person has its status.",
        "properties": {
            "method": word("VerificationMethod"),
            "captureAssurance": word("CaptureAssurance"),
            "reasons": { "type": "array", "items": { "type": "string" } },
            "checkedAt": time("When."),
            "threshold": number("Threshold in force, on the published scale."),
            "models": { "$ref": "#/components/schemas/Models" }
        }
    })
}

fn biometrics_out() -> Value {
    json!({
        "type": "object",
        "properties": {
            "faceImage": { "type": "string", "contentEncoding": "base64", "description": "With the scope `biometrics:read`." },
            "fingerprint": { "type": "string", "contentEncoding": "base64", "description": "With the scope `biometrics:read`." },
            "livenessScore": { "type": "number", "minimum": 0, "maximum": 1, "description": "How live the face looked; not a probability." },
            "quality": { "$ref": "#/components/schemas/Quality" },
            "samples": { "type": "array", "items": {
                "type": "object",
                "properties": merged(&[print_out(), json!({
                    "id": { "type": "string" }, "kind": word("SampleKind"),
                    "state": word("SampleState"), "createdAt": time("When it was taken in.")
                })])
            } }
        }
    })
}

fn person() -> Value {
    let plain = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["id", "verificationStatus", "createdAt", "updatedAt", "version"],
        "properties": {
            "id": { "type": "string" }, "externalId": plain,
            "firstName": { "type": "string", "description": "A person has one of the two names, or both." }, "lastName": plain, "email": plain,
            "phone": { "type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$" },
            "dateOfBirth": { "type": "string", "pattern": DATE_OF_BIRTH, "description": "As given: a day, a month or a year." },
            "documentType": plain, "documentNumber": plain,
            "nationality": { "type": "string", "pattern": "^(D|[A-Z]{2,3})$" }, "gender": plain,
            "metadata": { "type": "object", "additionalProperties": plain },
            "collections": { "type": "array", "items": plain },
            "mergedIds": { "type": "array", "items": plain, "description": "Records of the same human that were taken in." },
            "biometricData": { "$ref": "#/components/schemas/BiometricData" },
            "verificationStatus": word("VerificationStatus"),
            "verification": { "$ref": "#/components/schemas/Verification" },
            "verifiedAt": time("Last successful verification."), "expiresAt": time("End of its validity."),
            "createdAt": time("When it was created."), "updatedAt": time("When it last changed."),
            "version": { "type": "integer", "minimum": 1 }
        }
    })
}

fn list() -> Value {
    json!({
        "type": "object", "required": ["data", "pagination"],
        "properties": {
            "data": { "type": "array", "items": { "$ref": "#/components/schemas/Person" } },
            "pagination": {
                "type": "object", "required": ["limit", "total", "pages"],
                "properties": {
                    "limit": { "type": "integer" }, "page": { "type": "integer" }, "pages": { "type": "integer" },
                    "total": { "type": "integer" }, "totalIsExact": { "type": "boolean" }, "nextCursor": { "type": "string" }
                }
            }
        }
    })
}

fn erasure() -> Value {
    let plain = json!({ "type": "string" });
    json!({
        "type": "object", "required": ["id", "deleted", "receipt"],
        "properties": {
            "id": plain, "deleted": { "const": true },
            "receipt": {
                "type": "object", "required": ["statement", "signature", "publicKey"],
                "description": "An Ed25519 signature (base64url) of `statement`, byte for byte.",
                "properties": { "statement": plain, "signature": plain, "publicKey": plain }
            }
        }
    })
}

fn liveness() -> Value {
    json!({
        "type": "object", "required": ["live", "livenessScore", "threshold", "captureAssurance", "quality", "models"],
        "properties": {
            "live": { "type": "boolean", "description": "Whether the score reaches the threshold." },
            "livenessScore": { "type": "number", "minimum": 0, "maximum": 1 },
            "threshold": number("Threshold in force, on the published scale."),
            "captureAssurance": word("CaptureAssurance"),
            "quality": { "$ref": "#/components/schemas/Quality" },
            "models": { "$ref": "#/components/schemas/Models" }
        }
    })
}

fn frames() -> Value {
    json!({
        "type": ["array", "null"], "minItems": 2, "maxItems": 10, "items": image("A frame."),
        "description": "In place of `faceImage`: frames of one face, as a camera took them one after another. Each is judged, the least live fifth decides, and the best is enrolled. Frames that are equal are refused."
    })
}

fn liveness_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "description": "The image as `faceImage`, or frames as `images`, here or inside `biometricData` as when creating.",
        "properties": {
            "faceImage": image("JPEG, PNG, WebP, BMP or TIFF."),
            "images": frames(),
            "biometricData": {
                "type": ["object", "null"], "additionalProperties": false,
                "properties": {
                    "faceImage": image("JPEG, PNG, WebP, BMP or TIFF."),
                    "images": frames(),
                    "livenessDetection": { "type": ["boolean", "null"], "description": "`false` is refused: this route always checks liveness." }
                }
            }
        }
    })
}

fn attempts() -> Value {
    json!({
        "type": "object", "required": ["failures", "stopped"],
        "properties": {
            "failures": { "type": "integer", "description": "Failed comparisons that still count." },
            "pausedUntil": time("When the next one may be tried."),
            "stopped": { "type": "boolean", "description": "Whether only a reviewer lifts the limit." }
        }
    })
}

fn token() -> Value {
    json!({
        "type": "object", "required": ["id", "name", "scopes", "createdAt"],
        "properties": {
            "id": { "type": "string" }, "name": { "type": "string" },
            "scopes": { "type": "array", "items": { "type": "string" } },
            "createdAt": time("When it was made."), "expiresAt": time("When it stops working.")
        }
    })
}

fn problem() -> Value {
    let plain = json!({ "type": "string" });
    json!({
        "type": "object", "required": ["type", "title", "status", "code", "detail", "instance"],
        "properties": {
            "type": plain, "title": plain, "status": { "type": "integer" }, "code": plain, "detail": plain, "instance": plain,
            "errors": { "type": "array", "items": {
                "type": "object", "required": ["code", "detail"],
                "properties": { "pointer": plain, "parameter": plain, "code": plain, "detail": plain }
            } },
            "personId": { "type": "string", "description": "Of `duplicate-person`: who has this face already, where the token may read persons." },
            "measured": number("The figure that was measured."), "limit": number("The limit it missed.")
        }
    })
}

/// What a person is shown as after a change: to a token that may not read persons, only what it takes to go on.
fn person_changed() -> Value {
    json!({
        "type": "object", "required": ["id", "verificationStatus", "version"], "additionalProperties": false,
        "description": "To a token without the scope `persons:read`.",
        "properties": {
            "id": { "type": "string" }, "verificationStatus": word("VerificationStatus"),
            "version": { "type": "integer", "minimum": 1 }
        }
    })
}

fn health() -> Value {
    let part = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object", "required": ["status"],
        "properties": {
            "status": part("`ok`."), "store": part("`ready`; only of `/readyz`, as all that follow."),
            "faces": part("`ready` or `not-configured`."), "liveness": part("`ready` or `not-configured`."),
            "fingerprints": part("Who finds the minutiae, or `not-configured`.")
        }
    })
}

/// All schemas by name.
pub(super) fn all() -> Value {
    let bodies = json!({
        "Person": person(), "PersonCreate": create(), "PersonUpdate": update(), "PersonList": list(),
        "BiometricData": biometrics_out(), "Verification": verification(), "Quality": quality(), "Models": models(),
        "Erasure": erasure(), "Liveness": liveness(), "LivenessRequest": liveness_request(), "Token": token(),
        "VerifyRequest": matching::verify_request(), "SearchRequest": matching::search_request(), "CompareRequest": matching::compare_request(),
        "DetectRequest": matching::detect_request(), "Verdict": matching::verdict(), "SearchAnswer": matching::search_answer(), "Detection": matching::detection(),
        "MergeRequest": groups::merge_request(true), "UnmergeRequest": groups::merge_request(false),
        "Attempts": attempts(), "Sample": groups::sample(), "SampleCreate": groups::sample_create(),
        "SampleList": { "type": "object", "required": ["data"], "properties": { "data": { "type": "array", "items": { "$ref": "#/components/schemas/Sample" } } } },
        "Collection": groups::collection(), "CollectionCreate": groups::collection_in(&["name"]), "CollectionUpdate": groups::collection_in(&[]),
        "CollectionList": groups::page_of("Collection"), "MembersAdd": groups::members_add(),
        "Duplicate": groups::duplicate(), "DuplicateList": groups::page_of("Duplicate"), "DuplicateDecision": groups::duplicate_decision(),
        "PersonChanged": person_changed(),
        "PersonOrChanged": { "anyOf": [word("Person"), word("PersonChanged")] },
        "Health": health(),
        "Document": { "type": "object" },
        "Problem": problem()
    });
    merged(&[bodies, words::all()])
}
