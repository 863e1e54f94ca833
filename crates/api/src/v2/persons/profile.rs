//! Reading the personal members of a body.

use std::collections::BTreeMap;

use domain::person::{
    BirthDate, Change, Code, DocumentNumber, Email, ExternalId, MAX_PAIRS, Name, Nationality, Patch, Phone,
    check_pair,
};
use domain::{FieldCode, Invalid, Time};

use crate::json::{Json, Members};

/// Takes all personal members; faults stay with `members`.
pub(super) fn read(members: &mut Members<'_>, now: Time) -> Patch {
    Patch {
        first_name: members.text("firstName", Name::parse),
        last_name: members.text("lastName", Name::parse),
        email: members.text("email", Email::parse),
        phone: members.text("phone", Phone::parse),
        date_of_birth: members.text("dateOfBirth", |text| BirthDate::parse(text, now.date())),
        document_type: members.text("documentType", Code::parse),
        document_number: members.text("documentNumber", DocumentNumber::parse),
        external_id: members.text("externalId", ExternalId::parse),
        nationality: members.text("nationality", Nationality::parse),
        gender: members.text("gender", Code::parse),
        metadata: members.object("metadata", metadata),
        // Found by name or identifier once the whole body has been read.
        collections: Change::Keep,
    }
}

fn metadata(members: &mut Members<'_>) -> BTreeMap<String, Option<String>> {
    let mut pairs = BTreeMap::new();
    for (key, value) in members.drain() {
        let value = match value {
            Json::String(text) => Some(text.into_owned()),
            Json::Null => None,
            _ => {
                members.fault(&key, Invalid::new(FieldCode::WrongType, "must be a string"));
                continue;
            }
        };
        match check_pair(&key, value.as_deref().unwrap_or_default()) {
            Ok(()) => drop(pairs.insert(key.into_owned(), value)),
            Err(invalid) => members.fault(&key, invalid),
        }
    }
    if pairs.len() > MAX_PAIRS {
        members.fault_at("", Invalid::new(FieldCode::Length, "must have at most 50 pairs"));
    }
    pairs
}

/// The two names must be there on creation; one that is there but faulty is reported as such already.
pub(super) fn require_names(members: &mut Members<'_>, given: (bool, bool)) {
    for (name, given) in [("firstName", given.0), ("lastName", given.1)] {
        if !given {
            members.fault(name, Invalid::new(FieldCode::Required, "is required"));
        }
    }
}

/// The two names cannot be cleared.
pub(super) fn keep_names(members: &mut Members<'_>, patch: &Patch) {
    for (name, change) in [("firstName", &patch.first_name), ("lastName", &patch.last_name)] {
        if *change == Change::Clear {
            members.fault(name, Invalid::new(FieldCode::Required, "cannot be cleared"));
        }
    }
}
