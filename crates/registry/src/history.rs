//! A person's append-only history.

use std::fmt;

use domain::{EventId, PersonId, TenantId, Time, TokenId};
use serde::Serialize;
use store::EventRow;
use vault::Key;

use crate::access::Caller;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::keys::nonce;
use crate::place;
use crate::registry::Registry;

/// Kinds of entries; the words are for ever.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum EventKind {
    #[serde(rename = "person.created")]
    Created,
    #[serde(rename = "person.updated")]
    Updated,
    #[serde(rename = "person.identity-changed")]
    IdentityChanged,
    #[serde(rename = "person.face-replaced")]
    FaceReplaced,
    #[serde(rename = "person.verified")]
    Verified,
    #[serde(rename = "person.failed")]
    Failed,
    #[serde(rename = "person.reviewed")]
    Reviewed,
    #[serde(rename = "person.evidence-removed")]
    EvidenceRemoved,
    #[serde(rename = "sample.added")]
    SampleAdded,
    #[serde(rename = "sample.removed")]
    SampleRemoved,
    #[serde(rename = "person.merged")]
    Merged,
    #[serde(rename = "person.unmerged")]
    Unmerged,
    #[serde(rename = "liveness.failed")]
    LivenessFailed,
}

/// Who caused an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    /// A client, by its token.
    Token(TokenId),
    /// The server itself.
    Server,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => write!(f, "{id}"),
            Self::Server => f.write_str("server"),
        }
    }
}

impl Caller {
    /// Where and by whom an entry is made.
    pub(crate) const fn author(&self) -> (TenantId, By) {
        (self.tenant, By::Token(self.token))
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    r#type: EventKind,
    by: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness_score: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
}

/// What happened, and the state it led to.
pub(crate) struct Happened<'a> {
    pub(crate) kind: EventKind,
    pub(crate) status: &'static str,
    pub(crate) liveness_score: Option<f32>,
    pub(crate) evidence: Option<&'a Evidence>,
}

impl Registry {
    /// The sealed entry of what happened to a person.
    pub(crate) fn event(
        &self,
        (tenant, by): (TenantId, By),
        person: PersonId,
        key: &Key,
        happened: &Happened<'_>,
        now: Time,
    ) -> Result<EventRow, Error> {
        let id = EventId::new(now, &*self.random);
        let entry = Entry {
            r#type: happened.kind,
            by: by.to_string(),
            status: happened.status,
            liveness_score: happened.liveness_score,
            evidence: happened.evidence,
        };
        let plain = serde_json::to_vec(&entry)?;
        let sealed = key.seal(nonce(&*self.random), &place::event(tenant, person, id), &plain)?;
        Ok(EventRow { id, person, at: now, sealed })
    }
}
