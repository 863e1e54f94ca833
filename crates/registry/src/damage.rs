//! Records that do not open: changed by hand, put there by somebody without the key, or hurt by a disk. They are passed over,
//! counted, and said.

use std::fmt::Display;
use std::sync::atomic::Ordering;

use domain::{PersonId, TenantId};
use store::{PersonRow, Slot};

use crate::error::Error;
use crate::everybody::Everybody;
use crate::person::SampleRef;
use crate::registry::Registry;
use crate::remake::open_template;

/// Records read in one go.
const PAGE: u32 = 500;

impl Registry {
    /// Notes that a record does not open, or is not what it claims to be; of a person's parts the person is named.
    pub(crate) fn note_damage(&self, tenant: TenantId, record: impl Display, why: &str) {
        self.damaged.fetch_add(1, Ordering::Relaxed);
        tracing::error!(event = "damaged-record", %tenant, %record, why, "a record is damaged and is passed over");
    }

    /// What came of opening a record; none of one that is damaged, which is noted.
    pub(crate) fn unless_damaged<T>(
        &self,
        tenant: TenantId,
        record: impl Display,
        opened: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match opened {
            Ok(opened) => Ok(Some(opened)),
            Err(Error::Fault(why)) => {
                self.note_damage(tenant, record, &why);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// How often a damaged record was met since the start.
    #[must_use]
    pub fn damaged_records(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Whether a person's record opens, has just the samples it names, of the kind it says, and their templates open.
    async fn check_person(&self, tenant: TenantId, row: PersonRow) -> Result<bool, Error> {
        let opened = self.open_row(tenant, row, self.now()).await?;
        let heads = self.store.samples(tenant, opened.person.id).await?;
        for head in &heads {
            for slot in [Slot::First, Slot::Second] {
                open_template(tenant, &opened.key, head, slot)?;
            }
        }
        let named = |(_, sample): (_, &SampleRef)| heads.iter().any(|head| head.id == sample.id());
        Ok(heads.iter().all(|head| opened.person.says_of(head)) && opened.person.samples().all(named))
    }

    /// Opens every token and collection, and answers how many there are and how many do not open.
    ///
    /// # Errors
    /// What the store says.
    pub async fn check_records(&self) -> Result<(usize, u64), Error> {
        let (mut records, before) = (0, self.damaged_records());
        for tenant in self.store.tenants().await? {
            records += self.tokens(tenant.id).await?.len();
            let mut after = None;
            loop {
                let page = self.store.collections(tenant.id, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                for row in page {
                    let id = row.id;
                    let opened = self.open_collection(tenant.id, row).await;
                    records += usize::from(self.unless_damaged(tenant.id, id, opened)?.is_some());
                }
            }
        }
        Ok((records, self.damaged_records() - before))
    }

    /// Opens every person, and answers how many there are and which do not open; slow.
    ///
    /// # Errors
    /// What the store says.
    pub async fn check_persons(&self) -> Result<(usize, Vec<PersonId>), Error> {
        let (mut persons, mut damaged) = (0, Vec::new());
        for tenant in self.store.tenants().await? {
            let mut everybody = Everybody::of(self, tenant.id);
            while let Some(rows) = everybody.next().await? {
                persons += rows.len();
                for row in rows {
                    let id = row.id;
                    match self.check_person(tenant.id, row).await {
                        Ok(true) => {}
                        Ok(false) | Err(Error::Fault(_)) => damaged.push(id),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok((persons, damaged))
    }
}
