//! One batch of changes of one tenant: two round trips and one flush, however many they are.
//!
//! First the tenant's row is locked and all that must be known is asked ([`look`]); then each change is admitted or refused
//! in memory, in the order they came ([`ledger`]); then what they come to ([`plan`]) is written, each kind of row in one
//! statement, and committed. Statements are sent one behind the other without waiting for answers. Where one must touch so
//! many rows and no fewer, it divides by zero otherwise: that ends the transaction before the commit that was sent
//! behind it.

mod group;
mod history;
pub(crate) mod lease;
mod ledger;
mod look;
mod person;
mod plan;
mod sample;
mod sealed;
mod search;
mod tenant;
mod token;
mod tracked;
pub(crate) mod transfer;

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use ::store::{Changes, Committed, Conflict, SampleRow, Sequence};
use domain::{PersonId, SampleId, TenantId};
use futures_util::future::maybe_done;
use tokio::join;
use tokio_postgres::Error;

use crate::connection::{Connection, Scope};
use crate::failure::Failure;
use crate::ids::Id;
use crate::images::StoreId;
use crate::read::key;
use crate::statement::{Statement, Value, statements};
use ledger::Ledger;
use look::Subjects;
use plan::Plan;

/// What comes of each change of a batch.
pub(crate) type Outcomes = Vec<Result<Committed, Conflict>>;

/// Why a batch came to nothing, or may have.
pub(crate) enum Broken {
    /// It was not committed.
    Not(Failure),
    /// It may have been committed: the answer was lost. So far it would have moved its tenant.
    Perhaps(Failure, Sequence, Outcomes),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Not(failure)
    }
}

type Answer = Result<(), Error>;
/// Statements on their way, in order.
type Steps<'a> = Vec<Pin<Box<dyn Future<Output = Answer> + Send + 'a>>>;

/// Where a batch is written, and for whom.
#[derive(Clone, Copy)]
struct Target<'a> {
    connection: &'a Connection,
    tenant: Id,
}

impl Target<'_> {
    async fn execute(&self, statement: &'static Statement, values: &[Value<'_>]) -> Answer {
        self.connection.ask(statement, values).await.map(drop)
    }
}

/// One column of many rows.
fn column<T, V>(rows: &[T], value: impl Fn(&T) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

fn person(id: PersonId) -> Id {
    Id(id.to_bytes())
}

fn sample(id: SampleId) -> Id {
    Id(id.to_bytes())
}

/// Sends all steps, one behind the other, and waits for all answers; the first fault counts.
async fn in_order(steps: Steps<'_>) -> Answer {
    let mut steps: Vec<_> = steps.into_iter().map(|step| Box::pin(maybe_done(step))).collect();
    poll_fn(|context| {
        let mut pending = false;
        for step in &mut steps {
            pending |= step.as_mut().poll(context).is_pending();
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    steps.iter_mut().filter_map(|step| step.as_mut().take_output()).collect()
}

/// Tries a batch. Its name is known to nobody else: by it the commit can be found when its answer is lost. Images may lie
/// elsewhere.
pub(crate) async fn run(
    connection: &Connection,
    tenant: TenantId,
    batch: &[&Changes],
    (name, elsewhere): (Id, Option<StoreId>),
) -> Result<Outcomes, Broken> {
    connection.begun();
    connection.ready(&statements_used()).await?;
    let target = Target { connection, tenant: key(tenant) };
    let subjects = Subjects::of(batch.iter().copied());
    let images: Vec<&SampleRow> = batch.iter().flat_map(|changes| &changes.samples).collect();
    let begin = Scope::Tenant(tenant).begin(false, connection.patience());
    let looking = async {
        let (begun, sent, seen) = join!(
            biased;
            connection.batch_execute(&begin),
            async { if images.is_empty() { Ok(()) } else { sample::images(target, &images, elsewhere).await } },
            subjects.look(connection, tenant),
        );
        begun.and(sent).and(seen)
    };
    let seen = match connection.in_time(looking).await {
        // A sample that is there already belongs to a change that came first.
        Err(failure) if batch.len() == 1 && failure.repeats("sample_images_pkey") => {
            return Ok(images.iter().take(1).map(|row| Err(Conflict::Version(row.head.person))).collect());
        }
        answer => answer?,
    };
    let seen = match seen.read()? {
        Some(seen) => seen,
        None => {
            roll_back(connection).await?;
            return Err(Failure::Damaged("there is no such tenant".into()).into());
        }
    };
    let before = seen.persons.clone();
    let (first, mut ledger) = (seen.sequence, Ledger::new(seen));
    let (plan, outcomes) = decide(batch, &mut ledger, &before);
    let last = ledger.sequence;
    if last == first {
        roll_back(connection).await?;
        return Ok(outcomes);
    }
    let steps = steps(target, &plan, (first, last), name);
    let writing = async {
        let (written, committed) = join!(biased; in_order(steps), connection.batch_execute("COMMIT"));
        written.and(committed)
    };
    match connection.in_time(writing).await {
        Ok(()) => {
            connection.ended();
            Ok(outcomes)
        }
        Err(failure) if failure.leaves_doubt() => Err(Broken::Perhaps(failure, last, outcomes)),
        Err(failure) => Err(failure.into()),
    }
}

async fn roll_back(connection: &Connection) -> Result<(), Failure> {
    connection.in_time(connection.batch_execute("ROLLBACK")).await?;
    connection.ended();
    Ok(())
}

/// Admits or refuses each change, and gathers what the admitted ones come to.
fn decide<'a>(
    batch: &[&'a Changes],
    ledger: &mut Ledger,
    before: &HashMap<PersonId, ledger::Known>,
) -> (Plan<'a>, Outcomes) {
    let (mut plan, mut outcomes) = (Plan::default(), Vec::with_capacity(batch.len()));
    for changes in batch {
        outcomes.push(match ledger.admit(changes) {
            Ok(sequence) => {
                plan.take(changes, sequence, before, ledger);
                Ok(Committed { sequence })
            }
            Err(conflict) => {
                plan.refuse(changes);
                Err(conflict)
            }
        });
    }
    (plan, outcomes)
}

/// Everything that is written: first what goes, because it makes room.
fn steps<'a>(
    target: Target<'a>,
    plan: &'a Plan<'_>,
    (first, last): (Sequence, Sequence),
    name: Id,
) -> Steps<'a> {
    let mut steps = Vec::new();
    person::remove(target, plan, &mut steps);
    sample::remove(target, plan, &mut steps);
    history::remove(target, plan, &mut steps);
    group::remove(target, plan, &mut steps);
    person::write(target, plan, &mut steps);
    sample::write(target, plan, &mut steps);
    history::write(target, plan, &mut steps);
    group::write(target, plan, &mut steps);
    token::write(target, plan, &mut steps);
    sealed::write(target, plan, &mut steps);
    search::write(target, plan, last, &mut steps);
    tenant::write(target, plan, (first, last), name, &mut steps);
    steps
}

fn statements_used() -> Vec<&'static Statement> {
    let all: [&[&'static Statement]; 9] = [
        &look::STATEMENTS,
        &person::STATEMENTS,
        &sample::STATEMENTS,
        &history::STATEMENTS,
        &group::STATEMENTS,
        &token::STATEMENTS,
        &sealed::STATEMENTS,
        &search::STATEMENTS,
        &tenant::STATEMENTS,
    ];
    all.concat()
}

statements! {
    /// The lock first: a commit whose answer was lost may still be under way, and holds it.
    WAITED(UUID) = "SELECT 1 FROM tenants WHERE id = $1 FOR UPDATE";
    NAMED(UUID, INT8) = "SELECT name FROM commits WHERE tenant = $1 AND sequence = $2";
    ADD_TENANT(UUID, BYTEA, BYTEA, INT8) =
        "INSERT INTO tenants (id, wrapped_key, sealed_name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
}

/// Whether a commit whose answer was lost has happened.
pub(crate) async fn has_happened(
    connection: &Connection,
    tenant: TenantId,
    (last, name): (Sequence, Id),
) -> Result<bool, Failure> {
    connection.begun();
    connection.ready(&[&WAITED, &NAMED]).await?;
    let begin = Scope::Tenant(tenant).begin(false, connection.patience());
    let (tenant, last) = (key(tenant), crate::columns::stored(last));
    let (lock, values): ([Value<'_>; 1], [Value<'_>; 2]) = ([&tenant], [&tenant, &last]);
    let asking = async {
        let (begun, waited, named, ended) = join!(
            biased;
            connection.batch_execute(&begin),
            connection.ask(&WAITED, &lock),
            connection.ask(&NAMED, &values),
            connection.batch_execute("COMMIT"),
        );
        begun.and(waited).and(named).and_then(|rows| ended.map(|()| rows))
    };
    let rows = connection.in_time(asking).await?;
    connection.ended();
    Ok(rows.first().map(|row| crate::columns::id(row, 0)).transpose()? == Some(name.0))
}

/// One statement in a transaction of its own; answers how many rows it wrote.
async fn alone(
    connection: &Connection,
    statement: &'static Statement,
    values: &[Value<'_>],
) -> Result<u64, Failure> {
    connection.begun();
    connection.ready(&[statement]).await?;
    let begin = Scope::All.begin(false, connection.patience());
    let all = async {
        let (begun, written, ended) = join!(
            biased;
            connection.batch_execute(&begin),
            connection.tell(statement, values),
            connection.batch_execute("COMMIT"),
        );
        begun.and(written).and_then(|rows| ended.map(|()| rows))
    };
    let rows = connection.in_time(all).await?;
    connection.ended();
    Ok(rows)
}

/// Adds a tenant; `false` if it exists.
pub(crate) async fn add_tenant(connection: &Connection, row: &::store::TenantRow) -> Result<bool, Failure> {
    let (wrapped, name) = (row.wrapped_key.as_slice(), row.sealed_name.as_slice());
    let (tenant, created) = (key(row.id), row.created_at.millis());
    Ok(alone(connection, &ADD_TENANT, &[&tenant, &wrapped, &name, &created]).await? == 1)
}
