//! The database is not believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{Api, Limits};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::{Scope, TenantId};
use http_body_util::BodyExt as _;
use registry::{AttemptLimits, Parts, Registry, Settings};
use serde_json::{Value, json};
use testkit::supplied::{body, engine, face, probe, setup};
use testkit::{App, Home, Setup, TestClock, TestRandom};
use tower::ServiceExt as _;
use vault::Kek;

use super::store::{Raw, Row, flipped, with};
use super::support::{post, verified, writer};

fn settings() -> Settings {
    let attempts = AttemptLimits { free: 0, stop: 1, ..AttemptLimits::default() };
    Settings { attempts, ..Settings::default() }
}

/// A tenant with something of everything, and what a client is told about it.
struct World {
    home: Home,
    clock: Arc<TestClock>,
    /// Requests: name, token, method, path, body.
    asked: Vec<(String, String, Method, String, Option<Value>)>,
    /// Rows as they were in the middle of the story.
    earlier: BTreeMap<String, Vec<Row>>,
}

/// What is told, by the name of the request.
type Told = BTreeMap<String, (u16, Value)>;

fn person(name: &str, who: u64, more: &Value) -> Value {
    let mut body = body(name, &face(who, 0, 0.1));
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn snapshot(home: &Home) -> BTreeMap<String, Vec<Row>> {
    let raw = Raw::of(home).await;
    let mut all = BTreeMap::new();
    for table in raw.tables().await {
        all.insert(table.clone(), raw.rows(&table).await);
    }
    all
}

impl World {
    async fn make() -> Self {
        let app = App::with(Setup { settings: settings(), ..setup() }).await;
        for name in ["staff", "board"] {
            app.post("/v2/collections", &json!({ "name": name })).await.expect(201);
        }
        let known = |n: u64| {
            json!({
                "email": format!("p{n}@example.com"), "externalId": format!("e-{n}"), "phone": format!("+123456789{n}"),
                "documentType": "passport", "documentNumber": format!("D{n}"),
                "collections": [if n == 1 { "staff" } else { "board" }]
            })
        };
        let ann = app.post("/v2/persons/liveness", &person("Annabel", 1, &known(1))).await.expect(201).id();
        let bob = app.post("/v2/persons", &person("Bobbie", 2, &known(2))).await.expect(201).id();
        let eve = app.post("/v2/persons", &person("Evelyn", 3, &known(3))).await.expect(201).id();
        let mut twin = person("Ewa", 3, &json!({ "onDuplicate": "flag" }));
        twin["biometricData"] = json!({ "faceImage": super::support::text(&face(3, 1, 0.1)) });
        let twin = app.post("/v2/persons", &twin).await.expect(201).id();
        let revoked = app.token_with(&[Scope::Admin]).await;
        let revoked_id = app.ask(&revoked, Method::GET, "/v2/tokens/self", None).await.expect(200).id();
        let reader = app.token_with(&[Scope::PersonsRead]).await;
        let matcher = app.token_with(&[Scope::BiometricsMatch]).await;
        let soon = app
            .registry
            .create_token(TenantId::DEFAULT, "x", domain::Scopes::ALL, Some(3_600))
            .await
            .unwrap();
        let late =
            app.registry.create_token(TenantId::DEFAULT, "x", domain::Scopes::ALL, Some(5)).await.unwrap();
        let pair =
            app.get("/v2/duplicates").await.expect(200).json["data"][0]["id"].as_str().unwrap().to_owned();
        let key = [("idempotency-key", "k")];
        let once = json!({ "firstName": "Once", "lastName": "Only" });
        let kept = app.send(Method::POST, "/v2/persons", &key, Some(&once)).await.expect(201).id();
        let earlier = snapshot(app.home()).await;

        // Bob fails, the twins are told apart, a token is revoked, and somebody has tried Eve in vain.
        app.put(&format!("/v2/persons/{bob}"), &json!({ "verificationStatus": "failed" })).await.expect(200);
        app.put(&format!("/v2/persons/{ann}"), &json!({ "email": "ann@example.com" })).await.expect(200);
        app.post(&format!("/v2/duplicates/{pair}/decide"), &json!({ "decision": "different" }))
            .await
            .expect(200);
        app.registry.revoke_token(TenantId::DEFAULT, revoked_id.parse().unwrap()).await.unwrap();
        post(&app, &matcher, &format!("/v2/persons/{eve}/verify"), &probe(&face(9, 0, 0.1)))
            .await
            .expect(200);
        app.clock.turn(60);

        let own = &app.token;
        let mut asked = Vec::new();
        let mut ask = |name: &str, token: &str, method: Method, path: String, body: Option<Value>| {
            asked.push((name.to_owned(), token.to_owned(), method, path, body));
        };
        for (name, id) in [("ann", &ann), ("bob", &bob), ("eve", &eve), ("twin", &twin), ("kept", &kept)] {
            ask(&format!("person {name}"), own, Method::GET, format!("/v2/persons/{id}"), None);
        }
        for filter in [
            "email=ann@example.com",
            "email=p1@example.com",
            "email=p2@example.com",
            "externalId=e-1",
            "externalId=e-2",
            "phone=%2B1234567891",
            "documentNumber=D2",
            "documentType=passport",
            "name=anna",
            "name=bobbie",
            "collection=staff",
            "collection=board",
            "verificationStatus=verified",
            "verificationStatus=failed",
            "verificationStatus=expired",
        ] {
            ask(&format!("list {filter}"), own, Method::GET, format!("/v2/persons?{filter}"), None);
        }
        for who in 1..=3 {
            let found = probe(&face(who, 7, 0.1));
            ask(
                &format!("search {who}"),
                own,
                Method::POST,
                "/v2/persons/search".into(),
                Some(found.clone()),
            );
            let mut of_staff = found;
            of_staff["collections"] = json!(["staff"]);
            ask(
                &format!("search staff {who}"),
                own,
                Method::POST,
                "/v2/persons/search".into(),
                Some(of_staff),
            );
        }
        let said = |who| Some(probe(&face(who, 8, 0.1)));
        ask("verify ann", own, Method::POST, format!("/v2/persons/{ann}/verify"), said(1));
        ask(
            "verify bob",
            own,
            Method::POST,
            format!("/v2/persons/{bob}/verify"),
            Some({
                let mut asked = probe(&face(2, 8, 0.1));
                asked["statuses"] = json!(["failed"]);
                asked
            }),
        );
        ask("verify eve", &matcher, Method::POST, format!("/v2/persons/{eve}/verify"), said(3));
        ask("attempts eve", own, Method::GET, format!("/v2/persons/{eve}/attempts"), None);
        for decision in ["open", "same", "different"] {
            ask(
                &format!("pairs {decision}"),
                own,
                Method::GET,
                format!("/v2/duplicates?decision={decision}"),
                None,
            );
        }
        ask("collections", own, Method::GET, "/v2/collections".into(), None);
        ask("revoked", &revoked, Method::GET, "/v2/tokens/self".into(), None);
        ask("late", &late.secret, Method::GET, "/v2/tokens/self".into(), None);
        ask("soon", &soon.secret, Method::GET, "/v2/tokens/self".into(), None);
        ask("reader", &reader, Method::POST, "/v2/persons/search".into(), said(1));
        Self { home: app.home().clone(), clock: Arc::clone(&app.clock), asked, earlier }
    }

    /// What a server that starts now tells; none where it does not start.
    async fn told(&self) -> Option<Told> {
        let home = self.home.clone();
        let parts = Parts {
            store: tokio::spawn(async move { home.open().await }).await.ok()?,
            kek: Kek::from_bytes([7; 32]),
            clock: Arc::clone(&self.clock) as _,
            random: Arc::new(TestRandom),
            settings: settings(),
        };
        let registry = Registry::open(parts).await.ok()?.with_faces(engine_once()).ok()?.present();
        registry.load_galleries().await.ok()?;
        let router = api::router(Api::new(Arc::new(registry), Limits::default()));
        let mut told = Told::new();
        for (name, token, method, path, body) in &self.asked {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(body.as_ref().map_or_else(Body::empty, |b| Body::from(b.to_string())))
                .unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let status: StatusCode = response.status();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            told.insert(name.clone(), (status.as_u16(), serde_json::from_slice(&bytes).unwrap_or_default()));
        }
        Some(told)
    }
}

fn engine_once() -> engine::worker::Faces {
    static ENGINE: std::sync::OnceLock<engine::worker::Faces> = std::sync::OnceLock::new();
    ENGINE.get_or_init(engine).clone()
}

/// What of an answer is a claim: moments of records that nobody decides by are not.
fn claims(name: &str, answer: &Value) -> Vec<Value> {
    let list = |member: &str| answer[member].as_array().cloned().unwrap_or_default();
    let without_times = |mut value: Value| {
        if let Some(value) = value.as_object_mut() {
            value.retain(|member, _| {
                !member.ends_with("At") && member != "members" && member != "membersIsExact"
            });
        }
        value
    };
    match name.split(' ').next() {
        Some("list") => list("data"),
        Some("pairs" | "collections") => list("data").into_iter().map(without_times).collect(),
        Some("search") => list("candidates"),
        Some("attempts") => vec![json!([answer["stopped"], answer["failures"]])],
        Some("verify") => vec![json!([answer["match"], answer["verificationStatus"]])],
        _ => vec![answer.clone()],
    }
}

/// Whether an answer goes on without a row of this table that is damaged.
fn goes_on(name: &str, table: &str) -> bool {
    match name.split(' ').next() {
        Some("list") => {
            ["persons", "person_index", "samples", "sample_images", "sealed_records"].contains(&table)
        }
        Some("pairs") => table == "duplicates",
        Some("collections") => table == "collections",
        _ => false,
    }
}

/// Whether one of the answers claims what is not true: leaving out what is there, or failing, is no claim.
fn forged(truth: &Told, told: &Told, table: &str) -> Option<String> {
    for (name, (status, answer)) in told {
        let (true_status, true_answer) = &truth[name];
        let differs = match (*true_status, *status) {
            (200, 200) => {
                let true_claims = claims(name, true_answer);
                claims(name, answer).iter().any(|claim| !true_claims.contains(claim))
            }
            // Whoever was turned away is let in.
            (_, 200) => true,
            // A list goes on without what is damaged.
            (200, other) => goes_on(name, table) && other != 503,
            _ => false,
        };
        if differs {
            return Some(format!("{name}: {status} {answer}\ninstead of {true_status} {true_answer}"));
        }
    }
    None
}

/// Columns whose change takes a row away from where it is looked for, or all of a tenant: as if it had been deleted, which
/// nobody without a copy elsewhere can notice.
fn is_deletion(table: &str, column: &str) -> bool {
    matches!((table, column), ("sealed_records", "key" | "tenant" | "expires_at") | ("tenants", _))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_column_of_any_table_makes_a_forged_answer() {
    let world = World::make().await;
    let raw = Raw::of(&world.home).await;
    let truth = world.told().await.unwrap();
    for (name, status) in [
        ("person ann", 200),
        ("verify eve", 429),
        ("revoked", 401),
        ("late", 401),
        ("soon", 200),
        ("reader", 403),
    ] {
        assert_eq!(truth[name].0, status, "{name}: {}", truth[name].1);
    }
    assert_eq!(truth["list email=ann@example.com"].1["data"].as_array().unwrap().len(), 1);
    assert_eq!(truth["search 1"].1["candidates"].as_array().unwrap().len(), 1);
    assert_eq!(truth["pairs different"].1["data"].as_array().unwrap().len(), 1);
    let (mut tried, mut failures) = (0, Vec::new());
    for table in raw.tables().await {
        let rows = raw.rows(&table).await;
        let mut attacks: Vec<(String, Vec<(Row, Row)>)> = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            for (column, value) in row {
                for other in flipped(value).into_iter().filter(|_| i < 2) {
                    attacks.push((
                        format!("{column} → {other}"),
                        vec![(row.clone(), with(row, column, &other))],
                    ));
                }
                let swaps = rows.iter().skip(i + 1).filter(|r| r[column] != *value).take(usize::from(i < 3));
                for with_row in swaps {
                    let both = vec![
                        (row.clone(), with(row, column, &with_row[column])),
                        (with_row.clone(), with(with_row, column, value)),
                    ];
                    attacks.push((format!("{column} swapped"), both));
                }
            }
            let id = |row: &Row| {
                ["tenant", "id", "person", "key", "field", "hash", "work"].map(|c| row.get(c).cloned())
            };
            let was = world.earlier.get(&table).into_iter().flatten().find(|earlier| id(earlier) == id(row));
            for (column, value) in was.into_iter().flatten().filter(|(column, value)| row[*column] != **value)
            {
                attacks
                    .push((format!("{column} rolled back"), vec![(row.clone(), with(row, column, value))]));
            }
        }
        for (attack, steps) in attacks {
            let mut done = Vec::new();
            for (row, by) in &steps {
                if !raw.replace(&table, row, by).await {
                    break;
                }
                done.push((row, by));
            }
            let whole = done.len() == steps.len();
            if whole {
                tried += 1;
                let column = attack.split(' ').next().unwrap_or_default();
                if let Some(told) = world.told().await
                    && let Some(what) = forged(&truth, &told, &table)
                    && !is_deletion(&table, column)
                {
                    failures.push(format!("{table}: {attack}: {what}"));
                }
            }
            for (row, by) in done.into_iter().rev() {
                // What the server has tidied meanwhile is put back as well.
                if !raw.replace(&table, by, row).await {
                    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
                    let values: Vec<&str> = row.values().map(String::as_str).collect();
                    raw.run(&format!(
                        "INSERT INTO {table} ({}) VALUES ({})",
                        columns.join(", "),
                        values.join(", ")
                    ))
                    .await;
                }
            }
        }
    }
    assert!(tried > 150, "{tried} attacks");
    assert!(failures.is_empty(), "{} of {tried} attacks:\n{}", failures.len(), failures.join("\n\n"));
    // All is as it was, but for the names of requests.
    let told = world.told().await.unwrap();
    let statuses =
        |told: &Told| told.iter().map(|(name, (status, _))| (name.clone(), *status)).collect::<Vec<_>>();
    assert_eq!(statuses(&told), statuses(&truth));
    assert_eq!(forged(&truth, &told, ""), None);
}

#[tokio::test]
async fn a_status_set_by_hand_is_neither_told_nor_does_it_keep_the_true_owner_out() {
    let app = App::with(setup()).await;
    let id = app.post("/v2/persons", &body("Eve", &face(2, 0, 0.1))).await.expect(201).id();
    app.put(&format!("/v2/persons/{id}"), &json!({ "verificationStatus": "failed" })).await.expect(200);
    let raw = Raw::of(app.home()).await;
    let until = 4_000_000_000_000_i64;
    assert_eq!(
        raw.run(&format!("UPDATE persons SET status = 2, verified_at = 1, expires_at = {until}")).await,
        1
    );
    let app = app.restart().await;
    let found = app.post("/v2/persons/search", &probe(&face(2, 1, 0.1))).await.expect(200);
    assert_eq!(found.json["candidates"], json!([]), "nobody with that status was proven");
    app.post("/v2/persons/liveness", &body("Ann", &face(2, 2, 0.1))).await.expect(201);
}

#[tokio::test]
async fn the_image_of_a_failed_check_is_not_enrolled_by_hand() {
    let strict = Settings { liveness_threshold: 0.95, ..Settings::default() };
    let app = App::with(Setup { settings: strict, ..setup() }).await;
    let failed = app.post("/v2/persons/liveness", &body("Eve", &face(2, 0, 0.1))).await.expect(201).id();
    let raw = Raw::of(app.home()).await;
    assert_eq!(raw.run("UPDATE samples SET state = 1").await, 1);
    let tenant_and_person = "SELECT tenant, id, 1, 1 FROM persons";
    raw.run(&format!("INSERT INTO search_changes (tenant, person, sequence, enrolled) {tenant_and_person}"))
        .await;
    let app = app.restart().await;
    // As the server does all the time: what is missing is made, but not of this.
    app.registry.follow().await.unwrap();
    let mut all = probe(&face(2, 1, 0.1));
    all["statuses"] = json!(["pending", "verified", "failed", "expired"]);
    let found = app.post("/v2/persons/search", &all).await.expect(200);
    assert_eq!(found.json["candidates"], json!([]));
    app.post(&format!("/v2/persons/{failed}/verify"), &all).await.problem(409, "no-face-enrolled");
}

#[tokio::test]
async fn a_clock_moved_in_the_database_expires_neither_tokens_nor_verifications() {
    let app = App::with(setup()).await;
    let path = format!("/v2/persons/{}", verified(&app, 1).await);
    let before = app.get(&path).await.expect(200).json;
    let raw = Raw::of(app.home()).await;
    assert!(raw.run("UPDATE tenants SET high_water = 4000000000000000").await >= 1);
    let app = app.restart().await;
    let now = app.registry.now();
    assert!(now.millis() < before_plus_minutes(&app), "the clock runs ahead by {now}");
    assert_eq!(app.get(&path).await.expect(200).json, before);
    // What is written meanwhile does not keep the false moment either.
    app.put(&path, &json!({ "phone": "+1234567891" })).await.expect(200);
    let app = app.restart().await;
    assert!(app.registry.now().millis() < before_plus_minutes(&app));
    assert_eq!(app.get(&path).await.expect(200).json["verificationStatus"], "verified");
}

fn before_plus_minutes(app: &App) -> i64 {
    use domain::Clock as _;
    app.clock.now().millis() + 6 * 60_000
}

#[tokio::test]
async fn a_damaged_row_is_passed_over_and_reported() {
    let app = App::with(setup()).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let made = app
            .post("/v2/persons", &json!({ "firstName": format!("Peter{n}"), "lastName": "Doe" }))
            .await
            .expect(201);
        ids.push(made.id());
    }
    let raw = Raw::of(app.home()).await;
    let rows = raw.rows("persons").await;
    let (hit, other) = (&rows[2], &rows[3]);
    let swapped = with(hit, "sealed", &other["sealed"]);
    assert!(raw.replace("persons", hit, &swapped).await);
    for query in ["", "?name=pet", "?include=biometricData", "?sort=updatedAt", "?verificationStatus=pending"]
    {
        let mut names: Vec<_> = app.get(&format!("/v2/persons{query}")).await.expect(200).json["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["id"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names.len(), 4, "{query}");
        assert!(names.iter().all(|id| ids.contains(id)));
    }
    let mut walked = 0;
    let mut query = "?limit=1".to_owned();
    loop {
        let page = app.get(&format!("/v2/persons{query}")).await.expect(200).json;
        walked += page["data"].as_array().unwrap().len();
        let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
        query = format!("?limit=1&cursor={next}");
    }
    assert_eq!(walked, 4, "cursors lead past it");
    let damaged: Vec<&String> = ids.iter().collect();
    let (persons, found) = app.registry.check_persons().await.unwrap();
    assert_eq!((persons, found.len()), (5, 1));
    assert!(damaged.contains(&&found[0].to_string()) && app.registry.damaged_records() > 0);
    app.get(&format!("/v2/persons/{}", found[0])).await.problem(500, "internal");
}

#[tokio::test]
async fn index_rows_that_were_swapped_answer_nobody_elses_question() {
    let app = App::with(setup()).await;
    let token = writer(&app).await;
    for n in 1..=2 {
        let known = json!({ "firstName": "P", "lastName": "Doe", "email": format!("p{n}@example.com"), "externalId": format!("e-{n}") });
        post(&app, &token, "/v2/persons", &known).await.expect(201);
    }
    let raw = Raw::of(app.home()).await;
    let rows = raw.rows("persons").await;
    let kind = if matches!(raw, Raw::Database(_)) { "::uuid" } else { "" };
    let [a, b] = [0, 1].map(|i| format!("{}{kind}", rows[i]["id"]));
    let swap = format!(
        "UPDATE person_index SET person = CASE WHEN person = {a} THEN {b} ELSE {a} END WHERE field <> 1"
    );
    assert!(raw.run(&swap).await + raw.run(&swap.replace("<> 1", "= 1")).await >= 2);
    for (filter, own) in [("email=p1@example.com", "p1@example.com"), ("externalId=e-2", "p2@example.com")] {
        for person in
            app.get(&format!("/v2/persons?{filter}")).await.expect(200).json["data"].as_array().unwrap()
        {
            assert_eq!(person["email"], json!(own), "{filter}");
        }
    }
}

#[tokio::test]
async fn a_sample_that_was_hidden_or_called_another_kind_is_named_and_not_merged() {
    for (column, value) in [("state", 2), ("kind", 2)] {
        let app = App::with(setup()).await;
        let id = app.post("/v2/persons/liveness", &body("Ann", &face(1, 0, 0.1))).await.expect(201).id();
        let other = app.post("/v2/persons", &json!({ "firstName": "Ann", "lastName": "Doe" })).await;
        let raw = Raw::of(app.home()).await;
        assert_eq!(app.registry.check_persons().await.unwrap().1.len(), 0);
        raw.run(&format!("UPDATE samples SET {column} = {value}")).await;
        let (_, found) = app.registry.check_persons().await.unwrap();
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            std::slice::from_ref(&id),
            "{column}"
        );
        let merge = json!({ "personId": id });
        let path = format!("/v2/persons/{}/merge", other.id());
        app.post(&path, &merge).await.problem(500, "internal");
        assert_eq!(app.get(&format!("/v2/persons/{id}")).await.json["verificationStatus"], "verified");
    }
}

#[tokio::test]
async fn a_store_that_went_back_is_noticed_and_searched_anew() {
    let app = App::with(setup()).await;
    for who in 1..=3 {
        app.post("/v2/persons/liveness", &body("Ann", &face(who, 0, 0.1))).await.expect(201);
    }
    let before = app.registry.damaged_records();
    Raw::of(app.home()).await.run("UPDATE tenants SET sequence = 1").await;
    let again = body("Eve", &face(2, 1, 0.1));
    app.post("/v2/persons/liveness", &again).await.problem(503, "gallery-loading");
    assert!(app.registry.damaged_records() > before);
    app.post("/v2/persons/liveness", &again).await.problem(409, "duplicate-person");
}

#[tokio::test]
async fn where_the_tokens_have_gone_and_the_data_have_not_nothing_is_new() {
    let app = App::with(setup()).await;
    app.post("/v2/persons", &json!({ "firstName": "Ann", "lastName": "Doe" })).await.expect(201);
    Raw::of(app.home()).await.run("DELETE FROM tokens").await;
    assert!(!app.registry.is_new().await.unwrap());
}

#[tokio::test]
async fn a_row_that_somebody_has_put_beside_the_tokens_is_no_token() {
    let app = App::with(setup()).await;
    let tenant = domain::TenantId::DEFAULT;
    let genuine = app.registry.tokens(tenant).await.unwrap().len();
    let raw = Raw::of(app.home()).await;
    let rows = raw.rows("tokens").await;
    let forged = with(
        &rows[0],
        "sealed_name",
        &raw.rows("persons")
            .await
            .first()
            .map_or_else(|| rows[0]["hash"].clone(), |row| row["sealed"].clone()),
    );
    assert!(raw.replace("tokens", &rows[0], &forged).await);
    assert_eq!(app.registry.tokens(tenant).await.unwrap().len(), genuine - 1);
    assert!(app.registry.damaged_records() > 0);
}
