//! The personal part of a person as it is kept: plain text, because it was parsed on its way in.

use std::collections::BTreeMap;

use domain::CollectionId;
use domain::Invalid;
use domain::person::{
    Change, Code, DocumentNumber, Email, ExternalId, MAX_PAIRS, Name, Nationality, Patch, Phone,
    metadata_key, metadata_value, words,
};
use serde::{Deserialize, Serialize};
use store::{IndexEntry, IndexField};
use vault::BlindIndex;

use crate::error::Error;

/// What is known about a person, biometrics and status apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "members of the Person object, described in the interface")]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Identifiers of the collections the person is in, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<[u8; 16]>,
}

/// Puts a change into a slot. What was stored by a version that cut less of a text is the same value: sending it back changes
/// nothing, or else a person would have to be proven again for a space.
fn apply<T: PartialEq>(
    slot: &mut Option<String>,
    change: &Change<T>,
    parse: impl Fn(&str) -> Result<T, Invalid>,
    text: impl Fn(&T) -> &str,
) {
    match change {
        Change::Keep => {}
        Change::Clear => *slot = None,
        Change::Set(value) => {
            let is_same = |stored: &String| parse(stored).is_ok_and(|stored| stored == *value);
            if !slot.as_ref().is_some_and(is_same) {
                *slot = Some(text(value).to_owned());
            }
        }
    }
}

/// Sets or removes one pair, under whatever spelling of its key it is stored.
fn apply_pair(metadata: &mut BTreeMap<String, String>, key: &str, value: Option<&String>) {
    let is_meant = |stored: &String| metadata_key(stored).is_ok_and(|stored| stored == key);
    let stored = match metadata.get_key_value(key) {
        Some((stored, _)) => Some(stored.clone()),
        None => metadata.keys().find(|stored| is_meant(stored)).cloned(),
    };
    let before = stored.and_then(|stored| metadata.remove_entry(&stored));
    let Some(value) = value else { return };
    let is_same = |stored: &String| metadata_value(stored).is_ok_and(|stored| stored == *value);
    match before.filter(|(_, stored)| is_same(stored)) {
        Some((stored, before)) => drop(metadata.insert(stored, before)),
        None => drop(metadata.insert(key.to_owned(), value.clone())),
    }
}

impl Profile {
    /// This profile after `patch`.
    ///
    /// # Errors
    /// [`Error::NoName`], [`Error::TooMuchMetadata`].
    pub(crate) fn patched(&self, patch: &Patch) -> Result<Self, Error> {
        let mut next = self.clone();
        apply(&mut next.first_name, &patch.first_name, Name::parse, Name::as_str);
        apply(&mut next.last_name, &patch.last_name, Name::parse, Name::as_str);
        apply(&mut next.email, &patch.email, Email::parse, Email::as_str);
        apply(&mut next.phone, &patch.phone, Phone::parse, Phone::as_str);
        // A date has one spelling, and always had.
        match &patch.date_of_birth {
            Change::Keep => {}
            Change::Clear => next.date_of_birth = None,
            Change::Set(date) => next.date_of_birth = Some(date.to_string()),
        }
        apply(&mut next.document_type, &patch.document_type, Code::parse, Code::as_str);
        let (number, parse) = (&patch.document_number, DocumentNumber::parse);
        apply(&mut next.document_number, number, parse, DocumentNumber::as_str);
        apply(&mut next.external_id, &patch.external_id, ExternalId::parse, ExternalId::as_str);
        apply(&mut next.nationality, &patch.nationality, Nationality::parse, Nationality::as_str);
        apply(&mut next.gender, &patch.gender, Code::parse, Code::as_str);
        if next.first_name.is_none() && next.last_name.is_none() {
            return Err(Error::NoName);
        }
        match &patch.metadata {
            Change::Keep => {}
            Change::Clear => next.metadata.clear(),
            Change::Set(pairs) => {
                for (key, value) in pairs {
                    apply_pair(&mut next.metadata, key, value.as_ref());
                }
            }
        }
        match &patch.collections {
            Change::Keep => {}
            Change::Clear => next.collections.clear(),
            Change::Set(collections) => next.set_collections(collections.iter().copied()),
        }
        if next.metadata.len() > MAX_PAIRS { Err(Error::TooMuchMetadata) } else { Ok(next) }
    }

    /// Whether name, birth date, document or nationality differ: what a verification was about.
    pub(crate) fn identity_differs(&self, other: &Self) -> bool {
        self.first_name != other.first_name
            || self.last_name != other.last_name
            || self.date_of_birth != other.date_of_birth
            || self.document_type != other.document_type
            || self.document_number != other.document_number
            || self.nationality != other.nationality
    }

    /// All blind indexes, sorted; those of names only where persons can be found by name.
    pub(crate) fn index(&self, blind: &BlindIndex, name_search: bool) -> Vec<IndexEntry> {
        let entry = |field: IndexField, value: &str| hashed(blind, field, value);
        let names = if name_search { words::index_terms(&self.names()) } else { Vec::new() };
        let mut index: Vec<IndexEntry> = names.iter().map(|t| entry(IndexField::NamePrefix, t)).collect();
        index.extend(self.external_id.as_deref().map(|v| entry(IndexField::ExternalId, v)));
        index.extend(self.document_number.as_deref().map(|v| entry(IndexField::DocumentNumber, v)));
        index.extend(self.email.as_deref().map(|v| entry(IndexField::Email, v)));
        index.extend(self.phone.as_deref().map(|v| entry(IndexField::Phone, v)));
        index.extend(self.collections().map(IndexEntry::member_of));
        index.sort_unstable();
        // Two beginnings may share one value.
        index.dedup();
        index
    }

    /// The value of a field that a list may be narrowed by.
    pub(crate) fn exact(&self, field: IndexField) -> Option<&str> {
        match field {
            IndexField::ExternalId => self.external_id.as_deref(),
            IndexField::DocumentNumber => self.document_number.as_deref(),
            IndexField::Email => self.email.as_deref(),
            IndexField::Phone => self.phone.as_deref(),
            IndexField::DocumentType => self.document_type.as_deref(),
            IndexField::Name | IndexField::NamePrefix | IndexField::Collection => None,
        }
    }

    /// The collections the person is in.
    pub fn collections(&self) -> impl Iterator<Item = CollectionId> {
        self.collections.iter().copied().map(CollectionId::from_bytes)
    }

    /// Replaces the collections the person is in.
    pub(crate) fn set_collections(&mut self, collections: impl IntoIterator<Item = CollectionId>) {
        self.collections = collections.into_iter().map(CollectionId::to_bytes).collect();
        self.collections.sort_unstable();
        self.collections.dedup();
    }

    /// The names, of which there is at least one.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.first_name.iter().chain(&self.last_name).map(String::as_str).collect()
    }
}

/// A value in the form in which spellings of one value meet.
pub(crate) fn folded(field: IndexField, value: &str) -> String {
    match field {
        IndexField::Email => Email::folded(value),
        IndexField::DocumentNumber => DocumentNumber::folded(value),
        // Earlier versions kept the space around it. It is not in the index.
        IndexField::DocumentType => value.trim().to_owned(),
        IndexField::ExternalId
        | IndexField::Phone
        | IndexField::Name
        | IndexField::NamePrefix
        | IndexField::Collection => value.to_owned(),
    }
}

/// Values that the beginnings of names are spread over. Among them each stands for many names, so that the store does not
/// tell which: `SECURITY.md` has what is left to learn from it.
const NAME_VALUES: u16 = 512;

/// The blind index of `value`.
pub(crate) fn hashed(blind: &BlindIndex, field: IndexField, value: &str) -> IndexEntry {
    let mut hash = blind.hash(field.label(), folded(field, value).as_bytes());
    if field == IndexField::NamePrefix {
        let cut = u16::from_be_bytes([hash[0], hash[1]]) % NAME_VALUES;
        hash = [0; 16];
        hash[..2].copy_from_slice(&cut.to_be_bytes());
    }
    IndexEntry { field, hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_were_stored_with_space_around_them_meet_those_that_are_cut() {
        for field in [IndexField::DocumentType, IndexField::DocumentNumber, IndexField::Email] {
            assert_eq!(folded(field, " passport "), folded(field, "passport"), "{field:?}");
        }
        // It is unique: two that differed stay two.
        assert_ne!(folded(IndexField::ExternalId, " e-1"), folded(IndexField::ExternalId, "e-1"));
    }
}
