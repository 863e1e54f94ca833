//! Fingerprints through the real router on a real store, with real extractors and real impressions.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::sync::Arc;

use domain::Scope;
use engine::finger::Fingers;
use image::{GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};
use testkit::fingers::{body, built_in, encoded, engine, file, image, part, probe, record, text};
use testkit::{App, Reply, Setup, supplied};

async fn app_with(fingers: Fingers) -> App {
    App::with(Setup { fingers: Some(fingers), ..Setup::default() }).await
}

async fn app() -> App {
    app_with(engine()).await
}

/// A test image's file as it is kept.
fn bare(name: &str) -> Vec<u8> {
    engine::finger::bare(file(name), engine::finger::Kind::Png).unwrap()
}

async fn enrol(app: &App, name: &str, bytes: &[u8]) -> String {
    app.post("/v2/persons", &body(name, bytes)).await.expect(201).id()
}

async fn verify(app: &App, id: &str, probe: &Value) -> Reply {
    app.post(&format!("/v2/persons/{id}/verify"), probe).await
}

/// The template of a person's fingerprint, as a record.
async fn exported(app: &App, id: &str) -> Vec<u8> {
    use base64::Engine as _;
    let samples = app.get(&format!("/v2/persons/{id}/biometrics")).await.expect(200);
    let sample = samples.json["data"][0]["id"].as_str().unwrap().to_owned();
    let sample = app.get(&format!("/v2/persons/{id}/biometrics/{sample}")).await.expect(200);
    base64::prelude::BASE64_STANDARD.decode(sample.json["template"].as_str().unwrap()).unwrap()
}

/// One finger verifies and another does not, whoever finds the minutiae and in whatever form they come.
async fn one_finger_and_another(fingers: Fingers) {
    let app = app_with(fingers).await;
    let mut prints = Vec::new();
    for name in ["p1_1", "p1_2", "p2_1"] {
        let id = enrol(&app, name, &file(name)).await;
        prints.push((id.clone(), file(name), exported(&app, &id).await));
    }
    let [(ann, ..), (_, image_again, record_again), (_, other_image, other_record)] = &prints[..] else {
        panic!()
    };
    let by_record = enrol(&app, "record", &prints[0].2).await;
    for id in [ann, &by_record] {
        for again in [image_again, record_again] {
            let own = verify(&app, id, &probe(again)).await.expect(200);
            assert_eq!(
                (&own.json["match"], &own.json["modality"]),
                (&json!(true), &json!("fingerprint")),
                "{}",
                own.text
            );
        }
        for other in [other_image, other_record] {
            let other = verify(&app, id, &probe(other)).await.expect(200);
            assert_eq!(other.json["match"], json!(false), "{}", other.text);
            assert!(other.json["falseMatchRate"].as_f64().unwrap() > 1e-3);
        }
    }
}

#[tokio::test]
async fn a_finger_verifies_and_another_does_not_with_the_network() {
    one_finger_and_another(engine()).await;
}

#[tokio::test]
async fn a_finger_verifies_and_another_does_not_without_weights() {
    one_finger_and_another(built_in()).await;
}

#[tokio::test]
async fn every_format_gives_the_same_finger() {
    let app = app().await;
    let ann = enrol(&app, "Ann", &file("p1_1")).await;
    let again = image("p1_2");
    for format in [ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::Jpeg, ImageFormat::Png] {
        let own = verify(&app, &ann, &probe(&encoded(&again, format))).await.expect(200);
        assert_eq!(own.json["match"], json!(true), "{format:?}: {}", own.text);
    }
    // Twice as many dots an inch, said so.
    let (width, height) = again.dimensions();
    let double =
        image::imageops::resize(&again, 2 * width, 2 * height, image::imageops::FilterType::Triangle);
    let mut double = probe(&encoded(&double, ImageFormat::Png));
    let unsaid = verify(&app, &ann, &double).await;
    assert_ne!(unsaid.json["match"], json!(true), "at 500 dpi it is a giant's");
    double["dpi"] = json!(1000);
    assert_eq!(verify(&app, &ann, &double).await.expect(200).json["match"], json!(true));
}

#[tokio::test]
async fn a_search_by_finger_names_the_person_and_says_nobody_of_a_stranger() {
    let app = app().await;
    let ann = enrol(&app, "Ann", &file("p1_1")).await;
    let bob =
        enrol(&app, "Bob", &encoded(&image::imageops::flip_horizontal(&image("p2_1")), ImageFormat::Png))
            .await;
    let found = app.post("/v2/persons/search", &probe(&file("p1_2"))).await.expect(200);
    assert_eq!(found.json["candidates"][0]["personId"], ann.as_str(), "{}", found.text);
    assert_eq!(found.json["candidates"].as_array().unwrap().len(), 1);
    assert_eq!(found.json["candidates"][0]["match"], json!(true));
    assert_eq!(
        (&found.json["gallerySize"], &found.json["models"]),
        (&json!(2), &json!({"extractor": "leader-1.2.7"}))
    );
    let nobody = app.post("/v2/persons/search", &probe(&file("p2_1"))).await.expect(200);
    assert_eq!(nobody.json["candidates"], json!([]), "a mirror image is another finger");
    // Whoever is erased is found no more.
    app.delete(&format!("/v2/persons/{ann}")).await.expect(200);
    let gone = app.post("/v2/persons/search", &probe(&file("p1_2"))).await.expect(200);
    assert_eq!((&gone.json["candidates"], &gone.json["gallerySize"]), (&json!([]), &json!(1)));
    let check = app.registry.check_galleries().await.unwrap();
    assert!(check.is_equal() && check.fingerprints == 1, "{check:?}");
    let check = app.restart().await.registry.check_galleries().await.unwrap();
    assert!(check.is_equal() && check.fingerprints == 1, "loaded anew: {check:?}");
    let _ = bob;
}

/// A person with a supplied face and a real finger.
fn with_both(name: &str, face: &[u8], finger: &[u8]) -> Value {
    let mut both = supplied::body(name, face);
    both["biometricData"]["fingerprint"] = json!(text(finger));
    both
}

async fn app_for_both() -> App {
    App::with(Setup { faces: Some(supplied::engine()), fingers: Some(engine()), ..Setup::default() }).await
}

/// Noise with which a face is as unlike the same person's other as one in three thousand strangers is.
const FAINT: f32 = 2.2;

#[tokio::test]
async fn face_and_finger_together_say_more_than_either() {
    let app = app_for_both().await;
    let ann = app
        .post("/v2/persons", &with_both("Ann", &supplied::face(1, 0, 0.1), &file("p1_1")))
        .await
        .expect(201)
        .id();
    let faint = supplied::face(1, 3, FAINT);
    let alone = verify(&app, &ann, &supplied::probe(&faint)).await.expect(200);
    assert_eq!(alone.json["match"], json!(false), "{}", alone.text);
    let mut both = supplied::probe(&faint);
    both["fingerprint"] = json!(text(&file("p1_2")));
    let together = verify(&app, &ann, &both).await.expect(200);
    assert_eq!(
        (&together.json["match"], &together.json["modality"]),
        (&json!(true), &json!("face+fingerprint"))
    );
    let parts = together.json["parts"].as_array().unwrap();
    let rate = |v: &Value| v["falseMatchRate"].as_f64().unwrap();
    assert!(rate(&together.json) < rate(&parts[0]), "the finger helps the face: {}", together.text);
    assert_eq!((&parts[0]["modality"], &parts[1]["modality"]), (&json!("face"), &json!("fingerprint")));
    // The right face with the wrong finger is less sure than the right face alone.
    let clear = supplied::face(1, 4, 0.5);
    let alone = verify(&app, &ann, &supplied::probe(&clear)).await.expect(200);
    let mut wrong = supplied::probe(&clear);
    wrong["fingerprint"] = json!(text(&file("p2_1")));
    let wrong = verify(&app, &ann, &wrong).await.expect(200);
    assert!(rate(&wrong.json) > rate(&alone.json), "{} after {}", wrong.text, alone.text);
    assert_eq!((&alone.json["match"], &wrong.json["match"]), (&json!(true), &json!(false)), "{}", wrong.text);
    // Also among many.
    for who in 2..20 {
        let other = supplied::body("Other", &supplied::face(who, 0, 0.1));
        app.post("/v2/persons", &other).await.expect(201);
    }
    let found = app.post("/v2/persons/search", &both).await.expect(200);
    assert_eq!(found.json["candidates"][0]["personId"], ann.as_str(), "{}", found.text);
    assert!(found.json["models"]["embedder"].is_string() && found.json["models"]["extractor"].is_string());
}

#[tokio::test]
async fn one_finger_alone_puts_a_pair_on_the_review_list_and_refuses_only_with_the_face() {
    let app = app_for_both().await;
    let mut ann = with_both("Ann", &supplied::face(1, 0, 0.1), &file("p1_1"));
    let verified = app.post("/v2/persons/liveness", &ann).await.expect(201);
    assert_eq!(verified.json["verificationStatus"], "verified");
    // Another face with Ann's finger: a reviewer shall look.
    let other = app
        .post("/v2/persons", &with_both("Bob", &supplied::face(2, 0, 0.1), &file("p1_2")))
        .await
        .expect(201)
        .id();
    let pairs = app.get("/v2/duplicates").await.expect(200);
    let pair = &pairs.json["data"][0];
    assert_eq!(pair["personIds"].as_array().unwrap().len(), 2);
    assert!(pair["personIds"].as_array().unwrap().contains(&json!(other)), "{}", pairs.text);
    assert_eq!(pair["model"], "leader-1.2.7");
    // The same finger without a face, too.
    enrol(&app, "Cid", &encoded(&part(&image("p1_2"), 9, 4), ImageFormat::Png)).await;
    assert!(app.get("/v2/duplicates").await.json["data"].as_array().unwrap().len() >= 2);
    // A face that alone says too little, with the finger: nobody is enrolled twice.
    ann = with_both("Dan", &supplied::face(1, 3, FAINT), &file("p1_2"));
    app.post("/v2/persons", &ann).await.problem(409, "duplicate-person");
    let mut allowed = ann.clone();
    allowed["onDuplicate"] = json!("allow");
    app.post("/v2/persons", &allowed).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_enrolments_of_one_finger_at_once_every_two_are_noticed() {
    const AT_ONCE: usize = 8;
    let app = Arc::new(app_with(built_in()).await);
    for round in 0..6u16 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            let (app, body) = (Arc::clone(&app), body("Ann", &record(40 + round)));
            tasks.spawn(async move { app.post("/v2/persons", &body).await.expect(201).id() });
        }
        let ids = tasks.join_all().await;
        let pairs = app.get("/v2/duplicates?limit=200").await.expect(200);
        let pairs = pairs.json["data"].as_array().unwrap().clone();
        let both = |p: &&Value| {
            p["personIds"].as_array().unwrap().iter().all(|id| ids.iter().any(|i| id == i.as_str()))
        };
        assert_eq!(pairs.iter().filter(both).count(), AT_ONCE * (AT_ONCE - 1) / 2, "in round {round}");
        for id in ids {
            app.delete(&format!("/v2/persons/{id}")).await.expect(200);
        }
    }
}

fn sample(bytes: &[u8], finger: &str) -> Value {
    json!({ "fingerprint": text(bytes), "finger": finger })
}

#[tokio::test]
async fn samples_have_a_finger_a_quality_and_three_impressions_at_most() {
    let app = app().await;
    let ann = enrol(&app, "Ann", &file("p2_1")).await;
    let path = format!("/v2/persons/{ann}/biometrics");
    let first = app.post(&path, &sample(&file("p1_1"), "right-index")).await.expect(201);
    assert_eq!(
        (&first.json["finger"], &first.json["primary"]),
        (&json!("right-index"), &json!(false)),
        "{}",
        first.text
    );
    assert!(first.json["quality"].as_u64().unwrap() > 50 && first.json["dpi"] == 500);
    // Another finger under the same name is refused, unless a reviewer says so.
    app.post(&path, &sample(&file("p2_1"), "right-index")).await.problem(409, "fingerprint-mismatch");
    let mut forced = sample(&encoded(&part(&image("p2_1"), 3, 3), ImageFormat::Png), "right-index");
    forced["force"] = json!(true);
    let writer = app.token_with(&[Scope::PersonsWrite]).await;
    let request = axum::http::Request::post(&path)
        .header("authorization", format!("Bearer {writer}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(forced.to_string()));
    app.raw(request.unwrap()).await.problem(403, "missing-scope");
    let forced = app.post(&path, &forced).await.expect(201).json["id"].as_str().unwrap().to_owned();
    app.post(&path, &sample(&file("p1_2"), "right-index")).await.expect(201);
    app.post(&path, &sample(&encoded(&part(&image("p1_2"), 5, 5), ImageFormat::Png), "right-index"))
        .await
        .problem(409, "too-many-samples");
    app.delete(&format!("{path}/{forced}")).await.expect(200);
    app.post(&path, &sample(&file("p1_2"), "left-thumb")).await.expect(201);
    let shown = app.get(&format!("/v2/persons/{ann}")).await.expect(200);
    assert_eq!(shown.json["biometricData"]["samples"].as_array().unwrap().len(), 4);
    assert_eq!(
        shown.json["biometricData"]["fingerprint"],
        text(&bare("p2_1")),
        "the first is the one that is shown, without the metadata of its file"
    );
    // Only impressions of the finger that is asked for are compared.
    let mut probe = sample(&file("p1_1"), "right-index");
    assert_eq!(verify(&app, &ann, &probe).await.expect(200).json["match"], json!(true));
    probe["finger"] = json!("left-ring");
    let unknown = verify(&app, &ann, &probe).await.expect(200);
    assert_eq!(
        unknown.json["match"],
        json!(false),
        "only the one of an unknown finger is left to compare with"
    );
    // The one that is shown goes; the next takes its place.
    let samples = app.get(&path).await.expect(200);
    let primary =
        samples.json["data"].as_array().unwrap().iter().find(|s| s["primary"] == true).unwrap()["id"].clone();
    app.delete(&format!("{path}/{}", primary.as_str().unwrap())).await.expect(200);
    let shown = app.get(&format!("/v2/persons/{ann}")).await.expect(200);
    assert_eq!(shown.json["biometricData"]["fingerprint"], text(&bare("p1_1")));
    verify(&app, &ann, &probe).await.problem(409, "no-fingerprint-enrolled");
}

#[tokio::test]
async fn sending_a_person_back_as_it_was_read_changes_nothing() {
    let app = app().await;
    let mut new = body("Ann", &file("p1_1"));
    new["biometricData"]["finger"] = json!("left-thumb");
    let ann = app.post("/v2/persons", &new).await.expect(201).id();
    let path = format!("/v2/persons/{ann}");
    let read = app.get(&path).await.expect(200);
    let put = app.put(&path, &read.json).await.expect(200);
    assert_eq!(put.json, read.json);
    let replaced = json!({ "biometricData": { "fingerprint": text(&file("p2_1")), "finger": "left-thumb" } });
    let replaced = app.put(&path, &replaced).await.expect(200);
    assert_eq!(replaced.json["version"], 2);
    assert_eq!(verify(&app, &ann, &probe(&file("p1_2"))).await.expect(200).json["match"], json!(false));
    let more = json!({ "fingerprint": text(&file("p1_1")), "finger": "right-thumb" });
    app.post(&format!("{path}/biometrics"), &more).await.expect(201);
    let dpi = json!({ "biometricData": { "fingerprint": text(&file("p2_1")), "dpi": 480 } });
    let corrected = app.put(&path, &dpi).await.expect(200);
    assert_eq!(
        corrected.json["biometricData"]["samples"][0]["dpi"], 480,
        "the same bytes, of another resolution"
    );
    let cleared = app.put(&path, &json!({ "biometricData": { "fingerprint": null } })).await.expect(200);
    assert_eq!(cleared.json["biometricData"], json!({}));
    verify(&app, &ann, &probe(&file("p1_2"))).await.problem(409, "no-fingerprint-enrolled");
}

#[tokio::test]
async fn a_verified_persons_finger_is_replaced_by_its_own_or_with_a_reviewers_word() {
    let app = app_for_both().await;
    let ann =
        app.post("/v2/persons/liveness", &with_both("Ann", &supplied::face(1, 0, 0.1), &file("p1_1"))).await;
    let path = format!("/v2/persons/{}", ann.expect(201).id());
    let writer = app.token_with(&[Scope::PersonsWrite, Scope::PersonsRead]).await;
    let put = async |finger: &str, name: &str| {
        let body = json!({ "biometricData": { "fingerprint": text(&file(name)), "finger": finger } });
        let request = axum::http::Request::put(&path)
            .header("authorization", format!("Bearer {writer}"))
            .header("content-type", "application/json");
        app.raw(request.body(axum::body::Body::from(body.to_string())).unwrap()).await
    };
    put("right-index", "p2_1").await.problem(409, "fingerprint-mismatch");
    put("right-index", "p1_2").await.expect(200);
    put("left-index", "p2_1").await.problem(409, "fingerprint-mismatch");
    // The test's own token may review.
    let body = json!({ "biometricData": { "fingerprint": text(&file("p2_1")) } });
    app.put(&path, &body).await.expect(200);
}

#[tokio::test]
async fn a_finger_under_another_name_is_noticed_all_the_same() {
    let app = app().await;
    for (name, finger) in [("p1_1", "right-index"), ("p1_2", "left-little")] {
        let mut new = body("Ann", &file(name));
        new["biometricData"]["finger"] = json!(finger);
        app.post("/v2/persons", &new).await.expect(201);
    }
    assert_eq!(app.get("/v2/duplicates").await.json["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn finger_and_resolution_are_not_forgotten_while_nothing_is_compared() {
    let app = App::start().await;
    let (width, height) = image("p1_1").dimensions();
    let double =
        image::imageops::resize(&image("p1_1"), 2 * width, 2 * height, image::imageops::FilterType::Triangle);
    let mut new = body("Ann", &encoded(&double, ImageFormat::Png));
    (new["biometricData"]["dpi"], new["biometricData"]["finger"]) = (json!(1000), json!("left-ring"));
    let ann = app.post("/v2/persons", &new).await.expect(201).id();
    let app = app.restart_with(Setup { fingers: Some(engine()), ..Setup::default() }).await;
    let again = sample(&file("p1_2"), "left-ring");
    assert_eq!(verify(&app, &ann, &again).await.expect(200).json["match"], json!(true));
    verify(&app, &ann, &sample(&file("p1_2"), "left-thumb")).await.problem(409, "no-fingerprint-enrolled");
}

#[tokio::test]
async fn hostile_and_useless_fingerprints_are_refused_for_their_reason() {
    let app = app().await;
    let create = async |bytes: &[u8]| app.post("/v2/persons", &body("Ann", bytes)).await;
    create(b"hello").await.problem(422, "validation-failed");
    create(&file("p1_1")[..2_000]).await.problem(422, "fingerprint-undecodable");
    let blank = GrayImage::from_pixel(400, 400, Luma([200]));
    let low = create(&encoded(&blank, ImageFormat::Png)).await;
    assert_eq!((&low.json["measured"], &low.json["limit"]), (&json!(0.0), &json!(10.0)), "{}", low.text);
    low.problem(422, "fingerprint-quality-too-low");
    create(&record(9)).await.problem(422, "fingerprint-quality-too-low");
    create(&record(12)).await.expect(201);
    // Claims of size.
    let mut zero = record(12);
    zero[14..18].fill(0);
    create(&zero).await.problem(422, "fingerprint-undecodable");
    let mut bmp = encoded(&blank, ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&65_535u32.to_le_bytes());
    create(&bmp).await.problem(422, "image-too-large");
    bmp[18..22].fill(0);
    create(&bmp).await.problem(422, "fingerprint-undecodable");
    let mut png = encoded(&blank, ImageFormat::Png);
    png[16..20].copy_from_slice(&65_535u32.to_be_bytes());
    create(&png).await.problem(422, "image-too-large");
    create(&encoded(&GrayImage::from_pixel(3_900, 2_000, Luma([9])), ImageFormat::Png))
        .await
        .problem(422, "image-too-large");
    // What is said of it must be sensible, and go with it.
    for (name, value) in [("dpi", json!(100)), ("dpi", json!(2_000)), ("finger", json!("thumb"))] {
        let mut bad = body("Ann", &file("p1_1"));
        bad["biometricData"][name] = value;
        let bad = app.post("/v2/persons", &bad).await;
        assert_eq!(bad.json["errors"][0]["pointer"], format!("/biometricData/{name}"), "{}", bad.text);
        bad.problem(422, "validation-failed");
    }
    let lone = json!({ "firstName": "A", "lastName": "B", "biometricData": { "dpi": 500 } });
    app.post("/v2/persons", &lone).await.problem(422, "validation-failed");
}

#[tokio::test]
async fn templates_of_a_lattice_or_of_255_minutiae_are_compared_in_no_time() {
    use minutiae::{Kind, Minutia, Template, record::to_iso2005};
    let app = app().await;
    let lattice = |i: u16| Minutia {
        x: 20 + i % 8 * 20,
        y: 20 + i / 8 * 20,
        angle: 64,
        kind: Kind::Ending,
        quality: 90,
    };
    let lattice = to_iso2005(&Template::new((0..40).map(lattice).collect()), None, 90);
    let ann = enrol(&app, "Ann", &lattice).await;
    // 255 are what a record can hold; a template keeps the surest of them.
    let mut many = record(64);
    let minutia = many[28..34].to_vec();
    many.truncate(28);
    many[27] = 255;
    for i in 0..255u16 {
        many.extend_from_slice(&[
            0x40,
            (i % 200) as u8,
            0,
            (i * 7 % 250) as u8,
            (i * 31 % 256) as u8,
            minutia[5],
        ]);
    }
    many.extend_from_slice(&[0, 0]);
    let length = u32::try_from(many.len()).unwrap();
    many[8..12].copy_from_slice(&length.to_be_bytes());
    many[14..18].copy_from_slice(&[1, 0x90, 1, 0x90]);
    for probe_bytes in [&lattice, &many] {
        verify(&app, &ann, &probe(probe_bytes)).await.expect(200);
        app.post("/v2/persons/search", &probe(probe_bytes)).await.expect(200);
    }
}

#[tokio::test]
async fn another_extractor_makes_the_templates_again_and_a_clients_stay() {
    let app = app_with(built_in()).await;
    let ann = enrol(&app, "Ann", &file("p1_1")).await;
    let record_of_ann = exported(&app, &ann).await;
    let rec = enrol(&app, "Record", &record_of_ann).await;
    let setup = Setup { fingers: Some(engine()), ..Setup::default() };
    let app = app.restart_with(setup).await;
    app.post("/v2/persons/search", &probe(&file("p1_2"))).await.problem(503, "gallery-loading");
    // One to one, what is missing is made at once.
    assert_eq!(verify(&app, &ann, &probe(&file("p1_2"))).await.expect(200).json["match"], json!(true));
    assert_eq!(app.registry.remake_templates().await.unwrap(), 0, "it was kept");
    let found = app.post("/v2/persons/search", &probe(&file("p1_2"))).await.expect(200);
    assert_eq!(found.json["candidates"][0]["personId"], ann.as_str(), "{}", found.text);
    assert_eq!(exported(&app, &rec).await[27..], record_of_ann[27..], "its minutiae are still the client's");
}

#[tokio::test]
async fn what_was_kept_as_sent_can_be_compared_once_there_is_an_engine() {
    let app = App::start().await;
    let ann = enrol(&app, "Ann", &file("p1_1")).await;
    let junk = enrol(&app, "Junk", b"FMR\0 20\0junk").await;
    verify(&app, &ann, &probe(&file("p1_2"))).await.problem(501, "fingerprints-not-configured");
    let app = app.restart_with(Setup { fingers: Some(engine()), ..Setup::default() }).await;
    assert_eq!(app.registry.remake_templates().await.unwrap(), 2);
    assert_eq!(verify(&app, &ann, &probe(&file("p1_2"))).await.expect(200).json["match"], json!(true));
    verify(&app, &junk, &probe(&file("p1_2"))).await.problem(409, "no-fingerprint-enrolled");
    let found = app.post("/v2/persons/search", &probe(&file("p1_2"))).await.expect(200);
    assert_eq!(found.json["candidates"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn merging_brings_fingers_together_and_parting_takes_them_apart() {
    let app = app().await;
    let ann = enrol(&app, "Ann", &file("p1_1")).await;
    let other = enrol(&app, "Ann", &file("p2_1")).await;
    app.post(&format!("/v2/persons/{ann}/merge"), &json!({ "personId": other })).await.expect(200);
    let prints = app.get(&format!("/v2/persons/{ann}/biometrics")).await.expect(200);
    assert_eq!(prints.json["data"].as_array().unwrap().len(), 2, "{}", prints.text);
    for name in ["p1_2", "p2_1"] {
        assert_eq!(
            verify(&app, &ann, &probe(&file(name))).await.expect(200).json["match"],
            json!(true),
            "{name}"
        );
    }
    app.post(&format!("/v2/persons/{ann}/unmerge"), &json!({ "personId": other })).await.expect(200);
    assert_eq!(verify(&app, &ann, &probe(&file("p2_1"))).await.expect(200).json["match"], json!(false));
    assert_eq!(verify(&app, &other, &probe(&file("p2_1"))).await.expect(200).json["match"], json!(true));
}

/// A PNG with a text that a client did not mean to send.
fn with_text(canary: &[u8]) -> Vec<u8> {
    let png = encoded(&image("p1_1"), ImageFormat::Png);
    let body = [b"Comment\0", canary].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&png[..33], &length, b"tEXt", &body, &[0; 4], &png[33..]].concat()
}

#[tokio::test]
async fn a_fingerprints_file_comes_back_without_its_metadata_and_the_same_file_again_changes_nothing() {
    for app in [App::start().await, app_with(built_in()).await] {
        let canary = b"CANARY 52.5200N 13.4050E";
        let sent = with_text(canary);
        let id = enrol(&app, "Ann", &sent).await;
        let path = format!("/v2/persons/{id}");
        let shown = app.get(&path).await.expect(200);
        use base64::Engine as _;
        let print = shown.json["biometricData"]["fingerprint"].as_str().unwrap();
        let stored = base64::prelude::BASE64_STANDARD.decode(print).unwrap();
        assert!(!stored.windows(canary.len()).any(|w| w == canary));
        let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().into_luma8();
        assert!(pixels(&stored) == testkit::fingers::image("p1_1"));
        for again in [sent, stored] {
            let body = json!({ "biometricData": { "fingerprint": text(&again) } });
            let put = app.put(&path, &body).await.expect(200);
            assert_eq!(put.json["version"], shown.json["version"]);
        }
    }
}

#[tokio::test]
async fn a_fingerprints_file_whose_metadata_cannot_be_told_from_its_picture_is_refused() {
    let app = App::start().await;
    let sent = with_text(b"CANARY");
    app.post("/v2/persons", &body("Ann", &sent[..60])).await.problem(422, "fingerprint-undecodable");
}
