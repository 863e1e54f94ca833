//! How persons are found by name: in any script, case and order, with or without accents, apostrophes, hyphens and articles.
//!
//! This is the one place that makes the words of both sides, of what is stored and of what is looked for. A store keeps
//! [`index_terms`]; [`Search::sure_terms`] narrow down by them, and [`Search::matches`] decides.

mod fold;
mod index;
mod line;
mod search;
mod split;

pub use index::index_terms;
pub use search::Search;

/// Letters of a word that are indexed. So few, because what stands in the index tells how common it is: many names begin
/// alike.
pub const PREFIX: usize = 3;

/// The beginning of a word: as much as is indexed of it.
fn beginning(word: &str) -> &str {
    word.char_indices().nth(PREFIX).map_or(word, |(end, _)| &word[..end])
}

/// Whether a word has as many letters as are indexed, so that its beginning finds it.
fn is_long(word: &str) -> bool {
    word.chars().nth(PREFIX - 1).is_some()
}
