//! The reference in a browser, without any network: Swagger UI from within the binary.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use crate::files::File;
use crate::problem::{Answer, Problem, codes, pages};

/// Scripts and styles of the page itself only; requests to this server only.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'",
);

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(Config::new(["/openapi.json"]).display_request_duration(true).doc_expansion("list"))
});

pub(crate) async fn index() -> Redirect {
    Redirect::permanent("/docs/")
}

pub(crate) async fn root(headers: HeaderMap) -> Answer {
    file("index.html", headers).await
}

pub(crate) async fn asset(path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Answer {
    let Path(path) = path.map_err(|_| Problem::new(codes::NOT_FOUND))?;
    file(&path, headers).await
}

/// Files that were asked for, of the few there are.
static FILES: LazyLock<Mutex<HashMap<String, Arc<File>>>> = LazyLock::new(Mutex::default);

fn held(path: &str) -> Option<Arc<File>> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = files.get(path) {
        return Some(Arc::clone(known));
    }
    let found = utoipa_swagger_ui::serve(path, Arc::clone(&CONFIG)).ok().flatten()?;
    let bytes = match found.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let file = Arc::new(File::new(bytes, &found.content_type));
    files.insert(path.to_owned(), Arc::clone(&file));
    Some(file)
}

async fn file(path: &str, headers: HeaderMap) -> Answer {
    let path = path.to_owned();
    // Compressing it for the first time takes a moment.
    let answer = tokio::task::spawn_blocking(move || held(&path).map(|file| file.answer(&headers)));
    let answer = answer.await.ok().flatten();
    let mut answer = answer.ok_or_else(|| Problem::new(codes::NOT_FOUND))?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(answer)
}

/// The page of an error code.
pub(crate) async fn error(name: Result<Path<String>, PathRejection>) -> Answer {
    let Path(name) = name.map_err(|_| Problem::new(codes::NOT_FOUND))?;
    let page: Option<Response> = pages::html(&name).map(|html| Html(html).into_response());
    page.ok_or_else(|| Problem::new(codes::NOT_FOUND))
}
