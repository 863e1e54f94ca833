//! Asking for a list of persons.

use domain::{PersonId, Status, Time};

use crate::rows::{IndexEntry, PersonRow};

/// Filtered lists are counted up to here.
pub const TOTAL_CAP: u64 = 10_000;

/// Order of a list; ties are broken by identifier, so that every order is total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sort {
    /// Oldest first.
    CreatedAt = 1,
    /// Newest first.
    CreatedAtDescending = 2,
    /// Longest unchanged first.
    UpdatedAt = 3,
    /// Last changed first.
    UpdatedAtDescending = 4,
}

impl Sort {
    /// Whether later moments come first.
    #[must_use]
    pub const fn descending(self) -> bool {
        matches!(self, Self::CreatedAtDescending | Self::UpdatedAtDescending)
    }

    /// Whether the time of the last change counts.
    #[must_use]
    pub const fn by_update(self) -> bool {
        matches!(self, Self::UpdatedAt | Self::UpdatedAtDescending)
    }
}

/// The last row of a page: the next page begins after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// `updated_at` of that row (its creation is in the identifier).
    pub updated_at: Time,
    /// Its identifier.
    pub id: PersonId,
}

/// Which persons, in which order, how many.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The moment at which expiry is judged.
    pub now: Time,
    /// Order.
    pub sort: Sort,
    /// Most rows.
    pub limit: u32,
    /// Rows to skip; for numbered pages.
    pub offset: u32,
    /// Begin after this row; for cursors.
    pub after: Option<Cursor>,
    /// Only persons of this status at `now`.
    pub status: Option<Status>,
    /// Only persons that have all these blind indexes.
    pub index: Vec<IndexEntry>,
    /// Created at or after.
    pub created_from: Option<Time>,
    /// Created before.
    pub created_before: Option<Time>,
    /// Whether to count.
    pub count: bool,
}

impl ListQuery {
    /// Everybody in an order, from the first on, so many at a time and uncounted.
    #[must_use]
    pub const fn all(now: Time, sort: Sort, limit: u32) -> Self {
        Self {
            now,
            sort,
            limit,
            offset: 0,
            after: None,
            status: None,
            index: Vec::new(),
            created_from: None,
            created_before: None,
            count: false,
        }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.status.is_some()
            || !self.index.is_empty()
            || self.created_from.is_some()
            || self.created_before.is_some()
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Exactly so many.
    Exact(u64),
    /// At least so many: counting stopped.
    AtLeast(u64),
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows.
    pub rows: Vec<PersonRow>,
    /// Whether more follow.
    pub more: bool,
    /// The count, where it was asked for.
    pub total: Option<Total>,
}
