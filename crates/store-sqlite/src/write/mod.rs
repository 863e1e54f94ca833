//! Applying one `Changes` inside an open transaction.

pub(crate) mod answer;
pub(crate) mod collection;
pub(crate) mod event;
pub(crate) mod lease;
pub(crate) mod pair;
pub(crate) mod person;
pub(crate) mod sample;
pub(crate) mod sealed;
pub(crate) mod search;
pub(crate) mod tenant;
pub(crate) mod token;

use ::store::{Changes, Committed, Conflict, PersonChange};
use domain::TenantId;
use rusqlite::{Connection, params};

/// Why a change was not applied.
pub(crate) enum Refused {
    Conflict(Conflict),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Conflict> for Refused {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

/// Applies all of `changes`. On an error the caller rolls back to before it.
pub(crate) fn apply(c: &Connection, of: TenantId, changes: &Changes) -> Result<Committed, Refused> {
    let (mut inserted, mut erased) = (0i64, 0i64);
    let sequence = tenant::next_sequence(c, of, changes.now, changes.mark.as_deref())?;
    // First, so that a repetition is told so whatever else it would meet.
    if let Some(row) = &changes.idempotency {
        answer::keep(c, of, row, changes.now)?;
    }
    if let Some(searched) = changes.searched_up_to {
        search::check_enrolments(c, of, searched, &changes.compared_with, sequence)?;
    }
    for change in &changes.collections {
        collection::change(c, of, change)?;
    }
    for change in &changes.persons {
        match change {
            PersonChange::Insert { row, index } => {
                person::insert(c, of, row, index, sequence)?;
                inserted += 1;
            }
            PersonChange::Update { row, expected, index } => {
                person::update(c, of, row, *expected, index.as_deref(), sequence)?;
                // Of an update that was searched for first, others must be told as of an enrolment.
                if changes.searched_up_to.is_some() {
                    search::enrol(c, of, row.id, sequence)?;
                } else {
                    search::touch(c, of, row.id, sequence)?;
                }
            }
            PersonChange::Erase { id, expected } => {
                person::erase(c, of, *id, *expected)?;
                search::erase(c, of, *id, sequence)?;
                erased += 1;
            }
        }
    }
    if inserted != erased {
        c.prepare_cached("UPDATE tenants SET persons = persons + ?2 WHERE id = ?1")?
            .execute(params![of.to_bytes(), inserted - erased])?;
    }
    for row in &changes.samples {
        sample::add(c, of, row, sequence)?;
        if row.head.is_enrolled() {
            search::enrol(c, of, row.head.person, sequence)?;
        }
    }
    for (person, id) in &changes.removed_samples {
        sample::remove(c, of, *person, *id)?;
        search::touch(c, of, *person, sequence)?;
    }
    for remade in &changes.remade {
        sample::remake(c, of, remade)?;
        search::touch(c, of, remade.person, sequence)?;
    }
    changes.events.iter().try_for_each(|row| event::add(c, of, row, sequence))?;
    changes.pairs.iter().try_for_each(|change| pair::change(c, of, change))?;
    changes.sealed.iter().try_for_each(|change| sealed::change(c, of, change, changes.now))?;
    changes.tokens.iter().try_for_each(|change| token::change(c, of, change, changes.now))?;
    Ok(Committed { sequence })
}
