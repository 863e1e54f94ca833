//! Persons.

mod create;
mod create_live;
mod enrolment;
mod erase;
mod get;
pub(crate) mod list;
mod list_query;
mod list_stream;
mod merge;
mod profile;
mod repeated;
mod reverify;
mod search;
pub(crate) mod show;
mod update;
mod verify;
pub(crate) mod view;

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
        verify::route(),
        search::route(),
    ];
    routes.extend(update::routes());
    routes.extend(merge::routes());
    routes
}
