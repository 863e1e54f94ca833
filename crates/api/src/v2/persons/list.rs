//! `GET /v2/persons`.

use axum::extract::RawQuery;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use domain::{CollectionId, FieldCode, Scope};
use serde::Serialize;
use serde_json::json;
use store::Total;

use super::list_query::{self, write_cursor};
use super::list_stream as stream;
use super::view::PersonView;
use crate::auth::{Permit, PersonsRead};
use crate::openapi::{Operation, word, word_or};
use crate::problem::{Answer, Fault, Problem, codes};
use crate::respond;
use crate::routes::Route;

#[derive(Serialize)]
struct ListView<'a> {
    data: Vec<PersonView<'a>>,
    pagination: Pagination,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pagination {
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    pages: u64,
    total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_is_exact: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

async fn handle(permit: Permit<PersonsRead>, RawQuery(query): RawQuery) -> Answer {
    let mut asked = list_query::read(query.as_deref())?;
    if let Some(meant) = &asked.collection {
        let found = permit.registry.collection_meant(&permit.caller, meant).await?;
        asked.list.filter.collection =
            Some(found.ok_or_else(|| wrong_collection("there is no such collection"))?);
    }
    page(&permit, asked).await
}

fn wrong_collection(detail: &'static str) -> Problem {
    let parameter = Some("collection".to_owned());
    let fault = Fault { pointer: None, parameter, code: FieldCode::Range.as_str(), detail: detail.into() };
    Problem::new(codes::INVALID_PARAMETER).errors(vec![fault])
}

/// The list of a collection's members.
pub(crate) async fn members_of(
    permit: &Permit<PersonsRead>,
    collection: CollectionId,
    query: Option<&str>,
) -> Answer {
    let mut asked = list_query::read(query)?;
    if asked.collection.is_some() {
        return Err(wrong_collection("the path names the collection"));
    }
    asked.list.filter.collection = Some(collection);
    page(permit, asked).await
}

async fn page(permit: &Permit<PersonsRead>, asked: list_query::Asked) -> Answer {
    let images = asked.biometrics && permit.may(Scope::BiometricsRead);
    let listed = permit.registry.list(&permit.caller, &asked.list).await?;
    let (total, exact) = match listed.total {
        Total::Exact(total) => (total, None),
        Total::AtLeast(total) => (total, Some(false)),
    };
    let pagination = Pagination {
        limit: asked.list.limit,
        page: asked.page,
        pages: total.div_ceil(u64::from(asked.list.limit)),
        total,
        total_is_exact: exact,
        next_cursor: listed.next.map(|c| write_cursor(asked.list.sort, c)),
    };
    if images {
        return stream::answer(permit, listed.persons, asked.list.sort, pagination).await;
    }
    let view =
        ListView { data: listed.persons.iter().map(|p| view(p, asked.biometrics)).collect(), pagination };
    respond::json(StatusCode::OK, &view)
}

fn view(person: &registry::Person, biometrics: bool) -> PersonView<'_> {
    if biometrics {
        PersonView::whole(person, &registry::Images::default())
    } else {
        PersonView::brief(person)
    }
}

pub(crate) fn route() -> Route {
    let text = || json!({ "type": "string" });
    let time = || json!({ "type": "string", "format": "date-time" });
    let operation = Operation::new("Persons", "listPersons", "List persons", Some(Scope::PersonsRead))
        .describe("Newest first. Filters narrow together; every one is exact but `name`, and all are read as the members of a person are. `name` finds words, or their beginnings, in any case, order and script, with or without accents, apostrophes, hyphens and articles.")
        .query("limit", &json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 20 }), "Most persons; at most 50 with images.")
        .query("page", &json!({ "type": "integer", "minimum": 1, "default": 1 }), "Page number; `page` × `limit` reaches 10,000 at most.")
        .query("cursor", &text(), "`pagination.nextCursor` of the page before.")
        .query("sort", &word_or("PersonOrder", "-createdAt"), "Order.")
        .query("verificationStatus", &word("VerificationStatus"), "Status now.")
        .query("email", &text(), "E-mail address, in any case.")
        .query("phone", &text(), "E.164 number; its + is `%2B` in a query.")
        .query("documentType", &text(), "Kind of document.")
        .query("documentNumber", &text(), "Number of the document, in any case and width.")
        .query("externalId", &text(), "The operator's own key.")
        .query("name", &text(), "Words of the names, each from its third letter on or, where it is shorter, whole; of Chinese characters, kana and Hangul one is enough. 400 where it is too short to be looked up and nobody has it as a whole word.")
        .query("collection", &text(), "Identifier or name of a collection.")
        .query("createdAfter", &time(), "Created at or after.")
        .query("createdBefore", &time(), "Created before.")
        .query("include", &word("PersonPart"), "Show the biometric part too.")
        .problems(&[codes::USE_CURSOR])
        .answer(200, "A page of persons.", Some("PersonList"));
    Route::new(Method::GET, "/v2/persons", get(handle), operation)
}
