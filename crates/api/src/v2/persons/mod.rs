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

/// A person's identifier in a path. What is no identifier is simply not there.
fn person_id(text: &str) -> Result<PersonId, Problem> {
    text.parse().map_err(|_| Problem::new(codes::NOT_FOUND))
}
