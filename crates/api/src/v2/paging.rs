//! Where the next page of a list begins.

use serde::Serialize;

/// For lists that are read page by page only.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paging {
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl Paging {
    pub(crate) const fn new(limit: u32, next_cursor: Option<String>) -> Self {
        Self { limit, next_cursor }
    }
}
