//! How a collection is shown, and how its members are read.

use domain::person::{Change, Name};
use domain::{FieldCode, Invalid};
use registry::Collection;
use serde::Serialize;
use store::Total;

use crate::json::Members;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CollectionView<'a> {
    id: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    members: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    members_is_exact: Option<bool>,
    created_at: String,
    updated_at: String,
}

impl<'a> From<&'a Collection> for CollectionView<'a> {
    fn from(c: &'a Collection) -> Self {
        let (members, members_is_exact) = match c.members {
            Total::Exact(count) => (count, None),
            Total::AtLeast(count) => (count, Some(false)),
        };
        Self {
            id: c.id.to_string(),
            name: &c.name,
            description: c.description.as_deref(),
            members,
            members_is_exact,
            created_at: c.created_at.to_string(),
            updated_at: c.updated_at.to_string(),
        }
    }
}

/// Takes the name, by the rules of persons' names; what looks like an identifier is none.
pub(super) fn name(members: &mut Members<'_>) -> Change<String> {
    let name = members.text("name", |value| {
        let name = Name::parse(value)?;
        if name.as_str().starts_with(domain::CollectionId::PREFIX) {
            return Err(Invalid::new(FieldCode::Format, "must not begin as an identifier does"));
        }
        if name.as_str().chars().count() > 100 {
            return Err(Invalid::new(FieldCode::Length, "must have at most 100 characters"));
        }
        Ok(name.as_str().to_owned())
    });
    if name == Change::Clear {
        members.fault("name", Invalid::new(FieldCode::Required, "cannot be cleared"));
    }
    name
}

/// Takes the description.
pub(super) fn description(members: &mut Members<'_>) -> Change<String> {
    members.text("description", |value| domain::person::free_text(value, 1, 500))
}
