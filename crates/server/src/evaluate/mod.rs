//! `personhood evaluate`: how good are the models on the operator's own data?

pub(crate) mod faces;
pub(crate) mod liveness;
pub(crate) mod rates;
