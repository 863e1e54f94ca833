//! Enrolments under way in this process: each is compared with those that came before it, so that strangers share a
//! batch of the store and the same face or finger sent twice at once is enrolled once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::PersonId;
use engine::face::Template;
use tokio::sync::watch;

use crate::finger::FingerProbe;

/// How an enrolment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    UnderWay,
    Enrolled,
    GivenUp,
}

/// An enrolment under way.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Tells it apart from other enrolments of the same person.
    ticket: u64,
    pub(crate) person: PersonId,
    face: Option<Arc<Template>>,
    finger: Option<FingerProbe>,
    outcome: watch::Receiver<Outcome>,
}

impl Entry {
    /// Cosine with another face; none where there is none, or one of another model.
    pub(crate) fn cosine(&self, template: &Template) -> Option<f32> {
        self.face.as_ref()?.cosine(template)
    }

    /// Score with another fingerprint, and whether a client's template takes part.
    pub(crate) fn finger_score(&self, probe: &FingerProbe) -> Option<(f32, bool)> {
        probe.score(self.finger.as_ref()?)
    }

    /// Waits until it has ended; whether the person is enrolled now.
    pub(crate) async fn enrolled(mut self) -> bool {
        let ended = self.outcome.wait_for(|outcome| *outcome != Outcome::UnderWay).await;
        ended.is_ok_and(|outcome| *outcome == Outcome::Enrolled)
    }
}

/// All enrolments of a tenant under way.
#[derive(Default)]
pub(crate) struct InFlight {
    entries: Mutex<Vec<Entry>>,
    tickets: AtomicU64,
}

/// A place among the enrolments under way; dropping it without a word gives the enrolment up.
pub(crate) struct Place<'a> {
    all: &'a InFlight,
    ticket: u64,
    outcome: watch::Sender<Outcome>,
}

impl InFlight {
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters an enrolment, and answers all that were entered before it. Whoever is entered later compares with this
    /// one, so of any two exactly one compares with the other, and nobody waits in a circle.
    pub(crate) fn enter(
        &self,
        person: PersonId,
        face: Option<Arc<Template>>,
        finger: Option<FingerProbe>,
    ) -> (Place<'_>, Vec<Entry>) {
        let (outcome, receiver) = watch::channel(Outcome::UnderWay);
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let mut entries = self.lock();
        let earlier = entries.clone();
        entries.push(Entry { ticket, person, face, finger, outcome: receiver });
        (Place { all: self, ticket, outcome }, earlier)
    }
}

impl Place<'_> {
    /// All others under way now: each was compared with this one, by whichever came later.
    pub(crate) fn others(&self) -> Vec<PersonId> {
        self.all.lock().iter().filter(|e| e.ticket != self.ticket).map(|e| e.person).collect()
    }

    /// The person is enrolled, and the gallery knows.
    pub(crate) fn enrolled(self) {
        self.outcome.send_replace(Outcome::Enrolled);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.all.lock().retain(|e| e.ticket != self.ticket);
        self.outcome.send_if_modified(|outcome| {
            let under_way = *outcome == Outcome::UnderWay;
            if under_way {
                *outcome = Outcome::GivenUp;
            }
            under_way
        });
    }
}
