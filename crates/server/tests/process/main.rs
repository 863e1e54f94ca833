//! Tests of the real binary, as a process.

mod crash;
mod slow;
mod support;
