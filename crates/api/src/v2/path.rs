//! Identifiers in paths. What is no identifier, or no text at all, is simply not there.

use std::str::FromStr;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use domain::PersonId;

use crate::problem::{Problem, codes};

/// One identifier in a path, as extracted.
pub(crate) type IdPath = Result<Path<String>, PathRejection>;

/// Two identifiers in a path, as extracted.
pub(crate) type TwoIdPath = Result<Path<(String, String)>, PathRejection>;

fn not_there() -> Problem {
    Problem::new(codes::NOT_FOUND)
}

/// An identifier in a path.
pub(crate) fn id<I: FromStr>(path: IdPath) -> Result<I, Problem> {
    path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(not_there)
}

/// Two identifiers in a path.
pub(crate) fn two<I: FromStr, J: FromStr>(path: TwoIdPath) -> Result<(I, J), Problem> {
    let parsed = path.ok().and_then(|Path((a, b))| a.parse().ok().zip(b.parse().ok()));
    parsed.ok_or_else(not_there)
}

/// A person's identifier in a path.
pub(crate) fn person_id(path: IdPath) -> Result<PersonId, Problem> {
    id(path)
}
