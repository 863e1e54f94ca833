//! `GET /v2/collections/{collectionId}`.

use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::Scope;

use super::view::CollectionView;
use crate::auth::{Permit, PersonsRead};
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{self, IdPath};

async fn handle(permit: Permit<PersonsRead>, id: IdPath) -> Answer {
    let collection = permit.registry.collection(&permit.caller, path::id(id)?).await?;
    respond::json(StatusCode::OK, &CollectionView::from(&collection))
}

pub(crate) fn route() -> Route {
    let operation =
        Operation::new("Collections", "getCollection", "Read a collection", Some(Scope::PersonsRead))
            .collection_id()
            .answer(200, "The collection.", Some("Collection"));
    Route::new(Method::GET, "/v2/collections/{collectionId}", get(handle), operation)
}
