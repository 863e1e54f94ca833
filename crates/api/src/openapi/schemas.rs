//! The schemas of bodies and answers.

use serde_json::{Value, json};

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

/// What a client may write, apart from biometrics; members can be cleared with `null` except for names.
fn profile() -> Value {
    let code = |d: &str| json!({ "type": "string", "pattern": "^[A-Za-z0-9_ -]{1,40}$", "description": d });
    json!({
        "firstName": text("Given name or names, in Unicode normalisation form C.", 1, 200),
        "lastName": text("Family name or names.", 1, 200),
        "email": nullable(json!({ "type": "string", "maxLength": 254, "description": "E-mail address; not unique." })),
        "phone": nullable(json!({ "type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$", "description": "E.164 number." })),
        "dateOfBirth": nullable(json!({ "type": "string", "format": "date", "description": "Real calendar date, not in the future." })),
        "documentType": nullable(code("Suggested: passport, national_id, driver_license, residence_permit, voter_id.")),
        "documentNumber": nullable(text("Letters, digits, spaces and - / . only.", 1, 40)),
        "externalId": nullable(text("The operator's own key; unique in the tenant.", 1, 200)),
        "nationality": nullable(json!({ "type": "string", "pattern": "^[A-Z]{2,3}$", "description": "ISO 3166-1 code." })),
        "gender": nullable(code("In the operator's own vocabulary.")),
        "collections": {
            "type": ["array", "null"], "maxItems": 50, "items": { "type": "string", "maxLength": 200 },
            "description": "Collections the person is in, each by identifier or name; answers show identifiers."
        },
        "metadata": {
            "type": ["object", "null"], "maxProperties": 50,
            "description": "Pairs of strings: keys of 1-64, values of up to 500 characters. In an update, null removes a key.",
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

fn biometrics_in() -> Value {
    json!({
        "type": ["object", "null"], "additionalProperties": false,
        "properties": {
            "faceImage": image("JPEG or PNG, at most 6,000 pixels a side and 25 million pixels."),
            "fingerprint": image("PNG, JPEG, BMP, TIFF, WSQ or ISO/IEC 19794-2, at most 1 MiB; kept as sent."),
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
        "verificationStatus": { "type": ["string", "null"], "enum": ["pending", null] },
        "onDuplicate": {
            "type": ["string", "null"], "enum": ["reject", "flag", "allow", null],
            "description": "What happens when the face is enrolled already: `reject` refuses it where the other person is verified and puts the pair on the review list where not, `flag` always puts the pair on the list, `allow` does nothing. By default as the server is set up."
        }
    });
    json!({
        "type": "object", "required": ["firstName", "lastName"], "additionalProperties": false,
        "properties": merged(&[profile(), own])
    })
}

fn update() -> Value {
    let own = json!({
        "biometricData": biometrics_in(),
        "verificationStatus": { "type": "string", "enum": ["pending", "verified", "failed", "expired"], "description": "Changed only with the scope `persons:review`." },
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
    json!({ "type": "object", "properties": { "detector": id, "embedder": id, "liveness": id } })
}

fn verification() -> Value {
    json!({
        "type": "object", "description": "Why the person has its status.",
        "properties": {
            "method": { "type": "string", "enum": ["passive-liveness", "review"] },
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
                "properties": {
                    "id": { "type": "string" }, "kind": { "type": "string", "enum": ["face", "fingerprint"] },
                    "state": { "type": "string", "enum": ["enrolled", "evidence"] }, "createdAt": time("When it was taken in.")
                }
            } }
        }
    })
}

fn person() -> Value {
    let plain = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["id", "firstName", "lastName", "verificationStatus", "createdAt", "updatedAt", "version"],
        "properties": {
            "id": { "type": "string" }, "externalId": plain, "firstName": plain, "lastName": plain, "email": plain, "phone": plain,
            "dateOfBirth": { "type": "string", "format": "date" }, "documentType": plain, "documentNumber": plain,
            "nationality": plain, "gender": plain,
            "metadata": { "type": "object", "additionalProperties": plain },
            "collections": { "type": "array", "items": plain },
            "mergedIds": { "type": "array", "items": plain, "description": "Records of the same human that were taken in." },
            "biometricData": { "$ref": "#/components/schemas/BiometricData" },
            "verificationStatus": { "type": "string", "enum": ["pending", "verified", "failed", "expired"] },
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
            "captureAssurance": { "const": "none", "description": "An uploaded file says nothing about the camera it came from." },
            "quality": { "$ref": "#/components/schemas/Quality" },
            "models": { "$ref": "#/components/schemas/Models" }
        }
    })
}

fn liveness_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "description": "The image as `faceImage`, or inside `biometricData` as when creating.",
        "properties": { "faceImage": image("JPEG or PNG."), "biometricData": biometrics_in() }
    })
}

fn probe() -> Value {
    json!({ "type": "string", "contentEncoding": "base64", "description": "JPEG or PNG with one face, in base64." })
}

fn score(description: &str) -> Value {
    json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": description })
}

fn rate(description: &str) -> Value {
    json!({ "type": ["number", "null"], "minimum": 1e-12, "maximum": 1, "description": description })
}

fn verify_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["faceImage"],
        "properties": {
            "faceImage": probe(), "minScore": score("The threshold, as a score."),
            "maxFalseMatchRate": rate("The threshold, as the rate of strangers who would match. Instead of `minScore`.")
        }
    })
}

fn search_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["faceImage"],
        "properties": {
            "faceImage": probe(),
            "limit": { "type": ["integer", "null"], "minimum": 1, "maximum": 100, "default": 10, "description": "Most candidates." },
            "minScore": score("The least score to be listed; `match` is still judged by `threshold`."),
            "maxFalsePositiveRate": rate("The threshold, as the probability that somebody who is not enrolled finds a match. Instead of `minScore`."),
            "collections": {
                "type": ["array", "null"], "maxItems": 50, "items": { "type": "string" },
                "description": "Only members of at least one of these, each by identifier or name."
            },
            "statuses": {
                "type": ["array", "null"], "minItems": 1, "maxItems": 4,
                "items": { "type": "string", "enum": ["pending", "verified", "failed", "expired"] },
                "description": "Only persons of these statuses; by default pending and verified ones."
            }
        }
    })
}

fn alike(mut more: Value) -> Value {
    let own = json!({
        "match": { "type": "boolean", "description": "Whether `score` reaches the threshold." },
        "score": { "type": "number", "minimum": 0, "maximum": 1, "description": "0.5 where one pair of strangers in 100 is as alike, 0.7 for 1,000, 0.8 for 10,000, 0.9 for a million." },
        "falseMatchRate": number("The part of strangers that are at least as alike."),
        "extrapolated": { "type": "boolean", "description": "Whether that rate is smaller than any that was observed." }
    });
    if let (Some(all), Some(own)) = (more.as_object_mut(), own.as_object()) {
        all.extend(own.clone());
    }
    more
}

fn verdict() -> Value {
    json!({
        "type": "object", "required": ["match", "score", "falseMatchRate", "threshold", "modality", "models"],
        "properties": alike(json!({
            "threshold": number("The threshold in force."),
            "modality": { "type": "string", "enum": ["face"] },
            "results": { "type": "array", "items": { "type": "object", "properties": alike(json!({})) }, "description": "Of a comparison: one for each image of the gallery." },
            "models": { "$ref": "#/components/schemas/Models" }
        }))
    })
}

fn search_answer() -> Value {
    let candidate = alike(json!({
        "personId": { "type": "string" }, "sampleId": { "type": "string", "description": "The enrolled face that is most alike." },
        "verificationStatus": { "type": "string", "enum": ["pending", "verified", "failed", "expired"] }
    }));
    json!({
        "type": "object", "required": ["candidates", "gallerySize", "falsePositiveRate", "threshold", "models"],
        "properties": {
            "candidates": { "type": "array", "items": { "type": "object", "properties": candidate }, "description": "Most alike first; empty when it is nobody." },
            "gallerySize": { "type": "integer", "description": "Persons the face was compared with." },
            "falsePositiveRate": number("The probability that somebody who is not enrolled finds a match at the threshold."),
            "threshold": number("The threshold in force."),
            "models": { "$ref": "#/components/schemas/Models" }
        }
    })
}

fn compare_request() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["probe", "gallery"],
        "properties": {
            "probe": probe(), "gallery": { "type": "array", "minItems": 1, "maxItems": 10, "items": probe() },
            "minScore": score("The threshold, as a score."),
            "maxFalseMatchRate": rate("The threshold, as the rate of strangers who would match. Instead of `minScore`.")
        }
    })
}

fn detection() -> Value {
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

fn detect_request() -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": ["faceImage"], "properties": { "faceImage": probe() } })
}

fn sample() -> Value {
    json!({
        "type": "object", "required": ["id", "kind", "state", "primary", "createdAt"],
        "properties": {
            "id": { "type": "string" }, "kind": { "type": "string", "enum": ["face", "fingerprint"] },
            "state": { "type": "string", "enum": ["enrolled", "evidence"] },
            "primary": { "type": "boolean", "description": "Whether it is shown as the person's." },
            "createdAt": time("When it was taken in."),
            "image": { "type": "string", "contentEncoding": "base64", "description": "When the sample is read by itself." }
        }
    })
}

fn sample_create() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["faceImage"],
        "properties": {
            "faceImage": probe(),
            "force": { "type": ["boolean", "null"], "description": "Enrol it even if it does not match; needs the scope `persons:review`." }
        }
    })
}

fn collection() -> Value {
    json!({
        "type": "object", "required": ["id", "name", "members", "createdAt", "updatedAt"],
        "properties": {
            "id": { "type": "string" }, "name": { "type": "string" }, "description": { "type": "string" },
            "members": { "type": "integer" }, "membersIsExact": { "type": "boolean", "description": "False when counting stopped at 10,000." },
            "createdAt": time("When it was made."), "updatedAt": time("When its name or description last changed.")
        }
    })
}

fn collection_in(required: &[&str]) -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": required,
        "properties": {
            "name": text("Unique in the tenant, whatever its case.", 1, 100),
            "description": nullable(text("What it is for.", 1, 500))
        }
    })
}

fn members_add() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["personIds"],
        "properties": { "personIds": { "type": "array", "maxItems": 100, "items": { "type": "string" } } }
    })
}

fn merge_request(may_force: bool) -> Value {
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

fn duplicate() -> Value {
    json!({
        "type": "object", "required": ["id", "personIds", "score", "falseMatchRate", "model", "decision", "createdAt"],
        "properties": {
            "id": { "type": "string" },
            "personIds": { "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
            "score": number("How alike they were when they were noticed."), "falseMatchRate": number("The part of strangers that are at least as alike."),
            "model": { "type": "string" }, "decision": { "type": "string", "enum": ["open", "same", "different"] },
            "createdAt": time("When they were noticed."), "decidedAt": time("When it was decided."), "reason": { "type": "string" }
        }
    })
}

fn duplicate_decision() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["decision"],
        "properties": {
            "decision": { "type": "string", "enum": ["open", "same", "different"] },
            "reason": nullable(text("Why; kept with the pair.", 0, 500))
        }
    })
}

/// A page of a list that is read page by page only.
fn page_of(name: &str) -> Value {
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

/// All schemas by name.
pub(super) fn all() -> Value {
    json!({
        "Person": person(), "PersonCreate": create(), "PersonUpdate": update(), "PersonList": list(),
        "BiometricData": biometrics_out(), "Verification": verification(), "Quality": quality(), "Models": models(),
        "Erasure": erasure(), "Liveness": liveness(), "LivenessRequest": liveness_request(), "Token": token(),
        "VerifyRequest": verify_request(), "SearchRequest": search_request(), "CompareRequest": compare_request(),
        "DetectRequest": detect_request(), "Verdict": verdict(), "SearchAnswer": search_answer(), "Detection": detection(),
        "MergeRequest": merge_request(true), "UnmergeRequest": merge_request(false),
        "Sample": sample(), "SampleCreate": sample_create(),
        "SampleList": { "type": "object", "required": ["data"], "properties": { "data": { "type": "array", "items": { "$ref": "#/components/schemas/Sample" } } } },
        "Collection": collection(), "CollectionCreate": collection_in(&["name"]), "CollectionUpdate": collection_in(&[]),
        "CollectionList": page_of("Collection"), "MembersAdd": members_add(),
        "Duplicate": duplicate(), "DuplicateList": page_of("Duplicate"), "DuplicateDecision": duplicate_decision(),
        "Health": { "type": "object", "properties": { "status": { "type": "string" } } },
        "Document": { "type": "object" },
        "Problem": problem()
    })
}
