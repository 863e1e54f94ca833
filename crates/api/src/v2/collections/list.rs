//! `GET /v2/collections`.

use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::{FieldCode, Invalid, Scope};
use serde::Serialize;
use serde_json::json;

use super::view::CollectionView;
use crate::auth::{Permit, PersonsRead};
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::query::Query;
use crate::respond;
use crate::routes::Route;
use crate::v2::paging::Paging;

#[derive(Serialize)]
struct ListView<'a> {
    data: Vec<CollectionView<'a>>,
    pagination: Paging,
}

async fn handle(permit: Permit<PersonsRead>, RawQuery(query): RawQuery) -> Answer {
    let mut query = Query::new(query.as_deref());
    let limit = query.number("limit", 1..=200).unwrap_or(50);
    let after = query.take("cursor", |text| {
        text.parse().map_err(|_| Invalid::new(FieldCode::Format, "is not a cursor of this list"))
    });
    query.finish()?;
    let (found, more) = permit.registry.collections(&permit.caller, after, limit).await?;
    let view = ListView {
        data: found.iter().map(CollectionView::from).collect(),
        pagination: Paging::new(limit, found.last().filter(|_| more).map(|c| c.id.to_string())),
    };
    respond::json(StatusCode::OK, &view)
}

pub(crate) fn route() -> Route {
    let operation =
        Operation::new("Collections", "listCollections", "List collections", Some(Scope::PersonsRead))
            .describe("Oldest first.")
            .query(
                "limit",
                &json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }),
                "Most collections.",
            )
            .query("cursor", &json!({ "type": "string" }), "`pagination.nextCursor` of the page before.")
            .answer(200, "A page of collections.", Some("CollectionList"));
    Route::new(Method::GET, "/v2/collections", get(handle), operation)
}
