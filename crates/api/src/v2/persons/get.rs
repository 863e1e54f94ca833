//! `GET /v2/persons/{personId}`.

use axum::extract::RawQuery;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use domain::Scope;

use super::show;
use crate::auth::{Permit, PersonsRead};
use crate::conditional::is_known;
use crate::openapi::Operation;
use crate::problem::Answer;
use crate::query::Query;
use crate::respond;
use crate::routes::Route;
use crate::v2::path::{IdPath, person_id};

async fn handle(
    permit: Permit<PersonsRead>,
    id: IdPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    Query::new(query.as_deref()).finish()?;
    let id = person_id(id)?;
    let found = permit.registry.find(&permit.caller, id).await?;
    let person = found.person();
    if is_known(&headers, &person.etag()) {
        return Ok(respond::with(StatusCode::NOT_MODIFIED.into_response(), header::ETAG, &person.etag()));
    }
    if person.samples().next().is_some() && permit.may(Scope::BiometricsRead) {
        let _builder = permit.builder().await;
        let (person, images) = permit.registry.with_images(&permit.caller, found).await?;
        return show::person(StatusCode::OK, &person, &images);
    }
    show::person(StatusCode::OK, person, &registry::Images::default())
}

pub(crate) fn route() -> Route {
    let operation = Operation::new("Persons", "getPerson", "Retrieve a person", Some(Scope::PersonsRead))
        .describe("Images are shown to tokens with the scope `biometrics:read`.")
        .person_id()
        .header("If-None-Match", "Entity tags the client has; 304 when one of them is the present one.")
        .answer(200, "The person.", Some("Person"))
        .answer(304, "The client has this version.", None);
    Route::new(Method::GET, "/v2/persons/{personId}", get(handle), operation)
}
