//! Image files as cameras, phones, scripts and forms send them, through the API.

use std::io::Cursor;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use testkit::{App, faces};

fn body(file: &[u8]) -> Value {
    json!({ "faceImage": BASE64_STANDARD.encode(file) })
}

fn as_file(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::load_from_memory(&faces::ana()).expect("a picture").write_to(&mut bytes, format).expect("a file");
    bytes.into_inner()
}

/// The same picture of `width` × `height` pixels.
fn enlarged(width: u32, height: u32) -> Vec<u8> {
    let large: DynamicImage = image::load_from_memory(&faces::ana()).expect("a picture");
    let large = large.resize_exact(width, height, image::imageops::FilterType::Nearest).into_rgb8();
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&large).expect("a file");
    bytes
}

#[tokio::test]
async fn what_browsers_show_is_judged_and_scores_as_the_tidy_file_does() {
    let app = App::with_faces().await;
    let ana = faces::ana();
    let tidy = app.post("/v2/liveness", &body(&ana)).await.expect(200);
    let score = tidy.json["livenessScore"].as_f64().unwrap();
    let files = [
        ("no end marker", ana[..ana.len() - 2].to_vec()),
        ("a trailer", [&ana[..], b"\0\0trailer"].concat()),
        ("line breaks before it", [b"\r\n", &ana[..]].concat()),
        ("stray bytes after the start", [&ana[..2], b"\0\0\0", &ana[2..]].concat()),
        ("PNG", as_file(ImageFormat::Png)),
        ("PNG without its end", {
            let png = as_file(ImageFormat::Png);
            png[..png.len() - 12].to_vec()
        }),
        ("WebP", as_file(ImageFormat::WebP)),
        ("BMP", as_file(ImageFormat::Bmp)),
        ("TIFF", as_file(ImageFormat::Tiff)),
    ];
    for (what, file) in files {
        let said = app.post("/v2/liveness", &body(&file)).await.expect(200);
        let now = said.json["livenessScore"].as_f64().unwrap();
        assert!((now - score).abs() < 0.01, "{what}: {now} and {score}");
    }
}

#[tokio::test]
async fn a_kind_that_few_can_show_is_kept_as_jpeg_and_one_that_all_can_as_it_came() {
    let app = App::with_faces().await;
    for format in [ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::Png] {
        let file = as_file(format);
        let new = json!({ "firstName": "A", "lastName": "B", "biometricData": body(&file), "onDuplicate": "allow" });
        let made = app.post("/v2/persons", &new).await.expect(201);
        let stored = made.json["biometricData"]["faceImage"].as_str().unwrap();
        let stored = BASE64_STANDARD.decode(stored).unwrap();
        if format == ImageFormat::Png {
            assert_eq!(stored, file);
        } else {
            assert!(stored.starts_with(&[0xff, 0xd8, 0xff]), "{format:?}");
        }
        let path = format!("/v2/persons/{}/verify", made.id());
        assert_eq!(app.post(&path, &body(&stored)).await.expect(200).json["match"], true, "{format:?}");
    }
}

#[tokio::test]
async fn what_is_not_read_is_named_with_what_to_do() {
    let app = App::with_faces().await;
    let ana = faces::ana();
    for (file, words) in [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), ["HEIC", "JPEG"]),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf".to_vec(), ["AVIF", "JPEG"]),
        (b"\xff\x0a\xfa\x7f\x02".to_vec(), ["JPEG XL", "JPEG"]),
        (b"%PDF-1.7\n".to_vec(), ["PDF", "picture"]),
        (b"<!DOCTYPE html><title>404".to_vec(), ["web page", "not fetched"]),
        (ana[..ana.len() * 2 / 3].to_vec(), ["ends early", "complete"]),
        (ana[..200].to_vec(), ["ends before its picture", "complete"]),
    ] {
        let refused = app.post("/v2/liveness", &body(&file)).await.problem(422, "image-undecodable");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(words.iter().all(|word| detail.contains(word)), "{words:?}: {detail}");
    }
}

#[tokio::test]
async fn pictures_of_large_cameras_are_scaled_and_not_refused() {
    let app = App::with_faces().await;
    // 36 million pixels.
    let large = enlarged(5_480, 6_576);
    let said = app.post("/v2/liveness", &body(&large)).await.expect(200);
    assert_eq!(said.json["live"], true, "{}", said.text);
    let made = json!({ "firstName": "A", "lastName": "B", "biometricData": body(&large) });
    let made = app.post("/v2/persons", &made).await.expect(201);
    let verify = format!("/v2/persons/{}/verify", made.id());
    assert_eq!(app.post(&verify, &body(&faces::ana_again())).await.expect(200).json["match"], true);
    // A header alone that claims more than can be.
    let mut claims = faces::ana();
    let frame = claims.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    claims[frame + 5..frame + 9].copy_from_slice(&[0x23, 0x28, 0x23, 0x28]);
    app.post("/v2/liveness", &body(&claims)).await.problem(422, "image-too-large");
}
