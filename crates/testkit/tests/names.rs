//! Searching by name, through the real router over a real store: who is found by which spelling, and who is not.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::App;

fn encoded(value: &str) -> String {
    value.bytes().map(|b| format!("%{b:02X}")).collect()
}

async fn enrol(app: &App, first: &str, last: &str) {
    let mut body = json!({});
    for (name, value) in [("firstName", first), ("lastName", last)] {
        if !value.is_empty() {
            body[name] = json!(value);
        }
    }
    app.post("/v2/persons", &body).await.expect(201);
}

/// Names of those who are found, oldest first.
async fn found(app: &App, search: &str) -> Vec<String> {
    let listed = app.get(&format!("/v2/persons?sort=createdAt&name={}", encoded(search))).await.expect(200);
    let name = |p: &Value, name: &str| p[name].as_str().unwrap_or_default().to_owned();
    let data = listed.json["data"].as_array().unwrap();
    let all: Vec<String> =
        data.iter().map(|p| format!("{}|{}", name(p, "firstName"), name(p, "lastName"))).collect();
    assert_eq!(listed.json["pagination"]["total"], all.len(), "{search}");
    all
}

/// Persons of many scripts in one store, and for each search all who are found.
const WORLD: &[&str] = &[
    "Pat|O’Brien",
    "Pat|Obrien",
    "Pat|O Brien",
    "Anna-Maria|Ek",
    "Annamaria|Ek",
    "Jean-Luc|Roy",
    "Jean Luc|Roy",
    "Jeanluc|Roy",
    "Luc|Jean",
    "Ann|Amos",
    "Ana Bea Cleo Dora Eva Fay Gina Hana Ida Juno|Zed",
    "Omar|Al-Rashid",
    "Omar|Alrashid",
    "Omar|Rashid",
    "Văn Đức|Nguyễn",
    "Işık|Yılmaz",
    "Ümit|İnönü",
    "Bo|Li",
    "علی\u{200c}رضا|کریمی",
    "علیرضا|كريمي",
    "يحيى|الحسن",
    "یحیی|حسن",
    "فاطمة|أحمد",
    "عبد الرحمن|مـحـمـد",
    "太郎|山田",
    "山田花子|",
    "|王小明",
    "철수|김",
    "タロウ|ヤマダ",
    "रवि|शर्मा",
    "रवा|शर्मा",
    "மீனா|",
    "മനോജ്|നായർ",
    "Suharto|",
];

const SEARCHES: &[(&str, &[&str])] = &[
    ("obrien", &["Pat|O’Brien", "Pat|Obrien", "Pat|O Brien"]),
    ("o'brien", &["Pat|O’Brien", "Pat|Obrien", "Pat|O Brien"]),
    ("OʼBrien", &["Pat|O’Brien", "Pat|Obrien", "Pat|O Brien"]),
    ("o brien", &["Pat|O’Brien", "Pat|Obrien", "Pat|O Brien"]),
    ("obrien pat", &["Pat|O’Brien", "Pat|Obrien", "Pat|O Brien"]),
    ("obri", &["Pat|O’Brien", "Pat|Obrien"]),
    ("annamaria", &["Anna-Maria|Ek", "Annamaria|Ek"]),
    ("anna maria", &["Anna-Maria|Ek", "Annamaria|Ek"]),
    ("annamar", &["Anna-Maria|Ek", "Annamaria|Ek"]),
    ("maria", &["Anna-Maria|Ek"]),
    ("anna", &["Anna-Maria|Ek", "Annamaria|Ek"]),
    ("jeanluc", &["Jean-Luc|Roy", "Jean Luc|Roy", "Jeanluc|Roy", "Luc|Jean"]),
    ("jean luc roy", &["Jean-Luc|Roy", "Jean Luc|Roy", "Jeanluc|Roy"]),
    ("jean‑luc roy", &["Jean-Luc|Roy", "Jean Luc|Roy", "Jeanluc|Roy"]),
    ("juno", &["Ana Bea Cleo Dora Eva Fay Gina Hana Ida Juno|Zed"]),
    ("zed gin", &["Ana Bea Cleo Dora Eva Fay Gina Hana Ida Juno|Zed"]),
    ("rashid", &["Omar|Al-Rashid", "Omar|Rashid"]),
    ("al-rashid", &["Omar|Al-Rashid", "Omar|Alrashid", "Omar|Rashid"]),
    ("al rashid", &["Omar|Al-Rashid", "Omar|Alrashid"]),
    ("alrashid", &["Omar|Al-Rashid", "Omar|Alrashid"]),
    ("nguyen duc", &["Văn Đức|Nguyễn"]),
    ("NGUYỄN VĂN ĐỨC", &["Văn Đức|Nguyễn"]),
    ("isik", &["Işık|Yılmaz"]),
    ("IŞIK YILMAZ", &["Işık|Yılmaz"]),
    ("inönü", &["Ümit|İnönü"]),
    ("INONU", &["Ümit|İnönü"]),
    ("li", &["Bo|Li"]),
    ("bo li", &["Bo|Li"]),
    ("علیرضا", &["علی\u{200c}رضا|کریمی", "علیرضا|كريمي"]),
    ("علي رضا كريمي", &["علی\u{200c}رضا|کریمی", "علیرضا|كريمي"]),
    ("علی\u{200c}رضا", &["علی\u{200c}رضا|کریمی", "علیرضا|كريمي"]),
    ("يحيي", &["يحيى|الحسن", "یحیی|حسن"]),
    ("الحسن", &["يحيى|الحسن", "یحیی|حسن"]),
    ("حسن", &["يحيى|الحسن", "یحیی|حسن"]),
    ("فاطمه", &["فاطمة|أحمد"]),
    ("احمد", &["فاطمة|أحمد"]),
    ("عبدالرحمن", &["عبد الرحمن|مـحـمـد"]),
    ("مُحَمَّد", &["عبد الرحمن|مـحـمـد"]),
    ("山田太郎", &["太郎|山田"]),
    ("太郎山田", &["太郎|山田"]),
    ("山田 太郎", &["太郎|山田"]),
    ("太郎　山田", &["太郎|山田"]),
    ("山田", &["太郎|山田", "山田花子|"]),
    ("山", &["太郎|山田", "山田花子|"]),
    ("花子", &["山田花子|"]),
    ("花子山田", &["山田花子|"]),
    ("郎", &["太郎|山田"]),
    ("小明", &["|王小明"]),
    ("小明王", &["|王小明"]),
    ("김", &["철수|김"]),
    ("김철수", &["철수|김"]),
    ("やまだ", &["タロウ|ヤマダ"]),
    ("ﾔﾏﾀﾞﾀﾛｳ", &["タロウ|ヤマダ"]),
    ("रवि", &["रवि|शर्मा"]),
    ("शर्मा रवा", &["रवा|शर्मा"]),
    ("மீனா", &["மீனா|"]),
    ("നായര്\u{200d}", &["മനോജ്|നായർ"]),
    ("suharto", &["Suharto|"]),
    // Nobody has another's name.
    ("anna amos", &[]),
    ("郎山", &[]),
    ("山田次郎", &[]),
    ("மனா", &[]),
    ("रवी", &[]),
    ("林", &[]),
    ("obrian", &[]),
];

#[tokio::test]
async fn everybody_is_found_by_any_spelling_and_nobody_else() {
    let app = App::start().await;
    for person in WORLD {
        let (first, last) = person.split_once('|').unwrap();
        enrol(&app, first, last).await;
    }
    for (search, expected) in SEARCHES {
        assert_eq!(found(&app, search).await, *expected, "{search}");
    }
    // And as a store is indexed anew: in the same way.
    let app = app.restart().await;
    for (search, expected) in SEARCHES {
        assert_eq!(found(&app, search).await, *expected, "{search}");
    }
}

#[tokio::test]
async fn what_is_too_short_to_look_up_is_refused_and_not_answered_with_nobody() {
    let app = App::start().await;
    enrol(&app, "Maria", "Li").await;
    for (search, says) in [
        ("-", "letter or digit"),
        ("'", "letter or digit"),
        ("★", "letter or digit"),
        (" ", "blank"),
        ("\u{200b}", "blank"),
        ("", "1 to 200"),
        ("m", "three letters"),
        ("ma", "three letters"),
        ("m a", "three letters"),
        ("عل", "three letters"),
    ] {
        let reply = app.get(&format!("/v2/persons?name={}", encoded(search))).await;
        let error = reply.problem(400, "invalid-parameter").json["errors"][0].clone();
        assert_eq!((&error["parameter"], &error["code"]), (&json!("name"), &json!("length")), "{search:?}");
        assert!(error["detail"].as_str().unwrap().contains(says), "{search:?}: {error}");
    }
    // Whole short words are looked up, and so is what is long enough.
    assert_eq!(found(&app, "li").await, ["Maria|Li"]);
    assert_eq!(found(&app, "mar").await, ["Maria|Li"]);
    assert_eq!(found(&app, "marta").await, [""; 0]);
    assert_eq!(found(&app, "山").await, [""; 0]);
}

/// Of more persons than a list looks at, all with the same first word, the one who has all words is on the first page.
#[tokio::test]
async fn a_name_that_very_many_begin_with_is_narrowed_by_its_other_words() {
    const MANY: usize = 5_001;
    let app = Arc::new(App::start().await);
    enrol(&app, "Maria", "Perez").await;
    for batch in 0..MANY.div_ceil(200) {
        let tasks = (0..200.min(MANY - batch * 200)).map(|_| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { enrol(&app, "Maria", "Okonjo").await })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    }
    for search in ["maria perez", "maria-perez", "perez maria"] {
        let listed = app.get(&format!("/v2/persons?name={}", encoded(search))).await.expect(200);
        assert_eq!(listed.json["data"].as_array().unwrap().len(), 1, "{search}");
        assert_eq!(listed.json["data"][0]["lastName"], "Perez", "{search}");
    }
}
