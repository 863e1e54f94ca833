//! Samples and their images.

use ::store::{Remade, SampleRow, Sequence, Slot};
use domain::{PersonId, SampleId, TenantId};
use rusqlite::{Connection, params};

use super::Refused;

pub(crate) fn add(
    c: &Connection,
    tenant: TenantId,
    row: &SampleRow,
    sequence: Sequence,
) -> Result<(), Refused> {
    let head = &row.head;
    let (tenant, person, id) = (tenant.to_bytes(), head.person.to_bytes(), head.id.to_bytes());
    c.prepare_cached(
        "INSERT INTO samples (tenant, person, id, kind, state, created_at, sequence, model, template,
                              remade_model, remade)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        tenant,
        person,
        id,
        head.kind as u8,
        head.state as u8,
        head.created_at.millis(),
        sequence,
        head.model,
        head.template,
        head.remade.as_ref().map(|(model, _)| model),
        head.remade.as_ref().map(|(_, template)| template)
    ])?;
    c.prepare_cached("INSERT INTO sample_images (tenant, person, sample, image) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![tenant, person, id, row.image])?;
    Ok(())
}

pub(super) fn remove(
    c: &Connection,
    tenant: TenantId,
    person: PersonId,
    id: SampleId,
) -> Result<(), Refused> {
    for sql in [
        "DELETE FROM sample_images WHERE tenant = ?1 AND person = ?2 AND sample = ?3",
        "DELETE FROM samples WHERE tenant = ?1 AND person = ?2 AND id = ?3",
    ] {
        c.prepare_cached(sql)?.execute(params![tenant.to_bytes(), person.to_bytes(), id.to_bytes()])?;
    }
    Ok(())
}

/// Keeps a template that was made again. A sample that is gone meanwhile needs none.
pub(super) fn remake(c: &Connection, tenant: TenantId, remade: &Remade) -> Result<(), Refused> {
    c.prepare_cached(match remade.slot {
        Slot::First => {
            "UPDATE samples SET model = ?4, template = ?5 WHERE tenant = ?1 AND person = ?2 AND id = ?3"
        }
        Slot::Second => {
            "UPDATE samples SET remade_model = ?4, remade = ?5 WHERE tenant = ?1 AND person = ?2 AND id = ?3"
        }
    })?
    .execute(params![
        tenant.to_bytes(),
        remade.person.to_bytes(),
        remade.sample.to_bytes(),
        remade.model,
        remade.template
    ])?;
    Ok(())
}
