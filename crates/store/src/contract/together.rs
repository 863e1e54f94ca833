//! Changes that arrive at once are decided one after the other, and each alone.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;

use domain::{PersonId, Status};

use super::{OURS, at, commit, entry, insert, person, query, sample, update};
use crate::{
    Changes, CommitError, Committed, Conflict, IdempotencyRow, IndexField, ListQuery, PersonChange,
    PersonRow, Store,
};

type Outcome = Result<Committed, CommitError>;

/// Commits all at once.
async fn at_once(store: &dyn Store, all: Vec<Changes>) -> Vec<Outcome> {
    let mut under_way: Vec<_> = all.into_iter().map(|changes| (store.commit(OURS, changes), None)).collect();
    poll_fn(|context| {
        for (commit, outcome) in &mut under_way {
            if outcome.is_none()
                && let Poll::Ready(done) = commit.as_mut().poll(context)
            {
                *outcome = Some(done);
            }
        }
        if under_way.iter().all(|(_, outcome)| outcome.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    under_way.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

fn conflicts(outcomes: &[Outcome]) -> Vec<&Conflict> {
    let conflict = |o: &Outcome| matches!(o, Err(CommitError::Conflict(_)));
    assert!(outcomes.iter().all(|o| o.is_ok() || conflict(o)), "{outcomes:?}");
    let all = outcomes.iter().filter_map(|o| match o {
        Err(CommitError::Conflict(conflict)) => Some(conflict),
        _ => None,
    });
    all.collect()
}

/// Of many that want the same thing at once one gets it; the others leave nothing behind, and sequences have no gap.
pub async fn of_many_at_once_one_gets_what_only_one_can_have(store: &dyn Store) {
    let named = |n: u8| {
        let mut changes =
            insert(person(n), vec![entry(IndexField::ExternalId, 7), entry(IndexField::Email, n)]);
        changes.samples.push(sample(&person(n), n));
        changes
    };
    let before = store.sequence(OURS).await.expect("a sequence");
    let outcomes = at_once(store, (1..=20).map(named).collect()).await;
    let refused = conflicts(&outcomes);
    assert_eq!(refused.len(), 19);
    assert!(refused.iter().all(|c| **c == Conflict::ExternalIdTaken));
    assert_eq!(store.sequence(OURS).await, Ok(before + 1));
    for n in 1..=20 {
        let there = outcomes[usize::from(n) - 1].is_ok();
        let image = store.sample_image(OURS, person(n).id, sample(&person(n), n).head.id).await;
        assert_eq!(image.expect("a read").is_some(), there, "images of the refused are gone");
        assert_eq!(store.person(OURS, person(n).id).await.expect("a read").is_some(), there);
        let by_mail = ListQuery { index: vec![entry(IndexField::Email, n)], ..query() };
        assert_eq!(store.persons(OURS, by_mail).await.expect("a list").rows.len(), usize::from(there));
    }

    commit(store, insert(person(30), vec![])).await;
    let rival = |n: u8| update(PersonRow { updated_at: at(i64::from(n)), ..person(30) }, 1);
    let outcomes = at_once(store, (1..=20).map(rival).collect()).await;
    assert_eq!(conflicts(&outcomes), vec![&Conflict::Version(person(30).id); 19]);

    let kept = IdempotencyRow {
        key: [3; 16],
        body: [2; 16],
        status: 201,
        person: None,
        sealed: vec![3],
        expires_at: at(9_999),
    };
    let keyed = |n: u8| {
        let mut changes = insert(person(n), vec![]);
        changes.idempotency = Some(kept.clone());
        changes
    };
    let outcomes = at_once(store, (40..60).map(keyed).collect()).await;
    assert_eq!(conflicts(&outcomes), vec![&Conflict::IdempotencyKeyUsed; 19]);
}

/// A person that is made, changed and erased by changes that arrive together is what the last of them leaves.
pub async fn changes_of_one_person_at_once_come_to_what_the_last_leaves(store: &dyn Store) {
    let first = |n: u8| vec![entry(IndexField::Email, n)];
    let made = {
        let mut changes = insert(person(1), first(1));
        changes.samples.push(sample(&person(1), 1));
        changes
    };
    let renamed = |version: u64, n: u8| {
        let row = PersonRow { version: version + 1, status: Status::Failed, ..person(1) };
        let mut changes = Changes::at(at(50));
        changes.persons.push(PersonChange::Update { row, expected: version, index: Some(first(n)) });
        changes
    };
    let mut third = renamed(2, 3);
    third.removed_samples.push((person(1).id, sample(&person(1), 1).head.id));
    third.samples.push(sample(&person(1), 2));
    let outcomes = at_once(store, vec![made, renamed(1, 2), third, insert(person(2), first(9))]).await;
    let sequences: BTreeSet<u64> = outcomes.iter().map(|o| o.as_ref().expect("admitted").sequence).collect();
    assert_eq!(sequences.len(), 4);
    let found = store.person(OURS, person(1).id).await.expect("a read").expect("a person");
    assert_eq!((found.version, found.status), (3, Status::Failed));
    for n in 1..=3 {
        let by_mail = ListQuery { index: first(n), ..query() };
        let found = store.persons(OURS, by_mail).await.expect("a list").rows.len();
        assert_eq!(found, usize::from(n == 3), "only the last name is found");
    }
    let samples = store.samples(OURS, person(1).id).await.expect("samples");
    assert_eq!(samples.iter().map(|s| s.id).collect::<Vec<_>>(), [sample(&person(1), 2).head.id]);

    let gone = {
        let mut changes = Changes::at(at(60));
        changes.persons.push(PersonChange::Erase { id: person(1).id, expected: 4 });
        changes
    };
    let again = renamed(4, 5);
    let outcomes = at_once(store, vec![renamed(3, 4), gone, again]).await;
    assert_eq!(conflicts(&outcomes), [&Conflict::Gone(person(1).id)]);
    assert_eq!(store.person(OURS, person(1).id).await, Ok(None));
    assert_eq!(store.samples(OURS, person(1).id).await, Ok(vec![]));
    assert_eq!(store.check().await, Ok(()));
}

/// Of enrolments that arrive together each is told of those before it.
pub async fn enrolments_at_once_see_each_other(store: &dyn Store) {
    let before = store.sequence(OURS).await.expect("a sequence");
    let enrolment = |n: u8| {
        let mut changes = insert(person(n), vec![]);
        changes.samples.push(sample(&person(n), n));
        changes.searched_up_to = Some(before);
        changes
    };
    let outcomes = at_once(store, (1..=10).map(enrolment).collect()).await;
    let told: BTreeSet<&[PersonId]> = conflicts(&outcomes)
        .into_iter()
        .map(|conflict| match conflict {
            Conflict::Enrolled { persons, up_to } => {
                assert_eq!(*up_to, before + 1);
                persons.as_slice()
            }
            other => panic!("{other}"),
        })
        .collect();
    let winner: Vec<PersonId> =
        (1..=10).filter(|n| outcomes[usize::from(*n) - 1].is_ok()).map(|n| person(n).id).collect();
    assert_eq!(winner.len(), 1);
    assert_eq!(told, BTreeSet::from([winner.as_slice()]));
}

/// A piece of work is done by one at a time, who may go on with it.
pub async fn a_lease_is_held_by_one_until_it_runs_out(store: &dyn Store) {
    assert_eq!(store.lease("a", [1; 16], 60).await, Ok(true));
    assert_eq!(store.lease("a", [2; 16], 60).await, Ok(false));
    assert_eq!(store.lease("b", [2; 16], 60).await, Ok(true));
    assert_eq!(store.lease("a", [1; 16], 0).await, Ok(true));
    assert_eq!(store.lease("a", [2; 16], 60).await, Ok(true), "what has run out is anybody's");
    assert_eq!(store.lease("a", [1; 16], 60).await, Ok(false));
}
