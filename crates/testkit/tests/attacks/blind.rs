//! What the index tells somebody who reads the database without a key.

use std::collections::BTreeMap;

use registry::Settings;
use serde_json::json;
use testkit::supplied::setup;
use testkit::{App, Setup};

use super::store::Raw;

#[tokio::test]
async fn no_document_type_is_in_the_index_and_names_only_by_their_beginnings() {
    let app = App::with(setup()).await;
    for n in 0..40 {
        // Two spellings that begin alike, one document type.
        let name = if n % 2 == 0 { "Christina" } else { "Christopher" };
        let body = json!({ "firstName": name, "lastName": "Doe", "documentType": "passport", "email": format!("p{n}@example.com") });
        app.post("/v2/persons", &body).await.expect(201);
    }
    let mut by_hash: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in Raw::of(app.home()).await.rows("person_index").await {
        *by_hash.entry((row["field"].trim_matches('\'').to_owned(), row["hash"].clone())).or_default() += 1;
    }
    let fields: std::collections::BTreeSet<&str> = by_hash.keys().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["3", "8"].into(), "e-mail addresses and beginnings of names");
    let names: Vec<usize> = by_hash.iter().filter(|((f, _), _)| f == "8").map(|(_, count)| *count).collect();
    assert!(names.iter().all(|count| *count == 40), "both spellings stand behind each hash: {names:?}");
    assert_eq!(
        app.get("/v2/persons?name=christo").await.expect(200).json["data"].as_array().unwrap().len(),
        20
    );
    let typed = app.get("/v2/persons?documentType=passport&limit=50").await.expect(200);
    assert_eq!(typed.json["data"].as_array().unwrap().len(), 40);
}

#[tokio::test]
async fn without_search_by_name_no_name_is_in_the_index() {
    let settings = Settings { name_search: false, ..Settings::default() };
    let app = App::with(Setup { settings, ..setup() }).await;
    let body = json!({ "firstName": "Ann", "lastName": "Doe", "email": "a@example.com" });
    app.post("/v2/persons", &body).await.expect(201);
    let rows = Raw::of(app.home()).await.rows("person_index").await;
    assert_eq!(rows.len(), 1, "the e-mail address alone");
    let refused = app.get("/v2/persons?name=ann").await.problem(400, "invalid-parameter");
    assert_eq!(refused.json["errors"][0]["parameter"], "name");
    // Turned on again, they are found again, and off again they are gone.
    let app = app.restart_with(setup()).await;
    assert_eq!(app.get("/v2/persons?name=ann").await.expect(200).json["data"].as_array().unwrap().len(), 1);
    let app = app.restart_with(Setup { settings, ..setup() }).await;
    assert_eq!(Raw::of(app.home()).await.rows("person_index").await.len(), 1);
}
