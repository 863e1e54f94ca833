//! Moving a store, and telling whether two stores hold the same.

mod compare;
mod place;
mod run;

pub(crate) use compare::{Content, content};
pub(crate) use place::{named, open};
pub(crate) use run::{Moved, run};

/// Whatever keeps it from being done, in words for the operator.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Records in one go; of those with images fewer.
const PAGE: u32 = 1_000;
const PAGE_OF_IMAGES: u32 = 32;

/// How many records of a kind are taken in one go.
const fn page(part: store::Part) -> u32 {
    if matches!(part, store::Part::Samples) { PAGE_OF_IMAGES } else { PAGE }
}
