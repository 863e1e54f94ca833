//! No finger is planted on somebody verified.

use serde_json::{Value, json};
use testkit::fingers::{built_in, file};
use testkit::supplied::{face, setup};
use testkit::{App, Setup};

use super::support::{delete, post, put, samples, text, writer};

const ANN: u64 = 1;
const EVE: u64 = 2;

async fn app() -> App {
    App::with(Setup { fingers: Some(built_in()), ..setup() }).await
}

/// Somebody verified, with this fingerprint.
async fn verified(app: &App, print: Option<Value>) -> String {
    let mut biometrics = json!({ "faceImage": text(&face(ANN, 0, 0.1)) });
    if let Some(Value::Object(print)) = print {
        biometrics.as_object_mut().unwrap().extend(print);
    }
    let body = json!({ "firstName": "John", "lastName": "Doe", "biometricData": biometrics });
    let made = app.post("/v2/persons/liveness", &body).await.expect(201);
    format!("/v2/persons/{}", made.id())
}

fn print(name: &str, finger: Option<&str>) -> Value {
    let mut print = json!({ "fingerprint": text(&file(name)) });
    if let Some(finger) = finger {
        print["finger"] = json!(finger);
    }
    print
}

fn with_proof(mut print: Value, proof: Value) -> Value {
    print["proof"] = proof;
    print
}

fn update(print: &Value) -> Value {
    json!({ "biometricData": print })
}

/// Whether the planted finger opens the record.
async fn opens(app: &App, path: &str, name: &str) -> bool {
    let said = app.post(&format!("{path}/verify"), &print(name, None)).await;
    said.status == 200 && said.json["match"] == json!(true)
}

#[tokio::test]
async fn a_finger_is_planted_neither_by_another_name_nor_without_one() {
    let app = app().await;
    let token = writer(&app).await;
    let path = verified(&app, Some(print("p1_1", Some("right-index")))).await;
    for finger in [Some("right-index"), Some("left-thumb"), None] {
        let planted = print("p2_1", finger);
        put(&app, &token, &path, &update(&planted)).await.problem(409, "fingerprint-mismatch");
        let add = format!("{path}/biometrics");
        post(&app, &token, &add, &planted).await.problem(409, "fingerprint-mismatch");
    }
    assert!(!opens(&app, &path, "p2_1").await);
    assert_eq!(app.get(&path).await.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn a_finger_is_not_planted_after_the_own_ones_were_cleared() {
    let app = app().await;
    let token = writer(&app).await;
    for by_sample in [false, true] {
        let path = verified(&app, Some(print("p1_1", Some("right-index")))).await;
        let cleared = if by_sample {
            let finger = samples(&app, &path).await.remove(1);
            delete(&app, &token, &format!("{path}/biometrics/{finger}")).await
        } else {
            put(&app, &token, &path, &update(&json!({ "fingerprint": null }))).await
        };
        assert_eq!(
            cleared.expect(200).json["verificationStatus"],
            "pending",
            "nobody has seen who cleared them"
        );
        put(&app, &token, &path, &update(&print("p2_1", None))).await.problem(409, "proof-needed");
        post(&app, &token, &format!("{path}/biometrics"), &print("p2_1", None))
            .await
            .problem(409, "proof-needed");
        app.delete(&path).await.expect(200);
        app.clock.turn(366 * 86_400);
    }
}

#[tokio::test]
async fn another_finger_comes_with_a_face_taken_now_or_a_finger_enrolled_before() {
    let app = app().await;
    let token = writer(&app).await;
    let path = verified(&app, Some(print("p1_1", Some("right-index")))).await;
    let other = print("p2_1", Some("left-thumb"));
    let add = format!("{path}/biometrics");
    // A stranger's face, what is stored already, and the new finger itself prove nothing.
    for (proof, code) in [
        (json!({ "faceImage": text(&face(EVE, 0, 0.1)) }), "face-mismatch"),
        (json!({ "faceImage": text(&face(ANN, 0, 0.1)) }), "face-mismatch"),
        (json!({ "fingerprint": text(&file("p2_1")) }), "fingerprint-mismatch"),
        (
            json!({ "fingerprint": app.get(&path).await.json["biometricData"]["fingerprint"] }),
            "fingerprint-mismatch",
        ),
    ] {
        post(&app, &token, &add, &with_proof(other.clone(), proof)).await.problem(409, code);
    }
    let by_face = with_proof(other.clone(), json!({ "faceImage": text(&face(ANN, 1, 0.1)) }));
    post(&app, &token, &add, &by_face).await.expect(201);
    assert!(opens(&app, &path, "p2_1").await);
    assert_eq!(app.get(&path).await.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn an_enrolled_finger_speaks_for_another() {
    let app = app().await;
    let token = writer(&app).await;
    let path = verified(&app, Some(print("p1_1", Some("right-index")))).await;
    let proof = json!({ "fingerprint": text(&file("p1_2")) });
    let by_finger = with_proof(print("p2_1", Some("left-thumb")), proof);
    put(&app, &token, &path, &update(&by_finger)).await.expect(200);
    assert!(opens(&app, &path, "p2_1").await && opens(&app, &path, "p1_2").await);
    assert_eq!(app.get(&path).await.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn the_first_finger_of_somebody_verified_needs_a_proof_or_a_reviewer() {
    let app = app().await;
    let token = writer(&app).await;
    let path = verified(&app, None).await;
    let first = print("p2_1", None);
    put(&app, &token, &path, &update(&first)).await.problem(409, "proof-needed");
    let proof = json!({ "faceImage": text(&face(ANN, 1, 0.1)) });
    put(&app, &token, &path, &update(&with_proof(first, proof))).await.expect(200);
    app.put(&path, &update(&print("p1_1", None))).await.expect(200);
    assert!(opens(&app, &path, "p1_2").await, "a reviewer may");
}

#[tokio::test]
async fn a_proof_stands_beside_a_fingerprint_only() {
    let app = app().await;
    let path = verified(&app, None).await;
    let proof = json!({ "faceImage": text(&face(ANN, 1, 0.1)) });
    let lone = update(&json!({ "proof": proof }));
    app.put(&path, &lone).await.problem(422, "validation-failed");
    let face = json!({ "faceImage": text(&face(ANN, 2, 0.1)), "proof": proof });
    app.post(&format!("{path}/biometrics"), &face).await.problem(422, "validation-failed");
}

#[tokio::test]
async fn a_face_proves_once_must_be_alive_and_none_beside_the_finger_is_a_proof() {
    let app = app().await;
    let token = writer(&app).await;
    let path = verified(&app, None).await;
    let add = format!("{path}/biometrics");
    let proof = |take| json!({ "faceImage": text(&face(ANN, take, 0.1)) });
    // A new face in the same body says nothing of whether it is alive.
    let mut both = print("p2_1", None);
    both["faceImage"] = json!(text(&face(ANN, 1, 0.1)));
    put(&app, &token, &path, &update(&both)).await.problem(409, "proof-needed");
    assert_eq!(app.get(&path).await.json["verificationStatus"], "verified", "nothing was changed");
    // The picture that proved liveness, and one that has spoken for a finger before, are used up.
    let first = with_proof(print("p1_1", None), proof(2));
    post(&app, &token, &add, &first).await.expect(201);
    let again = with_proof(print("p2_1", None), proof(2));
    post(&app, &token, &add, &again).await.problem(409, "liveness-replayed");
    let check = format!("{path}/liveness");
    post(&app, &token, &check, &json!(proof(2))).await.problem(409, "liveness-replayed");
    // A picture that is not alive proves nothing.
    let strict = registry::Settings { liveness_threshold: 0.95, ..registry::Settings::default() };
    let app = app.restart_with(Setup { fingers: Some(built_in()), settings: strict, ..setup() }).await;
    let dead = with_proof(print("p2_1", None), proof(3));
    post(&app, &token, &add, &dead).await.problem(409, "proof-needed");
    assert!(!opens(&app, &path, "p2_1").await);
}

#[tokio::test]
async fn neither_a_record_of_minutiae_nor_a_stored_or_used_print_proves_a_finger() {
    let app = app().await;
    let token = writer(&app).await;
    let path = verified(&app, Some(print("p1_1", Some("right-index")))).await;
    let add = format!("{path}/biometrics");
    let stored = samples(&app, &path).await.pop().unwrap();
    let template = app.get(&format!("{add}/{stored}")).await.expect(200).json["template"].clone();
    assert!(template.is_string(), "the server tells the template of what is enrolled");
    let planted = |proof: Value| with_proof(print("p2_1", Some("left-thumb")), proof);
    let by_record = planted(json!({ "fingerprint": template }));
    post(&app, &token, &add, &by_record).await.problem(409, "proof-needed");
    // The stored picture in another file.
    let again = testkit::fingers::recompressed(&file("p1_1"));
    let by_stored = planted(json!({ "fingerprint": text(&again) }));
    post(&app, &token, &add, &by_stored).await.problem(409, "liveness-replayed");
    assert!(!opens(&app, &path, "p2_1").await);
    // A finger that was shown once is used up.
    let shown = json!({ "fingerprint": text(&file("p1_2")) });
    post(&app, &token, &add, &planted(shown.clone())).await.expect(201);
    let other = with_proof(print("p2_1", Some("left-little")), shown);
    post(&app, &token, &add, &other).await.problem(409, "liveness-replayed");
}

#[tokio::test]
async fn a_photograph_does_not_end_what_was_counted_of_fingers() {
    let app = app().await;
    let path = verified(&app, Some(print("p1_1", None))).await;
    let ask = format!("{path}/verify");
    for _ in 0..3 {
        let token = writer(&app).await;
        for _ in 0..3 {
            post(&app, &token, &ask, &print("p2_1", None)).await.expect(200);
        }
        let photograph = json!({ "faceImage": text(&face(ANN, 0, 0.1)) });
        let said = post(&app, &token, &ask, &photograph).await.expect(200);
        assert_eq!(said.json["match"], true);
    }
    assert_eq!(app.get(&format!("{path}/attempts")).await.json["failures"], 9);
    let token = writer(&app).await;
    post(&app, &token, &ask, &print("p1_2", None)).await.expect(200);
    assert_eq!(app.get(&format!("{path}/attempts")).await.json["failures"], 0, "the finger itself does");
}

#[tokio::test]
async fn a_finger_that_is_known_does_not_let_a_face_be_climbed_along() {
    let app = app().await;
    let path = verified(&app, Some(print("p1_1", None))).await;
    let token = writer(&app).await;
    let mut both = print("p1_2", None);
    both["faceImage"] = json!(text(&face(ANN, 1, 2.4)));
    let said = post(&app, &token, &format!("{path}/verify"), &both).await.expect(200);
    let by_face = &said.json["parts"][0];
    assert_eq!(by_face["modality"], "face");
    let score = by_face["score"].as_f64().unwrap();
    assert!(score < 0.8, "{by_face}");
    assert!((score * 10.0).fract().abs() < 1e-3 || (score * 10.0).fract() > 0.999, "{by_face}");
    assert!(by_face.get("falseMatchRate").is_none(), "{by_face}");
}
