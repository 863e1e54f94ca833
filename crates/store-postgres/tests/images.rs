//! Images outside the database, in a store that speaks S3.

use std::time::Duration;

use domain::{PersonId, Random, SampleId, Status, TenantId, Time};
use store::{
    Changes, PersonChange, PersonRow, SampleHead, SampleKind, SampleRow, SampleState, Store as _, TenantRow,
};
use store_postgres::{PostgresStore, Settings};
use testkit::{Bucket, Cluster, shared_cluster};

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

/// How a store keeps its images in the bucket, and removes what has no row as soon as it may.
fn settings(database: &str, bucket: &Bucket) -> Settings {
    let images = Some(format!("{}&access_key_id=test&secret_access_key=test", bucket.url()));
    Settings { images, orphan_age: Duration::ZERO, ..Settings::at(database) }
}

async fn add_tenant(store: &PostgresStore) {
    let row = TenantRow {
        id: TenantId::DEFAULT,
        wrapped_key: vec![1],
        sealed_name: vec![2],
        created_at: Time::EPOCH,
    };
    assert!(store.add_tenant(row).await.expect("a tenant"));
}

/// The clock of the image store counts whole seconds.
async fn until_old() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_installation_on_the_same_image_store_removes_none_of_the_firsts_images() {
    let (Some(cluster), Some(bucket)) = (shared_cluster(), Bucket::start()) else { return };
    let tenant = TenantId::DEFAULT;
    let (first, second) = (cluster.database().await, cluster.database().await);
    let first = PostgresStore::open(&settings(&first, &bucket)).await.unwrap();
    let second = PostgresStore::open(&settings(&second, &bucket)).await.unwrap();
    for store in [&first, &second] {
        add_tenant(store).await;
    }
    first.commit(tenant, enrolment(1)).await.unwrap();
    second.commit(tenant, enrolment(2)).await.unwrap();
    until_old().await;
    assert_eq!((first.tidy().await, second.tidy().await), (Ok(0), Ok(0)));
    for (store, n) in [(&first, 1), (&second, 2)] {
        assert!(store.sample_image(tenant, person(n), sample(n)).await == Ok(Some(vec![n; 50_000])));
    }
    assert_eq!(bucket.images().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_copy_removes_none_of_the_firsts_images() {
    let (Some(cluster), Some(bucket)) = (shared_cluster(), Bucket::start()) else { return };
    let (tenant, database) = (TenantId::DEFAULT, cluster.database().await);
    let first = PostgresStore::open(&settings(&database, &bucket)).await.unwrap();
    add_tenant(&first).await;
    first.commit(tenant, enrolment(1)).await.unwrap();
    drop(first);
    let copied = copy_of(cluster, &database).await;
    let first = PostgresStore::open(&settings(&database, &bucket)).await.unwrap();
    first.commit(tenant, enrolment(2)).await.unwrap();
    first.commit(tenant, enrolment(3)).await.unwrap();
    until_old().await;
    assert_eq!(first.tidy().await, Ok(0));

    // The copy lacks the rows of two images, and erases the person of the third.
    let copy = PostgresStore::open(&settings(&copied, &bucket)).await.unwrap();
    assert!(copy.sample_image(tenant, person(1), sample(1)).await == Ok(Some(vec![1; 50_000])));
    assert_eq!(copy.tidy().await, Ok(0));
    let mut erase = Changes::at(Time::EPOCH);
    erase.persons.push(PersonChange::Erase { id: person(1), expected: 1 });
    copy.commit(tenant, erase).await.unwrap();
    assert_eq!(copy.tidy().await, Ok(0));
    for n in 1..4 {
        assert!(first.sample_image(tenant, person(n), sample(n)).await == Ok(Some(vec![n; 50_000])), "{n}");
    }
    drop(copy);

    // Where the first is gone for good, the copy takes its place once the wait is over.
    let waited = Settings { copy_wait: Duration::ZERO, ..settings(&copied, &bucket) };
    let copy = PostgresStore::open(&waited).await.unwrap();
    assert_eq!(copy.tidy().await, Ok(3));
    assert_eq!(bucket.images().len(), 0);
}

/// A copy of a database, as a backup that was restored beside it.
async fn copy_of(cluster: &Cluster, database: &str) -> String {
    let name = database.rsplit('/').next().expect("a name");
    let client = cluster.client("postgres").await;
    // Connections that were dropped may take a moment to be gone.
    client
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", &[&name])
        .await
        .expect("connections are ended");
    for _ in 0..1_200 {
        let copy = format!("CREATE DATABASE {name}_copy TEMPLATE {name} OWNER app");
        if client.batch_execute(&copy).await.is_ok() {
            return format!("{database}_copy");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the database cannot be copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn images_under_the_names_of_earlier_versions_are_read_and_removed_and_never_collected() {
    let (Some(cluster), Some(bucket)) = (shared_cluster(), Bucket::start()) else { return };
    let (tenant, database) = (TenantId::DEFAULT, cluster.database().await);
    let store = PostgresStore::open(&settings(&database, &bucket)).await.unwrap();
    add_tenant(&store).await;
    store.commit(tenant, enrolment(1)).await.unwrap();
    // As an earlier version has written it: tenant, person, sample and nonce, and no store before them.
    let [name] = &bucket.images()[..] else { panic!("one image") };
    let parts: Vec<&str> = name.split('/').collect();
    let [.., _, tenant_part, person_part, last] = parts[..] else { panic!("{name}") };
    let before = format!("some/where/{tenant_part}/{person_part}/{last}");
    bucket.send("PUT", &format!("/images/{before}"), &[1; 50_000]);
    bucket.send("PUT", &format!("/images/{before}0"), b"of another installation");
    let client = cluster.client(database.rsplit('/').next().unwrap()).await;
    let rename = "UPDATE sample_images SET object = split_part(object, '/', 2)";
    assert_eq!(client.execute(rename, &[]).await.unwrap(), 1);

    assert!(store.sample_image(tenant, person(1), sample(1)).await == Ok(Some(vec![1; 50_000])));
    until_old().await;
    assert_eq!(store.tidy().await, Ok(1), "what this version has written, and no row names any more");
    assert_eq!(bucket.images(), [before.clone(), format!("{before}0")]);
    let mut erase = Changes::at(Time::EPOCH);
    erase.persons.push(PersonChange::Erase { id: person(1), expected: 1 });
    store.commit(tenant, erase).await.unwrap();
    assert_eq!(bucket.images(), [format!("{before}0")]);
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
    assert_eq!(bucket.images().len(), 1);
    let client = cluster.client(database.rsplit('/').next().unwrap()).await;
    let inside = "SELECT count(*) FROM sample_images WHERE image IS NOT NULL";
    assert_eq!(client.query_one(inside, &[]).await.unwrap().get::<_, i64>(0), 0);

    // What is removed or erased goes from there too.
    let mut changes = Changes::at(Time::EPOCH);
    changes.removed_samples.push((person(1), sample(1)));
    store.commit(tenant, changes).await.unwrap();
    assert_eq!(bucket.images().len(), 0);
    store.commit(tenant, enrolment(2)).await.unwrap();
    let mut changes = Changes::at(Time::EPOCH);
    changes.persons.push(PersonChange::Erase { id: person(2), expected: 1 });
    store.commit(tenant, changes).await.unwrap();
    assert_eq!(bucket.images().len(), 0);

    // A refused change leaves its image behind: it is collected once it is old, and no other is.
    store.commit(tenant, enrolment(3)).await.unwrap();
    let mut refused = enrolment(4);
    refused.persons.push(PersonChange::Erase { id: person(9), expected: 1 });
    assert!(store.commit(tenant, refused).await.is_err());
    assert_eq!(bucket.images().len(), 2);
    assert_eq!(store.tidy().await, Ok(0), "its commit might be under way");
    // The clock of the image store counts whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(eager.tidy().await, Ok(1));
    assert_eq!(bucket.images().len(), 1);
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
