//! The port, over a writer, a pool of connections, and replicas.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ::store::{
    Answer, Changes, CollectionRow, CommitError, Committed, EventRow, IdempotencyRow, Key, ListQuery, Mark,
    Page, PairDecision, PairRow, Part, PersonChange, PersonRow, Record, SampleHead, SealedRow, SearchChanges,
    SearchRow, Sequence, Store, StoreError, TenantRow, TenantState, TokenRow, Transfer,
};
use domain::{CollectionId, DuplicateId, PersonId, SampleId, TenantId, Time, TokenId};
use tokio::task::JoinHandle;

use crate::claim::Claim;
use crate::connection::Scope;
use crate::failure::Failure;
use crate::images::{Images, Key as ImageKey, StoreId};
use crate::location::Location;
use crate::notices::{self, Heard};
use crate::pool::Pool;
use crate::read::Image;
use crate::replica::Replicas;
use crate::settings::Settings;
use crate::statement::statements;
use crate::writer::{Names, Writer};
use crate::{columns, migrate, read, write};

statements! {
    /// A name for this node, and what about the database would break a promise.
    GREETING() =
        "SELECT gen_random_uuid(), current_setting('synchronous_commit'), current_setting('fsync'),
                (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)";
}

/// Images looked at together when orphans are collected.
const TOGETHER: usize = 1_000;

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    pool: Pool,
    writer: Arc<Writer>,
    heard: Arc<Heard>,
    replicas: Replicas,
    images: Option<Images>,
    identity: StoreId,
    claim: Claim,
    orphan_seconds: i64,
    listening: Option<JoinHandle<()>>,
    weaknesses: Vec<String>,
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

impl PostgresStore {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached, [`StoreError::Damaged`] when it was written by a newer
    /// program.
    pub async fn open(settings: &Settings) -> Result<Self, StoreError> {
        let location = Location::parse(&settings.url, true)?.with_password(settings.password.as_deref());
        // A quarter writes, so that no crowd of readers keeps a commit from its connection.
        let writers = (settings.connections / 4).max(1);
        let open = |size| Pool::new(&location, size, settings.prepared, settings.patience);
        let (pool, writing) = (open(settings.connections.saturating_sub(writers))?, open(writers)?);
        migrate::migrate(&pool).await?;
        let (node, weaknesses) = greet(&pool).await?;
        let heard = Arc::new(Heard::default());
        let listening =
            settings.listen.then(|| tokio::spawn(notices::listen(location.clone(), Arc::clone(&heard))));
        let identity = read::tenant::identity(&pool).await?;
        let open = |url| Images::open(url, &settings.credentials, identity);
        let images = settings.images.as_deref().map(open).transpose()?;
        let elsewhere = images.is_some().then_some(identity);
        let names = Names::new(node);
        let writer = Writer::new(writing, settings.patience, Arc::clone(&heard), names, elsewhere);
        let replicas = Replicas::new(settings)?;
        let orphan_seconds = i64::try_from(settings.orphan_age.as_secs()).unwrap_or(i64::MAX);
        let claim = Claim::new(settings.copy_wait);
        Ok(Self {
            pool,
            writer,
            heard,
            replicas,
            images,
            identity,
            claim,
            orphan_seconds,
            listening,
            weaknesses,
        })
    }

    /// What about the database breaks a promise of the store, in words for the operator.
    #[must_use]
    pub fn weaknesses(&self) -> &[String] {
        &self.weaknesses
    }

    async fn image(
        &self,
        tenant: TenantId,
        person: PersonId,
        sample: SampleId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match read::sample_image(&self.pool, tenant, person, sample).await? {
            None => Ok(None),
            Some(Image::Here(image)) => Ok(Some(image)),
            Some(Image::Elsewhere(name)) => self.elsewhere()?.get(&(tenant, person, name)).await,
        }
    }

    fn elsewhere(&self) -> Result<&Images, StoreError> {
        self.images.as_ref().ok_or_else(|| {
            StoreError::Unavailable("images lie in an image store, and none is configured".into())
        })
    }

    /// Commits, with images written before and removed after.
    async fn commit_with(
        &self,
        images: &Images,
        tenant: TenantId,
        changes: Changes,
    ) -> Result<Committed, CommitError> {
        let rows: Vec<_> = changes.samples.iter().collect();
        images.put(tenant, &rows).await?;
        let erased = changes.persons.iter().filter_map(|change| match change {
            PersonChange::Erase { id, .. } => Some(*id),
            _ => None,
        });
        let erased: Vec<PersonId> = erased.collect();
        let gone = if erased.is_empty() && changes.removed_samples.is_empty() {
            Vec::new()
        } else {
            read::objects(&self.pool, tenant, &changes.removed_samples, &erased)
                .await
                .map_err(StoreError::from)?
        };
        let writes = !rows.is_empty();
        let committed = self.writer.commit(tenant, changes).await?;
        if writes && let Err(error) = self.claim.moved(images, &self.pool).await {
            tracing::warn!(%error, "the image store's marker is not moved on");
        }
        // The key to them is destroyed with the commit; what cannot be removed now is collected later.
        if let Err(error) = self.remove(images, &gone).await {
            tracing::warn!(%error, "images of what was erased are left for later");
        }
        Ok(committed)
    }

    /// Removes images, unless another store of the same name may need them.
    async fn remove(&self, images: &Images, gone: &[ImageKey]) -> Result<(), StoreError> {
        if gone.is_empty() || !self.claim.holds(images, &self.pool, false).await? {
            return Ok(());
        }
        images.remove(gone).await
    }

    /// Removes images that have no row, and answers how many.
    async fn collect(&self, images: &Images) -> Result<usize, StoreError> {
        if !self.claim.holds(images, &self.pool, true).await? {
            return Ok(0);
        }
        let before = read::now(&self.pool).await?.plus_seconds(-self.orphan_seconds);
        let (mut removed, mut after) = (0, None);
        loop {
            let (old, next) = images.old(before, after.as_ref(), TOGETHER).await?;
            let orphans = read::without_row(&self.pool, &old).await?;
            images.remove(&orphans).await?;
            removed += orphans.len();
            after = next;
            if after.is_none() {
                return Ok(removed);
            }
        }
    }

    fn ask<'a, T: 'a>(
        &'a self,
        question: impl Future<Output = Result<T, Failure>> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move { question.await.map_err(StoreError::from) })
    }
}

async fn greet(pool: &Pool) -> Result<([u8; 8], Vec<String>), Failure> {
    let rows = pool.rows(Scope::All, &GREETING, &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Damaged("the database has no answer".into()))?;
    let [node @ .., _, _, _, _, _, _, _, _] = columns::id(row, 0)?;
    let mut weaknesses = Vec::new();
    let synchronous: String = columns::get(row, 1)?;
    if synchronous == "off" {
        weaknesses
            .push("synchronous_commit is off: commits that were acknowledged can be lost in a crash".into());
    }
    if columns::get::<String>(row, 2)? == "off" {
        weaknesses.push("fsync is off: a crash of the machine can destroy the database".into());
    }
    if columns::get::<Option<bool>>(row, 3)?.unwrap_or_default() {
        weaknesses.push("the role bypasses row-level security: tenants have one lock instead of two".into());
    }
    Ok((node, weaknesses))
}

impl Store for PostgresStore {
    fn commit(&self, tenant: TenantId, changes: Changes) -> Answer<'_, Committed, CommitError> {
        Box::pin(async move {
            match &self.images {
                Some(images) => self.commit_with(images, tenant, changes).await,
                None => self.writer.commit(tenant, changes).await,
            }
        })
    }

    fn person(&self, tenant: TenantId, id: PersonId) -> Answer<'_, Option<PersonRow>> {
        self.ask(read::person(&self.pool, tenant, id))
    }

    fn persons(&self, tenant: TenantId, query: ListQuery) -> Answer<'_, Page> {
        self.ask(async move {
            if let Some(page) = self.replicas.page(&self.heard, tenant, &query).await {
                return Ok(page);
            }
            Ok(read::list::page(&self.pool, tenant, &query).await?.0)
        })
    }

    fn samples(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<SampleHead>> {
        self.ask(read::samples(&self.pool, tenant, person))
    }

    fn sample_image(
        &self,
        tenant: TenantId,
        person: PersonId,
        sample: SampleId,
    ) -> Answer<'_, Option<Vec<u8>>> {
        Box::pin(self.image(tenant, person, sample))
    }

    fn sequence(&self, tenant: TenantId) -> Answer<'_, Sequence> {
        self.ask(read::tenant::sequence(&self.pool, tenant))
    }

    fn search_changes(
        &self,
        tenant: TenantId,
        after: Sequence,
        limit: u32,
    ) -> Answer<'_, Option<SearchChanges>> {
        self.ask(read::search::changes(&self.pool, tenant, after, limit))
    }

    fn searchable(
        &self,
        tenant: TenantId,
        after: Option<PersonId>,
        before: Option<PersonId>,
        limit: u32,
    ) -> Answer<'_, Vec<SearchRow>> {
        self.ask(read::search::all(&self.pool, tenant, after, before, limit))
    }

    fn collection(&self, tenant: TenantId, id: CollectionId) -> Answer<'_, Option<CollectionRow>> {
        self.ask(read::collection::one(&self.pool, tenant, id))
    }

    fn collection_named(&self, tenant: TenantId, name: [u8; 16]) -> Answer<'_, Option<CollectionRow>> {
        self.ask(read::collection::named(&self.pool, tenant, name))
    }

    fn collections(
        &self,
        tenant: TenantId,
        after: Option<CollectionId>,
        limit: u32,
    ) -> Answer<'_, Vec<CollectionRow>> {
        self.ask(read::collection::some(&self.pool, tenant, after, limit))
    }

    fn pair(&self, tenant: TenantId, id: DuplicateId) -> Answer<'_, Option<PairRow>> {
        self.ask(read::pair::one(&self.pool, tenant, id))
    }

    fn pairs(
        &self,
        tenant: TenantId,
        decision: PairDecision,
        before: Option<DuplicateId>,
        limit: u32,
    ) -> Answer<'_, Vec<PairRow>> {
        self.ask(read::pair::some(&self.pool, tenant, decision, before, limit))
    }

    fn pairs_of(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<PairRow>> {
        self.ask(read::pair::of(&self.pool, tenant, person))
    }

    fn evidence_before(&self, before: Time, limit: u32) -> Answer<'_, Vec<(TenantId, PersonId, SampleId)>> {
        self.ask(read::evidence_before(&self.pool, before, limit))
    }

    fn events(&self, tenant: TenantId, person: PersonId) -> Answer<'_, Vec<EventRow>> {
        self.ask(read::events(&self.pool, tenant, person))
    }

    fn idempotency(&self, tenant: TenantId, key: [u8; 16], now: Time) -> Answer<'_, Option<IdempotencyRow>> {
        self.ask(read::idempotency(&self.pool, tenant, key, now))
    }

    fn sealed(&self, tenant: TenantId, key: [u8; 16]) -> Answer<'_, Option<SealedRow>> {
        self.ask(read::sealed(&self.pool, tenant, key))
    }

    fn token_by_hash(&self, hash: [u8; 32]) -> Answer<'_, Option<(TenantId, TokenRow)>> {
        self.ask(read::token::by_hash(&self.pool, hash))
    }

    fn token(&self, tenant: TenantId, id: TokenId) -> Answer<'_, Option<TokenRow>> {
        self.ask(read::token::one(&self.pool, tenant, id))
    }

    fn tokens(&self, tenant: TenantId) -> Answer<'_, Vec<TokenRow>> {
        self.ask(read::token::all(&self.pool, tenant))
    }

    fn tenants(&self) -> Answer<'_, Vec<TenantRow>> {
        self.ask(read::tenant::all(&self.pool))
    }

    fn add_tenant(&self, tenant: TenantRow) -> Answer<'_, bool> {
        self.ask(async move { write::add_tenant(&self.pool.connection().await?, &tenant).await })
    }

    fn lease(&self, work: &'static str, holder: [u8; 16], seconds: u32) -> Answer<'_, bool> {
        self.ask(
            async move { write::lease::take(&self.pool.connection().await?, work, holder, seconds).await },
        )
    }

    fn news(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.heard.news())
    }

    fn tidy(&self) -> Answer<'_, usize> {
        Box::pin(async move {
            match &self.images {
                Some(images) => self.collect(images).await,
                None => Ok(0),
            }
        })
    }

    fn marks(&self) -> Answer<'_, Vec<Mark>> {
        self.ask(read::tenant::marks(&self.pool))
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            match read::tenant::writable(&self.pool).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(StoreError::Unavailable("the database takes no writes".into())),
                Err(failure) => Err(failure.into()),
            }
        })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let found = read::tenant::check(&self.pool).await.map_err(StoreError::from)?;
            found.map_or(Ok(()), |fault| Err(StoreError::Damaged(fault)))
        })
    }
}

impl Transfer for PostgresStore {
    fn state(&self, tenant: TenantId) -> Answer<'_, Option<TenantState>> {
        self.ask(read::transfer::state(&self.pool, tenant))
    }

    fn records(&self, tenant: TenantId, part: Part, after: Key, limit: u32) -> Answer<'_, Vec<Record>> {
        Box::pin(async move {
            let found = read::transfer::records(&self.pool, tenant, part, after, limit).await?;
            let mut records = Vec::with_capacity(found.len());
            for (mut record, object) in found {
                if let (Record::Sample { row, .. }, Some(name)) = (&mut record, object) {
                    let image = self.elsewhere()?.get(&(tenant, row.head.person, name)).await?;
                    row.image =
                        image.ok_or_else(|| StoreError::Damaged("an image is missing".into()))?.into();
                }
                records.push(record);
            }
            Ok(records)
        })
    }

    fn last_key(&self, tenant: TenantId, part: Part) -> Answer<'_, Key> {
        self.ask(read::transfer::last_key(&self.pool, tenant, part))
    }

    fn put(&self, tenant: TenantId, records: Vec<Record>) -> Answer<'_, ()> {
        Box::pin(async move {
            if let Some(images) = &self.images {
                let samples = records.iter().filter_map(|record| match record {
                    Record::Sample { row, .. } => Some(row),
                    _ => None,
                });
                images.put(tenant, &samples.collect::<Vec<_>>()).await?;
            }
            let connection = self.pool.connection().await?;
            Ok(write::transfer::put(
                &connection,
                tenant,
                &records,
                self.images.as_ref().map(|_| self.identity),
            )
            .await?)
        })
    }

    fn put_tenant(&self, state: TenantState) -> Answer<'_, ()> {
        self.ask(async move { write::transfer::put_tenant(&self.pool.connection().await?, &state).await })
    }
}
