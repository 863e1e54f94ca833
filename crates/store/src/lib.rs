//! What a backend must do: ports, plain values, and the suite every backend must pass.
//!
//! The unit of work is a value: the registry reads, decides, and hands over one [`Changes`]; a backend applies all
//! of it or nothing. No transaction and no type of a backend leaves it. Everything personal arrives sealed.

mod changes;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod port;
mod query;
mod rows;
mod transfer;

pub use changes::{
    Changes, CollectionChange, Committed, PairChange, PersonChange, Remade, SealedChange, Slot, TokenChange,
};
pub use error::{CommitError, Conflict, StoreError};
pub use port::{Answer, Store};
pub use query::{Cursor, ListQuery, Page, Sort, TOTAL_CAP, Total};
pub use rows::{
    CollectionRow, EventRow, IdempotencyRow, IndexEntry, IndexField, Mark, PairDecision, PairRow, PersonRow,
    SampleHead, SampleKind, SampleRow, SampleState, SealedKind, SealedRow, SearchChanges, SearchRow,
    Sequence, TenantRow, TokenRow,
};
pub use transfer::{Key, Part, Record, TenantState, Transfer};
