//! The samples of a person.

mod add;
mod get;
mod list;
mod remove;
mod view;

use crate::routes::Route;

/// All operations on samples.
pub(crate) fn routes() -> [Route; 4] {
    [list::route(), get::route(), add::route(), remove::route()]
}
