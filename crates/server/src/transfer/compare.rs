//! What a store holds, as counts and digests.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use store::{Key, Part, Record, Transfer};

use super::{Failure, page};

/// How many records of a kind there are, and a digest of all of them: the sum of the SHA-256 of each, so that their order
/// does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    digest: [u64; 4],
}

impl Sum {
    fn add(&mut self, record: &Record) {
        self.count += 1;
        let hash = Sha256::digest(record.to_bytes());
        for (sum, part) in self.digest.iter_mut().zip(hash.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*part));
        }
    }

    /// The digest as text.
    pub(crate) fn hex(self) -> String {
        self.digest.iter().map(|part| format!("{part:016x}")).collect()
    }
}

/// What a store holds, by kind; the tenants themselves are `tenants`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content(pub(crate) BTreeMap<&'static str, Sum>);

/// One line of it.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'a str,
    count: u64,
    digest: String,
}

impl Serialize for Content {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(kind, sum)| Line {
            kind,
            count: sum.count,
            digest: sum.hex(),
        }))
    }
}

impl Content {
    /// The kinds in which two differ.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        self.0.keys().filter(|kind| self.0.get(*kind) != other.0.get(*kind)).copied().collect()
    }

    /// How many there are of a kind.
    pub(crate) fn count(&self, part: Part) -> u64 {
        self.0.get(part.as_str()).map_or(0, |sum| sum.count)
    }
}

/// Reads all that a store holds.
pub(crate) async fn content(store: &dyn Transfer) -> Result<Content, Failure> {
    let mut content = Content::default();
    let mut tenants = Sum::default();
    for part in Part::ALL {
        content.0.insert(part.as_str(), Sum::default());
    }
    for tenant in store.tenants().await? {
        let state = store.state(tenant.id).await?.ok_or("a tenant went while it was read")?;
        let hash = Sha256::digest(format!("{state:?}"));
        tenants.count += 1;
        for (sum, part) in tenants.digest.iter_mut().zip(hash.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_be_bytes(*part));
        }
        for part in Part::ALL {
            let sum = content.0.entry(part.as_str()).or_default();
            let mut after = Key::default();
            loop {
                let records = store.records(tenant.id, part, after, page(part)).await?;
                let Some(last) = records.last() else { break };
                after = last.key();
                records.iter().for_each(|record| sum.add(record));
            }
        }
    }
    content.0.insert("tenants", tenants);
    Ok(content)
}
