//! Reading the personal members of a body.

use std::collections::BTreeMap;

use domain::person::{
    BirthDate, Change, Code, DocumentNumber, Email, ExternalId, MAX_PAIRS, Name, Nationality, Patch, Phone,
    metadata_key, metadata_value,
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
        let pair =
            metadata_key(&key).and_then(|k| Ok((k, value.as_deref().map(metadata_value).transpose()?)));
        match pair {
            Ok((name, _)) if pairs.contains_key(&name) => {
                members.fault(
                    &key,
                    Invalid::new(FieldCode::Format, "is another member without the space around it"),
                );
            }
            Ok((name, value)) => drop(pairs.insert(name, value)),
            Err(invalid) => members.fault(&key, invalid),
        }
    }
    if pairs.len() > MAX_PAIRS {
        members.fault_at("", Invalid::new(FieldCode::Length, "must have at most 50 pairs"));
    }
    pairs
}

/// One of the two names must be there on creation: many people have one name only. One that is there but faulty is reported
/// as such already.
pub(super) fn require_a_name(members: &mut Members<'_>, given: (bool, bool)) {
    if !given.0 && !given.1 {
        for name in ["firstName", "lastName"] {
            members
                .fault(name, Invalid::new(FieldCode::Required, "one of firstName and lastName is required"));
        }
    }
}

/// The two names cannot be cleared together; whether the other one is there when one is cleared, the person tells.
pub(super) fn keep_a_name(members: &mut Members<'_>, patch: &Patch) {
    if patch.first_name == Change::Clear && patch.last_name == Change::Clear {
        require_a_name(members, (false, false));
    }
}
