//! A list with images, made person by person as the socket takes it: however many are listed and however slowly it is read,
//! the images of one person are in memory, and those are counted.

use std::time::Duration;
use std::vec::IntoIter;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::stream::unfold;
use registry::{Error, Images, Person};
use store::{Cursor, Sort};
use tokio::time::timeout;

use super::list::Pagination;
use super::list_query::write_cursor;
use super::view::PersonView;
use crate::answers::piece;
use crate::auth::{Permit, PersonsRead};
use crate::problem::{Answer, Problem, codes};
use crate::respond;

/// Most bytes of one page: the rest follows by cursor.
const PAGE: usize = 44 << 20;

/// The head of the answer, and what comes between.
const BEGIN: &[u8] = b"{\"data\":[";
const BETWEEN: &[u8] = b",";
const END: &[u8] = b"],\"pagination\":";

/// A list under way.
struct Listing {
    permit: Permit<PersonsRead>,
    persons: IntoIter<Person>,
    sort: Sort,
    pagination: Pagination,
    bytes: usize,
    /// How long there may be no room for a person.
    patience: Duration,
    is_over: bool,
}

/// The client hears no reason for an answer that breaks off: it sees that it is not whole.
type Broken = Box<dyn std::error::Error + Send + Sync>;

impl Listing {
    /// The next piece: a person, or the end. The memory for it is taken before the image is written into it, and given back when
    /// it is sent.
    async fn next(&mut self) -> Result<Bytes, Problem> {
        let Some(person) = self.persons.next() else {
            self.is_over = true;
            let mut end = END.to_vec();
            if self.bytes == 0 {
                end = [BEGIN, END].concat();
            }
            serde_json::to_writer(&mut end, &self.pagination).map_err(|error| unwritable(&error))?;
            end.push(b'}');
            return Ok(end.into());
        };
        let builder = self.permit.builder().await;
        let images = match self.permit.registry.images_if_whole(&self.permit.caller, &person).await {
            // Gone since it was listed: as it was listed, without the image.
            Err(Error::NotFound) => Images::default(),
            other => other?,
        };
        let mut text = if self.bytes == 0 { BEGIN.to_vec() } else { BETWEEN.to_vec() };
        serde_json::to_writer(&mut text, &PersonView::whole(&person, &images))
            .map_err(|error| unwritable(&error))?;
        drop(images);
        let mut memory = self.permit.api().shared().answers.part(Some(self.permit.principal()));
        timeout(self.patience, memory.grow_in_time(text.len()))
            .await
            .map_err(|_| Problem::new(codes::BUSY).retry_after(1))?;
        drop(builder);
        self.bytes += text.len();
        if self.bytes > PAGE && self.persons.len() > 0 {
            let here = Cursor { updated_at: person.updated_at, id: person.id };
            self.pagination.next_cursor = Some(write_cursor(self.sort, here));
            self.persons = Vec::new().into_iter();
        }
        Ok(piece(text.into(), memory))
    }
}

fn unwritable(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "an answer does not serialise");
    Problem::new(codes::INTERNAL)
}

/// The answer. What is wrong with the first person is told by a status; later, the answer breaks off.
pub(super) async fn answer(
    permit: &Permit<PersonsRead>,
    persons: Vec<Person>,
    sort: Sort,
    pagination: Pagination,
) -> Answer {
    let mut listing = Listing {
        permit: permit.share(),
        persons: persons.into_iter(),
        sort,
        pagination,
        bytes: 0,
        patience: permit.api().shared().limits.answer_time,
        is_over: false,
    };
    // The first may wait no longer than the request: that time limit is the edge's.
    let first = listing.next().await?;
    let pieces = unfold((Some(first), listing), |(ready, mut listing)| async move {
        if let Some(ready) = ready {
            return Some((Ok(ready), (None, listing)));
        }
        if listing.is_over {
            return None;
        }
        let piece = listing.next().await.map_err(|problem| {
            tracing::warn!(code = problem.code.name, "a list broke off");
            listing.is_over = true;
            Broken::from(problem.code.name)
        });
        Some((piece, (None, listing)))
    });
    Ok(respond::bytes(StatusCode::OK, Body::from_stream(pieces)))
}
