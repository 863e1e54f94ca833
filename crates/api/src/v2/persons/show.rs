//! Answering with one person, the same way after every verb.

use axum::http::{StatusCode, header};
use domain::Scope;
use registry::{Error, Images, Outcome, Person, Pictures};
use serde::Serialize;

use super::view::PersonView;
use crate::auth::Permit;
use crate::problem::{Answer, Problem};
use crate::respond;

/// `person` with `images`.
pub(super) fn person(status: StatusCode, person: &Person, images: &Images) -> Answer {
    let response = respond::json(status, &PersonView::whole(person, images))?;
    Ok(respond::with(response, header::ETAG, &person.etag()))
}

/// What a token that may write and not read is answered: enough to go on, and nothing it did not bring.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedView {
    id: String,
    verification_status: &'static str,
    version: u64,
}

/// `person` as a commit left it, with its images as stored, where the token may see them. Where they cannot be read now, it is
/// shown without: what was done is never called a failure.
pub(crate) async fn stored<R>(permit: &Permit<R>, status: StatusCode, shown: Person) -> Answer {
    if !permit.may(Scope::PersonsRead) {
        return changed(status, &shown);
    }
    let has_images = shown.samples().next().is_some();
    if !has_images || !permit.may(Scope::BiometricsRead) {
        return person(status, &shown, &Images::default());
    }
    let _builder = permit.builder().await;
    // The state that was decided is shown, with the images that belong to it.
    let images = permit.registry.images(&permit.caller, &shown).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a change was made, but the images for its answer cannot be read");
        Images::default()
    });
    person(status, &shown, &images)
}

fn changed(status: StatusCode, person: &Person) -> Answer {
    let view = ChangedView {
        id: person.id.to_string(),
        verification_status: person.status().as_str(),
        version: person.version,
    };
    Ok(respond::with(respond::json(status, &view)?, header::ETAG, &person.etag()))
}

/// The outcome of a request about a person who was there before, and that may be a repetition.
pub(super) async fn outcome<R>(permit: &Permit<R>, status: StatusCode, outcome: Outcome) -> Answer {
    if permit.may(Scope::PersonsRead) {
        brought(permit, status, outcome).await
    } else {
        changed(status, &outcome.person)
    }
}

/// The outcome of a creation that may be a repetition: the client has brought all it shows. A repeated answer has no images.
pub(super) async fn brought<R>(permit: &Permit<R>, status: StatusCode, outcome: Outcome) -> Answer {
    match outcome.images {
        Pictures::Here(images) if permit.may(Scope::BiometricsRead) => {
            person(status, &outcome.person, &images)
        }
        Pictures::Here(_) | Pictures::Withheld => person(status, &outcome.person, &Images::default()),
        Pictures::Stored => stored(permit, status, outcome.person).await,
    }
}

/// Adds where a new person is found.
pub(super) fn located(answer: Answer, person: &str) -> Answer {
    answer.map(|response| respond::with(response, header::LOCATION, &format!("/v2/persons/{person}")))
}

/// A refusal; that of a duplicate names the other person where the token may read it.
pub(crate) fn refused<R>(permit: &Permit<R>, error: registry::Error) -> Problem {
    match error {
        Error::Duplicate(id) if permit.may(Scope::PersonsRead) => {
            Problem::from(Error::Duplicate(id)).person(id)
        }
        other => other.into(),
    }
}

/// As [`refused`], on the liveness routes.
pub(super) fn refused_live<R>(permit: &Permit<R>, error: registry::Error) -> Problem {
    match error {
        Error::FacesNotConfigured => Problem::for_liveness(error),
        other => refused(permit, other),
    }
}

/// Refused by the caller's own conditions, or by the rules.
pub(super) enum Refused {
    Problem(Problem),
    Error(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Refused {
    /// The answer; `show` makes one of an error.
    pub(super) fn shown(self, show: impl FnOnce(Error) -> Problem) -> Problem {
        match self {
            Self::Problem(problem) => problem,
            Self::Error(error) => show(error),
        }
    }
}
