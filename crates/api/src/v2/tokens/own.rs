//! `GET /v2/tokens/self`: what the token in use may do.

use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use serde::Serialize;

use crate::auth::{Any, Permit};
use crate::openapi::Operation;
use crate::problem::{Answer, codes};
use crate::query::Query;
use crate::respond;
use crate::routes::Route;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenView {
    id: String,
    name: String,
    scopes: Vec<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

async fn handle(permit: Permit<Any>, RawQuery(query): RawQuery) -> Answer {
    Query::new(query.as_deref()).finish()?;
    let token = permit.registry.own_token(&permit.caller).await?;
    let view = TokenView {
        id: token.id.to_string(),
        name: token.name,
        scopes: token.scopes.to_string().split(' ').map(str::to_owned).collect(),
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.map(|t| t.to_string()),
    };
    respond::json(StatusCode::OK, &view)
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Tokens", "getOwnToken", "The token in use", None)
        .problems(&[codes::NOT_FOUND])
        .answer(200, "The token, without its secret.", Some("Token"));
    Route::new(Method::GET, "/v2/tokens/self", get(handle), operation)
}
