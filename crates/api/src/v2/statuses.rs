//! `statuses` in a body: whom a comparison or a search is about.

use domain::person::Change;
use domain::{FieldCode, Invalid, Status};
use registry::Statuses;

use crate::json::Members;

/// Takes `statuses`; by default whoever is pending or verified.
pub(crate) fn take(members: &mut Members<'_>) -> Statuses {
    let read = members.texts("statuses", 4, |word| {
        Status::parse(word)
            .ok_or_else(|| Invalid::new(FieldCode::Range, "must be pending, verified, failed or expired"))
    });
    match read {
        Change::Set(all) if all.is_empty() => {
            members.fault("statuses", Invalid::new(FieldCode::Length, "must name a status"));
            Statuses::DEFAULT
        }
        Change::Set(all) => all.into_iter().collect(),
        Change::Keep | Change::Clear => Statuses::DEFAULT,
    }
}
