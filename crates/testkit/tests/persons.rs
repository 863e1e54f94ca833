//! The six routes of the Persons API, through the real router over a real store.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::App;

fn everything() -> Value {
    json!({
        "firstName": "John", "lastName": "Doe", "email": "john.doe@example.com", "phone": "+1234567890",
        "dateOfBirth": "1990-01-15", "documentType": "passport", "documentNumber": "123456789",
        "externalId": "crm-42", "nationality": "CO", "gender": "male", "metadata": {"branch": "north", "vip": "yes"},
        "biometricData": {"fingerprint": "Rk1SACAyMAAAAAA="}
    })
}

fn minimal() -> Value {
    json!({"firstName": "John", "lastName": "Doe"})
}

#[tokio::test]
async fn a_person_with_every_field_comes_back_equal_after_a_restart() {
    let app = App::start().await;
    let created = app.post("/v2/persons", &everything()).await.expect(201);
    assert_eq!(created.header("location"), format!("/v2/persons/{}", created.id()));
    assert_eq!(created.header("etag"), "\"1\"");
    for (name, value) in everything().as_object().unwrap().iter().filter(|(n, _)| *n != "biometricData") {
        assert_eq!(created.json[name], *value, "{name}");
    }
    assert_eq!(created.json["biometricData"]["fingerprint"], "Rk1SACAyMAAAAAA=");
    assert_eq!(created.json["verificationStatus"], "pending");
    let app = app.restart().await;
    let read = app.get(&format!("/v2/persons/{}", created.id())).await.expect(200);
    assert_eq!(read.json, created.json);
}

#[tokio::test]
async fn putting_back_what_was_read_changes_nothing() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &everything()).await.expect(201).id());
    let read = app.get(&path).await.expect(200);
    let put = app.put(&path, &read.json).await.expect(200);
    assert_eq!(put.json, read.json);
    assert_eq!(app.get(&path).await.header("etag"), "\"1\"");
}

#[tokio::test]
async fn of_two_updates_with_one_etag_one_wins() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &minimal()).await.expect(201).id());
    let tag = [("if-match", "\"1\"")];
    let (one, other) = (json!({"email": "a@example.com"}), json!({"email": "b@example.com"}));
    let (a, b) = tokio::join!(
        app.send(Method::PUT, &path, &tag, Some(&one)),
        app.send(Method::PUT, &path, &tag, Some(&other))
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    app.send(Method::DELETE, &path, &tag, None).await.problem(412, "precondition-failed");
    let known = app.send(Method::GET, &path, &[("if-none-match", "\"2\"")], None).await.expect(304);
    assert!(known.text.is_empty());
}

#[tokio::test]
async fn put_and_patch_merge_and_null_clears() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &everything()).await.expect(201).id());
    let put = app
        .put(&path, &json!({"email": null, "metadata": {"vip": null, "tier": "2"}, "lastName": "Roe"}))
        .await
        .expect(200);
    assert_eq!(put.json["email"], Value::Null);
    assert_eq!(put.json["metadata"], json!({"branch": "north", "tier": "2"}));
    assert_eq!((&put.json["lastName"], &put.json["phone"]), (&json!("Roe"), &json!("+1234567890")));
    assert_eq!(put.json["version"], 2);
    let patched = app.send(Method::PATCH, &path, &[], Some(&json!({"metadata": null}))).await.expect(200);
    assert_eq!(patched.json["metadata"], Value::Null);
}

#[tokio::test]
async fn the_servers_own_members_can_be_repeated_but_not_written() {
    let app = App::start().await;
    let created = app.post("/v2/persons", &minimal()).await.expect(201);
    let path = format!("/v2/persons/{}", created.id());
    for body in [
        json!({"id": "person_x"}),
        json!({"createdAt": "2020-01-01T00:00:00Z"}),
        json!({"biometricData": {"livenessScore": 0.99}}),
        json!({"verifiedAt": "2020-01-01T00:00:00Z"}),
        json!({"verification": {"method": "review"}}),
    ] {
        app.put(&path, &body).await.problem(422, "read-only-field");
    }
    for body in [json!({"version": 7}), json!({"updatedAt": "2020-01-01T00:00:00Z"})] {
        app.put(&path, &body).await.problem(412, "precondition-failed");
    }
    for body in [
        json!({"firstName": "A", "lastName": "B", "verificationStatus": "verified"}),
        json!({"firstName": "A", "lastName": "B", "biometricData": {"livenessScore": 1}}),
    ] {
        app.post("/v2/persons", &body).await.problem(422, "read-only-field");
    }
    assert_eq!(app.get(&path).await.json, created.json);
}

#[tokio::test]
async fn only_a_reviewer_changes_the_status_and_only_legally() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &minimal()).await.expect(201).id());
    let writer = app.token_with(&[domain::Scope::PersonsWrite]).await;
    let as_writer = axum::http::Request::put(&path)
        .header("authorization", format!("Bearer {writer}"))
        .header("content-type", "application/json")
        .body(json!({"verificationStatus": "verified"}).to_string().into())
        .unwrap();
    app.raw(as_writer).await.problem(422, "read-only-field");
    let reviewed = app
        .put(&path, &json!({"verificationStatus": "verified", "statusReason": "seen in the branch"}))
        .await
        .expect(200);
    assert_eq!(reviewed.json["verificationStatus"], "verified");
    assert_eq!(reviewed.json["verification"]["reasons"], json!(["seen in the branch"]));
    app.put(&path, &json!({"verificationStatus": "failed"})).await.problem(409, "illegal-transition");
    app.put(&path, &json!({"verificationStatus": "pending"})).await.expect(200);
}

#[tokio::test]
async fn a_verification_expires_by_itself_and_never_un_expires() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &minimal()).await.expect(201).id());
    let verified = app.put(&path, &json!({"verificationStatus": "verified"})).await.expect(200);
    app.clock.turn(365 * 86_400 + 1);
    let expired = app.get(&path).await.expect(200);
    assert_eq!(expired.json["verificationStatus"], "expired");
    assert_eq!(
        (&expired.json["version"], &expired.json["updatedAt"]),
        (&verified.json["version"], &verified.json["updatedAt"])
    );
    assert_eq!(expired.header("etag"), "\"2x\"");
    app.clock.turn(-400 * 86_400);
    assert_eq!(
        app.get(&path).await.json["verificationStatus"],
        "expired",
        "a clock set back changes nothing"
    );
    for (status, count) in [("expired", 1), ("verified", 0)] {
        let listed = app.get(&format!("/v2/persons?verificationStatus={status}")).await.expect(200);
        assert_eq!(listed.json["pagination"]["total"], count, "{status}");
    }
}

#[tokio::test]
async fn an_erased_person_is_gone_and_the_receipt_is_signed() {
    use base64::Engine as _;
    let app = App::start().await;
    let id = app.post("/v2/persons", &everything()).await.expect(201).id();
    let path = format!("/v2/persons/{id}");
    let erased = app.delete(&path).await.expect(200);
    assert_eq!((&erased.json["id"], &erased.json["deleted"]), (&json!(id), &json!(true)));
    let receipt = &erased.json["receipt"];
    let bytes =
        |name: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(receipt[name].as_str().unwrap()).unwrap();
    let (key, signature) = (bytes("publicKey").try_into().unwrap(), bytes("signature").try_into().unwrap());
    let statement = receipt["statement"].as_str().unwrap();
    assert!(statement.contains(&id) && vault::verify(&key, statement.as_bytes(), &signature));
    app.get(&path).await.problem(404, "not-found");
    app.delete(&path).await.problem(404, "not-found");
    app.put(&path, &json!({"email": null})).await.problem(404, "not-found");
    app.post("/v2/persons", &everything()).await.expect(201);
}

#[tokio::test]
async fn lists_are_newest_first_paged_and_filtered() {
    let app = App::start().await;
    for (i, name) in ["Ana María Pérez", "Bob Stone", "Anabel Stone-Pereira"].iter().enumerate() {
        let (first, last) = name.split_once(' ').unwrap();
        app.post("/v2/persons", &json!({"firstName": first, "lastName": last, "email": format!("P{i}@example.com"), "externalId": format!("x{i}")})).await.expect(201);
    }
    let names = async |query: &str| -> Vec<String> {
        let listed = app.get(&format!("/v2/persons{query}")).await.expect(200);
        assert!(listed.json["data"].as_array().unwrap().iter().all(|p| p["biometricData"].is_null()));
        listed.json["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["firstName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("").await, ["Anabel", "Bob", "Ana"]);
    assert_eq!(names("?sort=createdAt&limit=2").await, ["Ana", "Bob"]);
    assert_eq!(names("?page=2&limit=2").await, ["Ana"]);
    assert_eq!(names("?name=ANA").await, ["Anabel", "Ana"]);
    assert_eq!(names("?name=perez").await, ["Ana"]);
    assert_eq!(names("?name=pere%20ana").await, ["Anabel", "Ana"]);
    assert_eq!(names("?name=anabel").await, ["Anabel"]);
    assert_eq!(names("?email=p1%40EXAMPLE.com").await, ["Bob"]);
    assert_eq!(names("?externalId=x2&name=stone").await, ["Anabel"]);
    assert_eq!(names("?verificationStatus=verified").await, [""; 0]);
    let first = app.get("/v2/persons?limit=2").await.expect(200);
    let page = &first.json["pagination"];
    assert_eq!(
        (&page["total"], &page["pages"], &page["page"], &page["limit"]),
        (&json!(3), &json!(2), &json!(1), &json!(2))
    );
    let cursor = page["nextCursor"].as_str().unwrap();
    assert_eq!(names(&format!("?limit=2&cursor={cursor}")).await, ["Ana"]);
    app.get("/v2/persons?colour=red").await.problem(400, "invalid-parameter");
    app.get("/v2/persons?page=101&limit=100").await.problem(400, "use-cursor");
}

#[tokio::test]
async fn an_external_id_is_unique_and_nothing_else_is() {
    let app = App::start().await;
    app.post("/v2/persons", &everything()).await.expect(201);
    app.post("/v2/persons", &everything()).await.problem(409, "external-id-taken");
    let mut other = everything();
    other["externalId"] = json!("crm-43");
    let other = app.post("/v2/persons", &other).await.expect(201);
    app.put(&format!("/v2/persons/{}", other.id()), &json!({"externalId": "crm-42"}))
        .await
        .problem(409, "external-id-taken");
}

#[tokio::test]
async fn a_repeated_request_has_one_effect_and_the_same_answer() {
    let app = App::start().await;
    let key = [("idempotency-key", "order-1")];
    let first = app.send(Method::POST, "/v2/persons", &key, Some(&minimal())).await.expect(201);
    let again = app.send(Method::POST, "/v2/persons", &key, Some(&minimal())).await.expect(201);
    assert_eq!(first.json, again.json);
    app.send(Method::POST, "/v2/persons", &key, Some(&json!({"firstName": "J", "lastName": "D"})))
        .await
        .problem(422, "idempotency-key-reused");
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 1);
    app.put(&format!("/v2/persons/{}", first.id()), &json!({"email": "x@example.com"})).await.expect(200);
    assert_eq!(
        app.send(Method::POST, "/v2/persons", &key, Some(&minimal())).await.expect(201).json,
        first.json,
        "as answered then"
    );
    app.clock.turn(86_401);
    app.send(Method::POST, "/v2/persons", &key, Some(&minimal())).await.expect(201);
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 2);
    app.send(Method::POST, "/v2/persons", &[("idempotency-key", "")], Some(&minimal()))
        .await
        .problem(400, "invalid-parameter");
}

#[tokio::test]
async fn many_repetitions_at_once_make_one_person() {
    let app = std::sync::Arc::new(App::start().await);
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let app = std::sync::Arc::clone(&app);
            tokio::spawn(async move {
                app.send(Method::POST, "/v2/persons", &[("idempotency-key", "k")], Some(&minimal()))
                    .await
                    .status
                    .as_u16()
            })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        match task.await.unwrap() {
            201 => created += 1,
            status => assert_eq!(status, 409),
        }
    }
    assert!(created >= 1);
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 1);
}

#[tokio::test]
async fn without_weights_faces_are_refused_and_never_scored() {
    let app = App::start().await;
    let body = json!({"firstName": "J", "lastName": "D", "biometricData": {"faceImage": "/9j/4AAQ"}});
    app.post("/v2/persons", &body).await.problem(501, "faces-not-configured");
    app.post("/v2/persons/liveness", &body).await.problem(501, "liveness-not-configured");
    app.post("/v2/liveness", &json!({"faceImage": "/9j/4AAQ"})).await.problem(501, "liveness-not-configured");
    let ready = app.get("/readyz").await.expect(200);
    assert_eq!(ready.json["liveness"], "not-configured");
    assert_eq!(app.get("/v2/persons").await.json["pagination"]["total"], 0);
}

#[tokio::test]
async fn sending_back_a_verification_that_ran_out_does_not_renew_it() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &minimal()).await.expect(201).id());
    let mut copy = app.put(&path, &json!({"verificationStatus": "verified"})).await.expect(200).json;
    app.clock.turn(365 * 86_400 + 1);
    copy["phone"] = json!("+1234567890");
    let put = app.put(&path, &copy).await.expect(200);
    assert_eq!(
        (&put.json["verificationStatus"], &put.json["phone"]),
        (&json!("expired"), &json!("+1234567890"))
    );
    let renewed = app
        .put(&path, &json!({"verificationStatus": "verified", "statusReason": "seen again"}))
        .await
        .expect(200);
    assert_eq!(renewed.json["verificationStatus"], "verified");
}

#[tokio::test]
async fn times_and_numbers_may_come_back_in_another_spelling() {
    let app = App::start().await;
    let created = app.post("/v2/persons", &minimal()).await.expect(201);
    let path = format!("/v2/persons/{}", created.id());
    let spelt = created.json["createdAt"].as_str().unwrap().replace('Z', "000+00:00");
    let updated = created.json["updatedAt"].as_str().unwrap().replace('Z', "000Z");
    let put =
        app.put(&path, &json!({"createdAt": spelt, "updatedAt": updated, "version": 1.0})).await.expect(200);
    assert_eq!(put.json, created.json);
}

#[tokio::test]
async fn an_if_match_that_cannot_be_read_matches_nothing() {
    let app = App::start().await;
    let path = format!("/v2/persons/{}", app.post("/v2/persons", &minimal()).await.expect(201).id());
    let request = axum::http::Request::delete(&path)
        .header("authorization", format!("Bearer {}", app.token))
        .header("if-match", axum::http::HeaderValue::from_bytes(b"\"\xff\"").unwrap());
    app.raw(request.body(axum::body::Body::empty()).unwrap()).await.problem(412, "precondition-failed");
}
