//! Taking in everything as it lay elsewhere.

use ::store::{Record, SampleRow, TenantState};
use domain::TenantId;
use tokio::join;

use super::plan::{Mark, Plan, Put};
use super::{Target, alone, group, history, in_order, person, sample, sealed, search, token};
use crate::columns::{stored, terms};
use crate::connection::{Connection, Scope};
use crate::failure::Failure;
use crate::ids::Id;
use crate::images::StoreId;
use crate::read::key;
use crate::statement::{Value, statements};

statements! {
    PUT_TENANT(UUID, BYTEA, BYTEA, INT8, INT8, INT8, INT8, INT8, BYTEA) =
        "INSERT INTO tenants (id, wrapped_key, sealed_name, created_at, sequence, persons, high_water, forgotten, mark)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
}

/// What records come to.
fn plan(records: &[Record]) -> Plan<'_> {
    let mut plan = Plan::default();
    for record in records {
        match record {
            Record::Token(row) => plan.tokens.push(row),
            Record::Collection(row) => drop(plan.collections.insert(row.id, Some(row))),
            Record::Pair(row) => plan.new_pairs.push(row),
            Record::Answer(row) => plan.answers.push(row),
            Record::Sealed(row) => drop(plan.sealed.insert(row.key, Some(row))),
            Record::Followed { person, sequence, enrolled, erased } => {
                let mark = Mark { sequence: *sequence, enrolled: Some(*enrolled), erased: *erased };
                plan.marks.insert(*person, mark);
            }
            Record::Person { row, index, sequence } => {
                let put = Put { row, sequence: *sequence, terms: terms(index) };
                plan.persons.insert(row.id, (None, Some(put)));
            }
            Record::Sample { row, sequence } => {
                plan.samples.insert((row.head.person, row.head.id), (row, *sequence));
            }
            Record::Event { row, sequence } => plan.events.push((row, *sequence)),
        }
    }
    plan
}

/// Takes in records, all or none.
pub(crate) async fn put(
    connection: &Connection,
    tenant: TenantId,
    records: &[Record],
    elsewhere: Option<StoreId>,
) -> Result<(), Failure> {
    connection.begun();
    connection.ready(&super::statements_used()).await?;
    let target = Target { connection, tenant: key(tenant) };
    let plan = plan(records);
    let images: Vec<&SampleRow> = plan.samples.values().map(|(row, _)| *row).collect();
    let mut steps = Vec::new();
    if !images.is_empty() {
        steps.push(Box::pin(async { sample::images(target, &images, elsewhere).await }) as _);
    }
    person::write(target, &plan, &mut steps);
    sample::write(target, &plan, &mut steps);
    history::write(target, &plan, &mut steps);
    group::write(target, &plan, &mut steps);
    token::write(target, &plan, &mut steps);
    sealed::write(target, &plan, &mut steps);
    search::write(target, &plan, 0, &mut steps);
    let begin = Scope::Tenant(tenant).begin(false, connection.patience());
    let all = async {
        let (begun, written, ended) = join!(
            biased;
            connection.batch_execute(&begin),
            in_order(steps),
            connection.batch_execute("COMMIT"),
        );
        begun.and(written).and(ended)
    };
    connection.in_time(all).await?;
    connection.ended();
    Ok(())
}

/// Takes in a tenant.
pub(crate) async fn put_tenant(connection: &Connection, state: &TenantState) -> Result<(), Failure> {
    let row = &state.row;
    let (id, created): (Id, i64) = (key(row.id), row.created_at.millis());
    let [sequence, persons, forgotten] = [state.sequence, state.persons, state.forgotten].map(stored);
    let (wrapped, name, high) =
        (row.wrapped_key.as_slice(), row.sealed_name.as_slice(), state.high_water.millis());
    let mark = state.mark.as_deref();
    let values: [Value<'_>; 9] =
        [&id, &wrapped, &name, &created, &sequence, &persons, &high, &forgotten, &mark];
    alone(connection, &PUT_TENANT, &values).await.map(drop)
}
