//! The suite every backend must pass. A backend's tests instantiate [`crate::contract_suite`] with a function
//! that makes an empty store.

mod search;
mod together;
mod transfer;

pub use search::{
    a_collection_has_members_and_goes_when_empty, a_pair_is_kept_once_and_goes_with_its_persons,
    a_template_made_again_stands_beside_the_first, fingerprints_are_followed_as_faces_are,
    galleries_can_follow_every_change, loading_meets_every_face_once, no_change_is_lost_between_two_pages,
    nobody_is_enrolled_unseen,
};

pub use transfer::what_is_moved_arrives_as_it_was;

pub use together::{
    a_lease_is_held_by_one_until_it_runs_out, changes_of_one_person_at_once_come_to_what_the_last_leaves,
    enrolments_at_once_see_each_other, of_many_at_once_one_gets_what_only_one_can_have,
};

use domain::{EventId, PersonId, Random, SampleId, Scopes, Status, TenantId, Time, TokenId};

use crate::{
    Changes, CommitError, Conflict, Cursor, EventRow, IdempotencyRow, IndexEntry, IndexField, ListQuery,
    PersonChange, PersonRow, SampleHead, SampleKind, SampleRow, SampleState, SealedChange, SealedKind,
    SealedRow, Sort, Store, TenantRow, TokenChange, TokenRow, Total,
};

/// Deterministic identifiers.
struct Seed(u8);

impl Random for Seed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

const OURS: TenantId = TenantId::DEFAULT;

fn theirs() -> TenantId {
    TenantId::new(Time::EPOCH, &Seed(9))
}

fn at(ms: i64) -> Time {
    Time::from_millis(ms)
}

fn person(n: u8) -> PersonRow {
    PersonRow {
        id: PersonId::new(at(i64::from(n)), &Seed(n)),
        version: 1,
        created_at: at(i64::from(n)),
        updated_at: at(i64::from(n)),
        status: Status::Pending,
        verified_at: None,
        expires_at: None,
        wrapped_key: vec![n; 60],
        sealed: vec![n; 200],
    }
}

fn entry(field: IndexField, n: u8) -> IndexEntry {
    IndexEntry { field, hash: [n; 16] }
}

fn insert(row: PersonRow, index: Vec<IndexEntry>) -> Changes {
    let mut changes = Changes::at(row.updated_at);
    changes.persons.push(PersonChange::Insert { row, index });
    changes
}

fn update(mut row: PersonRow, expected: u64) -> Changes {
    row.version = expected + 1;
    let mut changes = Changes::at(row.updated_at);
    changes.persons.push(PersonChange::Update { row, expected, index: None });
    changes
}

fn sample(row: &PersonRow, n: u8) -> SampleRow {
    let head = SampleHead {
        id: SampleId::new(at(i64::from(n)), &Seed(n)),
        person: row.id,
        kind: SampleKind::Face,
        state: SampleState::Enrolled,
        created_at: at(i64::from(n)),
        model: "m".into(),
        template: Some(vec![n; 90]),
        remade: None,
    };
    SampleRow { head, image: vec![n; 5_000].into() }
}

fn query() -> ListQuery {
    ListQuery { count: true, ..ListQuery::all(at(1_000), Sort::CreatedAtDescending, 10) }
}

/// Makes the two tenants of the suite.
pub async fn prepare(store: &dyn Store) {
    for id in [OURS, theirs()] {
        let row = TenantRow { id, wrapped_key: vec![1], sealed_name: vec![2], created_at: at(0) };
        assert!(store.add_tenant(row.clone()).await.expect("a tenant is added"));
        assert!(!store.add_tenant(row).await.expect("a tenant is added once"));
    }
    assert_eq!(store.tenants().await.expect("tenants are read").len(), 2);
}

async fn commit(store: &dyn Store, changes: Changes) {
    store.commit(OURS, changes).await.expect("a commit");
}

async fn conflict(store: &dyn Store, changes: Changes) -> Conflict {
    match store.commit(OURS, changes).await {
        Err(CommitError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// What was committed is read back equal, by its own tenant only.
pub async fn a_person_is_read_back_by_its_own_tenant_only(store: &dyn Store) {
    let row = PersonRow {
        status: Status::Verified,
        verified_at: Some(at(5)),
        expires_at: Some(at(900)),
        ..person(1)
    };
    commit(store, insert(row.clone(), vec![])).await;
    assert_eq!(store.person(OURS, row.id).await, Ok(Some(row.clone())));
    assert_eq!(store.person(theirs(), row.id).await, Ok(None));
    assert!(store.persons(theirs(), query()).await.expect("a list").rows.is_empty());
}

/// Sequences count the commits of a tenant without a gap.
pub async fn sequences_have_no_gaps_and_failures_take_none(store: &dyn Store) {
    let first = store.commit(OURS, insert(person(1), vec![])).await.expect("a commit").sequence;
    conflict(store, update(person(2), 1)).await;
    let second = store.commit(OURS, insert(person(2), vec![])).await.expect("a commit").sequence;
    assert_eq!(second, first + 1);
}

/// Of two updates from one version, one wins.
pub async fn a_version_is_replaced_once(store: &dyn Store) {
    commit(store, insert(person(1), vec![])).await;
    let next = PersonRow { sealed: vec![42], updated_at: at(50), ..person(1) };
    commit(store, update(next.clone(), 1)).await;
    assert_eq!(conflict(store, update(next, 1)).await, Conflict::Version(person(1).id));
    let read = store.person(OURS, person(1).id).await.expect("a read").expect("the person");
    assert_eq!((read.version, read.sealed, read.created_at), (2, vec![42], at(1)));
    assert_eq!(conflict(store, update(person(7), 1)).await, Conflict::Gone(person(7).id));
}

/// One part in conflict undoes the whole.
pub async fn a_conflict_leaves_nothing_behind(store: &dyn Store) {
    commit(store, insert(person(1), vec![])).await;
    let mut changes = insert(person(2), vec![entry(IndexField::Email, 2)]);
    changes.samples.push(sample(&person(2), 2));
    changes.persons.push(PersonChange::Erase { id: person(1).id, expected: 5 });
    assert_eq!(conflict(store, changes).await, Conflict::Version(person(1).id));
    assert_eq!(store.person(OURS, person(2).id).await, Ok(None));
    assert_eq!(store.samples(OURS, person(2).id).await, Ok(vec![]));
    let page = store.persons(OURS, query()).await.expect("a list");
    assert_eq!((page.rows.len(), page.total), (1, Some(Total::Exact(1))));
}

/// External identifiers are unique in a tenant, and free again after erasure or change.
pub async fn an_external_identifier_is_unique_in_its_tenant(store: &dyn Store) {
    let taken = vec![entry(IndexField::ExternalId, 1)];
    commit(store, insert(person(1), taken.clone())).await;
    assert_eq!(conflict(store, insert(person(2), taken.clone())).await, Conflict::ExternalIdTaken);
    store.commit(theirs(), insert(person(3), taken.clone())).await.expect("another tenant may use it");
    let mut erase = Changes::at(at(60));
    erase.persons.push(PersonChange::Erase { id: person(1).id, expected: 1 });
    commit(store, erase).await;
    commit(store, insert(person(2), taken)).await;
}

/// Erasure takes everything of the person with it and lowers the count.
pub async fn erasure_leaves_no_row_of_the_person(store: &dyn Store) {
    let row = person(1);
    let mut changes = insert(row.clone(), vec![entry(IndexField::Email, 1)]);
    changes.samples.push(sample(&row, 1));
    changes.events.push(EventRow {
        id: EventId::new(at(1), &Seed(1)),
        person: row.id,
        at: at(1),
        sealed: vec![1],
    });
    commit(store, changes).await;
    let mut erase = Changes::at(at(60));
    erase.persons.push(PersonChange::Erase { id: row.id, expected: 1 });
    commit(store, erase.clone()).await;
    assert_eq!(conflict(store, erase).await, Conflict::Gone(row.id));
    assert_eq!(store.person(OURS, row.id).await, Ok(None));
    assert_eq!(store.samples(OURS, row.id).await, Ok(vec![]));
    assert_eq!(store.events(OURS, row.id).await, Ok(vec![]));
    assert_eq!(store.sample_image(OURS, row.id, sample(&row, 1).head.id).await, Ok(None));
    let by_mail = ListQuery { index: vec![entry(IndexField::Email, 1)], ..query() };
    assert_eq!(store.persons(OURS, by_mail).await.expect("a list").total, Some(Total::Exact(0)));
    assert_eq!(store.persons(OURS, query()).await.expect("a list").total, Some(Total::Exact(0)));
}

/// Samples and their images come back, and go one by one.
pub async fn samples_come_and_go(store: &dyn Store) {
    let row = person(1);
    let mut changes = insert(row.clone(), vec![]);
    changes.samples.extend([sample(&row, 1), sample(&row, 2)]);
    commit(store, changes).await;
    let heads = store.samples(OURS, row.id).await.expect("samples");
    assert_eq!(heads, [sample(&row, 1).head, sample(&row, 2).head]);
    assert_eq!(store.sample_image(OURS, row.id, heads[1].id).await, Ok(Some(vec![2; 5_000])));
    assert_eq!(store.sample_image(theirs(), row.id, heads[1].id).await, Ok(None));
    assert_eq!(store.sample_image(OURS, person(2).id, heads[1].id).await, Ok(None));
    let mut change = update(row.clone(), 1);
    change.removed_samples.push((row.id, heads[0].id));
    commit(store, change).await;
    assert_eq!(store.samples(OURS, row.id).await.expect("samples"), [heads[1].clone()]);
}

/// Evidence is found by its age, in all tenants; enrolled samples never are.
pub async fn evidence_is_found_by_its_age(store: &dyn Store) {
    let evidence = |n: u8| {
        let mut row = sample(&person(n), n);
        row.head.state = SampleState::Evidence;
        row
    };
    for n in [1, 2, 3] {
        let mut changes = insert(person(n), vec![]);
        changes.samples.extend([evidence(n), sample(&person(n), n + 10)]);
        let tenant = if n == 3 { theirs() } else { OURS };
        store.commit(tenant, changes).await.expect("a commit");
    }
    let entry = |tenant, n: u8| (tenant, person(n).id, evidence(n).head.id);
    let found = store.evidence_before(at(4), 10).await.expect("evidence");
    assert_eq!(found, [entry(OURS, 1), entry(OURS, 2), entry(theirs(), 3)]);
    assert_eq!(store.evidence_before(at(2), 10).await.expect("evidence"), [entry(OURS, 1)]);
    assert_eq!(store.evidence_before(at(4), 1).await.expect("evidence").len(), 1);
}

/// Every order is total, and cursors meet each row once.
pub async fn cursors_meet_each_row_once_in_every_order(store: &dyn Store) {
    for n in 1..=9 {
        commit(store, insert(person(n), vec![])).await;
    }
    for n in [4, 2, 8] {
        commit(store, update(PersonRow { updated_at: at(100), ..person(n) }, 1)).await;
    }
    for sort in [Sort::CreatedAt, Sort::CreatedAtDescending, Sort::UpdatedAt, Sort::UpdatedAtDescending] {
        let whole =
            store.persons(OURS, ListQuery { sort, limit: 100, ..query() }).await.expect("a list").rows;
        let key = |r: &PersonRow| (if sort.by_update() { r.updated_at } else { r.created_at }, r.id);
        let sorted = if sort.descending() {
            whole.is_sorted_by(|a, b| key(a) > key(b))
        } else {
            whole.is_sorted_by(|a, b| key(a) < key(b))
        };
        assert!(sorted && whole.len() == 9, "{sort:?}");
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page =
                store.persons(OURS, ListQuery { sort, limit: 2, after, ..query() }).await.expect("a page");
            after = page.rows.last().map(|r| Cursor { updated_at: r.updated_at, id: r.id });
            seen.extend(page.rows);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, whole, "{sort:?}");
        let third =
            store.persons(OURS, ListQuery { sort, limit: 2, offset: 4, ..query() }).await.expect("a page");
        assert_eq!(third.rows, whole[4..6], "{sort:?}");
    }
}

/// Filters narrow together; expiry is judged at the moment of the question.
pub async fn filters_narrow_together(store: &dyn Store) {
    let verified = PersonRow {
        status: Status::Verified,
        verified_at: Some(at(1)),
        expires_at: Some(at(500)),
        ..person(3)
    };
    let (mail, phone) = (entry(IndexField::Email, 1), entry(IndexField::Phone, 1));
    commit(store, insert(person(1), vec![mail])).await;
    commit(store, insert(person(2), vec![mail, phone])).await;
    commit(store, insert(verified, vec![mail])).await;
    let ids = async |q: ListQuery| -> Vec<u8> {
        let page = store.persons(OURS, q).await.expect("a list");
        assert_eq!(page.total, Some(Total::Exact(page.rows.len() as u64)));
        page.rows.iter().map(|r| r.created_at.millis() as u8).collect()
    };
    assert_eq!(ids(ListQuery { index: vec![mail], ..query() }).await, [3, 2, 1]);
    assert_eq!(ids(ListQuery { index: vec![mail], sort: Sort::UpdatedAt, ..query() }).await, [1, 2, 3]);
    assert_eq!(ids(ListQuery { index: vec![mail, phone], ..query() }).await, [2]);
    assert_eq!(ids(ListQuery { index: vec![entry(IndexField::Email, 9)], ..query() }).await, [0u8; 0]);
    for (now, status, expected) in [
        (499, Status::Verified, vec![3]),
        (499, Status::Expired, vec![]),
        (500, Status::Verified, vec![]),
        (500, Status::Expired, vec![3]),
        (500, Status::Pending, vec![2, 1]),
    ] {
        assert_eq!(
            ids(ListQuery { now: at(now), status: Some(status), ..query() }).await,
            expected,
            "{status:?} at {now}"
        );
    }
    assert_eq!(
        ids(ListQuery { created_from: Some(at(2)), created_before: Some(at(3)), ..query() }).await,
        [2]
    );
    assert_eq!(
        ids(ListQuery {
            status: Some(Status::Pending),
            index: vec![mail],
            created_from: Some(at(2)),
            ..query()
        })
        .await,
        [2]
    );
}

/// New indexes replace the old ones of a person.
pub async fn an_update_replaces_the_indexes(store: &dyn Store) {
    commit(store, insert(person(1), vec![entry(IndexField::Email, 1), entry(IndexField::ExternalId, 1)]))
        .await;
    let mut changes = Changes::at(at(50));
    let row = PersonRow { version: 2, ..person(1) };
    changes.persons.push(PersonChange::Update {
        row,
        expected: 1,
        index: Some(vec![entry(IndexField::Email, 2)]),
    });
    commit(store, changes).await;
    for (n, found) in [(1, 0), (2, 1)] {
        let by_mail = ListQuery { index: vec![entry(IndexField::Email, n)], ..query() };
        assert_eq!(store.persons(OURS, by_mail).await.expect("a list").rows.len(), found);
    }
    commit(store, insert(person(2), vec![entry(IndexField::ExternalId, 1)])).await;
}

/// A kept answer is found until it is forgotten, and its key is used once.
pub async fn an_idempotency_key_is_used_once_until_forgotten(store: &dyn Store) {
    let kept = IdempotencyRow {
        key: [1; 16],
        body: [2; 16],
        status: 201,
        person: Some(person(1).id),
        sealed: vec![3],
        expires_at: at(100),
    };
    let with = |n: u8, now: i64, expires: i64| {
        let mut changes = insert(PersonRow { updated_at: at(now), ..person(n) }, vec![]);
        changes.idempotency = Some(IdempotencyRow { expires_at: at(expires), ..kept.clone() });
        changes
    };
    commit(store, with(1, 1, 100)).await;
    assert_eq!(store.idempotency(OURS, [1; 16], at(99)).await, Ok(Some(kept.clone())));
    assert_eq!(store.idempotency(OURS, [1; 16], at(100)).await, Ok(None));
    assert_eq!(store.idempotency(theirs(), [1; 16], at(1)).await, Ok(None));
    assert_eq!(conflict(store, with(2, 99, 300)).await, Conflict::IdempotencyKeyUsed);
    assert_eq!(store.person(OURS, person(2).id).await, Ok(None));
    commit(store, with(2, 100, 300)).await;
    // An answer may be about nobody.
    let mut changes = Changes::at(at(101));
    let of_tenant = IdempotencyRow { key: [9; 16], person: None, expires_at: at(300), ..kept };
    changes.idempotency = Some(of_tenant.clone());
    commit(store, changes).await;
    assert_eq!(store.idempotency(OURS, [9; 16], at(101)).await, Ok(Some(of_tenant)));
}

/// Tokens are found by hash, listed by tenant, revoked once.
pub async fn a_token_is_revoked_once_by_its_own_tenant(store: &dyn Store) {
    let row = TokenRow {
        id: TokenId::new(at(1), &Seed(1)),
        hash: [7; 32],
        scopes: Scopes::DEFAULT,
        created_at: at(1),
        expires_at: Some(at(99)),
        revoked_at: None,
        sealed_name: vec![1],
    };
    let mut make = Changes::at(at(1));
    make.tokens.push(TokenChange::Insert(row.clone()));
    commit(store, make).await;
    assert_eq!(store.token_by_hash([7; 32]).await, Ok(Some((OURS, row.clone()))));
    assert_eq!(store.token_by_hash([8; 32]).await, Ok(None));
    assert_eq!(store.token(OURS, row.id).await, Ok(Some(row.clone())));
    assert_eq!(store.token(theirs(), row.id).await, Ok(None));
    assert_eq!(store.tokens(OURS).await, Ok(vec![row.clone()]));
    let mut revoke = Changes::at(at(50));
    revoke.tokens.push(TokenChange::Revoke { id: row.id, sealed_name: vec![9] });
    assert!(store.commit(theirs(), revoke.clone()).await.is_err());
    commit(store, revoke.clone()).await;
    assert_eq!(conflict(store, revoke).await, Conflict::TokenGone);
    let read = store.token_by_hash([7; 32]).await.expect("a read").expect("the token").1;
    assert_eq!((read.revoked_at, read.sealed_name), (Some(at(50)), vec![9]));
}

/// The high-water mark is the latest moment of any commit and never falls, and the sealed one with it.
pub async fn the_high_water_mark_never_falls(store: &dyn Store) {
    let ours = async || {
        let marks = store.marks().await.expect("marks");
        assert_eq!(marks.len(), 2, "one a tenant");
        let ours = marks.into_iter().find(|mark| mark.tenant == OURS).expect("our own");
        (ours.at, ours.sealed)
    };
    assert_eq!(ours().await, (at(0), None));
    let moved = |n: u8, ms: i64, mark: Option<u8>| {
        let mut changes = insert(PersonRow { updated_at: at(ms), ..person(n) }, vec![]);
        changes.mark = mark.map(|byte| vec![byte; 8]);
        changes
    };
    commit(store, moved(1, 700, Some(1))).await;
    commit(store, moved(2, 300, Some(2))).await;
    assert_eq!(ours().await, (at(700), Some(vec![1; 8])), "an earlier moment takes nothing back");
    commit(store, moved(3, 800, None)).await;
    assert_eq!(ours().await, (at(800), Some(vec![1; 8])));
    commit(store, moved(4, 900, Some(3))).await;
    assert_eq!(ours().await, (at(900), Some(vec![3; 8])));
}

/// A sealed record is made once, replaced by version, found by its own tenant only, and forgotten when it may be.
pub async fn a_sealed_record_is_made_once_and_replaced_by_version(store: &dyn Store) {
    let row = |n: u8, version: u64, expires: Option<i64>| SealedRow {
        kind: SealedKind::Attempts,
        key: [n; 16],
        version,
        expires_at: expires.map(at),
        sealed: vec![n, version as u8],
    };
    let change = |ms: i64, change: SealedChange| {
        let mut changes = Changes::at(at(ms));
        changes.sealed.push(change);
        changes
    };
    commit(store, change(1, SealedChange::Insert(row(1, 1, None)))).await;
    assert_eq!(store.sealed(OURS, [1; 16]).await, Ok(Some(row(1, 1, None))));
    assert_eq!(store.sealed(theirs(), [1; 16]).await, Ok(None));
    let taken = Conflict::Sealed([1; 16]);
    assert_eq!(conflict(store, change(2, SealedChange::Insert(row(1, 1, None)))).await, taken);
    let next = SealedChange::Update { row: row(1, 2, Some(90)), expected: 1 };
    commit(store, change(3, next.clone())).await;
    assert_eq!(conflict(store, change(4, next)).await, taken);
    let absent = SealedChange::Update { row: row(7, 2, None), expected: 1 };
    assert_eq!(conflict(store, change(4, absent)).await, Conflict::Sealed([7; 16]));
    assert_eq!(store.sealed(OURS, [1; 16]).await, Ok(Some(row(1, 2, Some(90)))));
    // Until its time it keeps its place, from then on it gives way.
    assert_eq!(conflict(store, change(89, SealedChange::Insert(row(1, 1, None)))).await, taken);
    commit(store, change(90, SealedChange::Insert(row(1, 1, Some(200))))).await;
    assert_eq!(store.sealed(OURS, [1; 16]).await, Ok(Some(row(1, 1, Some(200)))));
    // Forgetting rides along with what is new.
    commit(store, change(300, SealedChange::Insert(row(2, 1, None)))).await;
    assert_eq!(store.sealed(OURS, [1; 16]).await, Ok(None));
    commit(store, change(301, SealedChange::Remove([2; 16]))).await;
    commit(store, change(302, SealedChange::Remove([2; 16]))).await;
    assert_eq!(store.sealed(OURS, [2; 16]).await, Ok(None));
    // One that is put takes the place of another, or of none.
    for (ms, version) in [(302, 1), (302, 1), (303, 5)] {
        commit(store, change(ms, SealedChange::Put(row(4, version, Some(900))))).await;
        assert_eq!(store.sealed(OURS, [4; 16]).await, Ok(Some(row(4, version, Some(900)))));
    }
    // One in conflict undoes the whole change.
    commit(store, change(303, SealedChange::Insert(row(3, 1, None)))).await;
    let mut both = insert(person(9), vec![]);
    both.sealed.push(SealedChange::Insert(row(3, 1, None)));
    assert_eq!(conflict(store, both).await, Conflict::Sealed([3; 16]));
    assert_eq!(store.person(OURS, person(9).id).await, Ok(None));
}

/// Indexes can be replaced without a new version.
pub async fn indexes_change_without_a_new_version(store: &dyn Store) {
    commit(store, insert(person(1), vec![entry(IndexField::Name, 1)])).await;
    let mut changes = Changes::at(at(50));
    changes.persons.push(PersonChange::Update {
        row: person(1),
        expected: 1,
        index: Some(vec![entry(IndexField::NamePrefix, 2)]),
    });
    commit(store, changes).await;
    assert_eq!(store.person(OURS, person(1).id).await, Ok(Some(person(1))));
    for (field, n, found) in [(IndexField::Name, 1, 0), (IndexField::NamePrefix, 2, 1)] {
        let by_name = ListQuery { index: vec![entry(field, n)], ..query() };
        assert_eq!(store.persons(OURS, by_name).await.expect("a list").rows.len(), found);
    }
}

/// The store calls itself ready and whole.
pub async fn a_store_in_use_is_ready_and_whole(store: &dyn Store) {
    commit(store, insert(person(1), vec![entry(IndexField::Email, 1)])).await;
    assert_eq!(store.ready().await, Ok(()));
    assert_eq!(store.check().await, Ok(()));
}

/// Makes a test of each contract. `$make` is an async function that answers an empty store (behind anything that
/// dereferences to it); with `maybe`, or nothing, where the backend cannot be had.
#[macro_export]
macro_rules! contract_suite {
    (maybe $make:path) => {
        $crate::contract_suite!(@all $make, |made| {
            let Some(made) = made else { return };
            made
        });
    };
    ($make:path) => {
        $crate::contract_suite!(@all $make, |made| made);
    };
    (@all $make:path, |$made:ident| $is_there:expr) => {
        $crate::contract_suite!(@each $make, |$made| $is_there,
            a_person_is_read_back_by_its_own_tenant_only,
            sequences_have_no_gaps_and_failures_take_none,
            a_version_is_replaced_once,
            a_conflict_leaves_nothing_behind,
            an_external_identifier_is_unique_in_its_tenant,
            erasure_leaves_no_row_of_the_person,
            samples_come_and_go,
            evidence_is_found_by_its_age,
            cursors_meet_each_row_once_in_every_order,
            filters_narrow_together,
            an_update_replaces_the_indexes,
            an_idempotency_key_is_used_once_until_forgotten,
            a_token_is_revoked_once_by_its_own_tenant,
            the_high_water_mark_never_falls,
            a_sealed_record_is_made_once_and_replaced_by_version,
            indexes_change_without_a_new_version,
            a_store_in_use_is_ready_and_whole,
            galleries_can_follow_every_change,
            fingerprints_are_followed_as_faces_are,
            no_change_is_lost_between_two_pages,
            loading_meets_every_face_once,
            nobody_is_enrolled_unseen,
            a_template_made_again_stands_beside_the_first,
            a_collection_has_members_and_goes_when_empty,
            a_pair_is_kept_once_and_goes_with_its_persons,
            of_many_at_once_one_gets_what_only_one_can_have,
            changes_of_one_person_at_once_come_to_what_the_last_leaves,
            enrolments_at_once_see_each_other,
            a_lease_is_held_by_one_until_it_runs_out
        );
    };
    (@each $make:path, |$made:ident| $is_there:expr, $($name:ident),+) => {
        $(
            #[tokio::test]
            async fn $name() {
                let $made = $make().await;
                let $made = $is_there;
                $crate::contract::prepare(&*$made).await;
                $crate::contract::$name(&*$made).await;
            }
        )+
    };
}
