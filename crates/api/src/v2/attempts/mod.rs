//! How many comparisons of a person, or of a token, have failed; and lifting the limit.

mod get;
mod lift;
mod view;

use crate::routes::Route;

/// All operations on failed attempts.
pub(crate) fn routes() -> [Route; 4] {
    let [person, token] = get::routes();
    let [lift_person, lift_token] = lift::routes();
    [person, token, lift_person, lift_token]
}
