//! Persons.

mod create;
mod create_live;
mod enrolment;
mod erase;
mod get;
mod idempotency;
mod list;
mod list_query;
mod profile;
mod repeated;
mod reverify;
mod show;
mod update;
pub(crate) mod view;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use domain::PersonId;

use crate::problem::{Problem, codes};
use crate::routes::Route;

/// All operations on persons.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        create::route(),
        create_live::route(),
        list::route(),
        get::route(),
        erase::route(),
        reverify::route(),
    ];
    routes.extend(update::routes());
    routes
}

/// A person's identifier in a path, as extracted.
type IdPath = Result<Path<String>, PathRejection>;

/// A person's identifier in a path. What is no identifier, or no text at all, is simply not there.
fn person_id(path: IdPath) -> Result<PersonId, Problem> {
    path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(|| Problem::new(codes::NOT_FOUND))
}
