//! The table of routes: the router and the OpenAPI document are both made from it.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use axum::{Router, extract::State};
use serde_json::Value;

use crate::edge::edge;
use crate::openapi::Operation;
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::{docs, health, v2};

/// One operation.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) method: Method,
    pub(crate) handler: MethodRouter<Api>,
    pub(crate) operation: Value,
}

impl Route {
    pub(crate) fn new(
        method: Method,
        path: &'static str,
        handler: MethodRouter<Api>,
        operation: Operation,
    ) -> Self {
        Self { path, method, handler, operation: operation.build() }
    }
}

/// All operations.
pub(crate) fn table() -> Vec<Route> {
    let mut table = v2::routes();
    let open = |id, summary| Operation::open("Server", id, summary);
    table.extend([
        Route::new(
            Method::GET,
            "/livez",
            get(health::livez),
            open("livez", "Whether the process lives").answer(200, "It does.", Some("Health")),
        ),
        Route::new(
            Method::GET,
            "/readyz",
            get(health::readyz),
            open("readyz", "Whether requests can be served").answer(200, "They can.", Some("Health")),
        ),
        Route::new(
            Method::GET,
            "/openapi.json",
            get(description),
            open("openapi", "This description").answer(200, "OpenAPI 3.1.", Some("Document")),
        ),
        Route::new(
            Method::GET,
            "/docs/",
            get(docs::root),
            open("docs", "This description for a browser").page(200, "A page.", "text/html"),
        ),
    ]);
    table
}

async fn description(State(api): State<Api>, headers: HeaderMap) -> Response {
    let document = Arc::clone(&api.shared().document);
    let answer = tokio::task::spawn_blocking(move || document.answer(&headers)).await;
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A path that is none: what is most often wrong with it is said.
async fn unknown(request: Request) -> Problem {
    let path = request.uri().path();
    let problem = Problem::new(codes::NOT_FOUND);
    if path.len() > 1 && path.ends_with('/') {
        problem.detail("there is no such path: paths do not end with `/`")
    } else if path.contains("//") {
        problem.detail("there is no such path: it has `//`, as where a base address ends with `/`")
    } else if path.starts_with("/v2/") || path.starts_with("/docs/") {
        problem
    } else {
        problem.detail("there is no such path: those of this interface begin with `/v2/`")
    }
}

async fn not_allowed(_: Request) -> Problem {
    Problem::new(codes::METHOD_NOT_ALLOWED)
}

/// The router over `api`.
pub fn router(api: Api) -> Router {
    let router =
        table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    router
        .route("/docs", get(docs::index))
        .route("/docs/errors/{code}", get(docs::error))
        .route("/docs/{*path}", get(docs::asset))
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(api.clone(), edge))
        .with_state(api)
}
