//! Version 2: one folder a noun, one file a verb.

mod image;
mod liveness;
mod persons;
mod tokens;

use crate::routes::Route;

/// All operations of this version.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = persons::routes();
    routes.extend([liveness::check::route(), tokens::own::route()]);
    routes
}
