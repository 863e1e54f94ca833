//! The reference in a browser, without any network: Swagger UI from within the binary.

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use utoipa_swagger_ui::Config;

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

pub(crate) async fn root() -> Answer {
    file("index.html")
}

pub(crate) async fn asset(path: Result<Path<String>, PathRejection>) -> Answer {
    let Path(path) = path.map_err(|_| Problem::new(codes::NOT_FOUND))?;
    file(&path)
}

fn file(path: &str) -> Answer {
    match utoipa_swagger_ui::serve(path, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let kind =
                HeaderValue::from_str(&file.content_type).unwrap_or(HeaderValue::from_static("text/plain"));
            let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, POLICY)];
            Ok((StatusCode::OK, headers, file.bytes.into_owned()).into_response())
        }
        _ => Err(Problem::new(codes::NOT_FOUND)),
    }
}

/// The page of an error code.
pub(crate) async fn error(name: Result<Path<String>, PathRejection>) -> Answer {
    let Path(name) = name.map_err(|_| Problem::new(codes::NOT_FOUND))?;
    let page: Option<Response> = pages::html(&name).map(|html| Html(html).into_response());
    page.ok_or_else(|| Problem::new(codes::NOT_FOUND))
}
