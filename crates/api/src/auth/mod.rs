//! Who is asking: bearer tokens, scopes, and the brake on guessing.

mod brake;
mod permit;

pub(crate) use brake::Brake;
pub(crate) use permit::{
    Any, BiometricsMatch, BiometricsRead, Permit, PersonsRead, PersonsReview, PersonsWrite,
};
