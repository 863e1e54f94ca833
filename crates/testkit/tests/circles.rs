//! What software between client and server makes of a request is taken where it means one thing, and told by its name where not:
//! no answer sends a client back to do the same again.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use testkit::supplied::{body, face, setup};
use testkit::{App, Reply};

const PERSONS: &str = "/v2/persons";

fn minimal() -> Value {
    json!({"firstName": "José", "lastName": "Doe"})
}

/// Sends bytes as they are.
async fn post(app: &App, headers: &[(&str, &str)], bytes: impl Into<Body>) -> Reply {
    let mut request =
        Request::post(PERSONS).header("authorization", format!("Bearer {}", app.token)).header("x-test", "1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.raw(request.body(bytes.into()).unwrap()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_tag_that_a_proxy_made_weak_still_guards_a_change() {
    let app = App::start().await;
    let path = format!("{PERSONS}/{}", app.post(PERSONS, &minimal()).await.expect(201).id());
    let put = async |tag: &str, email: &str| {
        app.send(Method::PUT, &path, &[("if-match", tag)], Some(&json!({"email": email}))).await
    };
    for (n, form) in
        ["W/\"#\"", "\"#\"", "\"#-gzip\"", "W/\"#-gzip\"", "\"#;br\"", "\"x\", W/\"#\""].iter().enumerate()
    {
        let tag = app.get(&path).await.header("etag").trim_matches('"').to_owned();
        let sent = form.replace('#', &tag);
        put(&sent, &format!("a{n}@example.com")).await.expect(200);
        put(&sent, "stale@example.com").await.problem(412, "precondition-failed");
        app.send(Method::DELETE, &path, &[("if-match", &sent)], None)
            .await
            .problem(412, "precondition-failed");
    }
    let tag = app.get(&path).await.header("etag").to_owned();
    for (known, status) in [(format!("W/{tag}"), 304), (tag.clone(), 304), ("\"x\"".into(), 200)] {
        let _ = app.send(Method::GET, &path, &[("if-none-match", &known)], None).await.expect(status);
    }
}

#[tokio::test]
async fn a_tag_without_quotes_is_told_to_need_them() {
    let app = App::start().await;
    let path = format!("{PERSONS}/{}", app.post(PERSONS, &minimal()).await.expect(201).id());
    for tag in ["1", "W/1", "\"1", "'1'", ""] {
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let body = json!({"email": "a@example.com"});
            let body = (method != Method::DELETE).then_some(&body);
            let reply =
                app.send(method, &path, &[("if-match", tag)], body).await.problem(400, "invalid-parameter");
            assert_eq!(reply.json["errors"][0]["parameter"], "If-Match", "{tag}");
            assert!(reply.json["errors"][0]["detail"].as_str().unwrap().contains("quotes"), "{}", reply.text);
        }
    }
    assert_eq!(app.get(&path).await.json["version"], 1);
}

#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_skipped() {
    let app = App::start().await;
    let made = post(&app, &[JSON], format!("\u{feff}{}\n", minimal())).await.expect(201);
    assert_eq!(made.json["firstName"], "José");
}

#[tokio::test]
async fn a_body_in_another_encoding_is_told_to_be_utf_8() {
    let app = App::start().await;
    let text = minimal().to_string();
    let units: Vec<u16> = text.encode_utf16().collect();
    let utf16: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    let marked: Vec<u8> =
        [0xfe, 0xff].into_iter().chain(units.iter().flat_map(|u| u.to_be_bytes())).collect();
    let utf32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    let latin1: Vec<u8> = text.chars().map(|c| c as u8).collect();
    for bytes in [utf16, marked, utf32, latin1] {
        let reply = post(&app, &[JSON], bytes).await.problem(400, "malformed-json");
        assert!(reply.json["detail"].as_str().unwrap().contains("UTF-8"), "{}", reply.text);
    }
    for charset in ["iso-8859-1", "\"UTF-16\"", "windows-1252"] {
        let kind = format!("application/json; charset={charset}");
        let reply =
            post(&app, &[("content-type", &kind)], text.clone()).await.problem(415, "unsupported-media-type");
        assert!(reply.json["detail"].as_str().unwrap().contains("UTF-8"), "{}", reply.text);
    }
    for kind in
        ["application/json; charset=utf8", "application/json; charset=US-ASCII", "application/json; v=2"]
    {
        post(&app, &[("content-type", kind)], text.clone()).await.expect(201);
    }
}

#[tokio::test]
async fn a_body_that_is_not_plain_json_is_told_what_it_is_instead() {
    let app = App::start().await;
    let text = minimal().to_string();
    for (headers, word) in [
        (vec![], "missing"),
        (vec![("content-type", "application/x-www-form-urlencoded")], "form"),
        (vec![("content-type", "multipart/form-data; boundary=x")], "base64"),
        (vec![JSON, ("content-encoding", "gzip")], "compressed"),
    ] {
        let reply = post(&app, &headers, text.clone()).await.problem(415, "unsupported-media-type");
        assert!(reply.json["detail"].as_str().unwrap().contains(word), "{}", reply.text);
    }
    post(&app, &[JSON, ("content-encoding", "identity")], text.clone()).await.expect(201);
    for (body, words) in [
        (String::new(), "is empty"),
        (json!(text).to_string(), "encoded twice"),
        (format!("{text},"), "trailing characters"),
        (text.replace('}', ",}"), "trailing comma"),
        (text.replace("lastName", "firstName"), "a name is repeated"),
    ] {
        let reply = post(&app, &[JSON], body).await.problem(400, "malformed-json");
        assert!(reply.json["detail"].as_str().unwrap().contains(words), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_plus_in_a_query_that_became_a_space_is_told_to_be_percent_2b() {
    let app = App::start().await;
    let mut person = minimal();
    (person["phone"], person["email"]) = (json!("+573001234567"), json!("a+b@example.com"));
    let id = app.post(PERSONS, &person).await.expect(201).id();
    for (query, parameter) in [
        ("phone=+573001234567", "phone"),
        ("email=a+b@example.com", "email"),
        ("createdAfter=2020-01-01T00:00:00+02:00", "createdAfter"),
    ] {
        let reply = app.get(&format!("{PERSONS}?{query}")).await.problem(400, "invalid-parameter");
        assert_eq!(reply.json["errors"][0]["parameter"], parameter);
        assert!(reply.json["errors"][0]["detail"].as_str().unwrap().contains("%2B"), "{}", reply.text);
        let found = app.get(&format!("{PERSONS}?{}", query.replace('+', "%2B"))).await.expect(200);
        assert_eq!(found.json["data"][0]["id"], id, "{query}");
    }
    let found = app.get(&format!("{PERSONS}?name=doe+jos%C3%A9")).await.expect(200);
    assert_eq!(found.json["data"][0]["id"], id, "a form writes spaces so");
    let reply = app.get(&format!("{PERSONS}?name=jos%E9")).await.problem(400, "invalid-parameter");
    assert!(reply.text.contains("UTF-8"), "{}", reply.text);
}

#[tokio::test]
async fn base64_with_spaces_for_plus_is_told_to_be_base64() {
    let app = App::with(setup()).await;
    // Bytes whose base64 has a `+`, so that what arrives differs from what was sent.
    let image =
        |pad: usize| [&face(1, 0, 0.1)[..], b"#", &vec![b'x'; pad], b"\xfb\xef\xbe\xfb\xef\xbe!"].concat();
    let sent = (0..3).map(|pad| body("Ann", &image(pad)));
    let of = |sent: &Value| sent["biometricData"]["faceImage"].as_str().unwrap().to_owned();
    let sent = sent.into_iter().find(|sent| of(sent).contains('+')).unwrap();
    let text = of(&sent);
    for (arrived, word) in [
        (text.replace('+', " "), "`+`"),
        (text.replace('+', "%2B"), "percent-encoded"),
        (format!("b'{text}'"), "b'"),
        (format!("data:image/jpeg;base64,{}", text.replace('+', " ")), "`+`"),
    ] {
        let mut form = sent.clone();
        form["biometricData"]["faceImage"] = json!(arrived);
        let reply = app.post(PERSONS, &form).await.problem(422, "validation-failed");
        let fault = &reply.json["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!("/biometricData/faceImage"), &json!("base64"))
        );
        let detail = fault["detail"].as_str().unwrap();
        assert!(detail.contains(word) && detail.contains("base64"), "{detail}");
    }
    app.post(PERSONS, &sent).await.expect(201);
}

#[tokio::test]
async fn a_repeat_in_another_spelling_is_the_same_request() {
    let app = App::with(setup()).await;
    let first = r#"{"firstName":"José","lastName":"Doe","metadata":{"a":"1","b":"2"}}"#;
    let spelt = [
        r#"{"metadata":{"b":"2","a":"1"},"lastName":"Doe","firstName":"José"}"#,
        "{\n  \"firstName\": \"Jos\\u00e9\",\n  \"lastName\": \"Doe\",\n  \"metadata\": { \"a\": \"1\", \"b\": \"2\" }\n}\n",
        "\u{feff}{\"firstName\":\"José\",\"last\\u004eame\":\"Doe\",\"metadata\":{\"a\":\"1\",\"b\":\"2\"}}",
    ];
    let key = [JSON, ("idempotency-key", "k")];
    let made = post(&app, &key, first).await.expect(201);
    for body in spelt {
        assert_eq!(post(&app, &key, body).await.expect(201).json, made.json, "{body}");
    }
    for other in [
        r#"{"firstName":"José","lastName":"Doe","metadata":{"a":"2","b":"1"}}"#,
        r#"{"firstName":"José","lastName":"Doe"}"#,
        r#"{"firstName":"José","lastName":"Doe","metadata":{"a":"1","b":"2"},"email":null}"#,
        r#"{"firstName":"Doe","lastName":"José","metadata":{"a":"1","b":"2"}}"#,
    ] {
        post(&app, &key, other).await.problem(422, "idempotency-key-reused");
    }
    assert_eq!(app.get(PERSONS).await.json["pagination"]["total"], 1);

    // Numbers too: a sample's `dpi`.
    let path = format!("{PERSONS}/{}/biometrics", made.id());
    let sample =
        |dpi: &str, proof: &str| format!(r#"{{"fingerprint":"Rk1SACAyMAAAAAA=","dpi":{dpi}{proof}}}"#);
    let send = async |body: String| {
        let request = Request::post(&path)
            .header("authorization", format!("Bearer {}", app.token))
            .header(JSON.0, JSON.1)
            .header("idempotency-key", "s");
        app.raw(request.body(body.into()).unwrap()).await
    };
    let added = send(sample("500", "")).await.expect(201);
    for dpi in ["500.0", "5e2", " 5.00E+2 "] {
        assert_eq!(send(sample(dpi, "")).await.expect(201).json, added.json, "{dpi}");
    }
    send(sample("501", "")).await.problem(422, "idempotency-key-reused");
    send(sample("500", r#","finger":null"#)).await.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_path_that_is_none_is_told_what_is_wrong_with_it() {
    let app = App::start().await;
    let id = app.post(PERSONS, &minimal()).await.expect(201).id();
    for (path, word) in [
        (format!("{PERSONS}/"), "end with `/`"),
        (format!("{PERSONS}/{id}/"), "end with `/`"),
        (format!("/{PERSONS}"), "`//`"),
        (format!("/v2//persons/{id}"), "`//`"),
        ("/persons".into(), "/v2/"),
        ("/v1/persons".into(), "/v2/"),
    ] {
        let reply = app.get(&path).await.problem(404, "not-found");
        assert!(reply.json["detail"].as_str().unwrap().contains(word), "{path}: {}", reply.text);
    }
}
