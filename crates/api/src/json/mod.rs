//! Reading JSON strictly: into a bounded tree, then member by member, gathering every fault.

pub(crate) mod base64;
mod canonical;
mod malformed;
mod members;
mod tree;

pub(crate) use canonical::pieces;
pub(crate) use malformed::Malformed;
pub(crate) use members::Members;
pub(crate) use tree::{Json, parse};
