//! The HTTP face: reading requests strictly, asking the registry, showing its answers.
//!
//! Floor 3. Knows neither backends nor engines nor keys. A handler reaches the registry only through
//! [`auth::Permit`], which exists only for a valid token with the right scope.

mod answers;
mod auth;
mod body;
mod budget;
mod conditional;
mod cors;
mod docs;
mod edge;
mod files;
mod health;
mod json;
mod openapi;
mod pictures;
mod problem;
mod query;
mod quota;
mod respond;
mod routes;
mod state;
mod v2;

pub use openapi::document;
pub use problem::pages as error_pages;
pub use routes::router;
pub use state::{Api, Limits};
