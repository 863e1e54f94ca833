//! Every code an answer can carry: its status, its title, and what to do about it. The pages under `docs/errors/`
//! are written from this table.

use axum::http::StatusCode;

/// A problem's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) name: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) advice: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $status:ident $name:literal $title:literal $advice:literal;)+) => {
        $(pub(crate) const $constant: Code =
            Code { name: $name, status: StatusCode::$status, title: $title, advice: $advice };)+

        /// All codes, by status and name as declared.
        pub(crate) const ALL: &[Code] = &[$($constant),+];
    };
}

codes! {
    MALFORMED_JSON = BAD_REQUEST "malformed-json" "The body is not JSON"
        "Send one JSON object, at most 32 levels deep and with at most 2,000 members, in UTF-8. Names must not repeat, numbers must be finite, and escaped surrogates must come in pairs.";
    INVALID_PARAMETER = BAD_REQUEST "invalid-parameter" "A query parameter or header is not valid"
        "`errors` names each parameter. Unknown and repeated parameters are refused, so that a misspelt filter never lists everybody.";
    USE_CURSOR = BAD_REQUEST "use-cursor" "The page lies too deep for a page number"
        "`page` × `limit` reaches 10,000 at most. Go on with `cursor`, which `pagination.nextCursor` of each page gives.";
    UNAUTHORIZED = UNAUTHORIZED "unauthorized" "A valid token is needed"
        "Send `Authorization: Bearer <token>`. The token may be missing, mistyped, expired or revoked. `personhood token create` makes one.";
    MISSING_SCOPE = FORBIDDEN "missing-scope" "The token may not do this"
        "`detail` names the scope that is needed. Make a token with `personhood token create --scope …`.";
    NOT_FOUND = NOT_FOUND "not-found" "There is no such thing"
        "The path or the identifier is unknown to this tenant. Persons of other tenants look exactly like persons that do not exist.";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "method-not-allowed" "The path has no such method"
        "`Allow` lists the methods of the path.";
    NOT_ACCEPTABLE = NOT_ACCEPTABLE "not-acceptable" "Only JSON can be answered"
        "Send `Accept: application/json`, or no `Accept` at all.";
    REQUEST_TIMEOUT = REQUEST_TIMEOUT "request-timeout" "The body did not arrive in time"
        "Send the whole body within 30 seconds.";
    EXTERNAL_ID_TAKEN = CONFLICT "external-id-taken" "Another person has this externalId"
        "`externalId` is unique within the tenant. Find the other person with `GET /v2/persons?externalId=…`.";
    FACE_MISMATCH = CONFLICT "face-mismatch" "The face is not that of the enrolled person"
        "Nothing was changed. A person who was verified is compared with the face that was checked then, more strictly where a face is added or replaced. Take the picture again in good light, straight into the camera; if it is the right person, a reviewer can set the status to `pending` with a `statusReason`, and the face can then be replaced.";
    DUPLICATE_PERSON = CONFLICT "duplicate-person" "This person is enrolled already"
        "Nothing was stored. `personId` names the person where the token may read persons. If they are two people who look alike, a token with the scope `persons:review` can repeat the request with `onDuplicate: \"flag\"`: the pair is then put on the review list.";
    NO_FACE_ENROLLED = CONFLICT "no-face-enrolled" "The person has no enrolled face"
        "There is nothing to compare with. Enrol a face with `POST /v2/persons/{personId}/biometrics` or `POST /v2/persons/{personId}/liveness`.";
    FINGERPRINT_MISMATCH = CONFLICT "fingerprint-mismatch" "The fingerprint is not that of the enrolled finger"
        "Nothing was changed. Take it again with the finger that `finger` names. Another finger of a person who was verified needs a `proof` in the same request: a face picture taken now, or an impression of a finger that is enrolled. A reviewer can enrol it all the same with `force`.";
    PROOF_NEEDED = CONFLICT "proof-needed" "Something must show that the new finger is the same person's"
        "Nothing was changed. The person was verified: send in the same request `proof` with a `faceImage` taken now, or with a `fingerprint` of a finger that was enrolled then; or use a token with the scope `persons:review`.";
    LIVENESS_REPLAYED = CONFLICT "liveness-replayed" "The image has proven liveness before"
        "Nothing was changed. Each check takes a new picture: one that has made somebody `verified` is not accepted again for as long as a verification counts. To repeat a request whose answer was lost, send it with the same `Idempotency-Key`.";
    NO_FINGERPRINT_ENROLLED = CONFLICT "no-fingerprint-enrolled" "The person has no enrolled fingerprint to compare with"
        "None is enrolled, or none of the `finger` that was named. Enrol one with `POST /v2/persons/{personId}/biometrics`, or leave out `finger` to compare with all.";
    TOO_MANY_SAMPLES = CONFLICT "too-many-samples" "The person has as many samples as one may have"
        "At most ten faces, three impressions of a finger, and thirty fingerprints in all. Remove one with `DELETE /v2/persons/{personId}/biometrics/{sampleId}`.";
    TOO_MANY_MERGES = CONFLICT "too-many-merges" "The record has taken in as many others as one may"
        "Merges can be undone, so each is kept: at most 50 in one record, at most 8 inside one another. Merge the other way round, into the record that has taken in others before, or undo a merge first.";
    COLLECTION_NAME_TAKEN = CONFLICT "collection-name-taken" "Another collection has this name"
        "Names of collections are unique within the tenant, whatever their case.";
    ILLEGAL_TRANSITION = CONFLICT "illegal-transition" "The status cannot change that way"
        "Legal are `pending`, `failed` and `expired` to `verified`, `pending` and `expired` to `failed`, and any status to `pending`.";
    IDEMPOTENCY_IN_PROGRESS = CONFLICT "idempotency-in-progress" "The first request with this key is under way"
        "Wait a moment and repeat the request: it will then get the answer of the first.";
    PRECONDITION_FAILED = PRECONDITION_FAILED "precondition-failed" "The person has changed"
        "The `If-Match`, `version` or `updatedAt` sent is not the present one. Read the person again and repeat the change on what it is now.";
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "body-too-large" "The body is too large"
        "At most 16 MiB. Scale the image down: a face of 200 pixels is plenty.";
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "The body must be plain JSON"
        "Send `Content-Type: application/json` (for PATCH also `application/merge-patch+json`) without `Content-Encoding`.";
    VALIDATION_FAILED = UNPROCESSABLE_ENTITY "validation-failed" "The body is not valid"
        "`errors` names every fault with a JSON pointer, a code and a sentence.";
    READ_ONLY_FIELD = UNPROCESSABLE_ENTITY "read-only-field" "A member is owned by the server"
        "Members such as `id`, `verificationStatus` and `biometricData.livenessScore` may be repeated with their present value, not changed. The status is changed by a liveness check, or by a token with the scope `persons:review`.";
    IDEMPOTENCY_KEY_REUSED = UNPROCESSABLE_ENTITY "idempotency-key-reused" "The key was used with another body"
        "Use a fresh `Idempotency-Key` for each new request, and the same one only to repeat a request unchanged; the order of its members, and how they are spelt, make no difference.";
    IMAGE_UNDECODABLE = UNPROCESSABLE_ENTITY "image-undecodable" "The image cannot be decoded"
        "Send a complete JPEG, PNG, WebP, BMP or TIFF, or a face record of ISO/IEC 19794-5 with a JPEG inside. `detail` says what was sent instead, or what is wrong with it. HEIC, AVIF and JPEG XL are not read: export them as JPEG.";
    IMAGE_TOO_LARGE = UNPROCESSABLE_ENTITY "image-too-large" "The image has too many pixels"
        "At most 10,000 pixels a side, 25 million pixels, or 64 million where it is a baseline JPEG in one scan, and 16 MiB. `measured` and `limit` name the figure.";
    FACE_NOT_FOUND = UNPROCESSABLE_ENTITY "face-not-found" "There is no face in the image"
        "Show the whole face, upright and uncovered, in even light.";
    MULTIPLE_FACES = UNPROCESSABLE_ENTITY "multiple-faces" "There is more than one face"
        "Only one person may be in the picture. Where liveness is judged, faces of less than half the height of the largest do not count; elsewhere, faces of less than two thirds of the prominence, which is height and nearness to the middle.";
    FACE_TOO_SMALL = UNPROCESSABLE_ENTITY "face-too-small" "The face is too small"
        "Move closer or send a larger image. `measured` and `limit` are heights of the face in pixels.";
    FACE_CUT_OFF = UNPROCESSABLE_ENTITY "face-cut-off" "The face is cut off"
        "Keep the whole face inside the picture. `measured` and `limit` are the part of the face outside.";
    FACE_CONTEXT_MISSING = UNPROCESSABLE_ENTITY "face-context-missing" "There is too little around the face"
        "Do not crop: liveness needs the surroundings. `measured` and `limit` are the shorter side of the image in face heights.";
    TOO_BLURRY = UNPROCESSABLE_ENTITY "too-blurry" "The face is not sharp"
        "Hold still, clean the lens, focus on the face. `measured` and `limit` are sharpness in grey levels.";
    TOO_DARK = UNPROCESSABLE_ENTITY "too-dark" "The face is too dark"
        "Turn to the light. `measured` and `limit` are mean brightness, 0-255.";
    TOO_BRIGHT = UNPROCESSABLE_ENTITY "too-bright" "The face is over-exposed"
        "Take the light from the face, or expose the picture less. `measured` and `limit` are the part of the face that is white: there is nothing left to tell people apart by.";
    FACE_UNCLEAR = UNPROCESSABLE_ENTITY "face-unclear" "The face is not clear enough to be told from others"
        "Send a sharp picture of an uncovered face in even light. Turned pictures are found by themselves. `measured` and `limit` are how well the embedder knows the face: below the limit strangers look alike. Without figures, closer looks at the face disagree about where eyes and mouth are.";
    FRAMES_REPEATED = UNPROCESSABLE_ENTITY "frames-repeated" "A frame comes twice"
        "Send 2 to 10 frames as the camera took them one after another, each of them once. Two pictures of a living face are never the same. `detail` names the frame, counted from 1.";
    FRAMES_DIFFER = UNPROCESSABLE_ENTITY "frames-differ" "The frames do not show one person"
        "All frames must show the same person. `detail` names the first frame that does not, counted from 1.";
    POSE_TOO_FAR = UNPROCESSABLE_ENTITY "pose-too-far" "The head is turned too far"
        "Look straight into the camera. `measured` and `limit` are degrees.";
    FINGERPRINT_UNDECODABLE = UNPROCESSABLE_ENTITY "fingerprint-undecodable" "The fingerprint cannot be read"
        "Send a complete PNG, JPEG, BMP, TIFF, WSQ or grey JPEG 2000 image of one finger, an image record of ISO/IEC 19794-4:2005 or 2011 or ANSI INCITS 381-2004 with such an image or uncompressed pixels of 8 bits inside, or a minutiae record of ISO/IEC 19794-2:2005 or 2011 or ANSI INCITS 378-2004 or 2009. Lengths in records must add up, and nothing but padding may follow the end.";
    FINGERPRINT_QUALITY_TOO_LOW = UNPROCESSABLE_ENTITY "fingerprint-quality-too-low" "Too little of the finger can be seen"
        "Clean finger and sensor, lay the finger flat and in the middle, press lightly, and try again or take another finger. `measured` and `limit` are numbers of minutiae that are beyond doubt.";
    TOO_MANY_REQUESTS = TOO_MANY_REQUESTS "too-many-requests" "Too many requests"
        "Wait as long as `Retry-After` says.";
    ATTEMPT_LIMIT = TOO_MANY_REQUESTS "attempt-limit" "Too many comparisons have failed"
        "Failed comparisons are counted for each person and for each token, on all nodes. After ten there is a pause of 30 seconds, which doubles with each further one: wait as long as `Retry-After` says. Without `Retry-After` a hundred have failed, and a token with the scope `persons:review` lifts the limit with `DELETE /v2/persons/{personId}/attempts` or `DELETE /v2/tokens/{tokenId}/attempts`. `GET` of the same tells how things stand.";
    LIVENESS_BRAKE = TOO_MANY_REQUESTS "liveness-brake" "Too many failed liveness checks"
        "After five failed checks of one person within three minutes, further ones are refused for thirty minutes.";
    HEADERS_TOO_LARGE = REQUEST_HEADER_FIELDS_TOO_LARGE "headers-too-large" "The headers are too large"
        "Send at most 16 KiB of headers.";
    INTERNAL = INTERNAL_SERVER_ERROR "internal" "The server made a mistake"
        "This is a fault of the server, not of the request. The operator finds the cause in the log under the request id in `instance`.";
    LIVENESS_NOT_CONFIGURED = NOT_IMPLEMENTED "liveness-not-configured" "No liveness model is installed"
        "The server has no weights and never makes a score up. The operator installs them with `personhood models pull`.";
    FACES_NOT_CONFIGURED = NOT_IMPLEMENTED "faces-not-configured" "No face models are installed"
        "The server cannot analyse face images without weights. The operator installs them with `personhood models pull`.";
    FINGERPRINTS_NOT_CONFIGURED = NOT_IMPLEMENTED "fingerprints-not-configured" "Fingerprints cannot be compared"
        "The operator has turned fingerprints off (`fingerprints.enabled`): they are stored and returned, not compared. Send a `faceImage`.";
    GALLERY_LOADING = SERVICE_UNAVAILABLE "gallery-loading" "What is enrolled is being loaded"
        "After a start the server loads all enrolled faces and fingerprints before it searches, seconds for a million; after a change of models it also makes their templates again, which takes longer. Repeat the request after the time in `Retry-After`. Nothing was changed.";
    BUSY = SERVICE_UNAVAILABLE "busy" "The server is busy"
        "Repeat the request after the time in `Retry-After`. Nothing was changed.";
    UNAVAILABLE = SERVICE_UNAVAILABLE "unavailable" "The store cannot be reached"
        "Repeat the request after the time in `Retry-After`. Nothing is known to have been changed; use an `Idempotency-Key` to repeat a creation safely.";
    DISK_FULL = INSUFFICIENT_STORAGE "disk-full" "The disk is full"
        "Nothing was changed. Reading goes on; writing resumes by itself once the operator has made room.";
}
