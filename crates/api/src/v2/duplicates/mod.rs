//! Pairs of persons who may be one: the review list.

mod decide;
mod list;
mod view;

use crate::routes::Route;

/// All operations on the review list.
pub(crate) fn routes() -> [Route; 2] {
    [list::route(), decide::route()]
}
