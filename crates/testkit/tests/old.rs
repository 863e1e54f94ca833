//! Data of an earlier version opens in this one: stores that version 0.1 has written, taken up as they are.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::supplied::{face, probe, setup};
use testkit::{App, Home, Setup, shared_cluster};

const SQLITE: &str = include_str!("old/0004.sqlite.sql");
const SQLITE_0_2_0: &str = include_str!("old/0007.sqlite.sql");
const POSTGRES: &str = include_str!("old/0004.postgres.sql");

/// What the comments of a dump say.
fn said(dump: &str, what: &str) -> Vec<Value> {
    let begin = format!("-- {what} ");
    dump.lines().filter_map(|l| l.strip_prefix(&begin)).map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn folder(dump: &str) -> Home {
    let folder = tempfile::tempdir().unwrap();
    let store = rusqlite::Connection::open(folder.path().join("persons.sqlite")).unwrap();
    store.execute_batch(dump).unwrap();
    Home::Folder(Arc::new(folder))
}

async fn database() -> Option<Home> {
    let cluster = shared_cluster()?;
    let url = cluster.database().await;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(POSTGRES).await.unwrap();
    Some(Home::Database(url.into()))
}

async fn is_taken_up(home: Home, dump: &str) {
    let world = said(dump, "WORLD").remove(0);
    let word = |name: &str| world[name].as_str().unwrap().to_owned();
    let (own, writer) = (word("token"), word("writer"));
    let app = App::over(home, setup()).await;
    let get = async |path: String| app.ask(&own, Method::GET, &path, None).await;
    // Everybody is as before, and so are tokens.
    for mut person in said(dump, "PERSON") {
        let read = get(format!("/v2/persons/{}", person["id"].as_str().unwrap())).await.expect(200);
        // Later versions say one thing more of a check, and of these that there was one image.
        if person["verification"]["method"] == "passive-liveness" {
            person["verification"]["captureAssurance"] = "none".into();
        }
        assert_eq!(read.json, person);
    }
    app.ask(&word("revoked"), Method::GET, "/v2/tokens/self", None).await.problem(401, "unauthorized");
    // Everybody is found as before, by what is indexed now.
    for (filter, who) in [
        ("name=annab", "ann"),
        ("name=mull", "bob"),
        ("email=ann@example.com", "ann"),
        ("externalId=e-1", "ann"),
        ("documentType=passport", "ann"),
        ("documentNumber=d1", "ann"),
        ("collection=staff", "ann"),
    ] {
        let found = get(format!("/v2/persons?{filter}")).await.expect(200).json["data"].clone();
        assert_eq!(found[0]["id"], world[who], "{filter}: {found}");
    }
    let found = app.post("/v2/persons/search", &probe(&face(1, 9, 0.1))).await.expect(200).json;
    assert_eq!(found["candidates"][0]["match"], json!(true));
    assert_eq!(found["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(get("/v2/duplicates".into()).await.expect(200).json["data"].as_array().unwrap().len(), 1);
    // Who was verified rests on the face that was enrolled then.
    let ann = format!("/v2/persons/{}", word("ann"));
    let put = async |image: &[u8]| {
        let body = json!({ "biometricData": probe(image) });
        app.ask(&writer, Method::PUT, &ann, Some(&body)).await
    };
    put(&face(2, 0, 0.1)).await.problem(409, "face-mismatch");
    assert_eq!(put(&face(1, 5, 0.1)).await.expect(200).json["verificationStatus"], "pending");
    put(&face(2, 0, 0.1)).await.problem(409, "face-mismatch");
    let bare = format!("/v2/persons/{}/biometrics", word("bare"));
    let planted = app.ask(&writer, Method::POST, &bare, Some(&probe(&face(2, 0, 0.1)))).await;
    planted.problem(403, "missing-scope");
    // And a revocation is sealed with its moment from now on.
    app.put(&format!("/v2/persons/{}", word("bob")), &json!({ "phone": "+1234567891" })).await.expect(200);
    let app = app.restart().await;
    assert_eq!(app.registry.check_persons().await.unwrap(), (4, Vec::new()));
}

#[tokio::test]
async fn a_folder_of_version_0_1_is_taken_up() {
    is_taken_up(folder(SQLITE), SQLITE).await;
}

#[tokio::test]
async fn a_database_of_version_0_1_is_taken_up() {
    let Some(home) = database().await else { return };
    is_taken_up(home, POSTGRES).await;
}

/// Version 0.2.0 indexed six words, without what is written together, and cut nothing around a text.
#[tokio::test]
async fn a_folder_of_version_0_2_0_is_indexed_anew_and_its_persons_stay_who_they_are() {
    let app = App::over(folder(SQLITE_0_2_0), Setup::default()).await;
    let own = said(SQLITE_0_2_0, "WORLD").remove(0)["token"].as_str().unwrap().to_owned();
    let ask =
        async |method: Method, path: &str, body: Option<&Value>| app.ask(&own, method, path, body).await;
    for (filter, last) in [
        ("name=obrien", "O’Brien"),
        ("name=jeanluc", "Roy"),
        ("name=fay%20gina", "Dora Eva Fay Gina"),
        ("name=%E5%B1%B1%E7%94%B0%E5%A4%AA%E9%83%8E", "山田"),
        ("name=%E5%A4%AA", "山田"),
        ("name=%D8%B9%D9%84%D9%8A%D8%B1%D8%B6%D8%A7", "کریمی"),
        ("name=%E0%A4%B0%E0%A4%B5%E0%A4%BF", "शर्मा"),
        ("name=ann%20doe", "Doe"),
        ("documentNumber=AB12", "Doe"),
    ] {
        let found =
            ask(Method::GET, &format!("/v2/persons?{filter}"), None).await.expect(200).json["data"].clone();
        assert_eq!(
            (found.as_array().unwrap().len(), &found[0]["lastName"]),
            (1, &json!(last)),
            "{filter}: {found}"
        );
    }
    // What was sent with space around it, and verified, may be sent back with and without.
    let ann = said(SQLITE_0_2_0, "ANN").remove(0);
    assert_eq!(ann["firstName"], " Ann\u{3000}");
    let path = format!("/v2/persons/{}", ann["id"].as_str().unwrap());
    assert_eq!(ask(Method::GET, &path, None).await.expect(200).json, ann);
    let cut = json!({ "firstName": "Ann", "externalId": "e-1", "metadata": { "k": "v" } });
    for body in [&ann, &cut] {
        assert_eq!(ask(Method::PUT, &path, Some(body)).await.expect(200).json, ann);
    }
    let changed = ask(Method::PUT, &path, Some(&json!({ "metadata": { "k": "w" } }))).await.expect(200);
    assert_eq!(
        (&changed.json["metadata"], &changed.json["verificationStatus"]),
        (&json!({ "k": "w" }), &json!("verified"))
    );
}
