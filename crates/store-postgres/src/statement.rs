//! Statements as constants: their text, and the types of their parameters.

use postgres_types::{ToSql, Type};

/// A statement. Types are named, so that one can be sent without being prepared first.
pub(crate) struct Statement {
    pub(crate) text: &'static str,
    pub(crate) types: &'static [Type],
}

/// A parameter's value.
pub(crate) type Value<'a> = &'a (dyn ToSql + Sync);

/// Declares statements: a name, the types of the parameters, and the text.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident($($type:ident),* $(,)?) = $text:expr;)+) => {
        $($(#[$doc])*
        pub(crate) static $name: $crate::statement::Statement = $crate::statement::Statement {
            text: $text,
            types: &[$(postgres_types::Type::$type),*],
        };)+
    };
}

pub(crate) use statements;
