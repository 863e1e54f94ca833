//! Listing persons.

use domain::person::words;
use domain::{CollectionId, Status, Time};
use store::{Cursor, IndexEntry, IndexField, ListQuery, PersonRow, Sort, Total};

use crate::access::Caller;
use crate::error::Error;
use crate::person::Person;
use crate::profile::hashed;
use crate::read::Images;
use crate::registry::Registry;

/// What narrows a list; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Status at the moment of the question.
    pub status: Option<Status>,
    /// Exact values of indexed fields.
    pub exact: Vec<(IndexField, String)>,
    /// Beginnings of words of the names, any case or accents.
    pub name: Option<String>,
    /// A collection the persons are in.
    pub collection: Option<CollectionId>,
    /// Created at or after.
    pub created_from: Option<Time>,
    /// Created before.
    pub created_before: Option<Time>,
}

/// Which page of which list.
#[derive(Clone, Debug)]
pub struct List {
    /// What narrows it.
    pub filter: Filter,
    /// Order.
    pub sort: Sort,
    /// Most persons.
    pub limit: u32,
    /// Persons to skip.
    pub offset: u32,
    /// Begin after this one.
    pub after: Option<Cursor>,
    /// Whether images come along.
    pub images: bool,
}

/// A page.
#[derive(Debug)]
pub struct Listed {
    /// The persons, with images where asked for.
    pub persons: Vec<(Person, Images)>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// How many there are.
    pub total: Total,
}

/// Most bytes of images on one page.
const IMAGE_BYTES: usize = 32 << 20;

impl Registry {
    /// A page of the caller's persons.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self, caller: &Caller, list: &List) -> Result<Listed, Error> {
        let name = list.filter.name.as_deref().map(words::words).unwrap_or_default();
        if list.filter.name.is_some() && name.is_empty() {
            return Ok(Listed { persons: Vec::new(), next: None, total: Total::Exact(0) });
        }
        let mut query = self.query(caller, list, &name).await?;
        let (mut persons, mut total, mut next) = (Vec::new(), None, None);
        // Words longer than the longest indexed prefix are only narrowed down by the index: what does not match
        // after opening is left out and the page filled up from the following rows, within a bound.
        let mut bytes = 0;
        'pages: for _ in 0..10 {
            let page = self.store.persons(caller.tenant, query.clone()).await?;
            total = total.or(page.total);
            let last = page.rows.last().map(|r| Cursor { updated_at: r.updated_at, id: r.id });
            next = last.filter(|_| page.more);
            for row in page.rows {
                let here = Cursor { updated_at: row.updated_at, id: row.id };
                let found = self.listed(caller, row, query.now, &name, list.images).await?;
                bytes += found.as_ref().map_or(0, |(_, images)| images.len());
                persons.extend(found);
                if bytes > IMAGE_BYTES {
                    // The page ends early; the rest follows by cursor.
                    next = last.filter(|l| page.more || l.id != here.id).map(|_| here);
                    break 'pages;
                }
            }
            if next.is_none() || persons.len() >= list.limit as usize {
                break;
            }
            query.after = next;
            query.offset = 0;
            query.count = false;
            query.limit = list.limit - u32::try_from(persons.len()).unwrap_or(0);
        }
        let total = total.unwrap_or(Total::Exact(0));
        let narrowed_only = name.iter().any(|w| words::lookup_term(w).len() < w.len());
        let total = match total {
            Total::Exact(_)
                if narrowed_only && list.after.is_none() && list.offset == 0 && next.is_none() =>
            {
                Total::Exact(persons.len() as u64)
            }
            Total::Exact(_) if narrowed_only => Total::AtLeast(persons.len() as u64),
            total => total,
        };
        Ok(Listed { persons, next, total })
    }

    async fn query(&self, caller: &Caller, list: &List, name: &[String]) -> Result<ListQuery, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let filter = &list.filter;
        let mut index: Vec<_> =
            filter.exact.iter().map(|(field, value)| hashed(keys.index(), *field, value)).collect();
        index.extend(name.iter().map(|w| hashed(keys.index(), IndexField::Name, words::lookup_term(w))));
        index.extend(filter.collection.map(IndexEntry::member_of));
        Ok(ListQuery {
            now: self.now(),
            sort: list.sort,
            limit: list.limit,
            offset: list.offset,
            after: list.after,
            status: filter.status,
            index,
            created_from: filter.created_from,
            created_before: filter.created_before,
            count: true,
        })
    }

    /// A row, opened; `None` when its name does not match.
    async fn listed(
        &self,
        caller: &Caller,
        row: PersonRow,
        now: Time,
        name: &[String],
        images: bool,
    ) -> Result<Option<(Person, Images)>, Error> {
        let opened = self.open_row(caller.tenant, row, now).await?;
        let profile = opened.person.profile();
        if !words::matches(name, &profile.first_name, &profile.last_name) {
            return Ok(None);
        }
        // An image that is replaced while the list is read is left out.
        let images = if images {
            self.images_of(caller, &opened).await?.unwrap_or_default()
        } else {
            Images::default()
        };
        Ok(Some((opened.person, images)))
    }
}
