//! Records of ISO and ANSI through the real router: images in records, records as devices really write them, and what files say of
//! themselves.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail loudly")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageFormat, LumaA, Rgba, RgbaImage};
use serde_json::{Value, json};
use testkit::fingers::{body, built_in, encoded, file, image, probe, text};
use testkit::records::{
    CANARY, FingerImage, as_ansi_2009, face_images_2005, face_images_2011, finger_images_2005,
    finger_images_2011,
};
use testkit::{App, Setup, faces};

const WSQ: &[u8] = include_bytes!("../../engine/src/finger/wsq/golden/ridges.wsq");
const JPEG2000_LOSSLESS: &[u8] = include_bytes!("../../engine/src/finger/jpeg2000/golden/lossless.j2k");
const JPEG2000_FILE: &[u8] = include_bytes!("../../engine/src/finger/jpeg2000/golden/lossless.jp2");
const JPEG2000: &[u8] = b"\xff\x4f\xff\x51\0\x2f";

/// The built-in extractor will do: what is read is the same for both.
async fn app() -> App {
    App::with(Setup { fingers: Some(built_in()), ..Setup::default() }).await
}

/// What was read of the one fingerprint of a person.
fn sample(person: &Value) -> &Value {
    &person["biometricData"]["samples"][0]
}

fn stored(person: &Value, member: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(person["biometricData"][member].as_str().unwrap()).unwrap()
}

/// An image in a record, as each standard has it.
fn in_records(image: FingerImage<'_>) -> [Vec<u8>; 3] {
    [finger_images_2005(false, &[image]), finger_images_2005(true, &[image]), finger_images_2011(&[image])]
}

/// Whether a person's finger is that of `p1_2`.
async fn is_p1(app: &App, id: &str) -> bool {
    let own = app.post(&format!("/v2/persons/{id}/verify"), &probe(&file("p1_2"))).await.expect(200);
    own.json["match"] == json!(true)
}

/// The template of a test image as a record of ISO/IEC 19794-2:2005.
async fn minutiae_of(app: &App, name: &str) -> Vec<u8> {
    let person = app.post("/v2/persons", &body(name, &file(name))).await.expect(201);
    let sample = sample(&person.json)["id"].as_str().unwrap().to_owned();
    let path = format!("/v2/persons/{}", person.id());
    let read = app.get(&format!("{path}/biometrics/{sample}")).await.expect(200);
    app.delete(&path).await.expect(200);
    BASE64_STANDARD.decode(read.json["template"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_image_in_a_record_is_taken_out_and_is_the_finger_it_shows() {
    let app = app().await;
    let picture = image("p1_1");
    let (width, height) = picture.dimensions();
    let size = (u16::try_from(width).unwrap(), u16::try_from(height).unwrap());
    let inside = [
        (picture.as_raw().clone(), 0),
        (encoded(&picture, ImageFormat::Jpeg), 3),
        (encoded(&picture, ImageFormat::Png), 6),
    ];
    for (data, compression) in &inside {
        let image = FingerImage { data, size, compression: *compression, finger: 7, dpi: 500 };
        for record in in_records(image) {
            let person = app.post("/v2/persons", &body("Ann", &record)).await.expect(201);
            let read = sample(&person.json);
            assert_eq!(
                (&read["finger"], &read["dpi"]),
                (&json!("left-index"), &json!(500)),
                "{}",
                person.text
            );
            assert_eq!(read["notes"], Value::Null);
            assert!(is_p1(&app, &person.id()).await, "{compression}");
            // What is kept is the image; sent back as it was read, nothing changes, and the record again changes nothing.
            let kept = stored(&person.json, "fingerprint");
            assert!(
                !kept.windows(4).any(|w| w == b"FIR\0") && !kept.windows(CANARY.len()).any(|w| w == CANARY)
            );
            if *compression != 3 {
                assert!(image::load_from_memory(&kept).unwrap().into_luma8() == picture);
            }
            let path = format!("/v2/persons/{}", person.id());
            assert_eq!(app.put(&path, &person.json).await.expect(200).json, person.json);
            let again = json!({ "biometricData": { "fingerprint": text(&record) } });
            assert_eq!(app.put(&path, &again).await.expect(200).json["version"], person.json["version"]);
            app.delete(&path).await.expect(200);
        }
    }
    // What the client says goes before what the record says.
    let image = FingerImage { data: &inside[0].0, size, compression: 0, finger: 7, dpi: 500 };
    let mut said = body("Ann", &finger_images_2011(&[image]));
    (said["biometricData"]["finger"], said["biometricData"]["dpi"]) = (json!("right-thumb"), json!(480));
    let person = app.post("/v2/persons", &said).await.expect(201);
    let read = sample(&person.json);
    assert_eq!((&read["finger"], &read["dpi"]), (&json!("right-thumb"), &json!(480)), "{}", person.text);
}

#[tokio::test]
async fn the_resolution_in_a_record_is_used_and_shown() {
    let app = app().await;
    let (width, height) = image("p1_1").dimensions();
    let double = resize(&image("p1_1"), 2 * width, 2 * height, FilterType::Triangle);
    let size = (u16::try_from(2 * width).unwrap(), u16::try_from(2 * height).unwrap());
    let data = encoded(&double, ImageFormat::Png);
    for record in in_records(FingerImage { data: &data, size, compression: 6, finger: 0, dpi: 1000 }) {
        let person = app.post("/v2/persons", &body("Ann", &record)).await.expect(201);
        assert_eq!(sample(&person.json)["dpi"], 1000);
        assert!(is_p1(&app, &person.id()).await);
        let found = app.post("/v2/persons/search", &probe(&record)).await.expect(200);
        assert_eq!(found.json["fingerprint"]["dpi"], 1000, "{}", found.text);
        app.delete(&format!("/v2/persons/{}", person.id())).await.expect(200);
    }
}

#[tokio::test]
async fn an_image_of_wsq_or_jpeg_2000_is_decoded_in_a_record_and_by_itself() {
    let app = app().await;
    for (data, compression) in [(WSQ, 2), (JPEG2000_LOSSLESS, 5), (JPEG2000_FILE, 4)] {
        let image = FingerImage { data, size: (120, 97), compression, finger: 1, dpi: 500 };
        for bytes in in_records(image).iter().map(Vec::as_slice).chain([data]) {
            // Too small to be a finger, and so it was seen.
            let small = app.post("/v2/persons", &body("Ann", bytes)).await;
            small.problem(422, "fingerprint-quality-too-low");
        }
    }
}

#[tokio::test]
async fn an_image_record_that_cannot_be_taken_is_refused_for_its_reason() {
    let app = app().await;
    let pixels = vec![200; 300 * 300];
    let good = FingerImage { data: &pixels, size: (300, 300), compression: 0, finger: 2, dpi: 500 };
    let other = FingerImage { finger: 3, ..good };
    // JPEG 2000 of sixteen bits.
    let mut deep = JPEG2000_LOSSLESS.to_vec();
    deep[42] = 15;
    let table: [(Vec<u8>, &str); 9] = [
        (finger_images_2011(&[good, other]), "several fingers"),
        (finger_images_2005(false, &[good, other]), "several fingers"),
        (finger_images_2011(&[FingerImage { finger: 13, ..good }]), "several fingers"),
        (finger_images_2005(false, &[FingerImage { finger: 21, ..good }]), "palm"),
        (finger_images_2011(&[FingerImage { data: &deep, compression: 5, ..good }]), "must be grey"),
        (finger_images_2005(true, &[FingerImage { data: b"GIF89a", compression: 4, ..good }]), "must be WSQ"),
        (finger_images_2011(&[FingerImage { size: (300, 299), ..good }]), "8 bits"),
        (finger_images_2011(&[FingerImage { dpi: 100, ..good }]), "250 to 1,200"),
        (finger_images_2011(&[good])[..9_000].to_vec(), "lengths"),
    ];
    for (record, reason) in &table {
        let refused =
            app.post("/v2/persons", &body("Ann", record)).await.problem(422, "fingerprint-undecodable");
        assert!(refused.json["detail"].as_str().unwrap().contains(reason), "{reason}: {}", refused.text);
    }
    // Without an engine too, since what is kept is the image.
    let plain = App::start().await;
    for (record, _) in &table {
        plain.post("/v2/persons", &body("Ann", record)).await.problem(422, "fingerprint-undecodable");
    }
    let kept = plain.post("/v2/persons", &body("Ann", &finger_images_2011(&[good]))).await.expect(201);
    let kept = image::load_from_memory(&stored(&kept.json, "fingerprint")).unwrap().into_luma8();
    assert!(kept == GrayImage::from_raw(300, 300, pixels).unwrap());
}

/// A change to a record of minutiae, and what the answer then says of it: nothing, or a note that holds this.
struct Odd {
    name: &'static str,
    change: fn(&mut Vec<u8>),
    note: Option<&'static str>,
}

/// The first minutia of the first impression.
const FIRST: usize = 28;

const ODD: [Odd; 9] = [
    Odd { name: "as it was", change: |_| {}, note: None },
    Odd { name: "padded with zeros", change: |r| r.resize(1_000, 0), note: None },
    Odd { name: "padded with line ends", change: |r| r.extend(b"\r\n\r\n"), note: None },
    Odd {
        name: "padded, and the length says so",
        change: |r| {
            r.resize(1_000, 0);
            r[8..12].copy_from_slice(&1_000u32.to_be_bytes());
        },
        note: None,
    },
    Odd {
        name: "a minutia on the right border",
        change: |r| {
            let width = u16::from_be_bytes([r[14], r[15]]);
            r[FIRST..FIRST + 2].copy_from_slice(&(0x4000 | width).to_be_bytes());
        },
        note: Some("1 minutia left out"),
    },
    Odd {
        name: "a minutia on the lower border",
        change: |r| {
            let height = [r[16], r[17]];
            r[FIRST + 2..FIRST + 4].copy_from_slice(&height);
        },
        note: Some("1 minutia left out"),
    },
    Odd {
        name: "two minutiae far outside",
        change: |r| {
            r[FIRST..FIRST + 4].fill(0x3f);
            r[FIRST + 6..FIRST + 10].fill(0x3f);
        },
        note: Some("2 minutiae left out"),
    },
    Odd {
        name: "a kind that does not exist",
        change: |r| r[FIRST] |= 0xc0,
        note: Some("kept as of no known kind"),
    },
    Odd { name: "a finger that does not exist", change: |r| r[24] = 77, note: Some("number of the finger") },
];

#[tokio::test]
async fn a_record_of_minutiae_as_devices_write_them_is_taken_and_told() {
    let app = app().await;
    let (own, again) = (minutiae_of(&app, "p1_1").await, minutiae_of(&app, "p1_2").await);
    let other = minutiae_of(&app, "p2_1").await;
    for Odd { name, change, note } in ODD {
        let mut record = own.clone();
        change(&mut record);
        let person = app.post("/v2/persons", &body("Ann", &record)).await.expect(201);
        let said = |json: &Value| json["notes"].as_array().map(|notes| notes[0].as_str().unwrap().to_owned());
        let notes = said(sample(&person.json));
        assert_eq!(notes.is_some(), note.is_some(), "{name}: {}", person.text);
        assert!(note.is_none_or(|note| notes.unwrap().contains(note)), "{name}: {}", person.text);
        let path = format!("/v2/persons/{}", person.id());
        assert_eq!(app.put(&path, &person.json).await.expect(200).json, person.json, "{name}");
        let verify =
            async |record: &[u8]| app.post(&format!("{path}/verify"), &probe(record)).await.expect(200);
        assert_eq!(verify(&again).await.json["match"], true, "{name}");
        assert_eq!(verify(&other).await.json["match"], false, "{name}");
        // The same of what is compared and not kept.
        let asked = verify(&record).await;
        assert_eq!(asked.json["match"], true, "{name}");
        let notes = said(&asked.json["fingerprint"]);
        assert_eq!(notes.is_some(), note.is_some(), "{name}: {}", asked.text);
        app.delete(&path).await.expect(200);
    }
    // Where most lie outside, the image is not the record's.
    let mut foreign = own.clone();
    foreign[14..18].copy_from_slice(&[0, 9, 0, 9]);
    let refused =
        app.post("/v2/persons", &body("Ann", &foreign)).await.problem(422, "fingerprint-undecodable");
    assert!(refused.json["detail"].as_str().unwrap().contains("most minutiae"), "{}", refused.text);
}

#[tokio::test]
async fn a_record_of_ansi_2009_is_the_same_finger() {
    let app = app().await;
    let [own, again, other] =
        [minutiae_of(&app, "p1_1").await, minutiae_of(&app, "p1_2").await, minutiae_of(&app, "p2_1").await]
            .map(|iso| as_ansi_2009(&iso));
    let person = app.post("/v2/persons", &body("Ann", &own)).await.expect(201).id();
    let verify = async |record: &[u8]| {
        app.post(&format!("/v2/persons/{person}/verify"), &probe(record)).await.expect(200).json["match"]
            .clone()
    };
    assert_eq!((verify(&again).await, verify(&other).await), (json!(true), json!(false)));
    assert_eq!(verify(&[&again[..], b"\0\0\r\n"].concat()).await, true);
    assert!(is_p1(&app, &person).await);
}

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn ridges_in_an_alpha_channel_are_the_finger_they_show() {
    let app = app().await;
    let ridges = image("p1_1");
    let (width, height) = ridges.dimensions();
    let level = |x, y| ridges.get_pixel(x, y).0[0];
    let inks = [
        png(GrayAlphaImage::from_fn(width, height, |x, y| LumaA([0, 255 - level(x, y)]))),
        png(GrayAlphaImage::from_fn(width, height, |x, y| LumaA([255, 255 - level(x, y)]))),
        png(RgbaImage::from_fn(width, height, |x, y| Rgba([20, 20, 60, 255 - level(x, y)]))),
        png(GrayAlphaImage::from_fn(width, height, |x, y| LumaA([level(x, y), 255]))),
        png(GrayAlphaImage::from_fn(width, height, |x, y| LumaA([level(x, y), 0]))),
    ];
    for (ink, bytes) in inks.iter().enumerate() {
        let person = app.post("/v2/persons", &body("Ann", bytes)).await.expect(201).id();
        assert!(is_p1(&app, &person).await, "{ink}");
        app.delete(&format!("/v2/persons/{person}")).await.expect(200);
    }
}

/// A PNG with so many dots a metre.
fn with_density(png: &[u8], metre: u32) -> Vec<u8> {
    let body = [&b"pHYs"[..], &metre.to_be_bytes(), &metre.to_be_bytes(), &[1]].concat();
    // The sum is not looked at, since the chunk is cut.
    [&png[..33], &9u32.to_be_bytes(), &body, &[0; 4], &png[33..]].concat()
}

#[tokio::test]
async fn a_resolution_in_the_file_is_used_and_shown_where_it_can_be_that_of_a_fingerprint() {
    let app = app().await;
    let (width, height) = image("p1_1").dimensions();
    let double =
        encoded(&resize(&image("p1_1"), 2 * width, 2 * height, FilterType::Triangle), ImageFormat::Png);
    let person = app.post("/v2/persons", &body("Ann", &with_density(&double, 39_370))).await.expect(201);
    let read = sample(&person.json);
    assert_eq!(read["dpi"], 1000, "{}", person.text);
    assert!(read["notes"][0].as_str().unwrap().contains("image file says"), "{}", person.text);
    assert!(is_p1(&app, &person.id()).await);
    let path = format!("/v2/persons/{}", person.id());
    assert_eq!(app.put(&path, &person.json).await.expect(200).json, person.json);
    let asked = app.post(&format!("{path}/verify"), &probe(&with_density(&double, 39_370))).await.expect(200);
    assert_eq!((&asked.json["match"], &asked.json["fingerprint"]["dpi"]), (&json!(true), &json!(1000)));
    // What the client says goes before it.
    let mut said = probe(&with_density(&double, 3_937));
    said["dpi"] = json!(1000);
    assert_eq!(app.post(&format!("{path}/verify"), &said).await.expect(200).json["match"], true);
    // What screens have, nothing, and what no sensor has, are not believed.
    let single = encoded(&image("p1_1"), ImageFormat::Png);
    for metre in [0, 1, 2_835, 3_780, 94_488] {
        let person = app.post("/v2/persons", &body("Ann", &with_density(&single, metre))).await.expect(201);
        let read = sample(&person.json);
        assert_eq!((&read["dpi"], &read["notes"]), (&json!(500), &Value::Null), "{metre}");
        app.delete(&format!("/v2/persons/{}", person.id())).await.expect(200);
    }
    // Where nothing is compared yet, it is not forgotten.
    let later = App::start().await;
    let id = later.post("/v2/persons", &body("Ann", &with_density(&double, 39_370))).await.expect(201).id();
    let later = later.restart_with(Setup { fingers: Some(built_in()), ..Setup::default() }).await;
    assert!(is_p1(&later, &id).await);
}

#[tokio::test]
async fn a_face_in_a_record_is_the_face_wherever_faces_are_taken() {
    let app = App::with_faces().await;
    let face = |bytes: &[u8]| json!({ "faceImage": text(bytes) });
    let person = |bytes: &[u8]| json!({ "firstName": "Ana", "lastName": "D", "biometricData": face(bytes) });
    let ana = faces::ana();
    let again = faces::ana_again();
    for (record, probe) in [
        (face_images_2005(&[&ana]), face_images_2011(&[&again])),
        (face_images_2011(&[&ana]), [&face_images_2005(&[&again])[..], b"\0\0"].concat()),
    ] {
        let created = app.post("/v2/persons", &person(&record)).await.expect(201);
        assert!(stored(&created.json, "faceImage") == ana, "the image is what is kept");
        let path = format!("/v2/persons/{}", created.id());
        assert_eq!(
            app.put(&path, &person(&record)).await.expect(200).json["version"],
            created.json["version"]
        );
        let own = app.post(&format!("{path}/verify"), &face(&probe)).await.expect(200);
        assert_eq!(own.json["match"], true);
        assert_eq!(app.post("/v2/liveness", &face(&record)).await.expect(200).json["live"], true);
        let found = app.post("/v2/detect", &face(&record)).await.expect(200);
        assert_eq!(found.json["faces"].as_array().unwrap().len(), 1);
        app.delete(&path).await.expect(200);
    }
    for (record, reason) in [
        (face_images_2005(&[&ana, &again]), "several images"),
        (face_images_2011(&[&ana, &again]), "several images"),
        (face_images_2005(&[]), "no image"),
        (face_images_2005(&[JPEG2000]), "JPEG 2000"),
        (face_images_2011(&[JPEG2000]), "JPEG 2000"),
        (face_images_2011(&[&ana])[..ana.len()].to_vec(), "lengths"),
    ] {
        for refused in [
            app.post("/v2/persons", &person(&record)).await,
            app.post("/v2/liveness", &face(&record)).await,
            app.post("/v2/detect", &face(&record)).await,
        ] {
            let refused = refused.problem(422, "image-undecodable");
            assert!(refused.json["detail"].as_str().unwrap().contains(reason), "{reason}: {}", refused.text);
        }
    }
}
