//! What is kept of a merge, so that it can be undone.

use domain::PersonId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::person::Sealed;
use crate::profile::Profile;

/// A record that was taken in. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Merged {
    /// Sixteen bytes of its identifier.
    pub(super) id: [u8; 16],
    pub(super) at: i64,
    pub(super) version: u64,
    pub(super) status: String,
    pub(super) verified_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    /// Its key, wrapped by that of the person that took it in: once parted, answers kept under it open again.
    pub(super) wrapped_key: Vec<u8>,
    /// All that was sealed of it.
    pub(super) sealed: Box<Sealed>,
    /// The profile that took it in, before and after.
    pub(super) before: Profile,
    pub(super) after: Profile,
    /// Its samples: what they were called, and what they are called now.
    pub(super) samples: Vec<([u8; 16], [u8; 16])>,
    /// Its history.
    pub(super) events: Vec<[u8; 16]>,
}

/// Merges that can be undone hang in one another like dolls: so many deep, and so many in all, so that a record stays
/// small enough to be read.
const DEEPEST: usize = 8;
const MOST: usize = 50;

/// How deep merges hang in one another, and how many there are.
fn extent(merged: &[Merged]) -> (usize, usize) {
    merged.iter().fold((0, 0), |(depth, count), m| {
        let (deeper, more) = extent(&m.sealed.merged);
        (depth.max(deeper + 1), count + more + 1)
    })
}

/// Whether a record with these merges has as many as one may have.
pub(super) fn too_many(merged: &[Merged]) -> bool {
    let (depth, count) = extent(merged);
    depth > DEEPEST || count > MOST
}

impl Merged {
    /// Its identifier.
    pub(crate) const fn id(&self) -> PersonId {
        PersonId::from_bytes(self.id)
    }
}

type Members = Map<String, Value>;

fn members(profile: &Profile) -> Result<Members, Error> {
    match serde_json::to_value(profile)? {
        Value::Object(members) => Ok(members),
        _ => Err(Error::Fault("a profile is no object".into())),
    }
}

fn profile(members: Members) -> Result<Profile, Error> {
    Ok(serde_json::from_value(Value::Object(members))?)
}

/// The names are one member in two: who has one name only does not get another's for the second.
const NAMES: [&str; 2] = ["firstName", "lastName"];

/// `profile` with whatever it lacks and `other` has.
pub(super) fn joined(first: &Profile, other: &Profile) -> Result<Profile, Error> {
    let mut all = members(first)?;
    for (name, value) in members(other)?.into_iter().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
        let known = all.entry(name).or_insert_with(|| value.clone());
        match (known, value) {
            (Value::Object(known), Value::Object(more)) => {
                for (name, value) in more {
                    known.entry(name).or_insert(value);
                }
            }
            (Value::Array(known), Value::Array(more)) => {
                known.extend(more.into_iter().filter(|v| !known.contains(v)).collect::<Vec<_>>());
            }
            _ => {}
        }
    }
    let mut joined = profile(all)?;
    joined.set_collections(joined.collections().collect::<Vec<_>>());
    Ok(joined)
}

/// `now` without what a merge has added: a member that was changed since stays as it is.
pub(super) fn parted(now: &Profile, before: &Profile, after: &Profile) -> Result<Profile, Error> {
    let (mut now, before, after) = (members(now)?, members(before)?, members(after)?);
    for (name, value) in after {
        if now.get(&name) == Some(&value) {
            match before.get(&name) {
                Some(value) => drop(now.insert(name, value.clone())),
                None => drop(now.remove(&name)),
            }
        }
    }
    profile(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> Profile {
        let metadata = [("a".to_owned(), "1".to_owned())].into();
        Profile {
            first_name: Some("Ann".into()),
            last_name: Some("Lee".into()),
            metadata,
            ..Profile::default()
        }
    }

    #[test]
    fn what_is_known_stays_and_what_is_missing_is_filled() {
        let other = Profile {
            first_name: Some("Anna".into()),
            email: Some("a@b.example".into()),
            metadata: [("a".to_owned(), "2".to_owned()), ("b".to_owned(), "3".to_owned())].into(),
            collections: vec![[7; 16]],
            ..ann()
        };
        let both = joined(&ann(), &other).unwrap();
        assert_eq!((both.first_name.as_deref(), both.email.as_deref()), (Some("Ann"), Some("a@b.example")));
        assert_eq!(both.metadata.get("a").map(String::as_str), Some("1"));
        assert_eq!((both.metadata.len(), both.collections.len()), (2, 1));
        assert_eq!(parted(&both, &ann(), &both).unwrap(), ann());
        let changed = Profile { email: Some("new@b.example".into()), ..both.clone() };
        assert_eq!(parted(&changed, &ann(), &both).unwrap().email.as_deref(), Some("new@b.example"));
    }

    #[test]
    fn who_has_one_name_gets_no_other_by_a_merge() {
        let mononym = Profile { last_name: None, ..ann() };
        let both = joined(&mononym, &ann()).unwrap();
        assert_eq!((both.first_name.as_deref(), both.last_name), (Some("Ann"), None));
        let both = joined(&ann(), &mononym).unwrap();
        assert_eq!((both.first_name.as_deref(), both.last_name.as_deref()), (Some("Ann"), Some("Lee")));
    }
}
