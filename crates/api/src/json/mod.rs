//! Reading JSON strictly: into a bounded tree, then member by member, gathering every fault.

pub(crate) mod base64;
mod members;
mod tree;

pub(crate) use members::Members;
pub(crate) use tree::{Json, parse};
