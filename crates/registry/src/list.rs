//! Listing persons.

use domain::person::words::Search;
use domain::{CollectionId, Status, Time};
use store::{Cursor, IndexEntry, IndexField, ListQuery, PersonRow, Sort, Total};

use crate::access::Caller;
use crate::error::Error;
use crate::person::Person;
use crate::profile::{folded, hashed};
use crate::registry::Registry;

/// What narrows a list; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Status at the moment of the question.
    pub status: Option<Status>,
    /// Exact values of indexed fields.
    pub exact: Vec<(IndexField, String)>,
    /// Words of the names, or their beginnings, in any spelling.
    pub name: Option<Search>,
    /// A collection the persons are in.
    pub collection: Option<CollectionId>,
    /// Created at or after.
    pub created_from: Option<Time>,
    /// Created before.
    pub created_before: Option<Time>,
}

impl Filter {
    /// Whether nothing but the name narrows a list.
    const fn is_of_name_alone(&self) -> bool {
        self.status.is_none()
            && self.exact.is_empty()
            && self.collection.is_none()
            && self.created_from.is_none()
            && self.created_before.is_none()
    }
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
}

/// A page.
#[derive(Debug)]
pub struct Listed {
    /// The persons.
    pub persons: Vec<Person>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// How many there are.
    pub total: Total,
}

/// Rows read in one go where the index only narrows a list down.
const NARROWED_PAGE: u32 = 200;
/// Most rows that are opened for one page: beyond them the page ends early, and the rest follows by cursor.
const MOST_OPENED: usize = 5_000;

/// What a person must be to be listed. The index finds candidates; whether they are meant is decided by what is sealed.
struct Meant<'a> {
    filter: &'a Filter,
}

impl Meant<'_> {
    fn fits(&self, person: &Person) -> bool {
        let profile = person.profile();
        let exact = |(field, value): &(IndexField, String)| {
            profile.exact(*field).is_some_and(|own| folded(*field, own) == folded(*field, value))
        };
        self.filter.exact.iter().all(exact)
            && self.filter.name.as_ref().is_none_or(|name| name.matches(&profile.names()))
            && self.filter.collection.is_none_or(|c| profile.collections().any(|own| own == c))
            && self.filter.status.is_none_or(|status| person.status() == status)
    }

    /// Whether the index alone does not tell who is meant.
    fn is_narrowed_only(&self) -> bool {
        self.filter.name.is_some()
            || self.filter.exact.iter().any(|(field, _)| *field == IndexField::DocumentType)
    }
}

/// A page under way.
struct Filling {
    persons: Vec<Person>,
    /// Persons that were met and are meant, on this page or not.
    met: u64,
    /// Where the next page begins, once this one is full.
    next: Option<Cursor>,
    full: bool,
}

impl Registry {
    /// A page of the caller's persons. A record that is damaged is passed over.
    ///
    /// # Errors
    /// [`Error::NameSearchOff`], [`Error::NameTooShort`], or what the store says.
    pub async fn list(&self, caller: &Caller, list: &List) -> Result<Listed, Error> {
        if list.filter.name.is_some() && !self.settings.name_search {
            return Err(Error::NameSearchOff);
        }
        let meant = Meant { filter: &list.filter };
        if !meant.is_narrowed_only() {
            return self.list_indexed(caller, list, &meant).await;
        }
        let listed = self.list_narrowed(caller, list, &meant).await?;
        // An empty list would say that nobody's name begins so, which was not looked up.
        let is_short = list.filter.name.as_ref().is_some_and(Search::is_short);
        let found_nobody = listed.total == Total::Exact(0) && list.after.is_none();
        // Where more was asked for, somebody of that name may be there who is not meant.
        if is_short && found_nobody && list.filter.is_of_name_alone() {
            Err(Error::NameTooShort)
        } else {
            Ok(listed)
        }
    }

    /// A page where the index names who is meant, as long as nobody has tampered with it.
    async fn list_indexed(&self, caller: &Caller, list: &List, meant: &Meant<'_>) -> Result<Listed, Error> {
        let mut query = self.query(caller, list).await?;
        let mut filling = Filling { persons: Vec::new(), met: 0, next: None, full: false };
        let (mut total, mut opened) = (None, 0);
        loop {
            let _turn = self.turns.next(caller.tenant).await?;
            let page = self.store.persons(caller.tenant, query.clone()).await?;
            total = total.or(page.total);
            opened += page.rows.len();
            let last = page.rows.last().map(cursor);
            filling.next = last.filter(|_| page.more);
            for row in page.rows {
                self.take(caller, list, meant, row, &mut filling).await?;
            }
            let missing = list.limit.saturating_sub(u32::try_from(filling.persons.len()).unwrap_or(u32::MAX));
            if filling.next.is_none() || missing == 0 || opened >= MOST_OPENED {
                break;
            }
            (query.after, query.offset, query.count, query.limit) = (filling.next, 0, false, missing);
        }
        let Filling { persons, next, .. } = filling;
        Ok(Listed { persons, next, total: total.unwrap_or(Total::Exact(0)) })
    }

    /// A page where everybody the index brings is opened to see who is meant, to a bound; and how many there are, as far as
    /// that bound reaches.
    async fn list_narrowed(&self, caller: &Caller, list: &List, meant: &Meant<'_>) -> Result<Listed, Error> {
        let mut query = self.query(caller, list).await?;
        (query.count, query.offset, query.limit) = (false, 0, NARROWED_PAGE);
        let counts = list.after.is_none();
        let mut filling = Filling { persons: Vec::new(), met: 0, next: None, full: false };
        let mut opened = 0;
        let whole = loop {
            // Opening many is work: tenants take turns at it, page by page.
            let _turn = self.turns.next(caller.tenant).await?;
            let page = self.store.persons(caller.tenant, query.clone()).await?;
            opened += page.rows.len();
            query.after = page.rows.last().map(cursor);
            for row in page.rows {
                let here = cursor(&row);
                let before = filling.persons.len();
                self.take(caller, list, meant, row, &mut filling).await?;
                if !filling.full
                    && filling.persons.len() > before
                    && filling.persons.len() >= list.limit as usize
                {
                    (filling.full, filling.next) = (true, Some(here));
                }
            }
            if !page.more {
                break true;
            }
            if opened >= MOST_OPENED || (filling.full && !counts) {
                break false;
            }
        };
        let shown_or_skipped = u64::from(list.offset) + filling.persons.len() as u64;
        let next = match (filling.full, whole) {
            // Everybody was looked at: a next page is only there for those who do not fit on this one.
            (true, true) if filling.met <= shown_or_skipped => None,
            (true, _) => filling.next,
            (false, true) => None,
            (false, false) => query.after,
        };
        let total = if whole && counts { Total::Exact(filling.met) } else { Total::AtLeast(filling.met) };
        Ok(Listed { persons: filling.persons, next, total })
    }

    async fn query(&self, caller: &Caller, list: &List) -> Result<ListQuery, Error> {
        let keys = self.keys.of(&*self.store, caller.tenant).await?;
        let filter = &list.filter;
        let looked_up = filter.exact.iter().filter(|(field, _)| *field != IndexField::DocumentType);
        let mut index: Vec<_> = looked_up.map(|(field, value)| hashed(keys.index(), *field, value)).collect();
        index.extend(filter.collection.map(IndexEntry::member_of));
        let mut query = ListQuery {
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
        };
        // Until everybody is indexed by name, everybody is looked at.
        if let Some(name) = &filter.name
            && self.is_indexed(caller.tenant).await?
        {
            let terms = |terms: &[String]| -> Vec<_> {
                terms.iter().map(|term| hashed(keys.index(), IndexField::NamePrefix, term)).collect()
            };
            let (sure, likely) = (terms(name.sure_terms()), terms(&name.likely_terms()));
            query.index.extend(&sure);
            // Where so many have what is sure that they are not all looked at, those come first who have it all.
            if likely.len() > sure.len() && self.has_more(caller, &query, MOST_OPENED).await? {
                query.index.extend(&likely[sure.len()..]);
            }
        }
        Ok(query)
    }

    /// Whether the index brings more persons than `most`.
    async fn has_more(&self, caller: &Caller, query: &ListQuery, most: usize) -> Result<bool, Error> {
        let asked = ListQuery { limit: 0, offset: 0, after: None, ..query.clone() };
        let Some(Total::Exact(total) | Total::AtLeast(total)) =
            self.store.persons(caller.tenant, asked).await?.total
        else {
            return Ok(false);
        };
        Ok(total > most as u64)
    }

    /// Opens a row, and takes the person in where it is meant and there is room.
    async fn take(
        &self,
        caller: &Caller,
        list: &List,
        meant: &Meant<'_>,
        row: PersonRow,
        filling: &mut Filling,
    ) -> Result<(), Error> {
        let id = row.id;
        let opened = self.open_row(caller.tenant, row, self.now()).await;
        let Some(opened) = self.unless_damaged(caller.tenant, id, opened)? else { return Ok(()) };
        if !meant.fits(&opened.person) {
            return Ok(());
        }
        filling.met += 1;
        let skipped = meant.is_narrowed_only() && filling.met <= u64::from(list.offset);
        if filling.full || skipped {
            return Ok(());
        }
        filling.persons.push(opened.person);
        Ok(())
    }
}

pub(crate) fn cursor(row: &PersonRow) -> Cursor {
    Cursor { updated_at: row.updated_at, id: row.id }
}
