//! Records that do not open: changed by hand, put there by somebody without the key, or hurt by a disk. They are passed over,
//! counted, and said.

use std::fmt::Display;
use std::sync::atomic::Ordering;

use domain::{PersonId, TenantId};

use crate::error::Error;
use crate::everybody::Everybody;
use crate::registry::Registry;

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
                    match self.open_row(tenant.id, row, self.now()).await {
                        Ok(_) => {}
                        Err(Error::Fault(_)) => damaged.push(id),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok((persons, damaged))
    }
}
