//! `GET /v2/duplicates`.

use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::{FieldCode, Invalid, Scope};
use registry::PairDecision;
use serde::Serialize;
use serde_json::json;

use super::view::{DuplicateView, decision};
use crate::auth::{Permit, PersonsReview};
use crate::openapi::{Operation, word_or};
use crate::problem::Answer;
use crate::query::Query;
use crate::respond;
use crate::routes::Route;
use crate::v2::paging::Paging;

#[derive(Serialize)]
struct ListView<'a> {
    data: Vec<DuplicateView<'a>>,
    pagination: Paging,
}

async fn handle(permit: Permit<PersonsReview>, RawQuery(query): RawQuery) -> Answer {
    let mut query = Query::new(query.as_deref());
    let limit = query.number("limit", 1..=200).unwrap_or(50);
    let decision = query.take("decision", decision).unwrap_or(PairDecision::Open);
    let before = query.take("cursor", |text| {
        text.parse().map_err(|_| Invalid::new(FieldCode::Format, "is not a cursor of this list"))
    });
    query.finish()?;
    let (found, more) = permit.registry.duplicates(&permit.caller, decision, before, limit).await?;
    let view = ListView {
        data: found.iter().map(DuplicateView::from).collect(),
        pagination: Paging::new(limit, found.last().filter(|_| more).map(|d| d.id.to_string())),
    };
    respond::json(StatusCode::OK, &view)
}

pub(crate) fn route() -> Route {
    let operation = Operation::new(
        "Duplicates",
        "listDuplicates",
        "List persons who may be one",
        Some(Scope::PersonsReview),
    )
    .describe("Pairs that enrolments have put on the review list, newest first.")
    .query("decision", &word_or("Decision", "open"), "What was decided.")
    .query("limit", &json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }), "Most pairs.")
    .query("cursor", &json!({ "type": "string" }), "`pagination.nextCursor` of the page before.")
    .answer(200, "A page of pairs.", Some("DuplicateList"));
    Route::new(Method::GET, "/v2/duplicates", get(handle), operation)
}
