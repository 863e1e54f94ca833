//! What each personal field takes and keeps, what it refuses and what it says then, through the real router. A list's filters
//! read a value as the field itself does.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use axum::http::Method;
use serde_json::{Value, json};
use testkit::supplied::setup;
use testkit::{App, Setup};

/// What a field is given, and what it keeps.
const TAKEN: &[(&str, &str, &str)] = &[
    ("firstName", "李", "李"),
    ("firstName", "\u{3000}Ann\u{a0}\u{2003}\n", "Ann"),
    ("firstName", "\u{feff}\u{200b}Ann\u{2060}\u{ad}\u{200e}", "Ann"),
    ("firstName", "علی\u{200c}رضا", "علی\u{200c}رضا"),
    ("lastName", "O’Brien-Smith ", "O’Brien-Smith"),
    ("lastName", "രാജന്\u{200d}", "രാജന്\u{200d}"),
    ("dateOfBirth", "1990-01-15", "1990-01-15"),
    ("dateOfBirth", "1990-02", "1990-02"),
    ("dateOfBirth", "1990", "1990"),
    ("dateOfBirth", " 1990 ", "1990"),
    ("documentType", " passport\u{a0}", "passport"),
    ("documentNumber", "АБ 123", "АБ 123"),
    ("documentNumber", "№ 1_2;3<<#4*5", "№ 1_2;3<<#4*5"),
    ("documentNumber", "粤A·12345", "粤A·12345"),
    ("documentNumber", "क्षि-१२", "क्षि-१२"),
    ("documentNumber", " 12\u{200b}34\u{ad} ", "1234"),
    ("externalId", "\u{2009}crm-42\t", "crm-42"),
    ("nationality", "CO", "CO"),
    ("nationality", "col", "COL"),
    ("nationality", "D", "D"),
    ("nationality", "D<<", "D"),
    ("nationality", "d<<", "D"),
    ("nationality", "UNO", "UNO"),
    ("gender", " non-binary ", "non-binary"),
    ("email", "john.doe@example.com", "john.doe@example.com"),
    ("email", " \u{feff}ann@example.com\u{200b}", "ann@example.com"),
    ("email", "संपर्क@उदाहरण.भारत", "संपर्क@उदाहरण.भारत"),
    ("email", "jose\u{301}@example.com", "josé@example.com"),
    ("email", "a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
    ("email", ".a@docomo.ne.jp", ".a@docomo.ne.jp"),
    ("email", "a.@ezweb.ne.jp", "a.@ezweb.ne.jp"),
    ("email", "\"john doe\"@example.com", "\"john doe\"@example.com"),
    ("email", "\"a@b\"@example.com", "\"a@b\"@example.com"),
    ("phone", "+442079460958", "+442079460958"),
    ("phone", " +44 20\u{a0}7946\u{202f}0958 ", "+442079460958"),
    ("phone", "+44-20‑7946–0958", "+442079460958"),
    ("phone", "+44 (0)20 7946.0958", "+442079460958"),
    ("phone", "+44 (20) 7946/0958", "+442079460958"),
    ("phone", "\u{202a}+44 20 7946 0958\u{202c}", "+442079460958"),
    ("phone", "\u{200e}+44\u{200b}20\u{2060}79460958\u{feff}", "+442079460958"),
    ("phone", "＋４４２０７９４６０９５８", "+442079460958"),
    ("phone", "+۴۴۲۰۷۹۴۶۰۹۵۸", "+442079460958"),
    ("phone", "tel:+44-20-7946-0958", "+442079460958"),
];

/// What a field refuses, the code, and a word of what it says.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("firstName", "", "length", "1 to 200"),
    ("firstName", "\u{3000}", "length", "blank"),
    ("firstName", "\u{200b}", "length", "blank"),
    ("firstName", "\u{2060}\u{feff}", "length", "blank"),
    ("firstName", "\u{ad}", "length", "blank"),
    ("firstName", "\u{3164}", "length", "blank"),
    ("lastName", "\u{115f}\u{1160}\u{ffa0}", "length", "blank"),
    ("lastName", "\u{202e}nhoJ", "character", "bidirectional"),
    ("lastName", "a\nb", "character", "control"),
    ("dateOfBirth", "90", "format", "YYYY"),
    ("dateOfBirth", "1990-13", "format", "YYYY-MM"),
    ("dateOfBirth", "1990-02-30", "format", "real calendar date"),
    ("dateOfBirth", "15/01/1990", "format", "YYYY-MM-DD"),
    ("dateOfBirth", "9999", "in-future", "future"),
    ("dateOfBirth", "9998-12", "in-future", "future"),
    ("documentType", "\u{2800}", "length", "blank"),
    ("documentNumber", "\u{200b}", "length", "blank"),
    ("documentNumber", "1\u{202e}2", "character", "bidirectional"),
    ("documentNumber", "1\u{7}2", "character", "control"),
    ("documentNumber", "12345678901234567890123456789012345678901", "length", "40"),
    ("externalId", "\u{feff}", "length", "blank"),
    ("nationality", "C", "format", "ICAO"),
    ("nationality", "COLO", "format", "ISO 3166-1"),
    ("nationality", "<<<", "format", "ICAO"),
    ("gender", " \u{2060}", "length", "blank"),
    ("email", "a@b@example.com", "format", "name@example.com"),
    ("email", "a b@example.com", "format", "name@example.com"),
    ("email", "..@example.com", "format", "name@example.com"),
    ("email", "\"a\"b\"@example.com", "format", "name@example.com"),
    ("email", "ann@example..com", "format", "name@example.com"),
    ("email", "\u{202e}ann@example.com", "character", "bidirectional"),
    ("phone", "0044 20 7946 0958", "format", "write +"),
    ("phone", "020 7946 0958", "format", "begin with +"),
    ("phone", "+44 20 7946 0958;ext=12", "format", "extension"),
    ("phone", "tel:+44-20-7946-0958;ext=12", "format", "extension"),
    ("phone", "+44 20 7946 0958 x123", "format", "extension"),
    ("phone", "+44", "format", "E.164"),
    ("phone", "call me", "format", "E.164"),
];

fn with(field: &str, value: &str) -> Value {
    let mut body = json!({ "firstName": "Ann", "lastName": "Doe" });
    body[field] = json!(value);
    body
}

fn encoded(value: &str) -> String {
    value.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test]
async fn every_field_keeps_what_it_is_given_and_gives_it_back_unchanged() {
    let app = App::start().await;
    for (field, given, kept) in TAKEN {
        let made = app.post("/v2/persons", &with(field, given)).await.expect(201);
        assert_eq!(made.json[field], *kept, "{field} {given:?}");
        let path = format!("/v2/persons/{}", made.id());
        // Neither what was read nor what was sent first changes anything when it is sent again.
        for body in [made.json.clone(), with(field, given)] {
            assert_eq!(app.put(&path, &body).await.expect(200).json, made.json, "{field} {given:?}");
        }
        app.delete(&path).await.expect(200);
    }
}

#[tokio::test]
async fn every_field_says_what_is_wrong_on_every_way_in() {
    let app = App::start().await;
    let path =
        format!("/v2/persons/{}", app.post("/v2/persons", &with("gender", "x")).await.expect(201).id());
    for (field, given, code, says) in REFUSED {
        for (method, path) in [(Method::POST, "/v2/persons"), (Method::PUT, &path), (Method::PATCH, &path)] {
            let reply = app.send(method, path, &[], Some(&with(field, given))).await;
            let errors = reply.problem(422, "validation-failed").json["errors"].clone();
            assert_eq!(errors.as_array().unwrap().len(), 1, "{field} {given:?}: {errors}");
            assert_eq!(errors[0]["pointer"], format!("/{field}"), "{given:?}");
            assert_eq!(errors[0]["code"], *code, "{field} {given:?}: {errors}");
            assert!(errors[0]["detail"].as_str().unwrap().contains(says), "{field} {given:?}: {errors}");
        }
    }
}

#[tokio::test]
async fn a_filter_reads_a_value_as_the_field_does() {
    let app = App::start().await;
    let filtered =
        |field: &str| matches!(field, "email" | "phone" | "documentType" | "documentNumber" | "externalId");
    for (field, given, kept) in TAKEN.iter().filter(|(field, ..)| filtered(field)) {
        let id = app.post("/v2/persons", &with(field, given)).await.expect(201).id();
        for asked in [given, kept] {
            let listed = app.get(&format!("/v2/persons?{field}={}", encoded(asked))).await.expect(200);
            assert_eq!(listed.json["data"][0]["id"], json!(id), "{field} {asked:?}");
        }
        app.delete(&format!("/v2/persons/{id}")).await.expect(200);
    }
    for (field, given, code, says) in REFUSED.iter().filter(|(field, ..)| filtered(field)) {
        let refused = app.get(&format!("/v2/persons?{field}={}", encoded(given))).await;
        let error = refused.problem(400, "invalid-parameter").json["errors"][0].clone();
        assert_eq!((&error["parameter"], &error["code"]), (&json!(field), &json!(code)), "{given:?}");
        assert!(error["detail"].as_str().unwrap().contains(says), "{field} {given:?}: {error}");
    }
    // And in any width and case, where case says nothing.
    let body = json!({ "firstName": "Ann", "documentNumber": "ab-12", "email": "Ann@Example.com" });
    let id = app.post("/v2/persons", &body).await.expect(201).id();
    for asked in [
        "documentNumber=ＡＢ－１２",
        "documentNumber=AB‑12",
        "email=ANN@example.COM",
        "email=ａｎｎ@example.com",
    ] {
        let (field, value) = asked.split_once('=').unwrap();
        let listed = app.get(&format!("/v2/persons?{field}={}", encoded(value))).await.expect(200);
        assert_eq!(listed.json["data"][0]["id"], json!(id), "{asked}");
    }
}

#[tokio::test]
async fn one_name_is_enough_and_one_stays() {
    let app = App::start().await;
    for (body, missing) in [
        (json!({ "firstName": "Suharto" }), "lastName"),
        (json!({ "lastName": "Suharto", "firstName": null }), "firstName"),
    ] {
        let made = app.post("/v2/persons", &body).await.expect(201);
        let path = format!("/v2/persons/{}", made.id());
        let read = app.get(&path).await.expect(200);
        assert!(read.json.get(missing).is_none(), "{}", read.text);
        assert_eq!(
            app.get("/v2/persons?name=suhar").await.expect(200).json["data"][0]["id"],
            made.json["id"]
        );
        // The one there is stays, unless the other one comes with it.
        let present = if missing == "lastName" { "firstName" } else { "lastName" };
        for method in [Method::PUT, Method::PATCH] {
            for body in [json!({ present: null }), json!({ present: null, missing: null })] {
                let refused = app.send(method.clone(), &path, &[], Some(&body)).await;
                names_both(&refused.problem(422, "validation-failed").json);
            }
        }
        assert_eq!(app.get(&path).await.json, read.json);
        let turned = app.put(&path, &json!({ present: null, missing: "Soekarno" })).await.expect(200);
        assert_eq!((turned.json.get(present), &turned.json[missing]), (None, &json!("Soekarno")));
        app.delete(&path).await.expect(200);
    }
    let both = app.post("/v2/persons", &json!({ "firstName": "Ann", "lastName": "Doe" })).await.expect(201);
    let cleared =
        app.put(&format!("/v2/persons/{}", both.id()), &json!({ "lastName": null })).await.expect(200);
    assert_eq!((cleared.json["firstName"].as_str(), cleared.json.get("lastName")), (Some("Ann"), None));
}

fn names_both(problem: &Value) {
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/firstName", "/lastName"], "{problem}");
    for error in errors {
        assert_eq!(
            (error["code"].as_str(), error["detail"].as_str()),
            (Some("required"), Some("one of firstName and lastName is required"))
        );
    }
}

#[tokio::test]
async fn without_any_name_nobody_is_made() {
    let app = App::with(setup()).await;
    for body in [json!({}), json!({ "firstName": null }), json!({ "firstName": null, "lastName": null })] {
        names_both(&app.post("/v2/persons", &body).await.problem(422, "validation-failed").json);
        let mut live = body;
        live["biometricData"] = json!({ "faceImage": "AAAA" });
        names_both(&app.post("/v2/persons/liveness", &live).await.problem(422, "validation-failed").json);
    }
}

#[tokio::test]
async fn metadata_takes_lines_and_no_key_twice() {
    let app = App::start().await;
    let body = json!({ "firstName": "Ann", "metadata": { " address ": "12 High St\r\n\tFlat 3\n", "note": "\u{200b}" } });
    let made = app.post("/v2/persons", &body).await.expect(201);
    assert_eq!(made.json["metadata"], json!({ "address": "12 High St\r\n\tFlat 3", "note": "" }));
    let path = format!("/v2/persons/{}", made.id());
    assert_eq!(app.put(&path, &body).await.expect(200).json, made.json);
    let changed =
        app.put(&path, &json!({ "metadata": { "note ": null, " address": "a\nb" } })).await.expect(200);
    assert_eq!(changed.json["metadata"], json!({ "address": "a\nb" }));
    for bad in [
        json!({ "a": "1", "a ": "2" }),
        json!({ "\u{feff}": "1" }),
        json!({ "a\nb": "1" }),
        json!({ "a": "\u{1b}[31m" }),
        json!({ "a": "\u{202e}" }),
    ] {
        app.put(&path, &json!({ "metadata": bad })).await.problem(422, "validation-failed");
    }
}

#[tokio::test]
async fn every_other_text_is_cut_and_may_not_be_blank() {
    let app = App::start().await;
    let made = app
        .post("/v2/collections", &json!({ "name": "\u{feff}Jose\u{301} \u{3000}", "description": " a\nb " }))
        .await
        .expect(201);
    assert_eq!((&made.json["name"], &made.json["description"]), (&json!("José"), &json!("a\nb")));
    let blank = json!({ "name": "\u{200b}" });
    app.post("/v2/collections", &blank).await.problem(422, "validation-failed");
    // A collection is meant by its name in any of its spellings.
    let body = json!({ "firstName": "Ann", "collections": ["\u{a0}jose\u{301}\u{200b}"] });
    let person = app.post("/v2/persons", &body).await.expect(201);
    assert_eq!(person.json["collections"], json!([made.json["id"]]));
    let listed = app.get(&format!("/v2/persons?collection={}", encoded(" jose\u{301}"))).await.expect(200);
    assert_eq!(listed.json["data"][0]["id"], person.json["id"]);
    app.get("/v2/persons?collection=%E2%80%8B").await.problem(400, "invalid-parameter");
    let path = format!("/v2/persons/{}", person.id());
    let blank = json!({ "verificationStatus": "verified", "statusReason": "\u{200b}" });
    app.put(&path, &blank).await.problem(422, "validation-failed");
    let told = json!({ "verificationStatus": "verified", "statusReason": " seen\nin person " });
    let reviewed = app.put(&path, &told).await.expect(200);
    assert_eq!(reviewed.json["verification"]["reasons"], json!(["seen\nin person"]));
}

#[tokio::test]
async fn another_spelling_of_what_was_verified_is_no_other_person() {
    let app = App::with(Setup::default()).await;
    let body = json!({ "firstName": "Ann", "lastName": "Doe", "dateOfBirth": "1990", "nationality": "D", "documentNumber": "A1" });
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &body).await.expect(201).id());
    let verified = app.put(&path, &json!({ "verificationStatus": "verified" })).await.expect(200);
    let spelt = json!({ "firstName": " Ann\u{200b}", "nationality": "d<<", "documentNumber": "A\u{ad}1", "dateOfBirth": "1990 " });
    assert_eq!(app.put(&path, &spelt).await.expect(200).json, verified.json);
    // A day where there was a year is something that was not checked.
    let dated = app.put(&path, &json!({ "dateOfBirth": "1990-01-15" })).await.expect(200);
    assert_eq!(dated.json["verificationStatus"], "pending");
}
