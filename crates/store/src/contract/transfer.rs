//! What is moved from one store to another arrives as it was.

use domain::{CollectionId, DuplicateId, SampleId};

use super::{OURS, Seed, at, commit, entry, insert, person, sample};
use crate::{
    Changes, CollectionChange, CollectionRow, EventRow, IdempotencyRow, IndexEntry, IndexField, Key,
    PairChange, PairDecision, PairRow, Part, PersonChange, Record, SealedChange, SealedKind, SealedRow, Slot,
    TokenChange, TokenRow, Transfer,
};

/// Some of everything a store can hold.
async fn fill(store: &dyn Transfer) {
    let group = CollectionRow {
        id: CollectionId::new(at(1), &Seed(1)),
        version: 1,
        created_at: at(1),
        updated_at: at(2),
        name: [4; 16],
        sealed: vec![5; 9],
    };
    let member = IndexEntry::member_of(group.id);
    let mut changes = Changes::at(at(5));
    changes.collections.push(CollectionChange::Insert(group));
    changes.tokens.push(TokenChange::Insert(TokenRow {
        id: domain::TokenId::new(at(1), &Seed(1)),
        hash: [7; 32],
        scopes: domain::Scopes::DEFAULT,
        created_at: at(1),
        expires_at: Some(at(99)),
        revoked_at: None,
        sealed_name: vec![1],
    }));
    commit(store, changes).await;
    for n in 1..=9 {
        let mut changes = insert(person(n), vec![entry(IndexField::Email, n), member]);
        changes.samples.push(sample(&person(n), n));
        let id = domain::EventId::new(at(i64::from(n)), &Seed(n));
        changes.events.push(EventRow { id, person: person(n).id, at: at(3), sealed: vec![n; 4] });
        changes.idempotency = Some(IdempotencyRow {
            key: [n; 16],
            body: [2; 16],
            status: 201,
            person: (n % 2 == 0).then(|| person(n).id),
            sealed: vec![3],
            expires_at: at(900),
        });
        changes.sealed.push(SealedChange::Insert(SealedRow {
            kind: SealedKind::ProvenImage,
            key: [n; 16],
            version: 1,
            expires_at: (n % 2 == 0).then(|| at(900)),
            sealed: vec![n; 5],
        }));
        commit(store, changes).await;
    }
    let mut changes = Changes::at(at(20));
    changes.mark = Some(vec![7; 9]);
    changes.persons.push(PersonChange::Erase { id: person(9).id, expected: 1 });
    changes.remade.push(crate::Remade {
        person: person(1).id,
        sample: SampleId::from_bytes(sample(&person(1), 1).head.id.to_bytes()),
        slot: Slot::Second,
        model: "n".into(),
        template: vec![8; 9],
    });
    changes.pairs.push(PairChange::Insert(PairRow {
        id: DuplicateId::new(at(1), &Seed(1)),
        persons: [person(1).id, person(2).id],
        created_at: at(4),
        decision: PairDecision::Open,
        version: 1,
        sealed: vec![6; 7],
    }));
    commit(store, changes).await;
}

/// All records of a kind, a few at a time.
async fn all(store: &dyn Transfer, part: Part) -> Vec<Record> {
    let (mut all, mut after) = (Vec::new(), Key::default());
    loop {
        let page = store.records(OURS, part, after, 4).await.expect("records");
        let Some(last) = page.last() else { return all };
        assert!(page.iter().all(|r| r.key() > after) && page.is_sorted_by_key(Record::key));
        after = last.key();
        all.extend(page);
    }
}

/// Everything of `from` that is put into `to` is there as it was, however often it is read.
pub async fn what_is_moved_arrives_as_it_was(from: &dyn Transfer, to: &dyn Transfer) {
    super::prepare(from).await;
    fill(from).await;
    for part in Part::ALL {
        let records = all(from, part).await;
        assert!(!records.is_empty(), "{part:?}");
        for few in records.chunks(3) {
            to.put(OURS, few.to_vec()).await.expect("taken in");
            assert_eq!(to.last_key(OURS, part).await, Ok(few.last().expect("some").key()));
        }
        assert_eq!(all(to, part).await, records, "{part:?}");
        let bytes = |records: &[Record]| records.iter().map(Record::to_bytes).collect::<Vec<_>>();
        assert_eq!(bytes(&all(to, part).await), bytes(&records));
    }
    assert_eq!(to.state(OURS).await, Ok(None), "a tenant is there when all of it is");
    let state = from.state(OURS).await.expect("a state").expect("a tenant");
    to.put_tenant(state.clone()).await.expect("taken in");
    assert_eq!(to.state(OURS).await, Ok(Some(state)));
    assert_eq!(to.check().await, Ok(()));
    // It is in use like any other.
    commit(to, insert(person(30), vec![entry(IndexField::Email, 1)])).await;
    let found = to.search_changes(OURS, 0, 100).await.expect("changes").expect("known");
    assert_eq!((found.present.len(), found.absent.len()), (8, 1));
}
