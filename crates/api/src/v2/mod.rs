//! Version 2: one folder a noun, one file a verb.

mod attempts;
mod biometrics;
mod collection_refs;
mod collections;
mod duplicates;
mod faces;
mod fingerprint;
mod idempotency;
mod image;
mod liveness;
mod paging;
mod path;
mod persons;
mod statuses;
mod tokens;
mod verdict;

use crate::routes::Route;

/// All operations of this version.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = persons::routes();
    routes.extend(biometrics::routes());
    routes.extend(collections::routes());
    routes.extend(duplicates::routes());
    routes.extend([faces::compare::route(), faces::detect::route()]);
    routes.extend([liveness::check::route(), tokens::own::route()]);
    routes.extend(attempts::routes());
    routes
}
