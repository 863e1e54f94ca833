//! What galleries, collections and the review of duplicates rest on.

use domain::{CollectionId, DuplicateId, PersonId, Status};

use super::{OURS, Seed, at, commit, conflict, entry, insert, person, query, sample, theirs, update};
use crate::{
    Changes, CollectionChange, CollectionRow, Conflict, IndexEntry, IndexField, PairChange, PairDecision,
    PairRow, PersonChange, Remade, SampleKind, SampleState, SearchRow, Sequence, Slot, Store,
};

/// A new person with an enrolled face.
fn enrolment(n: u8) -> Changes {
    let row = person(n);
    let mut changes = insert(row.clone(), vec![]);
    changes.samples.push(sample(&row, n));
    changes
}

async fn sequence(store: &dyn Store) -> Sequence {
    store.sequence(OURS).await.expect("a sequence")
}

/// Who changed after a position, and who is not to be found any more.
async fn changed(store: &dyn Store, after: Sequence) -> (Vec<PersonId>, Vec<PersonId>) {
    let found = store.search_changes(OURS, after, 100).await.expect("changes").expect("they are known");
    assert_eq!((found.up_to, found.more), (sequence(store).await, false));
    (found.present.iter().map(|p| p.person).collect(), found.absent)
}

fn search_row(n: u8) -> SearchRow {
    let row = person(n);
    let (head, _) = (sample(&row, n).head, ());
    SearchRow {
        person: row.id,
        wrapped_key: row.wrapped_key,
        status: row.status,
        expires_at: None,
        collections: vec![],
        samples: vec![head],
    }
}

/// Whoever has only a fingerprint is loaded, followed, and met by enrolments like anybody else.
pub async fn fingerprints_are_followed_as_faces_are(store: &dyn Store) {
    let start = sequence(store).await;
    let mut changes = enrolment(1);
    changes.samples[0].head.kind = SampleKind::Fingerprint;
    let head = changes.samples[0].head.clone();
    commit(store, changes).await;
    assert_eq!(changed(store, start).await, (vec![person(1).id], vec![]));
    let all = store.searchable(OURS, None, None, 10).await.expect("persons");
    assert_eq!(all, [SearchRow { samples: vec![head], ..search_row(1) }]);
    let mut late = enrolment(2);
    late.searched_up_to = Some(start);
    let up_to = sequence(store).await;
    assert_eq!(conflict(store, late).await, Conflict::Enrolled { persons: vec![person(1).id], up_to });
}

/// A gallery that follows the changes knows everything a search must know, and nothing about other tenants.
pub async fn galleries_can_follow_every_change(store: &dyn Store) {
    commit(store, insert(person(1), vec![])).await;
    assert_eq!(changed(store, 0).await, (vec![], vec![]), "a person without a face matters to no search");
    commit(store, enrolment(2)).await;
    let start = sequence(store).await;
    let found = store.search_changes(OURS, 0, 100).await.expect("changes").expect("they are known");
    assert_eq!(found.present, [search_row(2)]);
    assert_eq!(changed(store, start).await, (vec![], vec![]));

    // A new status.
    let mut verified = person(2);
    (verified.status, verified.verified_at, verified.expires_at) =
        (Status::Verified, Some(at(3)), Some(at(90)));
    commit(store, update(verified.clone(), 1)).await;
    let found = store.search_changes(OURS, start, 100).await.expect("changes").expect("they are known");
    assert_eq!((found.present[0].status, found.present[0].expires_at), (Status::Verified, Some(at(90))));

    // Evidence is no enrolled face, and a removed one neither.
    let before = sequence(store).await;
    let mut evidence = sample(&person(1), 7);
    evidence.head.state = SampleState::Evidence;
    let mut changes = Changes::at(at(9));
    changes.samples.push(evidence);
    changes.removed_samples.push((person(2).id, sample(&person(2), 2).head.id));
    commit(store, changes).await;
    assert_eq!(changed(store, before).await, (vec![], vec![person(2).id]));

    // Gone.
    commit(store, enrolment(3)).await;
    let before = sequence(store).await;
    let mut changes = Changes::at(at(9));
    changes.persons.push(PersonChange::Erase { id: person(3).id, expected: 1 });
    commit(store, changes).await;
    assert_eq!(changed(store, before).await, (vec![], vec![person(3).id]));
    let other = store.search_changes(theirs(), 0, 100).await.expect("changes").expect("they are known");
    assert_eq!((other.present, other.absent), (vec![], vec![]));
}

/// However small the pages, following them leads through every change, also through many in one commit.
pub async fn no_change_is_lost_between_two_pages(store: &dyn Store) {
    for n in 1..=3 {
        commit(store, enrolment(n)).await;
    }
    let mut together = Changes::at(at(9));
    for n in 4..=8 {
        let row = person(n);
        together.samples.push(sample(&row, n));
        together.persons.push(PersonChange::Insert { row, index: vec![] });
    }
    commit(store, together).await;
    commit(store, enrolment(9)).await;
    for limit in 1..=10 {
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let page =
                store.search_changes(OURS, after, limit).await.expect("changes").expect("they are known");
            seen.extend(page.present.iter().map(|p| p.person));
            assert!(page.up_to > after || !page.more, "following goes on");
            after = page.up_to;
            if !page.more {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), after), (9, sequence(store).await), "with pages of {limit}");
    }
}

/// Loading in pages meets every enrolled face once, with the person's key, status and collections.
pub async fn loading_meets_every_face_once(store: &dyn Store) {
    for n in 1..=6 {
        let mut changes = enrolment(n);
        if n % 2 == 0 {
            changes.samples.push(sample(&person(n), n + 100));
        }
        commit(store, changes).await;
    }
    for limit in [2, 3, 5, 100] {
        let (mut after, mut faces, mut persons) = (None, 0, Vec::new());
        loop {
            let page = store.searchable(OURS, after, None, limit).await.expect("a page");
            let Some(last) = page.last() else { break };
            after = Some(last.person);
            faces += page.iter().map(|p| p.samples.len()).sum::<usize>();
            persons.extend(page.iter().map(|p| p.person));
        }
        assert_eq!((faces, persons.len()), (9, 6), "with pages of {limit}");
        assert!(persons.is_sorted());
    }
    let some = store.searchable(OURS, Some(person(2).id), Some(person(5).id), 100).await.expect("a page");
    assert_eq!(some.iter().map(|p| p.person).collect::<Vec<_>>(), [person(3).id, person(4).id]);
    assert_eq!(store.searchable(theirs(), None, None, 9).await, Ok(vec![]));
    assert_eq!(store.searchable(OURS, None, None, 1).await.expect("a page")[0], search_row(1));
}

/// An enrolment is refused when somebody was enrolled after its search, until it has been compared with them.
pub async fn nobody_is_enrolled_unseen(store: &dyn Store) {
    commit(store, enrolment(1)).await;
    let searched = sequence(store).await;
    let late = |n: u8, searched: Sequence, compared: Vec<PersonId>| {
        let mut changes = enrolment(n);
        changes.searched_up_to = Some(searched);
        changes.compared_with = compared;
        changes
    };
    commit(store, enrolment(2)).await;
    commit(store, enrolment(3)).await;
    commit(store, insert(person(4), vec![])).await;
    let now = sequence(store).await;
    assert_eq!(
        conflict(store, late(5, searched, vec![])).await,
        Conflict::Enrolled { persons: vec![person(2).id, person(3).id], up_to: now }
    );
    assert_eq!(
        conflict(store, late(5, searched, vec![person(3).id])).await,
        Conflict::Enrolled { persons: vec![person(2).id], up_to: now }
    );
    assert_eq!(store.person(OURS, person(5).id).await, Ok(None), "a conflict leaves nothing behind");
    commit(store, late(5, searched, vec![person(2).id, person(3).id])).await;
    commit(store, late(6, sequence(store).await, vec![])).await;
    // Other tenants' enrolments are no concern.
    let mut theirs_changes = enrolment(7);
    theirs_changes.searched_up_to = Some(0);
    store.commit(theirs(), theirs_changes).await.expect("a commit");
}

/// A template made again stands beside the first, and goes with its sample.
pub async fn a_template_made_again_stands_beside_the_first(store: &dyn Store) {
    commit(store, enrolment(1)).await;
    let head = sample(&person(1), 1).head;
    let before = sequence(store).await;
    let mut changes = Changes::at(at(5));
    let remade = |slot, sample| Remade {
        person: person(1).id,
        sample,
        slot,
        model: format!("{slot:?}"),
        template: vec![slot as u8; 80],
    };
    let gone = sample(&person(1), 99).head.id;
    changes.remade = vec![remade(Slot::Second, head.id), remade(Slot::Second, gone)];
    commit(store, changes).await;
    let found = store.samples(OURS, person(1).id).await.expect("samples");
    assert_eq!(found.len(), 1, "a sample that is gone is passed over");
    assert_eq!((&found[0].model, &found[0].template), (&head.model, &head.template));
    assert_eq!(found[0].remade, Some(("Second".into(), vec![1; 80])));
    assert_eq!(changed(store, before).await.0, [person(1).id]);
    // A third model takes the place that is not needed any more.
    let mut changes = Changes::at(at(6));
    changes.remade = vec![remade(Slot::First, head.id)];
    commit(store, changes).await;
    let found = store.samples(OURS, person(1).id).await.expect("samples");
    assert_eq!((found[0].model.as_str(), &found[0].template), ("First", &Some(vec![0; 80])));
    assert_eq!(found[0].remade, Some(("Second".into(), vec![1; 80])));
}

fn collection(n: u8) -> CollectionRow {
    CollectionRow {
        id: CollectionId::new(at(i64::from(n)), &Seed(n)),
        version: 1,
        created_at: at(1),
        updated_at: at(1),
        name: [n; 16],
        sealed: vec![n; 30],
    }
}

fn change(change: CollectionChange) -> Changes {
    let mut changes = Changes::at(at(5));
    changes.collections.push(change);
    changes
}

/// Collections have names of their own, members that exist in both directions, and go only when they are empty.
pub async fn a_collection_has_members_and_goes_when_empty(store: &dyn Store) {
    let (staff, guests) = (collection(1), collection(2));
    commit(store, change(CollectionChange::Insert(staff.clone()))).await;
    let taken = CollectionRow { id: guests.id, ..staff.clone() };
    assert_eq!(conflict(store, change(CollectionChange::Insert(taken))).await, Conflict::CollectionNameTaken);
    commit(store, change(CollectionChange::Insert(guests.clone()))).await;

    let inside = IndexEntry::member_of(staff.id);
    let mut changes = enrolment(1);
    changes.persons = insert(person(1), vec![inside]).persons;
    commit(store, changes).await;
    assert_eq!(store.searchable(OURS, None, None, 9).await.expect("a page")[0].collections, [staff.id]);
    let mut members = query();
    members.index = vec![inside];
    assert_eq!(store.persons(OURS, members).await.expect("a list").rows.len(), 1);
    let nowhere = IndexEntry::member_of(collection(3).id);
    assert_eq!(
        conflict(store, insert(person(2), vec![nowhere, entry(IndexField::Name, 1)])).await,
        Conflict::Collection(collection(3).id)
    );

    assert_eq!(
        conflict(store, change(CollectionChange::Remove(staff.id))).await,
        Conflict::CollectionNotEmpty
    );
    let mut row = person(1);
    row.version = 2;
    let mut changes = Changes::at(at(6));
    changes.persons.push(PersonChange::Update { row, expected: 1, index: Some(vec![]) });
    commit(store, changes).await;
    commit(store, change(CollectionChange::Remove(staff.id))).await;
    assert_eq!(
        conflict(store, change(CollectionChange::Remove(staff.id))).await,
        Conflict::Collection(staff.id)
    );

    let renamed = CollectionRow { version: 2, name: [9; 16], ..guests.clone() };
    let update = |row: CollectionRow| change(CollectionChange::Update { row, expected: 1 });
    commit(store, update(renamed.clone())).await;
    assert_eq!(conflict(store, update(renamed.clone())).await, Conflict::Collection(guests.id));
    assert_eq!(store.collection(OURS, guests.id).await, Ok(Some(renamed.clone())));
    assert_eq!(store.collection(theirs(), guests.id).await, Ok(None));
    assert_eq!(store.collection_named(OURS, [9; 16]).await, Ok(Some(renamed.clone())));
    assert_eq!(store.collection_named(OURS, guests.name).await, Ok(None));
    assert_eq!(store.collection_named(theirs(), [9; 16]).await, Ok(None));
    assert_eq!(store.collections(OURS, None, 9).await, Ok(vec![renamed]));
    assert_eq!(store.collections(OURS, Some(guests.id), 9).await, Ok(vec![]));
}

/// Two persons are one pair, decided once, gone with either of them.
pub async fn a_pair_is_kept_once_and_goes_with_its_persons(store: &dyn Store) {
    for n in 1..=3 {
        commit(store, insert(person(n), vec![])).await;
    }
    let pair = |n: u8, a: u8, b: u8| PairRow {
        id: DuplicateId::new(at(i64::from(n)), &Seed(n)),
        persons: [person(a).id, person(b).id],
        created_at: at(4),
        decision: PairDecision::Open,
        version: 1,
        sealed: vec![n; 20],
    };
    let change = |change: PairChange| {
        let mut changes = Changes::at(at(5));
        changes.pairs.push(change);
        changes
    };
    for row in [pair(1, 1, 2), pair(2, 1, 2), pair(3, 1, 3), pair(4, 2, 9)] {
        commit(store, change(PairChange::Insert(row))).await;
    }
    let open = |before| store.pairs(OURS, PairDecision::Open, before, 9);
    assert_eq!(
        open(None).await,
        Ok(vec![pair(3, 1, 3), pair(1, 1, 2)]),
        "once, newest first, of persons who exist"
    );
    assert_eq!(open(Some(pair(3, 1, 3).id)).await, Ok(vec![pair(1, 1, 2)]));
    assert_eq!(store.pairs_of(OURS, person(2).id).await, Ok(vec![pair(1, 1, 2)]));
    assert_eq!(store.pairs_of(theirs(), person(2).id).await, Ok(vec![]));

    let decided = PairRow { decision: PairDecision::Different, version: 2, ..pair(1, 1, 2) };
    let update = |row: PairRow| change(PairChange::Update { row, expected: 1 });
    commit(store, update(decided.clone())).await;
    assert_eq!(conflict(store, update(decided.clone())).await, Conflict::Pair(decided.id));
    assert_eq!(store.pair(OURS, decided.id).await, Ok(Some(decided.clone())));
    assert_eq!(store.pair(theirs(), decided.id).await, Ok(None));
    assert_eq!(store.pairs(OURS, PairDecision::Different, None, 9).await, Ok(vec![decided]));

    let mut changes = Changes::at(at(9));
    changes.persons.push(PersonChange::Erase { id: person(1).id, expected: 1 });
    commit(store, changes).await;
    assert_eq!(open(None).await, Ok(vec![]));
    assert_eq!(store.pairs(OURS, PairDecision::Different, None, 9).await, Ok(vec![]));
}
