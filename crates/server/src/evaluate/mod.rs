//! `personhood evaluate`: how good are the models on the operator's own data?

pub(crate) mod faces;
pub(crate) mod fingerprints;
pub(crate) mod liveness;
mod plot;
pub(crate) mod rates;
