//! Samples and their images.

use ::store::{Remade, SampleRow, Slot};
use domain::{PersonId, SampleId};

use super::plan::{At, Plan};
use super::{Answer, Steps, Target, column, person, sample};
use crate::columns::stored;
use crate::ids::Id;
use crate::images::{StoreId, name};
use crate::statement::{Statement, statements};

statements! {
    /// Before the lock: images are long, and nobody should wait for their way over the network.
    IMAGES(UUID, UUID_ARRAY, UUID_ARRAY, BYTEA_ARRAY, TEXT_ARRAY) =
        "INSERT INTO sample_images (tenant, person, sample, image, object) SELECT $1, * FROM unnest($2, $3, $4, $5)";
    NO_IMAGES(UUID, UUID_ARRAY, UUID_ARRAY) =
        "DELETE FROM sample_images i USING unnest($2, $3) u(person, sample)
         WHERE i.tenant = $1 AND i.person = u.person AND i.sample = u.sample";
    NO_SAMPLES_OF(UUID, UUID_ARRAY) = "DELETE FROM samples WHERE tenant = $1 AND person = ANY($2)";
    NO_IMAGES_OF(UUID, UUID_ARRAY, UUID_ARRAY) =
        "DELETE FROM sample_images WHERE tenant = $1 AND person = ANY($2) AND NOT sample = ANY($3)";
    NO_SAMPLES(UUID, UUID_ARRAY, UUID_ARRAY) =
        "DELETE FROM samples s USING unnest($2, $3) u(person, id)
         WHERE s.tenant = $1 AND s.person = u.person AND s.id = u.id";
    SAMPLES(UUID, UUID_ARRAY, UUID_ARRAY, INT2_ARRAY, INT2_ARRAY, INT8_ARRAY, INT8_ARRAY, TEXT_ARRAY, BYTEA_ARRAY,
            TEXT_ARRAY, BYTEA_ARRAY) =
        "INSERT INTO samples (tenant, person, id, kind, state, created_at, sequence, model, template, remade_model, remade)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    REMADE_FIRST(UUID, UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY, BYTEA_ARRAY) =
        "UPDATE samples s SET model = u.model, template = u.template FROM unnest($2, $3, $4, $5) u(person, id, model, template)
         WHERE s.tenant = $1 AND s.person = u.person AND s.id = u.id";
    REMADE_SECOND(UUID, UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY, BYTEA_ARRAY) =
        "UPDATE samples s SET remade_model = u.model, remade = u.template FROM unnest($2, $3, $4, $5) u(person, id, model, template)
         WHERE s.tenant = $1 AND s.person = u.person AND s.id = u.id";
}

/// All of them, to be prepared beforehand.
pub(super) static STATEMENTS: [&Statement; 8] = [
    &IMAGES,
    &NO_IMAGES,
    &NO_SAMPLES_OF,
    &NO_IMAGES_OF,
    &NO_SAMPLES,
    &SAMPLES,
    &REMADE_FIRST,
    &REMADE_SECOND,
];

/// Writes images, before it is known whether their changes are admitted; of those that lie elsewhere, what they
/// are called there.
pub(super) async fn images(target: Target<'_>, rows: &[&SampleRow], elsewhere: Option<StoreId>) -> Answer {
    let persons = column(rows, |s| person(s.head.person));
    let samples = column(rows, |s| sample(s.head.id));
    let images = column(rows, |s| elsewhere.is_none().then_some(s.image.as_slice()));
    let objects = column(rows, |s| elsewhere.map(|store| name(store, s)));
    target.execute(&IMAGES, &[&target.tenant, &persons, &samples, &images, &objects]).await
}

/// What goes.
pub(super) fn remove<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    if !plan.erased.is_empty() {
        steps.push(Box::pin(async move {
            let persons: Vec<Id> = plan.erased.iter().map(|p| person(*p)).collect();
            target.execute(&NO_SAMPLES_OF, &[&target.tenant, &persons]).await
        }));
        steps.push(Box::pin(async move {
            let persons: Vec<Id> = plan.erased.iter().map(|p| person(*p)).collect();
            // Those of a person that is there again were written just now.
            let new: Vec<Id> = plan.samples.keys().map(|(_, s)| sample(*s)).collect();
            target.execute(&NO_IMAGES_OF, &[&target.tenant, &persons, &new]).await
        }));
    }
    let gone: Vec<_> = plan.removed.iter().copied().collect();
    for (statement, keys) in [(&NO_SAMPLES, gone), (&NO_IMAGES, plan.unwanted())] {
        if !keys.is_empty() {
            steps.push(Box::pin(by_key(target, statement, keys)));
        }
    }
}

async fn by_key(
    target: Target<'_>,
    statement: &'static Statement,
    keys: Vec<(PersonId, SampleId)>,
) -> Answer {
    let persons = column(&keys, |(p, _)| person(*p));
    let samples = column(&keys, |(_, s)| sample(*s));
    target.execute(statement, &[&target.tenant, &persons, &samples]).await
}

/// What comes, and what is made again.
pub(super) fn write<'a>(target: Target<'a>, plan: &'a Plan<'_>, steps: &mut Steps<'a>) {
    if !plan.samples.is_empty() {
        steps.push(Box::pin(add(target, plan.samples.values().copied().collect())));
    }
    for (statement, slot) in [(&REMADE_FIRST, Slot::First), (&REMADE_SECOND, Slot::Second)] {
        let rows: Vec<&Remade> = plan.remade.values().copied().filter(|r| r.slot == slot).collect();
        if !rows.is_empty() {
            steps.push(Box::pin(remake(target, statement, rows)));
        }
    }
}

async fn add(target: Target<'_>, rows: Vec<At<'_, SampleRow>>) -> Answer {
    let persons = column(&rows, |(s, _)| person(s.head.person));
    let ids = column(&rows, |(s, _)| sample(s.head.id));
    let kinds = column(&rows, |(s, _)| i16::from(s.head.kind as u8));
    let states = column(&rows, |(s, _)| i16::from(s.head.state as u8));
    let created = column(&rows, |(s, _)| s.head.created_at.millis());
    let sequences = column(&rows, |(_, sequence)| stored(*sequence));
    let models = column(&rows, |(s, _)| s.head.model.as_str());
    let templates = column(&rows, |(s, _)| s.head.template.as_deref());
    let remade_models = column(&rows, |(s, _)| s.head.remade.as_ref().map(|(model, _)| model.as_str()));
    let remade = column(&rows, |(s, _)| s.head.remade.as_ref().map(|(_, template)| template.as_slice()));
    target
        .execute(
            &SAMPLES,
            &[
                &target.tenant,
                &persons,
                &ids,
                &kinds,
                &states,
                &created,
                &sequences,
                &models,
                &templates,
                &remade_models,
                &remade,
            ],
        )
        .await
}

/// Keeps templates that were made again. A sample that is gone meanwhile needs none.
async fn remake(target: Target<'_>, statement: &'static Statement, rows: Vec<&Remade>) -> Answer {
    let persons = column(&rows, |r| person(r.person));
    let ids = column(&rows, |r| sample(r.sample));
    let models = column(&rows, |r| r.model.as_str());
    let templates = column(&rows, |r| r.template.as_slice());
    target.execute(statement, &[&target.tenant, &persons, &ids, &models, &templates]).await
}
