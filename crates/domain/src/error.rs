//! What can be wrong with a value: closed kinds, each with a sentence that lets one retry succeed.

use std::borrow::Cow;

/// Why a field was refused. The words are part of the public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldCode {
    /// A member that must be present is missing.
    Required,
    /// The JSON type is not the one expected.
    WrongType,
    /// No member of this name exists.
    UnknownField,
    /// Shorter than the shortest or longer than the longest allowed.
    Length,
    /// The text is not of the expected form.
    Format,
    /// A character that may not stand there (control, bidirectional override, unassigned for the field).
    Character,
    /// Not one of the allowed values, or outside the range.
    Range,
    /// A date in the future where only past ones make sense.
    InFuture,
    /// Owned by the server: may be repeated, not changed.
    ReadOnly,
    /// The text is not base64.
    Base64,
    /// Right in form, but not on this route.
    NotHere,
}

impl FieldCode {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::WrongType => "wrong-type",
            Self::UnknownField => "unknown-field",
            Self::Length => "length",
            Self::Format => "format",
            Self::Character => "character",
            Self::Range => "range",
            Self::InFuture => "in-future",
            Self::ReadOnly => "read-only-field",
            Self::Base64 => "base64",
            Self::NotHere => "not-here",
        }
    }
}

/// One thing that is wrong with one value. `detail` never repeats the value: it may be somebody's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    /// The kind.
    pub code: FieldCode,
    /// A sentence for the person who wrote the client.
    pub detail: Cow<'static, str>,
}

impl Invalid {
    /// A fault of kind `code`, explained by `detail`.
    #[must_use]
    pub fn new(code: FieldCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into() }
    }
}
