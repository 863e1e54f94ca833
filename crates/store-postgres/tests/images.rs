//! Images outside the database, in a store that speaks S3.

use domain::{PersonId, Random, SampleId, Status, TenantId, Time};
use store::{
    Changes, PersonChange, PersonRow, SampleHead, SampleKind, SampleRow, SampleState, Store as _, TenantRow,
};
use store_postgres::{PostgresStore, Settings};
use testkit::{Bucket, shared_cluster};

struct Seed(u8);

impl Random for Seed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn person(n: u8) -> PersonId {
    PersonId::new(Time::from_millis(i64::from(n)), &Seed(n))
}

fn sample(n: u8) -> SampleId {
    SampleId::new(Time::EPOCH, &Seed(n))
}

fn image(n: u8) -> SampleRow {
    let head = SampleHead {
        id: sample(n),
        person: person(n),
        kind: SampleKind::Face,
        state: SampleState::Enrolled,
        created_at: Time::EPOCH,
        model: "m".into(),
        template: Some(vec![n; 9]),
        remade: None,
    };
    SampleRow { head, image: vec![n; 50_000].into() }
}

fn enrolment(n: u8) -> Changes {
    let mut changes = Changes::at(Time::EPOCH);
    let row = PersonRow {
        id: person(n),
        version: 1,
        created_at: Time::EPOCH,
        updated_at: Time::EPOCH,
        status: Status::Pending,
        verified_at: None,
        expires_at: None,
        wrapped_key: vec![n],
        sealed: vec![n],
    };
    changes.persons.push(PersonChange::Insert { row, index: Vec::new() });
    changes.samples.push(image(n));
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_written_before_their_rows_and_orphans_are_collected() {
    let (Some(cluster), Some(bucket)) = (shared_cluster(), Bucket::start()) else { return };
    let database = cluster.database().await;
    let images = Some(format!("{}&access_key_id=test&secret_access_key=test", bucket.url()));
    let settings = Settings { images, ..Settings::at(&database) };
    let store = PostgresStore::open(&settings).await.unwrap();
    let eager = Settings { orphan_age: std::time::Duration::ZERO, ..settings };
    let eager = PostgresStore::open(&eager).await.unwrap();
    let tenant = TenantId::DEFAULT;
    let row = TenantRow { id: tenant, wrapped_key: vec![1], sealed_name: vec![2], created_at: Time::EPOCH };
    assert!(store.add_tenant(row).await.unwrap());

    store.commit(tenant, enrolment(1)).await.unwrap();
    assert!(store.sample_image(tenant, person(1), sample(1)).await == Ok(Some(vec![1; 50_000])));
    assert_eq!(bucket.objects().len(), 1);
    let client = cluster.client(database.rsplit('/').next().unwrap()).await;
    let inside = "SELECT count(*) FROM sample_images WHERE image IS NOT NULL";
    assert_eq!(client.query_one(inside, &[]).await.unwrap().get::<_, i64>(0), 0);

    // What is removed or erased goes from there too.
    let mut changes = Changes::at(Time::EPOCH);
    changes.removed_samples.push((person(1), sample(1)));
    store.commit(tenant, changes).await.unwrap();
    assert_eq!(bucket.objects().len(), 0);
    store.commit(tenant, enrolment(2)).await.unwrap();
    let mut changes = Changes::at(Time::EPOCH);
    changes.persons.push(PersonChange::Erase { id: person(2), expected: 1 });
    store.commit(tenant, changes).await.unwrap();
    assert_eq!(bucket.objects().len(), 0);

    // A refused change leaves its image behind: it is collected once it is old, and no other is.
    store.commit(tenant, enrolment(3)).await.unwrap();
    let mut refused = enrolment(4);
    refused.persons.push(PersonChange::Erase { id: person(9), expected: 1 });
    assert!(store.commit(tenant, refused).await.is_err());
    assert_eq!(bucket.objects().len(), 2);
    assert_eq!(store.tidy().await, Ok(0), "its commit might be under way");
    // The clock of the image store counts whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(eager.tidy().await, Ok(1));
    assert_eq!(bucket.objects().len(), 1);
    assert!(store.sample_image(tenant, person(3), sample(3)).await == Ok(Some(vec![3; 50_000])));

    // A sample that comes back under its old name is another object: what removes the one leaves the other.
    let mut again = Changes::at(Time::EPOCH);
    again.removed_samples.push((person(3), sample(3)));
    store.commit(tenant, again).await.unwrap();
    let mut back = Changes::at(Time::EPOCH);
    let mut row = image(3);
    row.image = vec![8; 50_000].into();
    back.samples.push(row);
    store.commit(tenant, back).await.unwrap();
    assert!(store.sample_image(tenant, person(3), sample(3)).await == Ok(Some(vec![8; 50_000])));

    // Without the image store nothing is committed that has an image, and nothing is made up.
    drop(bucket);
    assert!(store.commit(tenant, enrolment(5)).await.is_err());
    assert_eq!(store.person(tenant, person(5)).await, Ok(None));
    assert!(store.sample_image(tenant, person(3), sample(3)).await.is_err());
}
