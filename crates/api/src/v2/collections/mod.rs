//! Collections.

mod add_members;
mod create;
mod get;
mod list;
mod members;
mod remove;
mod remove_member;
mod update;
mod view;

use crate::routes::Route;

/// All operations on collections.
pub(crate) fn routes() -> [Route; 8] {
    [
        list::route(),
        create::route(),
        get::route(),
        update::route(),
        remove::route(),
        members::route(),
        add_members::route(),
        remove_member::route(),
    ]
}
