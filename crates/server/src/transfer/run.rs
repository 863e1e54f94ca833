//! Moving everything from one store to another. What was broken off goes on where it stopped.

use engine::models::Progress;
use store::{Part, TenantState, Transfer};

use super::{Content, Failure, content, page};

/// What came of it.
pub(crate) struct Moved {
    /// What both hold now.
    pub(crate) content: Content,
    /// Kinds in which they differ: none when all is well.
    pub(crate) differences: Vec<&'static str>,
}

/// Moves all of `from` into `to`, then compares the two by counts and digests.
pub(crate) async fn run(
    from: &dyn Transfer,
    to: &dyn Transfer,
    progress: &dyn Progress,
) -> Result<Moved, Failure> {
    let mut states = Vec::new();
    for tenant in from.tenants().await? {
        states.push(from.state(tenant.id).await?.ok_or("a tenant went while it was read")?);
    }
    only_these(to, &states).await?;
    progress.begin("persons", states.iter().map(|s| s.persons).sum());
    let mut persons = 0;
    for state in &states {
        if to.state(state.row.id).await?.is_none() {
            move_tenant(from, to, state, progress, &mut persons).await?;
            to.put_tenant(state.clone()).await?;
        }
        persons += state.persons;
    }
    progress.end();
    for state in &states {
        if from.state(state.row.id).await?.as_ref() != Some(state) {
            return Err(
                "the source changed while it was moved: stop its servers, empty the target, and begin again"
                    .into(),
            );
        }
    }
    let (was, is) = (content(from).await?, content(to).await?);
    Ok(Moved { differences: was.differences(&is), content: is })
}

/// A target holds nothing else than what is being moved.
async fn only_these(to: &dyn Transfer, states: &[TenantState]) -> Result<(), Failure> {
    for there in to.tenants().await? {
        if !states.iter().any(|s| s.row == there) {
            return Err("the target holds data of its own: move into an empty store".into());
        }
    }
    Ok(())
}

async fn move_tenant(
    from: &dyn Transfer,
    to: &dyn Transfer,
    state: &TenantState,
    progress: &dyn Progress,
    before: &mut u64,
) -> Result<(), Failure> {
    let tenant = state.row.id;
    let mut moved = *before;
    for part in Part::ALL {
        let mut after = to.last_key(tenant, part).await?;
        loop {
            let records = from.records(tenant, part, after, page(part)).await?;
            let Some(last) = records.last() else { break };
            after = last.key();
            let count = records.len() as u64;
            to.put(tenant, records).await?;
            if part == Part::Persons {
                moved += count;
                progress.at(moved);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine::models::Quiet;
    use store::{Key, Store as _};
    use store_sqlite::SqliteStore;
    use testkit::App;

    use super::*;

    /// A store with some persons.
    async fn filled(folder: &std::path::Path) -> SqliteStore {
        let app = App::start().await;
        for n in 0..30 {
            let body =
                serde_json::json!({"firstName": "A", "lastName": n.to_string(), "externalId": n.to_string()});
            app.post("/v2/persons", &body).await.expect(201);
        }
        let Some(from) = app.home().folder() else { panic!("a folder") };
        std::fs::copy(SqliteStore::file(from), SqliteStore::file(folder)).unwrap();
        for more in ["-wal", "-shm"] {
            let file = |f: &std::path::Path| {
                let mut name = SqliteStore::file(f).into_os_string();
                name.push(more);
                name
            };
            let _ = std::fs::copy(file(from), file(folder));
        }
        SqliteStore::open(folder).unwrap()
    }

    #[tokio::test]
    async fn a_move_that_was_broken_off_goes_on_and_ends_equal() {
        if testkit::over_postgres() {
            return;
        }
        let [a, b] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let (from, to) = (filled(a.path()).await, SqliteStore::open(b.path()).unwrap());
        let tenant = from.tenants().await.unwrap().remove(0).id;
        for part in [Part::Tokens, Part::Persons] {
            let some = from.records(tenant, part, Key::default(), 7).await.unwrap();
            to.put(tenant, some).await.unwrap();
        }
        for _ in 0..2 {
            let moved = run(&from, &to, &Quiet).await.unwrap();
            assert_eq!(moved.differences, [""; 0]);
            assert_eq!(moved.content.count(Part::Persons), 30);
        }
        assert_eq!(to.check().await, Ok(()));
    }

    #[tokio::test]
    async fn nothing_is_moved_over_other_data_and_a_difference_is_found() {
        if testkit::over_postgres() {
            return;
        }
        let [a, b, c] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let (from, other) = (filled(a.path()).await, filled(b.path()).await);
        assert!(run(&from, &other, &Quiet).await.is_err());
        let to = SqliteStore::open(c.path()).unwrap();
        run(&from, &to, &Quiet).await.unwrap();
        let tenant = from.tenants().await.unwrap().remove(0).id;
        let mut changes = store::Changes::at(domain::Time::EPOCH);
        let person = from.records(tenant, Part::Persons, Key::default(), 1).await.unwrap().remove(0);
        let store::Record::Person { row, .. } = person else { panic!("a person") };
        changes.persons.push(store::PersonChange::Erase { id: row.id, expected: row.version });
        to.commit(tenant, changes).await.unwrap();
        let differences = content(&from).await.unwrap().differences(&content(&to).await.unwrap());
        assert!(differences.contains(&"persons") && differences.contains(&"tenants"), "{differences:?}");
        assert!(!differences.contains(&"tokens"));
    }
}
